# SPDX-License-Identifier: Apache-2.0
"""Tags are changed under the lock that promotions hold, and a run ends between two changes."""

from __future__ import annotations

import os
import signal
from functools import partial
from unittest.mock import patch

import pytest

from plugins.module_utils.container.tag_copy import change_tags
from plugins.module_utils.objects.server_lock import LOCK_NAME, ServerLock
from plugins.module_utils.pulp.errors import Conflict
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.content import set_tags, tags_of
from tests.unit.fake_pulp.pulp import FakePulp

A, B = "sha256:aa", "sha256:bb"
ITEM = {"source": "dev", "tags": ["one"], "allow_missing": False, "immutable": True}
NAMES = ["a", "b", "c"]


@pytest.fixture
def pulp() -> FakePulp:
    """A Pulp with a tag in `dev`, and repositories without it."""
    pulp = FakePulp(concurrency=1)
    set_tags(pulp, "dev", {"one": A})
    for name in NAMES:
        set_tags(pulp, name, {"old": B})
    return pulp


def change(pulp: FakePulp, check_mode: bool = False, **more: object) -> list[Result]:
    """The results of an item for each repository."""
    items = [{**ITEM, "state": "present", "name": name, **more} for name in NAMES]
    params = {"container": items, "force": False, "late_retry_delay": -1}
    return change_tags(pulp.server(check_mode), params)[0]


def holder(pulp: FakePulp) -> str:
    return str(pulp.by_name("contentguards/").get(LOCK_NAME, {}).get("description", ""))


def is_held(pulp: FakePulp) -> bool:
    return holder(pulp).endswith("what=tag copy]")


@pytest.mark.parametrize(
    ("verb", "item"),
    [("copy_tags/", {}), ("remove/", {"state": "absent", "tags": ["old"], "source": None})],
)
def test_the_lock_is_held_while_tags_are_changed(pulp, verb, item):
    held: list[bool] = []
    pulp.on("POST", verb, first=lambda: held.append(is_held(pulp)), times=3)
    assert [one.error for one in change(pulp, **item)] == [""] * 3
    assert held == [True] * 3
    assert holder(pulp) == ""


def test_nothing_is_changed_while_a_promotion_runs(pulp):
    pulp.add_guard(LOCK_NAME, description="bob on ctl1 [run=a process=elsewhere:1:2:3]")
    quick = partial(ServerLock, longest=0)
    running = "nothing was changed: a promotion by bob on ctl1 is running"
    with (
        patch("plugins.module_utils.container.tag_copy.ServerLock", quick),
        pytest.raises(Conflict, match=running),
    ):
        change(pulp)
    assert tags_of(pulp, "a") == {"old": B}


@pytest.mark.parametrize(
    "options",
    [
        {"check_mode": True},
        {"state": "read", "tags": ["old"]},
        {"state": "absent", "tags": ["nowhere"]},
        {"source": "a", "tags": ["old"]},
    ],
)
def test_without_a_change_there_is_no_lock(pulp, options):
    pulp.add_guard(LOCK_NAME, description="bob on ctl1 [run=a process=elsewhere:1:2:3]")
    assert [one.error for one in change(pulp, **options)] == [""] * 3
    assert pulp.writes == []


def test_a_tag_that_another_run_releases_before_the_lock_is_held_is_not_moved(pulp):
    pulp.on(
        "POST", "contentguards/", first=lambda: set_tags(pulp, "b", {"one": B, "old": B}), times=1
    )
    results = change(pulp)
    assert [bool(one.error) for one in results] == [False, True, False]
    assert "one would move, but released tags are immutable" in results[1].error
    assert tags_of(pulp, "b")["one"] == B


def test_an_interrupted_run_completes_the_copy_that_runs_and_names_the_others(pulp):
    pulp.on("POST", "copy_tags/", first=lambda: os.kill(os.getpid(), signal.SIGTERM))
    results = change(pulp)
    assert (results[0].error, tags_of(pulp, "a")) == ("", {"one": A, "old": B})
    assert {one.error for one in results[1:]} == {
        "nothing was changed: the run was interrupted. Run it again"
    }
    assert [one.action for one in results] == ["copied", "failed", "failed"]
    assert holder(pulp) == ""
    assert [one.error for one in change(pulp)] == [""] * 3
