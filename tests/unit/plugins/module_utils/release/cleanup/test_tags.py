# SPDX-License-Identifier: Apache-2.0
"""The rules by which tags of images are kept."""

from __future__ import annotations

import pytest

from plugins.module_utils.inventory.stamp import current_stamp
from plugins.module_utils.release.cleanup.retention import Retention, Scope
from plugins.module_utils.release.cleanup.tags import plan_tags, read_images
from tests.unit.fake_pulp.content import set_tags
from tests.unit.fake_pulp.pulp import FakePulp

RULES = Retention("development", keep_last=1, min_age=30)
OLD, NEWER, NEWEST = (f"2026.1-rocky-10-2026010{number}T000000" for number in (1, 2, 3))


def reasons(tags, scope=None, rules=RULES):
    return [one.kept for one in plan_tags("dev/nova", tags, scope or Scope(), rules)]


@pytest.mark.parametrize(
    ("tag", "scope", "reason"),
    [
        (OLD, Scope(), ""),
        (OLD, Scope(tags={("nova", OLD): ["release one"]}), "pinned by release one"),
        (OLD, Scope(tags={("", OLD): ["site", "site"]}), "pinned by site"),
        (OLD, Scope(tags={("keystone", OLD): ["release one"]}), ""),
        (OLD, Scope(tags={("", OLD[-15:]): ["site"]}), "pinned by site"),
        ("latest", Scope(), "it has no stamp"),
        ("2026.1-20269999T000000", Scope(), "it has no stamp"),
        (f"2025.1-{OLD[-15:]}", Scope(), "one of the 1 newest of its image"),
    ],
)
def test_each_rule_keeps_a_tag(tag, scope, reason):
    assert reasons([tag, NEWEST], scope)[0] == reason


def test_the_newest_are_counted_for_each_text_before_the_stamp():
    ubuntu = OLD.replace("rocky-10", "ubuntu-noble")
    found = reasons([OLD, NEWER, NEWEST, ubuntu], rules=Retention("development", 2, 0))
    assert [bool(one) for one in found] == [False, True, True, True]


def test_young_tags_are_kept():
    today = f"2026.1-rocky-10-{current_stamp()}"
    later = "2026.1-rocky-10-29990101T000000"
    assert reasons([today, later])[0] == "younger than 30 days"


def test_images_of_the_namespaces_are_read_and_no_others():
    pulp = FakePulp()
    for name in ("dev/nova", "dev/keystone", "developers/nova", "release/nova"):
        set_tags(pulp, name, {OLD: "sha256:1"})
    pulp.add_repository("container", "dev/empty")
    pulp.add_repository("rpm", "dev/packages", "bash 1-1")
    found = read_images(pulp.server(), Scope(namespaces=["dev"]), RULES)
    assert list(found) == ["dev/keystone", "dev/nova"]
    assert pulp.writes == []


def test_digests_that_no_tag_has_any_more_are_found():
    pulp = FakePulp()
    set_tags(pulp, "dev/nova", {OLD: "sha256:1"})
    set_tags(pulp, "dev/nova", {OLD: "sha256:2"})
    digests = {"nova": {"sha256:1": "release one", "sha256:2": "release two"}}
    found = read_images(pulp.server(), Scope(namespaces=["dev"], digests=digests), RULES)
    assert found["dev/nova"].moved == {"sha256:1": "release one"}
