# SPDX-License-Identifier: Apache-2.0
"""The space that a cleanup frees is that of what only deleted versions and tags have."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.errors import PulpError
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.release.cleanup.deletion import PlannedVersion, read_versions
from plugins.module_utils.release.cleanup.space import freed_bytes
from tests.unit.fake_pulp.content import set_tags
from tests.unit.fake_pulp.pulp import FakePulp

SIZES = {"a": 1, "b": 10, "c": 100, "d": 1000}


def packages(*versions):
    """A Pulp with a repository of these versions, each a string of packages of one letter."""
    pulp = FakePulp()
    repository = pulp.add_repository("rpm", "own")
    for names in versions:
        pulp.add_version(repository, *(f"{name} 1-1" for name in names))
    for unit in pulp.store.within("content/rpm/packages/"):
        if unit["name"] in SIZES:
            unit["artifact"] = pulp.add("artifacts/", size=SIZES[unit["name"]])["pulp_href"]
    return pulp


def planned(pulp, content_type, name):
    kind = CONTENT_TYPES[content_type]
    href = pulp.find("repositories/", name=name)["pulp_href"]
    return [PlannedVersion(kind, name, one) for one in read_versions(pulp.server(), kind, href)]


def freed(pulp, *numbers):
    versions = planned(pulp, "rpm", "own")
    deleted = [one for one in versions if one.version.number in numbers]
    return freed_bytes(pulp.server(), versions, deleted, {})


@pytest.mark.parametrize(
    ("versions", "deleted", "size"),
    [
        (("ab", "bc", "cd"), (), 0),
        (("ab", "bc", "cd"), (1,), 1),
        (("ab", "bc", "cd"), (1, 2), 11),
        (("ab", "bc", "cd"), (2,), 0),
        (("a", "ab", "abc", "ad"), (2, 3), 110),
        (("a", "bc", "ad"), (2,), 110),
        (("ab", "c", "d"), (2,), 100),
        # Removed and added again.
        (("ab", "b", "ab", "d"), (1, 2), 0),
        (("a", "ab", "b", "bc"), (1, 3), 0),
        (("a", "abc", "ac", "c"), (1, 3), 0),
        (("ax", "b"), (1,), 1),  # x is not downloaded
    ],
)
def test_only_what_no_other_version_has_is_counted(versions, deleted, size):
    assert freed(packages(*versions), *deleted) == size


def test_requests_are_for_differences_only():
    pulp = packages("a", "ab", "abc", "d")
    versions = planned(pulp, "rpm", "own")
    deleted = [one for one in versions if one.version.number == 2]
    before = len(pulp.sent())
    freed_bytes(pulp.server(), versions, deleted, {})
    assert {one.path for one in pulp.sent()[before:]} == {"content/rpm/packages/"}


def test_it_is_unknown_if_it_cannot_be_read():
    pulp = packages("a", "b")
    pulp.on("GET", "artifacts/", raises=PulpError("broken"))
    assert freed(pulp, 1) is None


def test_the_blobs_of_an_image_count_if_no_other_tag_needs_them():
    pulp = FakePulp()
    blobs = {}
    for name, size in SIZES.items():
        artifact = pulp.add("artifacts/", size=size)["pulp_href"]
        blobs[name] = pulp.add("content/container/blobs/", artifact=artifact)["pulp_href"]
    set_tags(pulp, "dev/nova", {"old": "sha256:1", "new": "sha256:2"})
    version = pulp.find("repositories/", name="dev/nova")["latest_version_href"]
    pulp.store.get(version)["_content"].update(blobs.values())
    for manifest in pulp.store.within("content/container/manifests/"):
        names = "dab" if manifest["digest"] == "sha256:1" else "bc"
        manifest["blobs"] = [blobs[name] for name in names if name != "d"]
        manifest["config_blob"] = blobs["d"] if "d" in names else None
    versions = planned(pulp, "container", "dev/nova")
    assert freed_bytes(pulp.server(), versions, [], {"dev/nova": ["old"]}) == 1001
    assert freed_bytes(pulp.server(), versions, [], {}) == 0
