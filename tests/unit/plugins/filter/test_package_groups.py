# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from plugins.filter.package_groups import FilterModule


def item(short_name, group=None):
    names = {"name": short_name, "short_name": short_name}
    more = {"distribution_name": f"{short_name}-", "base_path": f"{short_name}/"}
    return {**names, **more, **({"sync_group": group} if group else {})}


LISTS = {
    "rpm": [item("rocky_9_baseos", "rocky"), item("rocky_9_crb", "rocky"), item("epel_9", "epel")],
    "deb": [item("noble", "ubuntu")],
}


@pytest.fixture
def warned(monkeypatch):
    told = []
    monkeypatch.setattr(Display, "warning", lambda self, text: told.append(text))
    return told


@pytest.fixture
def groups(warned):
    return FilterModule().filters()["package_groups"]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({}, ["epel", "rocky", "ubuntu"]),
        ({"package_filter": "^rocky_9_ noble"}, ["rocky", "ubuntu"]),
        ({"rpm_filter": "epel"}, ["epel", "ubuntu"]),
        ({"sync_group": "rocky"}, ["rocky"]),
    ],
)
def test_each_group_of_what_is_selected_is_there_once(groups, warned, selection, expected):
    assert groups(LISTS, **selection) == expected
    assert warned == []


def test_a_default_of_the_site_is_a_group_too(groups):
    assert groups({"rpm": [item("a")]}, {"rpm": {"sync_group": "site"}}) == ["site"]


def test_the_group_of_a_malformed_item_is_there_so_that_its_run_tells(groups):
    assert groups({"rpm": [{"short_name": "a", "sync_group": "broken"}]}) == ["broken"]


def test_what_is_in_no_group_is_named(groups, warned):
    assert groups({"rpm": [item("a", "one"), item("b"), item("c")]}) == ["one"]
    assert warned == ["package repositories without sync group: b, c"]


@pytest.mark.parametrize(
    ("lists", "selection", "words"),
    [
        (LISTS, {"package_filter": "rokcy"}, "matches none of 4 names"),
        (LISTS, {"package_filter": "("}, "not a regular expression"),
        (LISTS, {"sync_group": "suse"}, "groups: epel, rocky, ubuntu"),
        (
            {"rpm": [item("a")], "deb": None},
            {},
            r"has a sync group \(selected 1 of 1\): set sync_group",
        ),
        ({}, {}, "has a sync group"),
    ],
)
def test_no_group_at_all_is_an_error_with_the_way_out(groups, lists, selection, words):
    with pytest.raises(AnsibleFilterError, match=words):
        groups(lists, **selection)
