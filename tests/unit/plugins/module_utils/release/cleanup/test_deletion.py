# SPDX-License-Identifier: Apache-2.0
"""The deletion of tags and versions of images."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.release.cleanup.deletion import CleanRun, PlannedVersion, read_versions
from plugins.module_utils.release.cleanup.retention import Retention
from plugins.module_utils.release.cleanup.tags import TagDecision
from tests.unit.fake_pulp.content import set_tags, tags_of
from tests.unit.fake_pulp.pulp import FakePulp

RULES = Retention("development", keep_last=1, min_age=0)
CONTAINER = CONTENT_TYPES["container"]
ONE, TWO = (f"sha256:{number * 64}" for number in "12")
SIGNATURE = f"{ONE.replace(':', '-')}.sig"


@pytest.fixture
def pulp():
    made = FakePulp()
    set_tags(made, "dev/nova", {"old": ONE})
    set_tags(made, "dev/nova", {"old": ONE, "new": TWO, SIGNATURE: "sha256:3"})
    return made


def delete(pulp, confirmed=True, check_mode=False, tags=("old",), versions=()):
    run = CleanRun(pulp.server(check_mode), RULES, confirmed)
    return run.delete([], [TagDecision("dev/nova", tag, "") for tag in tags], versions)


def test_a_tag_is_removed_with_the_signature_of_its_image(pulp):
    [result] = delete(pulp)
    assert (result.name, result.action, result.error) == ("dev/nova", "removed", "")
    assert list(tags_of(pulp, "dev/nova")) == ["new"]


def test_the_signature_of_an_image_with_another_tag_is_kept(pulp):
    set_tags(pulp, "dev/nova", {"old": ONE, "same": ONE, SIGNATURE: "sha256:3"})
    delete(pulp)
    assert sorted(tags_of(pulp, "dev/nova")) == ["same", SIGNATURE]


@pytest.mark.parametrize(("confirmed", "check_mode"), [(False, False), (True, True)])
def test_nothing_is_removed_without_confirmation_and_in_check_mode(pulp, confirmed, check_mode):
    [result] = delete(pulp, confirmed, check_mode)
    assert result.changed == confirmed
    assert result.action == ("removed" if confirmed else "planned")
    assert pulp.writes == []


def test_a_version_that_is_the_latest_by_then_is_kept(pulp):
    repository = pulp.find("repositories/", name="dev/nova")["pulp_href"]
    versions = read_versions(pulp.server(), CONTAINER, repository)
    planned = [PlannedVersion(CONTAINER, "dev/nova", one) for one in versions if one.number == 2]
    [_tags, result] = delete(pulp, tags=["none"], versions=planned)
    assert (result.action, result.more["kept"]) == (
        "skipped",
        "it is in use, or was deleted meanwhile",
    )
    [_tags, result] = delete(pulp, versions=planned)
    assert result.action == "deleted"
    assert list(tags_of(pulp, "dev/nova")) == ["new"]
