# SPDX-License-Identifier: Apache-2.0
"""Runs a module: options, connection, report and result. The only file with AnsibleModule."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, env_fallback

from .errors import InvalidArguments, OperatorError, secrets_in, without_query
from .inventory.values import secret_values
from .pulp.client import PulpClient
from .pulp.connection import Connection
from .pulp.errors import UNEXPECTED_ERRORS, unexpected_error
from .pulp.options import CONNECTION, CONNECTION_DEFAULTS, connection_options
from .pulp.server import Server
from .pulp.transport import requests_is_missing
from .report.file import ReportFile
from .report.report import Report, Result, failure_message, report_progress, summarize
from .text import printable, printable_lines

Operation = Callable[[Server, dict[str, Any]], tuple[list[Result], dict[str, Any]]]
_CONNECTION_KEYS = {*CONNECTION, "connection_defaults"}
_NO_URL = (
    "missing required arguments: pulp_url. Set it, for example in module_defaults of the group "
    "stackhpc.release_train.pulp, or define release_train_pulp_url, release_train_pulp_username and "
    "release_train_pulp_password for this host, which the roles use"
)
_REPORTING: dict[str, Any] = {
    "report_path": {"type": "path"},
    "report_append": {"type": "bool", "default": False},
    "progress_path": {"type": "path"},
}


class Module(AnsibleModule):
    """An AnsibleModule that does not show secrets.

    It hides rejected arguments, and secrets in items of the inventory, whose keys have no argument
    specification.
    """

    has_valid_arguments = False

    def __init__(self, argument_spec: dict[str, Any], **spec: Any) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            argument_spec=argument_spec, supports_check_mode=True, **spec
        )
        self.has_valid_arguments = True
        # A client_key of the connection is a path, that of an item the key itself.
        items = {key: value for key, value in self.params.items() if key not in _CONNECTION_KEYS}
        self.no_log_values.update(secret_values(items))
        # Ansible prints the arguments, and does not hide the secrets in URLs.
        self.no_log_values.update(_url_secrets(self.params))

    def log(self, msg: str, log_args: dict[str, Any] | None = None) -> None:
        # Ansible would write the arguments to the system log before their secrets are known.
        super().log("Invoked" if log_args else msg)  # type: ignore[no-untyped-call]

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        result["invocation"] = self._invocation()
        super().fail_json(msg, **result)

    def exit_json(self, **result: Any) -> NoReturn:
        result["invocation"] = self._invocation()
        super().exit_json(**result)  # type: ignore[no-untyped-call]

    def _invocation(self) -> dict[str, Any]:
        """Return the arguments for `-vvv`; any query of a URL may be a secret, whatever its names."""
        return {"module_args": _without_queries(self.params)} if self.has_valid_arguments else {}


def _url_secrets(value: Any, key: str = "") -> Iterator[str]:
    """Yield the secrets in URLs, in nested lists and mappings."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _url_secrets(entry, str(name))
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from _url_secrets(entry, key)
    elif isinstance(value, str) and ("://" in value or key.endswith("url")):
        yield from secrets_in(value)


def _without_queries(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_queries(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_queries(entry) for entry in value]
    return without_query(value) if isinstance(value, str) else value


def run(options: dict[str, Any], operation: Operation, noun: str, **spec: Any) -> None:
    """Run a module: `operation(server, params)` returns the results, and further keys to return.

    `noun` is the term for an item in messages, `spec` further arguments of AnsibleModule. The module
    fails after all items were processed if a result has an error that is not allowed, and immediately
    for an OperatorError of the operation.
    """
    module = Module(
        argument_spec={**_connection_spec(), **_REPORTING, **options},
        required_together=[("username", "password")],
        required_by={"client_key": ("client_cert",)},
        **spec,
    )
    if requests_is_missing():
        module.fail_json(
            msg=f"The Python library 'requests' is missing for {sys.executable}: install it "
            "there, or set ansible_python_interpreter: '{{ ansible_playbook_python }}'"
        )
    params = {key: value for key, value in module.params.items() if key not in _CONNECTION_KEYS}
    report_path = params["report_path"]
    report: Report | None = None
    message = ""
    output: dict[str, Any] = {"changed": False, "results": [], "summary": summarize([])}
    began = time.monotonic()
    try:
        report = _report({key: params.pop(key) for key in _REPORTING}, module.check_mode)
        options = connection_options(module.params)
        if "pulp_url" not in options:
            raise InvalidArguments(_NO_URL)
        connection = Connection(**options)
        server = Server(PulpClient(connection), report, module.check_mode, module._diff)
        report_progress(report, server.in_progress)
        results, more = operation(server, params)
        output = _output(results, more, server, module._diff)
        message = failure_message(results, noun)
    except OperatorError as error:
        message = str(error)
        module.has_valid_arguments = not isinstance(error, InvalidArguments)
    except UNEXPECTED_ERRORS as error:
        message = unexpected_error(error)
    except KeyboardInterrupt:
        message = (
            "interrupted: running tasks continue on the server, and the next run waits for them"
        )
    # A report that the run should have retried is not replaced.
    if report and message and params.get("retry") != report_path:
        report.fail(message)
    for warning in report.shown_warnings if report else []:
        module.warn(printable(warning))
    output["seconds"] = round(time.monotonic() - began, 2)
    # Not in an except block, where Ansible would add the traceback with -vvv.
    if message:
        module.fail_json(msg=printable_lines(message), **output)
    module.exit_json(**output)


def _connection_spec() -> dict[str, Any]:
    options = {
        name: {**option, "fallback": (env_fallback, option["fallback"][1])}
        for name, option in CONNECTION.items()
    }
    return {**options, "connection_defaults": CONNECTION_DEFAULTS}


def _report(params: dict[str, Any], check_mode: bool) -> Report:
    path, progress = params["report_path"], params["progress_path"]
    return Report(
        [ReportFile(path, params["report_append"])] if path else [],
        ReportFile(progress, option="progress_path") if progress else None,
        check_mode,
    )


def _output(
    results: list[Result], more: dict[str, Any], server: Server, diff: bool
) -> dict[str, Any]:
    """Return the keys that all modules return, and `more` of this one."""
    output: dict[str, Any] = {
        "changed": any(result.changed for result in results),
        "results": [result.as_dict() for result in results],
        "summary": summarize(results),
        "statistics": server.statistics,
        **more,
    }
    if diff:
        output["diff"] = [_diff(result) for result in results if result.changed]
    return output


def _diff(result: Result) -> dict[str, Any]:
    header = f"{result.type} {result.name}"
    return {
        "before_header": header,
        "after_header": header,
        "before": result.before,
        "after": result.after,
    }
