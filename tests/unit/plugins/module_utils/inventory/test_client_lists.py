# SPDX-License-Identifier: Apache-2.0
"""What a client's site needs of its lists, and what a run is about."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.inventory.client_lists import ClientListError, client_lists
from plugins.module_utils.inventory.selection import Filters, SelectionError


def lists(**more: Any) -> dict[str, Any]:
    rpm = {
        "repositories": [
            {"name": "BaseOS", "short_name": "rocky_9_baseos", "url": "u1", "sync_group": "base"},
            {"name": "Docker CE", "url": "u2", "required": "True"},
            {"name": "Old", "url": "u3", "required": "False"},
        ],
        "publications": [{"repository": "BaseOS"}, {"repository": "Docker CE"}],
        "development": [
            {"name": "baseos-development", "repository": "BaseOS", "base_path": "b/d"},
            {"name": "docker-development", "repository": "Docker CE", "base_path": "k/d"},
        ],
        "production": [
            {"name": "baseos-production", "base_path": "b/p"},
            {"name": "live", "distribution": "docker-development", "base_path": "k/p"},
        ],
    }
    return {"rpm": {**rpm, **more}, "deb": {}}


def names(items: list[dict[str, Any]]) -> list[str]:
    return [item.get("name") or item["repository"] for item in items]


def test_what_is_not_required_is_dropped_and_the_rest_keeps_its_order():
    narrowed = client_lists(lists())
    assert names(narrowed["rpm"]["repositories"]) == ["BaseOS", "Docker CE"]
    assert narrowed["selected"] == "selected 2 of 2"


def test_keys_about_the_inventory_do_not_reach_pulp():
    first = client_lists(lists())["rpm"]["repositories"][0]
    assert first == {"name": "BaseOS", "url": "u1"}


# By the last one a failed item is named in the command that does it again.
@pytest.mark.parametrize("expression", ["rocky_9", "^rocky_9_baseos$", "^(BaseOS)$"])
def test_a_filter_takes_all_that_belongs_to_a_repository(expression):
    rpm = client_lists(lists(), Filters(package_filter=expression))["rpm"]
    assert names(rpm["repositories"]) == ["BaseOS"]
    assert names(rpm["publications"]) == ["BaseOS"]
    assert names(rpm["development"]) == ["baseos-development"]
    assert names(rpm["production"]) == ["baseos-production"]
    narrowed = client_lists(lists(), Filters(package_filter=expression))
    assert narrowed["selected"] == "selected 1 of 2"


def test_a_repository_without_short_name_is_found_by_its_name():
    found = client_lists(lists(), Filters(package_filter="Docker"))["rpm"]["production"]
    assert names(found) == ["live"]


@pytest.mark.parametrize("expression", ["^nova$", "stackhpc/nova", "^(stackhpc/nova)$"])
def test_an_image_is_found_by_its_name_with_and_without_namespace(expression):
    images = [{"name": f"stackhpc/{name}", "url": "u"} for name in ("glance", "nova")]
    served = [{"name": image["name"], "repository": image["name"]} for image in images]
    found = client_lists(
        {"container": {"repositories": images, "development": served}},
        Filters(container_image_filter=expression),
    )
    assert found["selected"] == "selected 1 of 2"
    assert found["container"]["repositories"] == images[1:]
    assert found["container"]["development"] == served[1:]


def test_an_error_calls_the_filter_of_images_by_its_name():
    images = {"container": {"repositories": [{"name": "stackhpc/nova", "url": "u"}]}}
    with pytest.raises(SelectionError, match="^kolla_container_image_filter: 'nvoa' matches none"):
        client_lists(images, Filters(container_image_filter="nvoa"))


def test_a_filter_that_matches_nothing_is_an_error():
    with pytest.raises(SelectionError, match="rocky_9_base"):
        client_lists(lists(), Filters(package_filter="rocky_9_bseos"))


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"sync_group": "base"}, ["BaseOS"]),
        ({"rpm_filter": "rocky"}, ["BaseOS"]),
        ({"rpm_filter": "rocky", "deb_filter": "rocky"}, ["BaseOS"]),
    ],
)
def test_groups_and_filters_of_one_type_select_as_on_ark(chosen, found):
    narrowed = client_lists(lists(), Filters(**chosen))
    assert names(narrowed["rpm"]["repositories"]) == found
    assert names(narrowed["rpm"]["production"]) == ["baseos-production"]


def test_a_group_that_no_repository_is_in_lists_the_groups():
    with pytest.raises(SelectionError, match="'nosuch', groups: base"):
        client_lists(lists(), Filters(sync_group="nosuch"))


def test_production_takes_over_from_development_of_its_own_name():
    production = client_lists(lists())["rpm"]["production"]
    assert production[0]["distribution"] == "baseos-development"
    assert production[1]["distribution"] == "docker-development"


def test_a_production_channel_of_no_known_form_is_named():
    with pytest.raises(ClientListError, match="'live': set distribution"):
        client_lists(lists(production=[{"name": "live"}]))


def test_a_channel_keeps_its_guard_and_its_state():
    items = [
        {"name": "a-production", "content_guard": "site", "required": True, "mode": "verbatim"},
        {"name": "old", "state": "absent"},
    ]
    assert client_lists(lists(production=items))["rpm"]["production"] == [
        {"name": "a-production", "content_guard": "site", "distribution": "a-development"},
        {"name": "old", "state": "absent", "distribution": None},
    ]


def test_a_repository_without_a_name_is_distinguished_from_the_others():
    with pytest.raises(ClientListError, match="name is missing in an item .*'url'"):
        client_lists(lists(repositories=[{"url": "u"}]), Filters(package_filter="x"))


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("text", "rpm publications: must be a list"),
        (["text"], "rpm publications: item 1 must be a mapping"),
        ([{"repository": "a", "required": "maybe"}], "'a': required"),
    ],
)
def test_what_cannot_be_used_is_named(items, message):
    with pytest.raises(ClientListError, match=message):
        client_lists(lists(publications=items))


def test_nothing_of_an_item_that_is_not_required_is_read():
    class Undefined(dict):
        def __getitem__(self, key: str) -> Any:
            raise AssertionError(f"{key} was read")

    dropped = Undefined(required=False, url="{{ nothing }}")
    assert names(client_lists(lists(repositories=[dropped]))["rpm"]["repositories"]) == []
