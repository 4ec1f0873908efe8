# SPDX-License-Identifier: Apache-2.0
"""Action plugin `run_summary`: print the run summary, write it as Markdown, fail on failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible import constants, context
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.errors import OperatorError
from ..module_utils.report.file import ReportFile
from ..module_utils.text import printable
from ..plugin_utils.run.github import (
    is_github_job,
    job_annotations,
    summary_paths,
    without_commands,
)
from ..plugin_utils.run.markdown import add_summary, markdown
from ..plugin_utils.run.messages import task_message
from ..plugin_utils.run.outcome import Outcome, outcome_of
from ..plugin_utils.run.retry_command import (
    RetryOptions,
    RunContext,
    fleet_command,
    retry_command,
)
from ..plugin_utils.run.screen import View, fleet_screen, summary_screen
from ..plugin_utils.run.terminal import screen_width

_OPTIONS = {
    "playbook": {"type": "str", "required": True},
    "heading": {"type": "str", "default": "Changed"},
    "runs": {"type": "list", "elements": "dict", "default": []},
    "hosts": {"type": "dict", "default": {}},
    "list_all": {"type": "bool", "default": False},
    "list_changed": {"type": "bool", "default": True},
    "retry": {"type": "str", "choices": ["report", "filter", "none"], "default": "none"},
    "filter": {"type": "str", "default": "package_filter"},
    "report_path": {"type": "path"},
    "summary_path": {"type": "path"},
    "fail": {"type": "bool", "default": True},
}


class ActionModule(ActionBase):
    """The action plugin."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        check: Any = self.validate_argument_spec
        _checked, options = check(_OPTIONS)
        here = str(variables.get("inventory_hostname", "localhost"))
        runs = options["hosts"] or {here: options["runs"]}
        runs = {host: [run for run in own if _has_run(run)] for host, own in runs.items()}
        outcomes = [
            outcome_of(host, own, sum(run.get("seconds") or 0 for run in own), options["list_all"])
            for host, own in runs.items()
        ]
        check_mode = bool(self._task.check_mode)
        outcomes = [replace(outcome, check_mode=check_mode) for outcome in outcomes]
        retry = RetryOptions(
            options["playbook"], options["retry"], options["filter"], options["report_path"]
        )
        started = RunContext({**variables, **self._kayobe(variables)}, context.CLIARGS)
        commands = [retry_command(outcome, retry, started) for outcome in outcomes]
        view = View(screen_width(), bool(options["report_path"]))
        if len(outcomes) == 1:
            heading = options["heading"] if options["list_changed"] else ""
            lines = summary_screen(outcomes[0], heading, commands[0], view)
        else:
            again = fleet_command(outcomes, retry, started)
            lines = fleet_screen(outcomes, [again], view)
        lines = [printable(line) for line in lines]
        self._show(lines, outcomes)
        self._write(options, outcomes, commands)
        message = "\n".join(
            outcome.message if len(outcomes) == 1 else f"{outcome.host}: {outcome.message}"
            for outcome in outcomes
            if outcome.has_failed
        )
        if options["hosts"] and options["report_path"]:
            _report_all(options["report_path"], runs)
        result.update(changed=False, _ansible_verbose_override=True)
        if not options["fail"] and not options["hosts"]:
            result["runs"] = options["runs"]
        if message and options["fail"]:
            # Without lines: Ansible prints failed results, and the lines were printed before.
            result.update(failed=True, msg=message)
        else:
            result.update(error=message, lines=lines)
        return result

    def _show(self, lines: Sequence[str], outcomes: Sequence[Outcome]) -> None:
        """Print the lines, the last one in the colour of the verdict on a terminal."""
        *before, verdict = map(without_commands, lines) if is_github_job() else lines
        Display().display("\n".join(["", *before]))
        failed = any(outcome.has_failed for outcome in outcomes)
        changed = any(outcome.done for outcome in outcomes)
        color = "COLOR_ERROR" if failed else "COLOR_CHANGED" if changed else "COLOR_OK"
        Display().display(verdict, color=getattr(constants, color))
        Display().display("")

    def _write(
        self, options: Mapping[str, Any], outcomes: Sequence[Outcome], commands: Sequence[str]
    ) -> None:
        """Write the summary in Markdown, and print the annotations of a GitHub job."""
        title = f"{options['playbook']}{' (check mode)' if self._task.check_mode else ''}"
        # One host of several: the summary of all hosts follows.
        is_part = not options["hosts"] and not options["fail"]
        paths = [options["summary_path"]] if is_part else summary_paths(options["summary_path"])
        for path in filter(None, paths):
            add_summary(path, markdown(title, outcomes, options["heading"], commands))
        found = job_annotations(title, outcomes) if is_github_job() and not is_part else []
        if found:
            Display().display("\n".join(map(printable, found)))

    def _kayobe(self, variables: Mapping[str, Any]) -> dict[str, str]:
        """Return the variables of Kayobe that the retry command needs, templated."""
        found = {}
        for name in ("kayobe_config_path", "kayobe_environment"):
            try:
                value = self._templar.template(variables.get(name) or "")
            except AnsibleError:
                value = ""
            found[name] = str(value or "")
        return found


def _has_run(run: Mapping[str, Any]) -> bool:
    """Return whether a registered result is one of a task that ran."""
    return bool(run) and not run.get("skipped")


def _report_all(path: str, runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Write one report about all hosts: the results with their host, or why a host has none."""
    try:
        file = ReportFile(path)
        warnings = [
            file.write({"host": host, **result})
            for host, own in runs.items()
            for run in own
            for result in run.get("results") or _failure(run)
        ]
    except OperatorError as error:
        raise AnsibleActionFail(str(error)) from error
    for warning in dict.fromkeys(filter(None, warnings)):
        Display().warning(warning)


def _failure(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"failed": task_message(run)}] if run.get("msg") else []
