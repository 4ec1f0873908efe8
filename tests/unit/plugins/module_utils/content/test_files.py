# SPDX-License-Identifier: Apache-2.0
"""A file repository gets the files of an item in one version, or none of them."""

from __future__ import annotations

import os

import pytest

from plugins.module_utils.content.files import manage_files
from plugins.module_utils.pulp.errors import ResponseError
from tests.unit.fake_pulp.pulp import FakePulp


@pytest.fixture
def pulp():
    """A Pulp with the empty repository `images`."""
    pulp = FakePulp()
    pulp.add_repository("file", "images")
    return pulp


@pytest.fixture
def hold(pulp, tmp_path):
    """Run the module: names or options of files -> the result of the repository."""

    def run(*files, check_mode=False, name="images", **more):
        entries = [
            one if isinstance(one, dict) else {"path": str(tmp_path / one), "relative_path": None}
            for one in files
        ]
        item = {"name": name, "files": entries, "checksums": False, "exact": False}
        params = {
            "file": [{**item, "state": "present", **more}],
            "chunk_size": None,
            "state_path": str(tmp_path / "state"),
        }
        server = pulp.server(check_mode)
        ((result,), _more) = manage_files(server, params)
        result.more["warnings"] = server.report.warnings
        return result

    for name in "abc":
        (tmp_path / name).write_text(f"content of {name}")
    return run


def held(pulp):
    """The paths in the latest version."""
    version = pulp.store.get(pulp.find("repositories/", name="images")["latest_version_href"])
    return sorted(pulp.store.get(href)["relative_path"] for href in version["_content"])


def latest(pulp):
    """The number of the latest version."""
    href = pulp.find("repositories/", name="images")["latest_version_href"]
    return pulp.store.get(href)["number"]


def test_all_files_come_in_one_version(pulp, hold):
    result = hold("a", "b", checksums=True)
    assert (result.error, result.action, result.more["version"]) == ("", "updated", 1)
    assert held(pulp) == ["a", "a.sha256", "b", "b.sha256"]
    assert [one["action"] for one in result.more["files"]] == ["uploaded"] * 4
    assert sorted(result.after["files"]) == held(pulp)


def test_a_second_run_sends_and_changes_nothing(pulp, hold):
    hold("a", "b")
    posted = len(pulp.writes)
    again = hold("a", "b")
    assert (again.changed, again.error, len(pulp.writes)) == (False, "", posted)
    assert [one["sent"] for one in again.more["files"]] == [0, 0]


def test_bytes_that_pulp_has_under_another_name_are_not_sent(pulp, hold, tmp_path):
    hold("a")
    arrived = len(pulp.sent("PUT"))
    result = hold({"path": str(tmp_path / "a"), "relative_path": "latest/a"})
    assert (len(pulp.sent("PUT")), held(pulp)) == (arrived, ["a", "latest/a"])
    assert result.more["files"][0]["action"] == "added"


def test_a_changed_file_replaces_the_old_one(pulp, hold, tmp_path):
    hold("a", "b")
    (tmp_path / "a").write_text("another")
    result = hold("a", "b")
    assert (held(pulp), list(result.before["files"]), list(result.after["files"])) == (
        ["a", "b"],
        ["a"],
        ["a"],
    )
    assert (result.more["packages_added"], result.more["packages_removed"]) == (1, 1)


def test_exact_removes_what_is_not_named(pulp, hold):
    hold("a", "b", "c")
    result = hold("b", exact=True)
    assert (held(pulp), list(result.before["files"])) == (["b"], ["a", "c"])


def test_files_are_removed_with_their_checksums(pulp, hold):
    hold("a", "b", checksums=True)
    result = hold({"relative_path": "a"}, state="absent", checksums=True)
    assert (held(pulp), result.changed) == (["b", "b.sha256"], True)
    assert not hold({"relative_path": "a"}, state="absent", checksums=True).changed


def test_one_file_that_cannot_be_read_keeps_the_others_out_and_all_are_named(pulp, hold):
    result = hold("a", "x", "y")
    assert "2 of 3 files failed, and none was added" in result.error
    assert "x cannot be read" in result.error
    assert "y cannot be read" in result.error
    assert latest(pulp) == 0


def test_one_file_that_pulp_refuses_keeps_the_others_out(pulp, hold):
    pulp.on("PUT", "/uploads/", raises=ResponseError(500, "No space left on device"))
    result = hold("a", "b")
    assert "1 of 2 files failed, and none was added: " in result.error
    assert sorted(one["action"] for one in result.more["files"]) == ["failed", "uploaded"]
    assert (latest(pulp), hold("a", "b").error, held(pulp)) == (0, "", ["a", "b"])


def test_bytes_that_were_altered_are_not_added(pulp, hold, tmp_path):
    pulp.corrupts = True
    assert "differs from that of the file" in hold("a").error
    assert os.listdir(tmp_path / "state") == []


def test_check_mode_reports_what_would_be_sent(pulp, hold):
    hold("a")
    result = hold("a", "b", check_mode=True)
    assert [one["action"] for one in result.more["files"]] == ["unchanged", "uploaded"]
    assert (result.changed, list(result.after["files"]), held(pulp)) == (True, ["b"], ["a"])


def test_a_repository_that_is_missing_is_named_and_check_mode_warns(hold):
    assert (
        "no file repository 'other', or user 'admin' may not see it"
        in hold("a", name="other").error
    )
    ahead = hold("a", name="other", check_mode=True)
    assert (ahead.changed, ahead.error) == (True, "")
    assert "Without check mode this fails" in ahead.more["warnings"][0]
