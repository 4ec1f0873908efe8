# SPDX-License-Identifier: Apache-2.0
"""Action plugin `answer_write`: write the result of a query as a report and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.errors import OperatorError
from ..module_utils.report.file import ReportFile
from ..module_utils.report.report import Report, Result
from ..plugin_utils.run.github import summary_paths
from ..plugin_utils.run.markdown import SummaryTable, add_summary
from ..plugin_utils.run.messages import task_message
from ..plugin_utils.run.outcome import run_failed

_NO_MESSAGE = "the playbook failed before it sent a query"
_OPTIONS = {
    "playbook": {"type": "str", "required": True},
    "heading": {"type": "str", "required": True},
    "run": {"type": "dict", "required": True},
    "columns": {"type": "list", "elements": "str", "required": True},
    "rows": {"type": "list", "elements": "dict"},
    "answer": {"type": "str", "default": ""},
    "failed": {"type": "bool", "default": False},
    "report_path": {"type": "path"},
    "report_append": {"type": "bool", "default": False},
    "summary_path": {"type": "path"},
}
_RESULT_FIELDS = [field.name for field in fields(Result) if field.name not in ("more", "reported")]


class ActionModule(ActionBase):
    """The action plugin."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        check: Any = self.validate_argument_spec
        _checked, options = check(_OPTIONS)
        report = "" if self._task.check_mode else options["report_path"]
        given = None if self._task.check_mode else options["summary_path"]
        results = options["run"].get("results") or []
        if report:
            _report(report, options["report_append"], results)
        host = str((task_vars or {}).get("inventory_hostname", "localhost"))
        for path in summary_paths(given):
            add_summary(path, _answer(host, results, options).markdown)
        result.update(changed=False, written=[path for path in (report, given) if path])
        return result


def _answer(
    host: str, results: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
) -> SummaryTable:
    run = options["run"]
    broken = not run or bool(run.get("msg") and run_failed(run))
    rows = results if options["rows"] is None else options["rows"]
    return SummaryTable(
        options["playbook"],
        host,
        broken or options["failed"],
        options["answer"] or _message(run) or (_NO_MESSAGE if broken else ""),
        options["heading"],
        options["columns"],
        rows,
    )


def _message(run: Mapping[str, Any]) -> str:
    return task_message(run) if run.get("msg") else ""


def _report(path: str, append: bool, results: Sequence[Mapping[str, Any]]) -> None:
    """Write the results in the format of a report."""
    try:
        report = Report([ReportFile(path, append)])
    except OperatorError as error:
        raise AnsibleActionFail(str(error)) from error
    report.finish_all(_result(given) for given in results)
    for warning in report.warnings:
        Display().warning(warning)


def _result(given: Mapping[str, Any]) -> Result:
    own = {name: given[name] for name in _RESULT_FIELDS if given.get(name) is not None}
    return Result(**own, more={key: given[key] for key in given if key not in _RESULT_FIELDS})
