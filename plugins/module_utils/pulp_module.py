# SPDX-License-Identifier: Apache-2.0
"""The glue between Ansible and the engine: the only place besides modules that knows Ansible."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_client import (
    Connection,
    PulpClient,
    requests_is_missing,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import PulpError
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_options import CONNECTION
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import (
    Report,
    Result,
    failure_message,
    summarize,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import Server
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_pins import PinError
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_selection import (
    SelectionError,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_stamp import (
    StampError,
)

__all__ = ["run"]

Items = Iterable[tuple[str, dict[str, Any]]]
RELEASE_ERRORS = (PinError, SelectionError, StampError)
_REPORTING: dict[str, Any] = {"report_path": {"type": "path"}}


def run(
    options: dict[str, Any],
    carry_out: Callable[[Server, dict[str, Any]], tuple[list[Result], dict[str, Any]]],
    noun: str,
    **spec: Any,
) -> None:
    """Run one module: `carry_out(server, params)` returns results and what else to return.

    `noun` is what messages call an item. `spec` is more of AnsibleModule's arguments. Fails, after
    everything was tried, when a result has an error; an error of the engine fails at once.
    """
    module = AnsibleModule(
        argument_spec={**_connection_spec(), **_REPORTING, **options},
        supports_check_mode=True,
        required_together=[("username", "password")],
        required_by={"client_key": ("client_cert",)},
        **spec,
    )
    if requests_is_missing():
        module.fail_json(
            msg=f"The Python library 'requests' is missing for {sys.executable}: install it "
            "there, or set ansible_python_interpreter: '{{ ansible_playbook_python }}'"
        )
    params = {key: value for key, value in module.params.items() if key not in CONNECTION}
    try:
        connection = Connection(
            url=module.params["pulp_url"],
            **{key: module.params[key] for key in CONNECTION if key != "pulp_url"},
        )
        report = Report(_count(params), params.pop("report_path"))
        server = Server(PulpClient(connection), report, module.check_mode)
        results, more = carry_out(server, params)
    except (PulpError, *RELEASE_ERRORS) as error:
        module.fail_json(msg=str(error), results=[], summary=summarize([]))
    for warning in report.warnings:
        module.warn(warning)
    answer: dict[str, Any] = {
        "changed": any(result.changed for result in results),
        "results": [result.as_dict() for result in results],
        "summary": summarize(results),
        "statistics": server.statistics,
        **more,
    }
    if module._diff:
        answer["diff"] = [_diff(result) for result in results if result.changed]
    message = failure_message(results, noun)
    if message:
        module.fail_json(msg=message, **answer)
    module.exit_json(**answer)


def _connection_spec() -> dict[str, Any]:
    spec: dict[str, Any] = {}
    for name, option in CONNECTION.items():
        spec[name] = {**option, "fallback": (env_fallback, option["fallback"][1])}
    return spec


def _count(params: dict[str, Any]) -> int:
    return sum(len(value) for value in params.values() if isinstance(value, list))


def _diff(result: Result) -> dict[str, Any]:
    header = f"{result.type} {result.name}"
    return {
        "before_header": header,
        "after_header": header,
        "before": result.before,
        "after": result.after,
    }
