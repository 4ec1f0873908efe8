# SPDX-License-Identifier: Apache-2.0
"""A promotion that is interrupted at any request promotes all, restores all, or is continued."""

from __future__ import annotations

import os
import signal
from functools import partial
from unittest.mock import patch

import pytest

from plugins.module_utils.objects.server_lock import ServerLock
from tests.unit.fake_pulp.content import set_tags
from tests.unit.fake_pulp.interruptions import INTERRUPTIONS
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.plugins.module_utils.release_lock.ark import MODULE, TAG, Ark, digest


class Case:
    """An Ark, the lock of a release, and that of another release with other contents."""

    def __init__(self, directory):
        self.ark = Ark(packages="ab", images=("nova-api",))
        self.first, self.second = directory / "first.yml", directory / "second.yml"
        self.ark.write_lock(self.first, packages="a", images={"nova-api": {}})
        self.ark.write_lock(self.second, "second", packages="b", images={}, disk_images=())
        # It moves, so that the digest before must be restored.
        set_tags(self.ark.pulp, "stackhpc/nova-api", {TAG: digest("old")})
        self.before = self.ark.state

    def promote(self, path):
        quick = partial(ServerLock, longest=0, sleep=lambda _seconds: None)
        with patch(f"{MODULE}.promote.ServerLock", quick):
            return self.ark.error_of(path, force=True)


def cases(directory, interruption):
    """Yield a case after each promotion that was interrupted, its error, and the aim."""
    uninterrupted = Case(directory)
    assert uninterrupted.promote(uninterrupted.first) == ""
    promoted = uninterrupted.ark.state
    for number, request in enumerate(uninterrupted.ark.pulp.requests):
        if request.method == "GET" and number % 3:
            continue
        case = Case(directory)
        case.ark.pulp.on("", "", skip=number, **INTERRUPTIONS[interruption])
        error = case.promote(case.first)
        case.ark.pulp.rules.clear()
        case.ark.remove_lock()
        yield case, error, promoted


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_the_next_run_completes_what_was_interrupted(tmp_path, interruption):
    for case, error, promoted in cases(tmp_path, interruption):
        ark = case.ark
        if not error:
            assert ark.state == promoted
        elif not ark.has_journal:
            assert ark.state == case.before, error
        else:
            assert ark.state in (case.before, promoted) or "Run it again" in error, error
        assert case.promote(case.first) == ""
        assert ark.state == promoted
        assert not ark.has_journal


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_the_next_run_of_another_release_restores_what_was_interrupted(tmp_path, interruption):
    for case, error, promoted in cases(tmp_path, interruption):
        ark = case.ark
        was_complete = ark.has_journal and ark.state == promoted
        assert case.promote(case.second) == ""
        assert not ark.has_journal
        kept = promoted if was_complete or not error else case.before
        names = {"second.yml", *kept["published"]}
        guards = {**kept["guards"], "b-20261101T000000": "release"}
        assert (set(ark.published), ark.state["guards"]) == (names, guards)
        assert ark.state["tags"] == kept["tags"]


def test_of_two_promotions_at_the_same_time_one_fails_without_a_change(tmp_path):
    case = Case(tmp_path)
    outcomes = []

    def promote_another():
        before = len(case.ark.pulp.writes)
        outcomes.append(case.promote(case.second))
        # Only the attempt to create the lock.
        assert {one.path for one in case.ark.pulp.writes[before:]} == {"contentguards/core/rbac/"}

    case.ark.pulp.on("PATCH", "distributions/", first=promote_another)
    assert case.promote(case.first) == ""
    assert "nothing was changed: a promotion by" in outcomes[0]
    assert set(case.ark.published) == {"first.yml"}
    assert case.ark.state["guards"]["b-20261101T000000"] == "development"


def test_a_journal_of_another_version_is_not_touched(tmp_path):
    case = Case(tmp_path)
    fields = {"name": "release-train-journal", "description": "{}"}
    case.ark.pulp.add("contentguards/core/rbac/", **fields)
    assert "is not a journal that this version" in case.promote(case.first)
    assert case.ark.state == case.before


def test_what_another_run_changed_meanwhile_is_not_restored(tmp_path):
    case = Case(tmp_path)
    pulp: FakePulp = case.ark.pulp

    def change_guard():
        found = pulp.store.find("distributions/", name="a-20261101T000000")
        pulp.store.write(found, {"content_guard": None})

    pulp.on("PATCH", "distributions/file/", ignored=True, meanwhile=change_guard)
    case.promote(case.first)
    assert case.ark.state["guards"]["a-20261101T000000"] is None
    assert case.ark.state["tags"] == case.before["tags"]


def test_a_run_that_is_interrupted_by_a_signal_restores_what_it_changed(tmp_path):
    ark = Ark()
    ark.write_lock(tmp_path / "first.yml")
    before = ark.state
    ark.pulp.on("POST", "copy_tags/", first=partial(os.kill, os.getpid(), signal.SIGTERM))
    error = ark.error_of(tmp_path / "first.yml")
    assert error.startswith("nothing was changed: ")
    assert "the run was interrupted" in error
    assert (ark.state, ark.has_journal) == (before, False)


def test_a_failed_run_reports_an_error_for_each_tag(tmp_path):
    ark = Ark()
    ark.write_lock(tmp_path / "first.yml")
    ark.pulp.on("POST", "copy_tags/", skip=1, fails="out of order")
    error = ark.error_of(tmp_path / "first.yml")
    assert f"stackhpc/nova-compute:{TAG}: out of order" in error
    assert f"stackhpc/nova-api:{TAG}" not in error


def test_the_withdrawal_of_a_release_whose_promotion_was_killed_undoes_the_promotion(tmp_path):
    case = Case(tmp_path)

    def die():
        case.ark.pulp.on("", "", **INTERRUPTIONS["the run is killed"])

    case.ark.pulp.on("PATCH", "distributions/file/", first=die)
    assert "was not completely rolled back" in case.promote(case.first)
    assert case.ark.state["tags"] != case.before["tags"]
    case.ark.pulp.rules.clear()
    case.ark.remove_lock()
    case.ark.withdraw(case.first)
    assert case.ark.state == case.before
    assert not case.ark.has_journal
