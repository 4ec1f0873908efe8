# SPDX-License-Identifier: Apache-2.0
"""Packages are added to a repository in one version, without those that it already has."""

from __future__ import annotations

import pytest

from plugins.module_utils.content.packages import update_packages
from plugins.module_utils.content.upload import ContentUpload
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.pulp import FakePulp


@pytest.fixture
def pulp():
    """Return a Pulp with the empty repository `images`."""
    pulp = FakePulp()
    pulp.add_repository("rpm", "images")
    return pulp


@pytest.fixture
def update(pulp, tmp_path):
    """Return a function that adds packages and returns the result and the version."""

    def run(*names, check_mode=False):
        params = {"chunk_size": None, "state_path": str(tmp_path / "state")}
        files = ContentUpload.from_params(pulp.server(check_mode), params)
        repository = pulp.by_name("repositories/")["images"]
        result = Result("images", "rpm")
        item = {"packages": [str(tmp_path / name) for name in names]}
        version = update_packages(files, CONTENT_TYPES["rpm"], repository, item, result)
        return result, pulp.store.get(version)

    for name in "ab":
        (tmp_path / name).write_text(f"package {name}")
    return run


def test_packages_are_added_in_one_version_and_kept(pulp, update):
    result, version = update("a")
    assert (version["number"], result.after) == (1, {"packages": ["a"]})
    result, version = update("a", "b", "b")
    assert (result.more["packages_added"], len(version["_content"])) == (1, 2)
    assert [one["action"] for one in result.more["files"]] == ["unchanged", "uploaded"]


def test_a_second_run_uploads_and_changes_nothing(pulp, update):
    update("a", "b")
    writes = len(pulp.writes)
    result, version = update("a", "b")
    assert (result.changed, version["number"], len(pulp.writes)) == (False, 1, writes)


def test_no_package_is_added_if_one_cannot_be_read(pulp, update):
    with pytest.raises(
        InvalidItem, match="1 of 2 packages failed, and none was added: x: .*/x can"
    ):
        update("a", "x")
    assert pulp.by_name("repositories/")["images"]["latest_version_href"].endswith("/0/")


def test_check_mode_reports_and_does_not_write(pulp, update):
    result, _version = update("a", check_mode=True)
    assert (result.changed, pulp.writes) == (True, [])
    assert result.more["files"][0]["action"] == "uploaded"
