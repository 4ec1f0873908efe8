# SPDX-License-Identifier: Apache-2.0
"""Two promotions at the same time, whatever fails and whoever is first at each request.

A run that reports success has promoted all its pins, and no other run undoes that.
"""

from __future__ import annotations

import copy
import threading
from functools import partial
from math import inf
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.inventory.pins import Pin
from plugins.module_utils.inventory.repositories import PackageRepository
from plugins.module_utils.objects.server_lock import LOCK_NAME, ServerLock
from plugins.module_utils.pulp.errors import PulpError, ResponseError, Unreachable
from plugins.module_utils.release.promote import GuardChange, change_guards
from tests.unit.fake_pulp.pulp import FakePulp

STAMP = "20260101T000000"
NAMES = "abcd"
PINS = {
    name: Pin(PackageRepository("rpm", name, name, f"{name}-", f"{name}/"), STAMP) for name in NAMES
}
names = st.sets(st.sampled_from(NAMES), min_size=1)
faults = st.lists(
    st.tuples(
        st.sampled_from(
            [
                {"raises": ResponseError(400, "refused")},
                {"raises": ResponseError(502, "Bad Gateway")},
                {"fails": "out of order"},
                {"ignored": True},
            ]
        ),
        st.integers(0, 2 * len(NAMES)),
    ),
    max_size=2,
)


def pulp_with_snapshots() -> tuple[FakePulp, str]:
    """A Pulp with a development snapshot of each name, and the guard of released ones."""
    pulp = FakePulp(concurrency=1)
    development, release = (
        pulp.add_guard(name)["pulp_href"] for name in ("development", "release")
    )
    for name in NAMES:
        pulp.add_repository("rpm", name)
        publication = f"/pulp/api/v3/publications/rpm/rpm/{name}/"
        fields = {"content_guard": development, "publication": publication}
        pulp.add_distribution("rpm", f"{name}-{STAMP}", **fields)
    return pulp, release


class Turns:
    """Which of two runs sends the next request; a run that has ended misses its turns."""

    def __init__(self, order: list[int]) -> None:
        self._order = list(order)
        self._running = {0, 1}
        self._changed = threading.Condition()

    def wait(self, run: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._next() in (run, None), 30)
            self._order[:1] = []
            self._changed.notify_all()

    def end(self, run: int) -> None:
        with self._changed:
            self._running.remove(run)
            self._changed.notify_all()

    def _next(self) -> int | None:
        """The run whose turn it is, None if any may continue."""
        while self._order and self._order[0] not in self._running:
            self._order.pop(0)
        return self._order[0] if self._order else None


class Run(threading.Thread):
    """A promotion of some snapshots. `error` is that of the run, empty for success.

    With `killed`, all its requests after this number of fail.
    """

    def __init__(
        self, pulp: FakePulp, number: int, wanted: set[str], turns: Turns, killed: float = inf
    ) -> None:
        super().__init__()
        self.client = copy.copy(pulp)
        self.client._request = self.request  # type: ignore[method-assign]
        self.pins = [PINS[name] for name in sorted(wanted)]
        self.number, self.wanted, self.turns, self.left = number, wanted, turns, killed
        self.error = "not run"

    def request(self, *arguments: Any) -> Any:
        self.turns.wait(self.number)
        self.left -= 1
        if self.left < 0:
            raise Unreachable("killed")
        return FakePulp._request(self.client, *arguments)

    def run(self) -> None:
        self.error = ""
        try:
            change_guards(self.client.server(), self.pins, GuardChange("release"))
        except PulpError as error:
            self.error = str(error)
        finally:
            self.turns.end(self.number)


def released(pulp: FakePulp, release: str) -> set[str]:
    by_name = pulp.by_name("distributions/")
    return {name for name in NAMES if by_name[f"{name}-{STAMP}"]["content_guard"] == release}


def run_both(runs: list[Run], longest: float) -> None:
    """Let both run; one waits for the other this number of seconds, without pauses."""
    quick = partial(ServerLock, longest=longest, sleep=lambda _seconds: None)
    with patch("plugins.module_utils.release.promote.ServerLock", quick):
        for run in runs:
            run.start()
        for run in runs:
            run.join(60)
            assert not run.is_alive()


@settings(deadline=None, max_examples=60)
@given(order=st.lists(st.integers(0, 1), max_size=80), first=names, second=names, problems=faults)
def test_a_success_is_never_undone_by_another_run(order, first, second, problems):
    pulp, release = pulp_with_snapshots()
    for fault, skip in problems:
        pulp.on("PATCH", "distributions/", **fault, skip=skip)
    turns = Turns(order)
    runs = [Run(pulp, number, wanted, turns) for number, wanted in enumerate((first, second))]

    run_both(runs, longest=20)

    now = released(pulp, release)
    assert all(run.error or run.wanted <= now for run in runs)
    if all(run.error.startswith("nothing was switched") for run in runs if run.error):
        assert now == set().union(*(run.wanted for run in runs if not run.error))
    assert LOCK_NAME not in pulp.by_name("contentguards/")


@settings(deadline=None, max_examples=40)
@given(order=st.lists(st.integers(0, 1), max_size=80), killed=st.integers(0, 20))
def test_a_run_beside_one_that_is_killed_has_promoted_all_or_reports_why_not(order, killed):
    pulp, release = pulp_with_snapshots()
    turns = Turns(order)
    runs = [Run(pulp, 0, set(NAMES), turns, killed), Run(pulp, 1, set(NAMES), turns)]

    run_both(runs, longest=0)

    for run in runs:
        assert run.error or released(pulp, release) == set(NAMES)
        assert "-X DELETE" in run.error or "promotion by" not in run.error
