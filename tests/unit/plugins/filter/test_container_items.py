# SPDX-License-Identifier: Apache-2.0
"""Container images and their tags are converted to items of the modules."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from plugins.filter.container_access import container_access
from plugins.filter.container_items import container_items
from plugins.filter.container_names import container_names
from plugins.filter.container_pins import container_pins

PINS = {"nova-api": ["a", "b"]}


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("repository", {}),
        ("distribution", {"base_path": "rel/nova-api", "repository": "rel/nova-api"}),
        ("source", {"upstream_name": "dev/nova-api", "include_tags": ["a", "b", "sha256-*.*"]}),
        ("copy", {"source": "dev/nova-api", "tags": ["a", "b"]}),
        ("read", {"tags": ["a", "b"], "state": "read"}),
    ],
)
def test_items_have_the_keys_of_the_module_for_their_kind(kind, item):
    made = container_items(PINS, "rel", kind, upstream="dev")
    assert made == [{"name": "rel/nova-api", **item}]


def test_keys_of_the_image_override_common_keys():
    (item,) = container_items(
        ["nova"], "rel", "repository", defaults={"name": "x", "private": True}
    )
    assert item == {"name": "rel/nova", "private": True}


def test_an_unknown_kind_is_rejected():
    with pytest.raises(AnsibleFilterError, match="invalid kind 'pull': expected one of repo"):
        container_items(PINS, "rel", "pull")


def test_invalid_pins_are_an_error_of_the_filter():
    with pytest.raises(AnsibleFilterError, match="no image is pinned"):
        container_pins({})


def test_the_selection_has_pins_and_a_message():
    chosen = container_pins({"nova": "a", "glance": "b"}, filter="nova")
    assert chosen == {"pins": {"nova": ["a"]}, "text": "selected 1 of 2 images"}


def test_the_plan_is_given_as_a_dictionary():
    made = container_access(
        ["nova"],
        all_images=["nova"],
        repositories=[],
        distributions=[],
        development="dev",
        release="rel",
        prepare=False,
    )
    assert set(made) == {"repositories", "distributions", "lines"}
    assert made["lines"] == ["Never pushed to dev: nova"]


def test_images_that_no_distribution_builds_are_left_out():
    unbuildable = {"new_scheme": ["b"], "old_scheme": {"rocky": ["a"]}, "rocky-9": ["c"]}
    assert container_names(["a", "b", "c"], unbuildable=unbuildable) == ["a", "c"]


def test_old_names_begin_with_the_base_distribution_without_its_version():
    unbuildable = {"new_scheme": ["a"], "old_scheme": {"rocky": ["b"]}}
    distros = ["rocky-9", "rocky-10", "ubuntu-noble"]
    assert container_names(["a", "b"], distros, unbuildable, old="true") == [
        "b",
        "rocky-source-a",
        "ubuntu-source-a",
        "ubuntu-source-b",
    ]
    assert container_names(["a"], ["ubuntu"], old=True, new="no") == ["ubuntu-source-a"]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"new": False}, "no image is selected"), ({"old": True}, "requires kolla_base_distros")],
)
def test_an_empty_selection_and_missing_base_distros_are_errors(options, message):
    with pytest.raises(AnsibleFilterError, match=message):
        container_names(["a"], **options)


def test_text_is_split_as_for_a_module_and_none_is_an_empty_list():
    assert container_names("nova-api, keystone", "rocky-9,ubuntu", old=True) == [
        "nova-api",
        "keystone",
        *(
            f"{distro}-source-{name}"
            for distro in ("rocky", "ubuntu")
            for name in ("nova-api", "keystone")
        ),
    ]
    assert container_names(None) == []


def test_an_invalid_image_name_is_reported_with_its_list():
    with pytest.raises(
        AnsibleFilterError, match="^kolla_container_images: invalid image name 'Nova', 'None'"
    ):
        container_names(["Nova", "glance", None])
