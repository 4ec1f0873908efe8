# SPDX-License-Identifier: Apache-2.0
"""An action that runs the module of its name, and shows each item as it finishes."""

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

_TONES = {"ok": "COLOR_OK", "changed": "COLOR_CHANGED", "failed": "COLOR_ERROR"}
_PAUSE = 0.2


class LiveAction(ActionBase):
    """Modules that take long write what they did into a file, which is read here meanwhile.

    That needs a file that both sides see: with a connection that is not local, as another user or
    in the background the module runs as any other does.
    """

    _supports_async = True
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        if not self.is_long_running() or not self._is_here():
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
        """Whether there will be something to show."""
        return True

    def _is_here(self) -> bool:
        task, connection = self._task, self._connection
        # Not task.become, which a variable of the host may overrule.
        apart = task.async_val or connection.become or task.no_log or "progress_path" in task.args
        return connection.transport == "local" and not apart


def _controller_temp_directory() -> str:
    """Ansible's temporary folder of this run, which it removes at its end."""
    return str(constants.DEFAULT_LOCAL_TMP)  # type: ignore[attr-defined]  # made when it is loaded


class _Reader:
    """Shows lines of a file as they come, from a thread of its own."""

    def __init__(self, path: str, host: str) -> None:
        self._path = path
        self._host = host
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Show what is left and stop."""
        self._ended.set()
        self._thread.join()

    def _read(self) -> None:
        rest = b""
        with open(self._path, "rb") as stream:
            while True:
                last = self._ended.wait(_PAUSE)
                *lines, rest = (rest + stream.read()).split(b"\n")
                for line in lines:
                    self._show(line.decode(errors="replace"))
                if last:
                    return

    def _show(self, line: str) -> None:
        told = progress_line(json.loads(line))
        if told:
            text, tone = told
            color = getattr(constants, _TONES[tone]) if tone in _TONES else None
            Display().display(printable(f"{self._host}{text}"), color=color)
