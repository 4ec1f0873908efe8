# SPDX-License-Identifier: Apache-2.0
"""Whether Pulp's workers live: a task of a dead one stays `running` for up to 17 minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .pulp_errors import PulpError
from .pulp_reader import Reader

__all__ = ["WorkerLookout"]


# After a first suspicion it does not take as long to be sure.
_SOON = 2.0


class WorkerLookout:
    """Looks now and then what the workers do, and warns once of each task that none works on.

    A task of pulpcore 3.123 has no worker (the field is always null), but each worker says what it
    runs. A task that runs and that no worker owns up to in two looks has lost its worker; in one
    look it may just have ended.

    `warn` takes a text; `every` is the least number of seconds between two looks; `now` is the
    time at which the first period begins.
    """

    def __init__(
        self, reader: Reader, warn: Callable[[str], None], every: float, now: float
    ) -> None:
        self._reader = reader
        self._warn = warn
        self._every = every
        self._due = now + every
        self._suspects: set[str] = set()
        self._said: set[str] = set()

    def look(self, tasks: Iterable[tuple[str, Mapping[str, Any]]], now: float) -> None:
        """Compare running tasks, (subject, task) pairs, with what online workers say they run."""
        if now < self._due:
            return
        self._due = now + self._every
        try:
            busy = self._busy()
        except PulpError:  # nothing to be learned: a poll will fail, too, if it matters
            return
        if busy is None:
            return
        orphans = {
            task["pulp_href"]: subject
            for subject, task in tasks
            if task.get("state") == "running" and task["pulp_href"] not in busy
        }
        for href in sorted(orphans.keys() & self._suspects):
            self._say(
                href,
                f"{orphans[href]}: the Pulp worker that runs its task is not online any more "
                f"({href}); Pulp gives the task up within minutes",
            )
        if orphans.keys() - self._suspects:
            self._due = now + min(self._every, _SOON)
        self._suspects = set(orphans)

    def _busy(self) -> set[Any] | None:
        """Hrefs of the tasks that online workers run; None when this user may not see workers."""
        asked = {"online": "true", "fields": "pulp_href,current_task"}
        online = self._reader.list("workers/", asked)
        if not online:
            # The status page shows workers to everybody, but not what they do.
            if self._reader.get("status/").get("online_workers"):
                return None
            self._say("", "no Pulp worker is online: tasks wait until one is started")
        return {worker.get("current_task") for worker in online}

    def _say(self, href: str, words: str) -> None:
        if href not in self._said:
            self._said.add(href)
            self._warn(words)
