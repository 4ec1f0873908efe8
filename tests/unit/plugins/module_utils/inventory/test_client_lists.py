# SPDX-License-Identifier: Apache-2.0
"""Items of a client's lists are selected and converted to module arguments."""

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


def test_items_that_are_not_required_are_dropped_and_the_rest_keeps_its_order():
    selected = client_lists(lists())
    assert names(selected["rpm"]["repositories"]) == ["BaseOS", "Docker CE"]
    assert selected["selected"] == "selected 2 of 2"


def test_keys_of_the_inventory_are_not_passed_to_the_modules():
    first = client_lists(lists())["rpm"]["repositories"][0]
    assert first == {"name": "BaseOS", "url": "u1"}


# The last form is that of a retry command.
@pytest.mark.parametrize("expression", ["rocky_9", "^rocky_9_baseos$", "^(BaseOS)$"])
def test_a_filter_selects_all_items_of_a_repository(expression):
    rpm = client_lists(lists(), Filters(package_filter=expression))["rpm"]
    assert names(rpm["repositories"]) == ["BaseOS"]
    assert names(rpm["publications"]) == ["BaseOS"]
    assert names(rpm["development"]) == ["baseos-development"]
    assert names(rpm["production"]) == ["baseos-production"]
    selected = client_lists(lists(), Filters(package_filter=expression))
    assert selected["selected"] == "selected 1 of 2"


def test_a_repository_without_a_short_name_is_selected_by_name():
    found = client_lists(lists(), Filters(package_filter="Docker"))["rpm"]["production"]
    assert names(found) == ["live"]


@pytest.mark.parametrize("expression", ["^nova$", "stackhpc/nova", "^(stackhpc/nova)$"])
def test_an_image_is_selected_by_name_with_and_without_namespace(expression):
    images = [{"name": f"stackhpc/{name}", "url": "u"} for name in ("glance", "nova")]
    served = [{"name": image["name"], "repository": image["name"]} for image in images]
    found = client_lists(
        {"container": {"repositories": images, "development": served}},
        Filters(container_image_filter=expression),
    )
    assert found["selected"] == "selected 1 of 2"
    assert found["container"]["repositories"] == images[1:]
    assert found["container"]["development"] == served[1:]


def test_an_error_names_the_variable_of_the_image_filter():
    images = {"container": {"repositories": [{"name": "stackhpc/nova", "url": "u"}]}}
    with pytest.raises(SelectionError, match="^kolla_container_image_filter: 'nvoa' matches none"):
        client_lists(images, Filters(container_image_filter="nvoa"))


def test_a_filter_that_matches_nothing_is_an_error():
    with pytest.raises(SelectionError, match="rocky_9_base"):
        client_lists(lists(), Filters(package_filter="rocky_9_bseos"))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"sync_group": "base"}, ["BaseOS"]),
        ({"rpm_filter": "rocky"}, ["BaseOS"]),
        ({"rpm_filter": "rocky", "deb_filter": "rocky"}, ["BaseOS"]),
    ],
)
def test_groups_and_filters_of_one_type_select_items(filters, found):
    selected = client_lists(lists(), Filters(**filters))
    assert names(selected["rpm"]["repositories"]) == found
    assert names(selected["rpm"]["production"]) == ["baseos-production"]


def test_an_unknown_group_is_an_error_with_the_known_groups():
    with pytest.raises(SelectionError, match="'nosuch', groups: base"):
        client_lists(lists(), Filters(sync_group="nosuch"))


def test_production_serves_what_development_of_the_same_name_serves():
    production = client_lists(lists())["rpm"]["production"]
    assert production[0]["distribution"] == "baseos-development"
    assert production[1]["distribution"] == "docker-development"


def test_a_production_channel_with_an_unknown_name_is_reported():
    with pytest.raises(ClientListError, match="'live': set distribution"):
        client_lists(lists(production=[{"name": "live"}]))


def test_a_channel_keeps_its_content_guard_and_state():
    items = [
        {
            "name": "baseos-production",
            "content_guard": "site",
            "required": True,
            "mode": "verbatim",
        },
        {"name": "old", "state": "absent"},
    ]
    assert client_lists(lists(production=items))["rpm"]["production"] == [
        {
            "name": "baseos-production",
            "content_guard": "site",
            "distribution": "baseos-development",
        },
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
def test_invalid_items_are_reported(items, message):
    with pytest.raises(ClientListError, match=message):
        client_lists(lists(publications=items))


def test_keys_of_an_item_that_is_not_required_are_not_read():
    class Undefined(dict):
        def __getitem__(self, key: str) -> Any:
            raise AssertionError(f"{key} was read")

    dropped = Undefined(required=False, url="{{ nothing }}")
    only = {"rpm": {"repositories": [dropped]}}
    assert names(client_lists(only)["rpm"]["repositories"]) == []


def test_of_items_with_one_name_the_last_is_used_and_both_are_named():
    repositories = [
        {"name": "a", "url": "https://one.example.com/", "policy": "on_demand"},
        {"name": "b", "url": "u"},
        {"name": "a", "url": "https://two.example.com/", "policy": "on_demand"},
        {"name": "a", "url": "https://three.example.com/", "required": "false"},
    ]
    publications = [{"repository": "a"}, {"repository": "b"}, {"repository": "a"}]
    own = {"repositories": repositories, "publications": publications}
    narrowed = client_lists(lists(**own, development=[], production=[]))
    assert [(one["name"], one["url"]) for one in narrowed["rpm"]["repositories"]] == [
        ("b", "u"),
        ("a", "https://two.example.com/"),
    ]
    assert names(narrowed["rpm"]["publications"]) == ["b", "a"]
    assert narrowed["repeated"] == [
        "stackhpc_pulp_repository_rpm_repos (of the required items): 'a' is listed twice, as items "
        "1 and 3, which differ in url: the last one is used; remove one of them",
        "stackhpc_pulp_publication_rpm_development (of the required items): 'a' is listed twice, "
        "as items 1 and 3, which are equal; remove one of them",
    ]


def test_without_repeated_items_there_is_no_text():
    assert client_lists(lists())["repeated"] == []


def test_channels_whose_repository_another_list_does_not_have_are_an_error():
    kept = [one for one in lists()["rpm"]["repositories"] if one["name"] != "BaseOS"]
    with pytest.raises(ClientListError) as error:
        client_lists(lists(repositories=kept), Filters(package_filter="Docker"))
    assert str(error.value).startswith(
        "stackhpc_pulp_repository_rpm_repos does not have 'BaseOS' (needed by "
        "stackhpc_pulp_publication_rpm_development and "
        "stackhpc_pulp_distribution_rpm_development). "
        "A templated list may drop an item whose variables are undefined"
    )


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ({"repositories": []}, "rpm_repos does not have 'BaseOS'.*, 'Docker CE' "),
        (
            {"publications": [{"repository": "Docker CE"}]},
            "publication_rpm_development does not have 'BaseOS' .*distribution_rpm_development",
        ),
        (
            {"development": [{"name": "baseos-development", "repository": "BaseOS"}]},
            "distribution_rpm_development does not have 'docker-development' .*rpm_production",
        ),
    ],
)
def test_an_item_that_any_list_dropped_is_an_error(missing, message):
    with pytest.raises(ClientListError, match=message):
        client_lists(lists(**missing))


def test_an_image_without_repository_names_the_lists_of_images():
    images = {"container": {"repositories": [], "development": [{"name": "a", "repository": "a"}]}}
    message = "repository_container_repos does not have 'a' .*stackhpc_pulp_distribution_container"
    with pytest.raises(ClientListError, match=message):
        client_lists(images)


def test_many_dropped_items_are_a_short_message():
    served = [{"name": f"{n}-development", "repository": f"r{n}"} for n in range(99)]
    with pytest.raises(ClientListError, match="'r9' .* and 89 more") as error:
        client_lists({"rpm": {"development": served}})
    assert "'r10'" not in str(error.value)


def test_a_channel_that_is_removed_needs_no_repository():
    gone = [{"name": "old-development", "repository": "gone", "state": "absent"}]
    assert client_lists({"rpm": {"development": gone}})["rpm"]["development"] == gone
