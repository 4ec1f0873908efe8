# SPDX-License-Identifier: Apache-2.0
"""Packages come into a repository together, and only those that it lacks."""

from __future__ import annotations

import pytest

from plugins.module_utils.content.packages import update_packages
from plugins.module_utils.content.upload import ContentUpload
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.report.report import Result

from ..file_shelf import REPOSITORY, FileShelf


@pytest.fixture
def shelf():
    return FileShelf()


@pytest.fixture
def bring(shelf, tmp_path):
    """Bring packages of these names; the result, and the version."""

    def run(*names, check_mode=False):
        params = {"chunk_size": None, "state_path": str(tmp_path / "state")}
        files = ContentUpload.from_params(shelf.server(check_mode), params)
        latest = f"{REPOSITORY}versions/{len(shelf.versions) - 1}/"
        repository = {"pulp_href": REPOSITORY, "latest_version_href": latest}
        result = Result("images", "rpm")
        item = {"packages": [str(tmp_path / name) for name in names]}
        version = update_packages(files, CONTENT_TYPES["rpm"], repository, item, result)
        return result, version

    for name in "ab":
        (tmp_path / name).write_text(f"package {name}")
    return run


def test_packages_come_in_one_version_and_stay(shelf, bring):
    result, version = bring("a")
    assert (version, result.after) == (f"{REPOSITORY}versions/1/", {"packages": ["a"]})
    result, version = bring("a", "b", "b")
    assert (result.more["packages_added"], len(shelf.versions[-1])) == (1, 2)
    assert [one["action"] for one in result.more["files"]] == ["unchanged", "uploaded"]


def test_a_second_run_sends_and_changes_nothing(shelf, bring):
    bring("a", "b")
    posted = len(shelf.posted)
    result, version = bring("a", "b")
    assert (result.changed, version, len(shelf.posted)) == (
        False,
        f"{REPOSITORY}versions/1/",
        posted,
    )


def test_one_that_cannot_be_read_keeps_the_others_out(shelf, bring):
    with pytest.raises(
        InvalidItem, match="1 of 2 packages failed, and none was added: x: .*/x can"
    ):
        bring("a", "x")
    assert len(shelf.versions) == 1


def test_check_mode_tells_and_does_not_write(shelf, bring):
    result, _version = bring("a", check_mode=True)
    assert (result.changed, shelf.posted) == (True, [])
    assert result.more["files"][0]["action"] == "uploaded"
