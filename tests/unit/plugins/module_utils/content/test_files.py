# SPDX-License-Identifier: Apache-2.0
"""A file repository holds what an item says, in one version or not at all."""

from __future__ import annotations

import os

import pytest

from plugins.module_utils.content.files import manage_files
from plugins.module_utils.pulp.errors import ResponseError

from ..file_shelf import FileShelf


@pytest.fixture
def shelf():
    return FileShelf()


@pytest.fixture
def hold(shelf, tmp_path):
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
        server = shelf.server(check_mode)
        ((result,), _more) = manage_files(server, params)
        result.more["warnings"] = server.report.warnings
        return result

    for name in "abc":
        (tmp_path / name).write_text(f"content of {name}")
    return run


def held(shelf):
    return sorted(shelf.units[href]["relative_path"] for href in shelf.versions[-1])


def test_all_files_come_in_one_version(shelf, hold):
    result = hold("a", "b", checksums=True)
    assert (result.error, result.action, result.more["version"]) == ("", "updated", 1)
    assert held(shelf) == ["a", "a.sha256", "b", "b.sha256"]
    assert [one["action"] for one in result.more["files"]] == ["uploaded"] * 4
    assert sorted(result.after["files"]) == held(shelf)


def test_a_second_run_sends_and_changes_nothing(shelf, hold):
    hold("a", "b")
    posted = len(shelf.posted)
    again = hold("a", "b")
    assert (again.changed, again.error, len(shelf.posted)) == (False, "", posted)
    assert [one["sent"] for one in again.more["files"]] == [0, 0]


def test_what_pulp_has_under_another_name_is_not_sent(shelf, hold, tmp_path):
    hold("a")
    arrived = len(shelf.arrived)
    result = hold({"path": str(tmp_path / "a"), "relative_path": "latest/a"})
    assert (len(shelf.arrived), held(shelf)) == (arrived, ["a", "latest/a"])
    assert result.more["files"][0]["action"] == "added"


def test_a_file_that_changed_takes_the_place_of_the_old_one(shelf, hold, tmp_path):
    hold("a", "b")
    (tmp_path / "a").write_text("another")
    result = hold("a", "b")
    assert (held(shelf), list(result.before["files"]), list(result.after["files"])) == (
        ["a", "b"],
        ["a"],
        ["a"],
    )
    assert (result.more["packages_added"], result.more["packages_removed"]) == (1, 1)


def test_exact_removes_what_is_not_named(shelf, hold):
    hold("a", "b", "c")
    result = hold("b", exact=True)
    assert (held(shelf), list(result.before["files"])) == (["b"], ["a", "c"])


def test_files_are_removed_with_their_checksums(shelf, hold):
    hold("a", "b", checksums=True)
    result = hold({"relative_path": "a"}, state="absent", checksums=True)
    assert (held(shelf), result.changed) == (["b", "b.sha256"], True)
    assert not hold({"relative_path": "a"}, state="absent", checksums=True).changed


def test_one_file_that_cannot_be_read_keeps_the_others_out_and_all_are_named(shelf, hold):
    result = hold("a", "x", "y")
    assert "2 of 3 files failed, and none was added" in result.error
    assert "x cannot be read" in result.error
    assert "y cannot be read" in result.error
    assert len(shelf.versions) == 1


def test_one_file_that_pulp_does_not_take_keeps_the_others_out(shelf, hold):
    shelf.faults = [("", ResponseError(500, "No space left on device"))]
    result = hold("a", "b")
    assert "1 of 2 files failed, and none was added: " in result.error
    assert sorted(one["action"] for one in result.more["files"]) == ["failed", "uploaded"]
    assert (len(shelf.versions), hold("a", "b").error, held(shelf)) == (1, "", ["a", "b"])


def test_bytes_that_came_out_otherwise_are_not_added(shelf, hold, tmp_path):
    shelf.falsify = True
    assert "differs from that of the file" in hold("a").error
    assert os.listdir(tmp_path / "state") == []


def test_check_mode_tells_what_would_be_sent(shelf, hold):
    hold("a")
    result = hold("a", "b", check_mode=True)
    assert [one["action"] for one in result.more["files"]] == ["unchanged", "uploaded"]
    assert (result.changed, list(result.after["files"]), held(shelf)) == (True, ["b"], ["a"])


def test_a_repository_that_is_missing_is_named_and_check_mode_warns(hold):
    assert (
        "no file repository 'other', or user 'admin' may not see it"
        in hold("a", name="other").error
    )
    ahead = hold("a", name="other", check_mode=True)
    assert (ahead.changed, ahead.error) == (True, "")
    assert "A real run fails here" in ahead.more["warnings"][0]
