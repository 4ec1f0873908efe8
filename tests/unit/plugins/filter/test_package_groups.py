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
def warnings(monkeypatch):
    messages = []
    monkeypatch.setattr(Display, "warning", lambda self, text: messages.append(text))
    return messages


@pytest.fixture
def groups(warnings):
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
def test_each_group_of_selected_repositories_is_listed_once(groups, warnings, selection, expected):
    assert groups(LISTS, **selection) == expected
    assert warnings == []


def test_a_default_sync_group_is_listed(groups):
    assert groups({"rpm": [item("a")]}, {"rpm": {"sync_group": "site"}}) == ["site"]


def test_the_group_of_an_invalid_item_is_listed(groups):
    assert groups({"rpm": [{"short_name": "a", "sync_group": "broken"}]}) == ["broken"]


def test_repositories_without_a_group_are_reported(groups, warnings):
    assert groups({"rpm": [item("a", "one"), item("b"), item("c")]}) == ["one"]
    assert warnings == ["package repositories without sync group: b, c"]


@pytest.mark.parametrize(
    ("lists", "selection", "message"),
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
def test_an_empty_list_of_groups_is_an_error_with_a_remedy(groups, lists, selection, message):
    with pytest.raises(AnsibleFilterError, match=message):
        groups(lists, **selection)
