# SPDX-License-Identifier: Apache-2.0
"""Whether Pulp's workers live: a task of a dead one stays `running` for up to 17 minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import PulpError
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_reader import Reader

__all__ = ["WorkerLookout"]


class WorkerLookout:
    """Looks now and then which workers are online, and warns of each lost one once.

    `warn` takes a text; `every` is the least number of seconds between two looks; `now` is the
    time at which the first period begins.
    """

    def __init__(
        self, reader: Reader, warn: Callable[[str], None], every: float, now: float
    ) -> None:
        self._reader = reader
        self._warn = warn
        self._every = every
        self._looked = now
        self._said: set[tuple[str, str]] = set()

    def look(self, tasks: Iterable[tuple[str, Mapping[str, Any]]], now: float) -> None:
        """Compare the workers of running tasks, (subject, task) pairs, with those online."""
        if now - self._looked < self._every:
            return
        self._looked = now
        try:
            online = self._online()
        except PulpError:  # nothing to be learned: a poll will fail, too, if it matters
            return
        if online is None:
            return
        if not online:
            self._say("", "", "no Pulp worker is online: tasks wait until one is started")
        for subject, task in tasks:
            worker = task.get("worker") or ""
            if task.get("state") == "running" and worker and worker not in online:
                words = (
                    f"{subject}: the Pulp worker that runs its task is not online any more "
                    f"({worker}); Pulp gives the task up within minutes"
                )
                self._say(subject, worker, words)

    def _online(self) -> set[Any] | None:
        """Hrefs of the workers that are online; None when this user may not see workers."""
        # The status page shows workers to everybody, but by name only; tasks name them by href.
        asked = {"online": "true", "fields": "pulp_href"}
        online = {worker.get("pulp_href") for worker in self._reader.list("workers/", asked)}
        if not online and self._reader.get("status/").get("online_workers"):
            return None
        return online

    def _say(self, subject: str, worker: str, words: str) -> None:
        if (subject, worker) not in self._said:
            self._said.add((subject, worker))
            self._warn(words)
