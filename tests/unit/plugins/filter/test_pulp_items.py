# SPDX-License-Identifier: Apache-2.0
"""Items of inventories are converted to items of the modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from plugins.filter.pulp_items import pulp_items


class Omit:
    """Like the omit object of ansible-core 2.19 and later."""


OMITTED = [None, "__omit_place_holder__0123abcd", Omit()]


class Lazy(Mapping):
    """A mapping like those of templates: values are evaluated when they are read."""

    def __init__(self, **values: Any) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        if self._values[key] is NotImplemented:
            raise LookupError(f"'{key}' is undefined")
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@pytest.mark.parametrize("omitted", OMITTED)
def test_omitted_keys_are_dropped_at_any_depth(omitted):
    item = {
        "name": "a",
        "url": omitted,
        "groups": ["b", omitted],
        "roles": [{"role": "r", "groups": omitted}],
    }
    assert pulp_items([item]) == [{"name": "a", "groups": ["b"], "roles": [{"role": "r"}]}]


def test_empty_values_are_kept():
    item = {"content_guard": "", "groups": [], "version": 0, "private": False}
    assert pulp_items([item]) == [item]


def test_keys_of_distributions_are_dropped_from_publications_only():
    item = {"repository": "r", "version": "2", "mode": "simple", "state": "present"}
    more = {"name": "n", "base_path": "b/", "content_guard": "g"}
    extra = {"short_name": "s", "required": "False"}
    both = [{**item, **more, **extra}]
    assert pulp_items(both, "deb", kind="publication") == [item]
    assert pulp_items(both, "deb", kind="distribution") == [{**item, **more}]


def test_keys_of_repository_and_inventory_are_dropped_from_other_items():
    item = {"repository": "r", "version": 2}
    others = {"url": "u", "sync_policy": "additive", "remote_password": "p", "mode": "simple"}
    inventory = {"sync_group": "g", "distribution_name": "d-", "publish": True, "sync": False}
    both = [{**item, **others, **inventory, "skip_existing": True, "base_path": "b"}]
    [publication] = pulp_items(both, "rpm", kind="publication")
    assert publication == {**item, "sync_policy": "additive"}
    [distribution] = pulp_items(both, "rpm", kind="distribution")
    assert distribution == {**item, "skip_existing": True, "base_path": "b"}


def test_only_keys_of_the_inventory_are_dropped_from_a_repository():
    item = {"name": "n", "url": "u", "base_path": "b/", "sync": False}
    inventory = {"required": True, "short_name": "s", "sync_group": "g", "distribution_name": "d-"}
    assert pulp_items([{**item, **inventory}], "rpm", kind="repository") == [item]


@pytest.mark.parametrize("kind", ["", "repository", "publication", "distribution"])
@pytest.mark.parametrize("key", ["content_gaurd", "guard", "nmae", "privat"])
def test_an_unknown_key_is_passed_to_the_module(kind, key):
    item = {"state": "present", key: "development"}
    assert pulp_items([item], "rpm", kind=kind) == [item]


def test_private_is_passed_to_the_module_for_every_type():
    item = {"name": "n", "private": True}
    assert pulp_items([item], "rpm", kind="distribution") == [item]


def test_a_content_guard_of_a_container_is_an_error_with_a_remedy():
    item = {"name": "stackhpc/nova-api", "content_guard": "development"}
    with pytest.raises(AnsibleFilterError, match="'stackhpc/nova-api'.* private: true"):
        pulp_items([item], "container", kind="distribution")


@pytest.mark.parametrize("empty", ["", *OMITTED])
def test_an_empty_content_guard_of_a_container_is_dropped(empty):
    item = {"name": "n", "private": True}
    assert pulp_items([{**item, "content_guard": empty}], "container", kind="distribution") == [
        item
    ]


def test_an_ignored_value_may_be_undefined():
    item = Lazy(repository="r", required=NotImplemented)
    assert pulp_items([item], "rpm", kind="publication") == [{"repository": "r"}]


@pytest.mark.parametrize(
    ("tags", "kept"),
    [(["all"], True), (["rpm"], True), (["deb", "rpm"], True), (["deb"], False), (["pulp"], True)],
)
def test_a_tag_of_a_content_type_selects_only_this_type(tags, kept):
    assert bool(pulp_items([{"name": "n"}], "rpm", tags)) is kept


@pytest.mark.parametrize(
    ("run", "skip", "kept"),
    [
        (["all"], ["deb"], True),
        (["all"], ["rpm"], False),
        (["rpm"], ["rpm"], False),
        (["pulp"], ["other"], True),
    ],
)
def test_a_content_type_can_be_skipped(run, skip, kept):
    assert bool(pulp_items([{"name": "n"}], "rpm", run, skip)) is kept


def test_an_item_overrides_the_defaults():
    items = [
        {"name": "a"},
        {"name": "b", "skip_existing": False},
        {"name": "c", "skip_existing": None},
    ]
    found = pulp_items(items, "rpm", kind="distribution", defaults={"skip_existing": True})
    assert [item["skip_existing"] for item in found] == [True, False, True]


def test_null_is_an_empty_list():
    assert pulp_items(None) == []


@pytest.mark.parametrize("items", ["text", {"name": "a"}, [{"name": "a"}, "text"]])
def test_an_invalid_list_is_an_error_that_shows_no_value(items):
    with pytest.raises(AnsibleFilterError) as caught:
        pulp_items(items, "rpm")
    assert "text" not in str(caught.value)
