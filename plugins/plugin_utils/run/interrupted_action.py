# SPDX-License-Identifier: Apache-2.0
"""Base class of action plugins whose module must not be left alone when the playbook is interrupted.

The module completes or rolls back what it has begun. After Ctrl-C ansible-playbook waits for its
worker, which runs this plugin, before it ends; after TERM it ends at once. What happens is written
to the standard error of ansible-playbook, because Ansible shows no more lines of a worker then.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ...module_utils.text import printable

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# After these seconds the worker no longer waits for the module, which continues.
_LONGEST = 600
_POLL_INTERVAL = 0.2


class InterruptedAction(ActionBase):  # type: ignore[misc]  # `run` is that of the subclass
    """After an interruption wait for the module, and show how it ends."""

    def _execute_module(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        execute = super()._execute_module
        task = self._task
        if task.async_val or task.check_mode or self._connection.transport != "local":
            return dict(execute(*arguments, **options))
        name = task.action.rpartition(".")[2]
        with Watch(name, str(task.args.get("report_path") or "")) as watch:
            result: dict[str, Any] = execute(*arguments, **options)
            watch.end(result)
        return result


class Watch:
    """Delays SIGINT, SIGTERM and SIGHUP while the context lasts, and shows that and how the module ends.

    `report_path` is named as the list of what was done.
    """

    def __init__(self, name: str, report_path: str) -> None:
        self._name = name
        self._report_path = report_path
        self._interrupted = False
        self._parent = os.getppid()
        # Since ansible-core 2.19 a worker leads a process group, and has no terminal.
        self._leads = os.getpgrp() == os.getpid()
        self._screen = _open_screen(self._parent if self._leads else None)
        self._previous: dict[int, Any] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, lambda *_arguments: None)
        # By a pipe, because a signal need not wake the main thread, which waits for the module.
        self._signals, write = os.pipe()
        os.set_blocking(write, False)
        self._write = write
        self._previous_write = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop()
        signal.set_wakeup_fd(self._previous_write)
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        for descriptor in (self._signals, self._write, self._screen):
            if descriptor is not None:
                os.close(descriptor)

    def end(self, result: Mapping[str, Any]) -> None:
        """After an interruption show the result of the module and end the process.

        Nobody reads the result of the task then: sending a long one could block permanently.
        """
        self._stop()
        if self._interrupted:
            self._show(f"{self._name} has ended: {outcome(result)}{self._list()}")
            os._exit(1)

    def _stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            last = self._ended.is_set()
            pause = 0 if last else _POLL_INTERVAL
            readable, _writable, _failed = select.select([self._signals], [], [], pause)
            for number in os.read(self._signals, 100) if readable else b"":
                self._interrupt(number)
            if os.getppid() != self._parent:
                self._interrupt(None)
            if last:
                return

    def _interrupt(self, number: int | None) -> None:
        """Show that there was a signal, or that ansible-playbook has ended."""
        # The same signal comes again from here, and others from Ansible's cleanup.
        if self._interrupted or (number and number not in _SIGNALS):
            return
        self._interrupted = True
        self._announce()
        if number and self._leads:
            os.killpg(os.getpid(), number)

    def _announce(self) -> None:
        timer = threading.Timer(_LONGEST, os._exit, [1])
        timer.daemon = True
        timer.start()
        self._show(
            f"The run was interrupted. {self._name} still runs: it completes or rolls back what it has"
            f" begun, and shows here how it ends. Wait for it{self._list()}"
        )

    def _list(self) -> str:
        return f"; the result of each item is in {self._report_path}" if self._report_path else ""

    def _show(self, text: str) -> None:
        if self._screen is None:
            return
        try:
            os.write(self._screen, f"\n{printable(text)}\n".encode(errors="replace"))
        except OSError:
            self._screen = None  # the terminal was closed


def outcome(result: Mapping[str, Any]) -> str:
    """Return how a run ended, from the result of its module."""
    items = result.get("results") or []
    if "module_stdout" in result:  # which was no result of a module
        return "it was ended before it could report. Run it again: it completes what was begun"
    if result.get("failed"):
        return str(result.get("msg") or "it failed")
    changed = sum(bool(item.get("changed")) for item in items)
    return f"complete, {changed} of {len(items)} changed"


def _open_screen(process: int | None) -> int | None:
    """Return a descriptor of the standard error, that of another process if one is given."""
    try:
        if process is None:
            return os.dup(2)
        return os.open(f"/proc/{process}/fd/2", os.O_WRONLY | os.O_APPEND | os.O_NOCTTY)
    except OSError:
        return None
