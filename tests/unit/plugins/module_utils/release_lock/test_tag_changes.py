# SPDX-License-Identifier: Apache-2.0
"""Tags of several images are changed together and read back."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.interruption import Interruption
from plugins.module_utils.release_lock.tag_changes import (
    TagChange,
    find_version,
    read_image_tags,
    write_tags,
)
from tests.unit.fake_pulp.content import set_tags, tags_of
from tests.unit.fake_pulp.pulp import FakePulp

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
PATH = "repositories/container/container/"


@pytest.fixture
def pulp():
    pulp = FakePulp(concurrency=1, task_timeout=0.2)
    set_tags(pulp, "dev/a", {"x": ONE, "y": TWO})
    set_tags(pulp, "rel/a", {"x": ONE})
    set_tags(pulp, "rel/a", {"x": TWO, "z": ONE})
    return pulp


def write(pulp, *changes, force=True):
    return write_tags(pulp.server(), changes, force, Interruption())


def test_tags_are_copied_moved_removed_and_set_to_an_earlier_digest(pulp):
    server = pulp.server()
    assert read_image_tags(server, {"rel/a": ["x"]}, {"rel/a": "dev/a"})["rel/a"].source == {
        "x": ONE
    }
    version = find_version(server, "rel/a", "x", ONE)
    assert version.endswith("versions/1/")
    changes = [
        TagChange("rel/a", "y", "", TWO, "dev/a"),
        TagChange("rel/a", "z", ONE, ""),
        TagChange("rel/a", "x", TWO, ONE, version),
    ]
    assert write(pulp, *changes).errors == {}
    assert tags_of(pulp, "rel/a") == {"x": ONE, "y": TWO}


def test_a_digest_that_no_version_has_is_not_found(pulp):
    server = pulp.server()
    assert find_version(server, "rel/a", "x", f"sha256:{'3' * 64}") == ""
    assert find_version(server, "rel/none", "x", ONE) == ""


def test_a_change_that_pulp_does_not_make_is_an_error(pulp):
    pulp.on("POST", "copy_tags/", ignored=True)
    version = find_version(pulp.server(), "rel/a", "x", ONE)
    outcome = write(pulp, TagChange("rel/a", "x", TWO, ONE, version))
    assert outcome.errors[("rel/a", "x")].endswith(f"the tag is {TWO} instead of {ONE}")
    assert outcome.uncertain == []


@pytest.mark.parametrize("source", ["dev/a", "version"])
def test_a_task_that_does_not_end_is_uncertain(source, pulp):
    source = find_version(pulp.server(), "rel/a", "x", ONE) if source == "version" else source
    pulp.on("POST", "copy_tags/", polls=10**6)
    outcome = write(pulp, TagChange("rel/a", "x", TWO, ONE, source))
    assert list(outcome.errors) == [("rel/a", "x")]
    assert outcome.uncertain == ["rel/a"]
