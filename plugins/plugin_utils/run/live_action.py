# SPDX-License-Identifier: Apache-2.0
"""Base class of action plugins that run a module and print each item when it ends."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ...module_utils.text import printable
from .progress import progress_line

_TONES = {
    "ok": "COLOR_OK",
    "changed": "COLOR_CHANGED",
    "failed": "COLOR_ERROR",
    "warning": "COLOR_WARN",
}
_POLL_INTERVAL = 0.2


class LiveAction(ActionBase):
    """Run the module of the same name and print lines of its progress file during the run.

    The module and this plugin must both have access to the file. With a remote connection, with
    privilege escalation, `async` or `no_log` the module runs without progress lines.
    """

    _supports_async = True
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        if not self.is_long_running() or not self._can_show_progress():
            wrap = self._task.async_val
            result.update(self._execute_module(task_vars=task_vars, wrap_async=wrap))
            return result
        variables = task_vars or {}
        several = len(variables.get("ansible_play_hosts_all") or []) > 1
        host = f"{variables.get('inventory_hostname')}: " if several else ""
        descriptor, path = tempfile.mkstemp(prefix="progress-", dir=_controller_temp_directory())
        os.close(descriptor)
        reader = _Reader(path, host)
        try:
            arguments = {**self._task.args, "progress_path": path}
            result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        finally:
            reader.end()
            os.unlink(path)
        return result

    def is_long_running(self) -> bool:
        """Return whether the task takes long enough for progress lines."""
        return True

    def _can_show_progress(self) -> bool:
        task, connection = self._task, self._connection
        # Not task.become, because variables of the host override it.
        separate = (
            task.async_val or connection.become or task.no_log or "progress_path" in task.args
        )
        return connection.transport == "local" and not separate


def _controller_temp_directory() -> str:
    """Return Ansible's temporary directory on the controller, removed at the end of the run."""
    return str(constants.DEFAULT_LOCAL_TMP)  # type: ignore[attr-defined]  # defined at run time


class _Reader:
    """Print lines of a progress file as they are written, in a thread."""

    def __init__(self, path: str, host: str) -> None:
        self._path = path
        self._host = host
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Print the remaining lines and stop the thread."""
        self._ended.set()
        self._thread.join()

    def _read(self) -> None:
        rest = b""
        with open(self._path, "rb") as stream:
            while True:
                last = self._ended.wait(_POLL_INTERVAL)
                *lines, rest = (rest + stream.read()).split(b"\n")
                for line in lines:
                    self._show(line.decode(errors="replace"))
                if last:
                    return

    def _show(self, line: str) -> None:
        shown = progress_line(json.loads(line))
        if shown:
            text, tone = shown
            color = getattr(constants, _TONES[tone]) if tone in _TONES else None
            Display().display(printable(f"{self._host}{text}"), color=color)
