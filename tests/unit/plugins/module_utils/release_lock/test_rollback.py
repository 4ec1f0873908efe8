# SPDX-License-Identifier: Apache-2.0
"""A promoted release is withdrawn as a whole, except for what other promoted releases name."""

from __future__ import annotations

from functools import partial
from unittest.mock import patch

import pytest

from plugins.module_utils.objects.server_lock import ServerLock
from plugins.module_utils.pulp.errors import InvalidItem, PulpError
from tests.unit.fake_pulp.content import set_tags
from tests.unit.fake_pulp.interruptions import INTERRUPTIONS
from tests.unit.plugins.module_utils.release_lock.ark import MODULE, STAMP, TAG, Ark, digest

NEW = "2026.1-rocky-10-20261201T000000"


class Releases:
    """An Ark with two promoted releases, which share the snapshot a and the image nova-api.

    Only the second one has the snapshot b, the disk image and nova-compute.
    """

    def __init__(self, directory):
        self.ark = Ark()
        self.first, self.second = directory / "first.yml", directory / "second.yml"
        shared = {"nova-api": {TAG: digest("nova-api")}}
        self.ark.write_lock(self.first, packages="a", images=shared, disk_images=())
        self.ark.promote(self.first)
        self.before = self.ark.state
        self.ark.write_lock(self.second, "second", images={**shared, "nova-compute": {}})
        self.ark.promote(self.second)
        self.after = self.ark.state

    def withdraw(self, path):
        """Withdraw a release; returns the error, empty for success."""
        quick = partial(ServerLock, longest=0, sleep=lambda _seconds: None)
        with patch(f"{MODULE}.rollback.ServerLock", quick):
            try:
                self.ark.withdraw(path)
            except PulpError as error:
                return str(error)
        return ""


@pytest.fixture
def releases(tmp_path):
    return Releases(tmp_path)


def test_a_withdrawal_restores_the_state_before_the_promotion(releases):
    results, more = releases.ark.withdraw(releases.second)
    assert releases.ark.state == releases.before
    found = {one.name: one for one in results}
    assert found["a"].more["kept_for"] == found[f"nova-api:{TAG}"].more["kept_for"] == ["first"]
    assert [one.name for one in results if one.changed] == [
        *("b", "overcloud", f"nova-compute:{TAG}", "releases")
    ]
    assert more["lines"][0] == f"b  {STAMP}  release -> development"
    assert f"nova-compute  {TAG}  {digest('nova-compute')[:19]} -> no tag" in more["lines"]
    assert more["answer"].endswith("2 items are kept, because other promoted releases name them")
    assert "release second is withdrawn:" in more["answer"]
    assert not releases.ark.has_journal


def test_a_second_withdrawal_changes_nothing(releases):
    releases.ark.withdraw(releases.second)
    results, more = releases.ark.withdraw(releases.second)
    assert not any(one.changed for one in results)
    assert "is withdrawn already" in more["answer"]
    assert releases.ark.state == releases.before


def test_check_mode_reports_the_changes_and_makes_none(releases):
    count = len(releases.ark.pulp.writes)
    results, more = releases.ark.withdraw(releases.second, check_mode=True)
    assert sum(one.changed for one in results) == 4
    assert "would be withdrawn" in more["answer"]
    assert results[-1].before["files"] == ["second.yml"]
    assert len(releases.ark.pulp.writes) == count


def test_the_last_release_can_be_withdrawn_and_promoted_again(releases):
    for path in (releases.first, releases.second):
        releases.ark.withdraw(path)
    ark = releases.ark
    assert ark.published == {}
    assert ark.state["tags"] == {}
    assert set(ark.state["guards"].values()) == {"development"}
    ark.promote(releases.second)
    assert set(ark.published) == {"second.yml"}


def test_what_does_not_exist_any_more_is_ignored(releases):
    ark = releases.ark
    ark.pulp.store.remove(ark.pulp.store.find("distributions/", name=f"b-{STAMP}")["pulp_href"])
    set_tags(ark.pulp, "stackhpc/nova-compute", {"other": digest("other")})
    results, _more = ark.withdraw(releases.second)
    assert [one.name for one in results if one.changed] == ["overcloud", "releases"]
    assert ark.state["tags"]["stackhpc/nova-compute"] == {"other": digest("other")}


def test_a_tag_that_moved_is_set_to_the_digest_of_the_other_release(releases):
    ark = releases.ark
    moved = releases.second.with_name("third.yml")
    ark.push("nova-api", TAG, digest("moved"))
    tags = {"nova-api": {TAG: digest("moved")}}
    ark.write_lock(moved, "third", packages="", disk_images=(), images=tags)
    ark.promote(moved, force=True)
    assert ark.state["tags"]["stackhpc/nova-api"] == {TAG: digest("moved")}
    ark.withdraw(moved)
    assert ark.state == releases.after


def test_a_tag_that_cannot_be_set_stops_the_run(releases):
    ark = releases.ark
    moved = releases.second.with_name("third.yml")
    ark.push("nova-api", TAG, digest("moved"))
    tags = {"nova-api": {TAG: digest("moved")}}
    ark.write_lock(moved, "third", packages="", disk_images=(), images=tags)
    ark.promote(moved, force=True)
    before = ark.state
    search = patch(f"{MODULE}.rollback.find_version", lambda *_arguments: "")
    with search, pytest.raises(InvalidItem, match="nothing was withdrawn: .*cannot be set to"):
        ark.withdraw(moved)
    assert ark.state == before


def test_the_lock_of_another_release_with_this_name_is_refused(releases):
    releases.ark.write_lock(releases.second, "second", packages="b")
    with pytest.raises(InvalidItem, match="promoted as second has another content"):
        releases.ark.withdraw(releases.second)
    assert releases.ark.state == releases.after


def test_a_missing_content_guard_is_refused(releases):
    ark = releases.ark
    ark.pulp.store.remove(ark.guards["development"])
    with pytest.raises(InvalidItem, match="there is no content guard 'development'"):
        ark.withdraw(releases.second)


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_an_interrupted_withdrawal_is_undone_or_completed(tmp_path, interruption):
    uninterrupted = Releases(tmp_path)
    start = len(uninterrupted.ark.pulp.requests)
    assert uninterrupted.withdraw(uninterrupted.second) == ""
    requests = uninterrupted.ark.pulp.requests[start:]
    for number, request in enumerate(requests):
        if request.method == "GET" and number % 4:
            continue
        case = Releases(tmp_path)
        ark = case.ark
        ark.pulp.on("", "", skip=number, **INTERRUPTIONS[interruption])
        error = case.withdraw(case.second)
        ark.pulp.rules.clear()
        ark.remove_lock()
        if not error:
            assert ark.state == case.before
        elif not ark.has_journal:
            assert ark.state == case.after, error
        assert case.withdraw(case.second) == ""
        assert (ark.state, ark.has_journal) == (case.before, False)
