# SPDX-License-Identifier: Apache-2.0
"""Locks of promoted releases are read from what the server serves."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from plugins.module_utils.pulp.errors import Conflict
from plugins.module_utils.release_lock.releases import Releases, release_files, withdrawn_files
from tests.unit.plugins.module_utils.release_lock.ark import MODULE, Ark


@pytest.fixture
def ark(tmp_path):
    ark = Ark()
    for name in ("second", "first"):
        ark.write_lock(tmp_path / f"{name}.yml", name)
        ark.promote(tmp_path / f"{name}.yml")
    return ark


def test_a_server_without_releases_has_none():
    releases = Releases.read(Ark().pulp.server())
    assert (releases.names, releases.version, releases.files) == ([], "", {})


def test_the_locks_of_releases_are_read(ark):
    releases = Releases.read(ark.pulp.server())
    assert releases.names == ["first", "second"]
    with patch(f"{MODULE}.releases.ServedFiles", lambda _connection: ark):
        assert releases.locks(["first"])["first"]["name"] == "first"


def test_an_outdated_file_of_the_content_app_is_refused(ark):
    for sha256 in ark.contents:
        ark.contents[sha256] = b"outdated"
    releases = Releases.read(ark.pulp.server())
    problem = "the lock of the release first cannot be read: .* earlier"
    served = patch(f"{MODULE}.releases.ServedFiles", lambda _connection: ark)
    with served, pytest.raises(Conflict, match=problem):
        releases.locks(["first"])


def test_only_files_that_differ_are_changed(ark):
    releases = Releases.read(ark.pulp.server())
    content = ark.contents[ark.published["first.yml"]]
    changed = releases.changed_files(release_files("first", content, b"signature"))
    assert (list(changed.add), changed.remove) == (["first.yml.asc"], [])
    changed = releases.changed_files(withdrawn_files("first"))
    assert (changed.add, changed.remove) == ({}, ["first.yml"])


def test_a_signature_that_was_removed_is_not_served_any_more():
    files = release_files("first", b"lock", None)
    assert (dict(files.add), files.remove) == ({"first.yml": b"lock"}, ["first.yml.asc"])
