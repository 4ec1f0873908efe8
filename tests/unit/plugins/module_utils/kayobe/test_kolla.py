# SPDX-License-Identifier: Apache-2.0
"""The keys of `kolla_image_tags` are converted to the tags of each image."""

from __future__ import annotations

import pytest

from plugins.module_utils.kayobe.kolla import (
    KollaTables,
    TagsError,
    base_distro_of,
    container_image_tags,
    release_of,
    selected_base_distros,
    tag_problems,
    tagged_base_distros,
    unbuildable_images,
    unknown_images,
)

TABLES = KollaTables(
    "2025.1",
    {"haproxy": ["glance_tls_proxy", "haproxy"], "mariadb-server": ["mariadb"]},
    {"glance_tls_proxy": "haproxy", "cron": "common"},
    ["rocky-9", "ubuntu-noble"],
)


def tag(distro="rocky-9", day=1, release="2025.1"):
    return f"{release}-{distro}-202508{day:02}T000000"


TAGS = {
    "openstack": {"rocky-9": tag(), "ubuntu-noble": tag("ubuntu-noble")},
    "nova": {"rocky-9": tag(day=2)},
    "nova_compute": {"ubuntu-noble": tag("ubuntu-noble", 3)},
    "haproxy": {"rocky-9": tag(day=4)},
    "glance_tls_proxy": {"rocky-9": tag(day=5)},
}
IMAGES = ["nova-api", "nova-compute", "keystone", "haproxy", "cron"]


def found(images=None, distros=("rocky-9", "ubuntu-noble"), unbuildable=None, tags=None):
    return container_image_tags(tags or TAGS, TABLES, images or IMAGES, distros, unbuildable or {})


def test_each_image_has_the_tags_of_all_its_containers_once():
    assert found() == {
        "nova-api": [tag(day=2), tag("ubuntu-noble")],
        "nova-compute": [tag(day=2), tag("ubuntu-noble", 3)],
        "keystone": [tag(), tag("ubuntu-noble")],
        "haproxy": [tag(day=5), tag(day=4), tag("ubuntu-noble")],
        "cron": [tag(), tag("ubuntu-noble")],
    }


def test_a_key_without_the_distribution_is_skipped():
    assert found(["nova-compute"], ["rocky-9"]) == {"nova-compute": [tag(day=2)]}


def test_an_image_has_no_tag_of_a_distribution_that_does_not_build_it():
    unbuildable = {"rocky-9": ["nova-api"], "ubuntu": ["keystone"], "new_scheme": ["cron"]}
    assert found(["nova-api", "keystone", "cron"], unbuildable=unbuildable) == {
        "nova-api": [tag("ubuntu-noble")],
        "keystone": [tag()],
    }
    assert unbuildable_images({"old_scheme": {"rocky": ["a"]}, "rocky-9": None}, "rocky-9") == set()


def test_images_without_a_tag_are_reported_together():
    tags = {"openstack": {"rocky-9": tag()}, "nova": {"ubuntu-noble": tag("ubuntu-noble")}}
    with pytest.raises(TagsError) as refused:
        found(tags=tags)
    assert refused.value.problems == [
        "openstack has no tag for ubuntu-noble, which is required by keystone, haproxy, cron"
    ]


def test_all_problems_of_keys_tags_and_distributions_are_reported_at_once():
    tags = {
        "nova-api": {"rocky-9": tag()},
        "nova": {"rokcy-9": tag(), "rocky-9": tag("ubuntu-noble")},
        "cron": None,
        "glance": {"rocky-9": None, "ubuntu-noble": 5},
        "heat": {"rocky-9": tag(release="2024.1")},
    }
    assert tag_problems(tags, "2025.1", TABLES.base_distros) == [
        "the key openstack is missing, which all others default to",
        "invalid key 'nova-api': expected lowercase letters, digits and underscores",
        "nova: rokcy-9: unknown base distribution of 2025.1, nearest: rocky-9",
        f"nova: rocky-9: invalid tag '{tag('ubuntu-noble')}', expected "
        "2025.1-rocky-9-YYYYMMDDTHHMMSS",
        "cron: expected a mapping of base distributions to tags",
        "glance: rocky-9: missing tag, expected 2025.1-rocky-9-YYYYMMDDTHHMMSS",
        "glance: ubuntu-noble: invalid tag '5', expected 2025.1-ubuntu-noble-YYYYMMDDTHHMMSS",
        f"heat: rocky-9: invalid tag '{tag(release='2024.1')}', expected "
        "2025.1-rocky-9-YYYYMMDDTHHMMSS",
    ]


@pytest.mark.parametrize("tags", [None, {}, [], "2025.1"])
def test_an_invalid_mapping_of_tags_is_rejected(tags):
    assert "expected a mapping" in tag_problems(tags, "2025.1")[0]


def test_valid_tags_have_no_problem_and_any_distribution_is_accepted_by_default():
    assert tag_problems(TAGS, "2025.1", TABLES.base_distros) == []
    assert tag_problems({"openstack": {"suse-16": tag("suse-16")}}, "2025.1") == []


@pytest.mark.parametrize(
    ("text", "distro"),
    [
        (tag(), "rocky-9"),
        (tag("centos-stream10"), "centos-stream10"),
        ("master-rocky-10-20260801T000000", "rocky-10"),
        ("2025.1-rocky-9", ""),
        ("latest", ""),
    ],
)
def test_the_distribution_is_read_from_the_tag(text, distro):
    assert base_distro_of(text) == distro


def test_the_release_is_that_of_the_default_tag():
    assert release_of({"nova": {"rocky-9": tag(release="2024.1")}, **TAGS}) == "2025.1"
    assert release_of({"nova": {"rocky-9": tag(release="2024.1")}}) == "2024.1"
    assert release_of({"openstack": {"rocky-9": "latest"}, "nova": []}) == ""
    assert release_of(None) == ""


def test_distributions_are_selected_with_and_without_their_version():
    assert tagged_base_distros(TAGS) == ["rocky-9", "ubuntu-noble"]
    assert selected_base_distros(TAGS, []) == ["rocky-9", "ubuntu-noble"]
    assert selected_base_distros(TAGS, ["ubuntu", "rocky-10"]) == ["ubuntu-noble"]
    with pytest.raises(TagsError, match="no tags for rocky-1, centos, only for rocky-9, ubuntu"):
        selected_base_distros(TAGS, ["rocky-1", "centos"])


def test_unknown_images_are_reported_with_the_nearest_names():
    assert unknown_images(["a"], ["a", "b"], "here") == []
    [message] = unknown_images(
        ["nova-apy", "zzz", "keystone"], ["nova-api", "keystone"], "pulp.yml"
    )
    assert message == (
        "images in pulp.yml are missing from kolla_container_images: nova-apy (nearest: nova-api), "
        "zzz. Add them there"
    )
