# SPDX-License-Identifier: Apache-2.0
"""The files of an item are added to a repository in one version, or none of them."""

from __future__ import annotations

import os

import pytest

from plugins.module_utils.content.files import manage_files
from plugins.module_utils.pulp.errors import ResponseError
from tests.unit.fake_pulp.pulp import FakePulp


@pytest.fixture
def pulp():
    """Return a Pulp with the empty repository `images`."""
    pulp = FakePulp()
    pulp.add_repository("file", "images")
    return pulp


@pytest.fixture
def update(pulp, tmp_path):
    """Return a function that runs the module with files and returns the result."""

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


def paths(pulp):
    """Return the paths in the latest version."""
    version = pulp.store.get(pulp.find("repositories/", name="images")["latest_version_href"])
    return sorted(pulp.store.get(href)["relative_path"] for href in version["_content"])


def latest(pulp):
    """Return the number of the latest version."""
    href = pulp.find("repositories/", name="images")["latest_version_href"]
    return pulp.store.get(href)["number"]


def test_all_files_are_added_in_one_version(pulp, update):
    result = update("a", "b", checksums=True)
    assert (result.error, result.action, result.more["version"]) == ("", "updated", 1)
    assert paths(pulp) == ["a", "a.sha256", "b", "b.sha256"]
    assert [one["action"] for one in result.more["files"]] == ["uploaded"] * 4
    assert sorted(result.after["files"]) == paths(pulp)


def test_a_second_run_uploads_and_changes_nothing(pulp, update):
    update("a", "b")
    writes = len(pulp.writes)
    again = update("a", "b")
    assert (again.changed, again.error, len(pulp.writes)) == (False, "", writes)
    assert [one["sent"] for one in again.more["files"]] == [0, 0]


def test_content_that_pulp_has_under_another_name_is_not_uploaded(pulp, update, tmp_path):
    update("a")
    uploads = len(pulp.sent("PUT"))
    result = update({"path": str(tmp_path / "a"), "relative_path": "latest/a"})
    assert (len(pulp.sent("PUT")), paths(pulp)) == (uploads, ["a", "latest/a"])
    assert result.more["files"][0]["action"] == "added"


def test_a_changed_file_replaces_the_old_one(pulp, update, tmp_path):
    update("a", "b")
    (tmp_path / "a").write_text("another")
    result = update("a", "b")
    assert (paths(pulp), list(result.before["files"]), list(result.after["files"])) == (
        ["a", "b"],
        ["a"],
        ["a"],
    )
    assert (result.more["packages_added"], result.more["packages_removed"]) == (1, 1)


def test_exact_removes_all_other_files(pulp, update):
    update("a", "b", "c")
    result = update("b", exact=True)
    assert (paths(pulp), list(result.before["files"])) == (["b"], ["a", "c"])


def test_files_are_removed_with_their_checksums(pulp, update):
    update("a", "b", checksums=True)
    result = update({"relative_path": "a"}, state="absent", checksums=True)
    assert (paths(pulp), result.changed) == (["b", "b.sha256"], True)
    assert not update({"relative_path": "a"}, state="absent", checksums=True).changed


def test_unreadable_files_are_reported_together_and_no_file_is_added(pulp, update):
    result = update("a", "x", "y")
    assert "2 of 3 files failed, and none was added" in result.error
    assert "x cannot be read" in result.error
    assert "y cannot be read" in result.error
    assert latest(pulp) == 0


def test_no_file_is_added_if_pulp_rejects_one(pulp, update):
    pulp.on("PUT", "/uploads/", raises=ResponseError(500, "No space left on device"))
    result = update("a", "b")
    assert "1 of 2 files failed, and none was added: " in result.error
    assert sorted(one["action"] for one in result.more["files"]) == ["failed", "uploaded"]
    assert (latest(pulp), update("a", "b").error, paths(pulp)) == (0, "", ["a", "b"])


def test_corrupted_content_is_not_added(pulp, update, tmp_path):
    pulp.corrupts = True
    assert "differs from that of the file" in update("a").error
    assert os.listdir(tmp_path / "state") == []


def test_check_mode_reports_what_would_be_uploaded(pulp, update):
    update("a")
    result = update("a", "b", check_mode=True)
    assert [one["action"] for one in result.more["files"]] == ["unchanged", "uploaded"]
    assert (result.changed, list(result.after["files"]), paths(pulp)) == (True, ["b"], ["a"])


def test_a_missing_repository_is_an_error_and_a_warning_in_check_mode(update):
    assert (
        "no file repository 'other', or user 'admin' may not see it"
        in update("a", name="other").error
    )
    planned = update("a", name="other", check_mode=True)
    assert (planned.changed, planned.error) == (True, "")
    assert "Without check mode this fails" in planned.more["warnings"][0]
