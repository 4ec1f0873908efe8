# SPDX-License-Identifier: Apache-2.0
"""Items as inventories hold them become items that the modules take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from plugins.filter.pulp_items import pulp_items


class Omit:
    """Stands for the object that ansible-core writes from 2.19 on."""


OMITTED = [None, "__omit_place_holder__0123abcd", Omit()]


class Lazy(Mapping):
    """A mapping as templates give it: a value that is not asked for is not evaluated."""

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
def test_a_key_that_is_omitted_is_not_given_at_any_depth(omitted):
    item = {
        "name": "a",
        "url": omitted,
        "groups": ["b", omitted],
        "roles": [{"role": "r", "groups": omitted}],
    }
    assert pulp_items([item]) == [{"name": "a", "groups": ["b"], "roles": [{"role": "r"}]}]


def test_what_is_empty_is_given():
    item = {"content_guard": "", "groups": [], "version": 0, "private": False}
    assert pulp_items([item]) == [item]


def test_a_publication_may_carry_the_keys_of_a_distribution_and_a_distribution_its_own():
    item = {"repository": "r", "version": "2", "mode": "simple", "state": "present"}
    more = {"name": "n", "base_path": "b/", "content_guard": "g"}
    extra = {"short_name": "s", "required": "False"}
    both = [{**item, **more, **extra}]
    assert pulp_items(both, "deb", kind="publication") == [item]
    assert pulp_items(both, "deb", kind="distribution") == [{**item, **more}]


def test_an_item_of_one_list_may_carry_what_its_repository_and_the_inventory_say():
    item = {"repository": "r", "version": 2}
    others = {"url": "u", "sync_policy": "additive", "remote_password": "p", "mode": "simple"}
    inventory = {"sync_group": "g", "distribution_name": "d-", "publish": True, "sync": False}
    both = [{**item, **others, **inventory, "skip_existing": True, "base_path": "b"}]
    [publication] = pulp_items(both, "rpm", kind="publication")
    assert publication == {**item, "sync_policy": "additive"}
    [distribution] = pulp_items(both, "rpm", kind="distribution")
    assert distribution == {**item, "skip_existing": True, "base_path": "b"}


def test_a_repository_may_carry_keys_of_the_inventory_and_no_others():
    item = {"name": "n", "url": "u", "base_path": "b/", "sync": False}
    inventory = {"required": True, "short_name": "s", "sync_group": "g", "distribution_name": "d-"}
    assert pulp_items([{**item, **inventory}], "rpm", kind="repository") == [item]


@pytest.mark.parametrize("kind", ["", "repository", "publication", "distribution"])
@pytest.mark.parametrize("key", ["content_gaurd", "guard", "nmae", "privat"])
def test_a_key_that_nothing_knows_is_left_for_the_module_to_refuse(kind, key):
    item = {"state": "present", key: "development"}
    assert pulp_items([item], "rpm", kind=kind) == [item]


def test_what_would_make_another_type_private_is_left_for_the_module_to_refuse():
    item = {"name": "n", "private": True}
    assert pulp_items([item], "rpm", kind="distribution") == [item]


def test_a_guard_of_a_container_is_an_error_that_names_the_solution():
    item = {"name": "stackhpc/nova-api", "content_guard": "development"}
    with pytest.raises(AnsibleFilterError, match="'stackhpc/nova-api'.* private: true"):
        pulp_items([item], "container", kind="distribution")


@pytest.mark.parametrize("empty", ["", *OMITTED])
def test_no_guard_of_a_container_is_fine(empty):
    item = {"name": "n", "private": True}
    assert pulp_items([{**item, "content_guard": empty}], "container", kind="distribution") == [
        item
    ]


def test_a_value_that_is_ignored_need_not_even_be_defined():
    item = Lazy(repository="r", required=NotImplemented)
    assert pulp_items([item], "rpm", kind="publication") == [{"repository": "r"}]


@pytest.mark.parametrize(
    ("tags", "kept"),
    [(["all"], True), (["rpm"], True), (["deb", "rpm"], True), (["deb"], False), (["pulp"], True)],
)
def test_a_run_for_one_content_type_does_only_that_one(tags, kept):
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


def test_defaults_are_for_items_that_do_not_say():
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
def test_what_is_no_list_of_items_is_an_error_that_shows_no_value(items):
    with pytest.raises(AnsibleFilterError) as caught:
        pulp_items(items, "rpm")
    assert "text" not in str(caught.value)
