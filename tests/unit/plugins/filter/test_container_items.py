# SPDX-License-Identifier: Apache-2.0
"""Images with their tags become items that modules take."""

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
def test_each_kind_has_what_its_module_asks_for(kind, item):
    made = container_items(PINS, "rel", kind, upstream="dev")
    assert made == [{"name": "rel/nova-api", **item}]


def test_further_keys_lie_under_those_of_the_image():
    (item,) = container_items(
        ["nova"], "rel", "repository", defaults={"name": "x", "private": True}
    )
    assert item == {"name": "rel/nova", "private": True}


def test_a_kind_that_is_not_known_is_refused():
    with pytest.raises(AnsibleFilterError, match="invalid kind 'pull': expected one of repo"):
        container_items(PINS, "rel", "pull")


def test_wrong_pins_are_an_error_of_the_filter():
    with pytest.raises(AnsibleFilterError, match="no image is pinned"):
        container_pins({})


def test_the_selection_has_pins_and_words():
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


def test_images_have_their_own_names_unless_they_are_built_for_none():
    never = {"new_scheme": ["b"], "old_scheme": {"rocky": ["a"]}, "rocky-9": ["c"]}
    assert container_names(["a", "b", "c"], unbuildable=never) == ["a", "c"]


def test_old_names_begin_with_the_base_distribution_without_its_version():
    never = {"new_scheme": ["a"], "old_scheme": {"rocky": ["b"]}}
    distros = ["rocky-9", "rocky-10", "ubuntu-noble"]
    assert container_names(["a", "b"], distros, never, old="true") == [
        "b",
        "rocky-source-a",
        "ubuntu-source-a",
        "ubuntu-source-b",
    ]
    assert container_names(["a"], ["ubuntu"], old=True, new="no") == ["ubuntu-source-a"]


@pytest.mark.parametrize(
    ("options", "words"),
    [({"new": False}, "no image is selected"), ({"old": True}, "requires kolla_base_distros")],
)
def test_names_that_would_be_none_are_an_error(options, words):
    with pytest.raises(AnsibleFilterError, match=words):
        container_names(["a"], **options)


def test_text_is_a_list_as_for_a_module_and_none_is_an_empty_one():
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


def test_what_can_be_no_name_of_an_image_is_named_with_its_list():
    with pytest.raises(
        AnsibleFilterError, match="^kolla_container_images: invalid image name 'Nova', 'None'"
    ):
        container_names(["Nova", "glance", None])
