# SPDX-License-Identifier: Apache-2.0
"""The inventory and the configuration of tests/lab/shapes have the shape of real ones."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

from tests.lab.shapes.ark import deb_repositories, deprecated_repositories, rpm_repositories
from tests.lab.shapes.client import ON_ARK, PINS, REQUIRED, write_kayobe_configuration
from tests.lab.shapes.images import IMAGES

UPSTREAM = "http://127.0.0.1:1"


@pytest.fixture
def directory(tmp_path):
    """Return the directory etc/kayobe of a configuration."""
    return write_kayobe_configuration(tmp_path, {"pulp_url": UPSTREAM}) / "etc" / "kayobe"


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_inventory_has_176_live_and_155_deprecated_repositories():
    rpm, deb = rpm_repositories(UPSTREAM), deb_repositories(UPSTREAM)
    deprecated = deprecated_repositories(UPSTREAM)

    assert (len(rpm), len(deb)) == (155, 21)
    assert (len(deprecated["rpm"]), len(deprecated["deb"])) == (140, 15)


def test_the_inventory_has_the_imperfections_of_a_real_one():
    rpm, deb = rpm_repositories(UPSTREAM), deb_repositories(UPSTREAM)
    old = deprecated_repositories(UPSTREAM)

    assert sum("?" in item["url"] for item in rpm) == 58
    assert sum(item.get("sync") is False for item in rpm) == 4
    assert sum(item.get("publish") is False for item in rpm) == 2
    assert sum("sync_policy" in item for item in deb) == 2
    assert sum(set(item) == {"name"} for item in old["rpm"]) == 5
    assert sum("distributions" not in item for item in old["deb"]) == 2


def test_41_of_45_pins_have_no_repository_in_the_inventory(directory):
    pins = read(directory / "pulp-repo-versions.yml")
    listed = [*rpm_repositories(UPSTREAM), *deb_repositories(UPSTREAM)]
    listed += [item for items in deprecated_repositories(UPSTREAM).values() for item in items]
    known = {item.get("short_name") for item in listed} & set(PINS)

    assert len(pins) == len(set(PINS)) == 45
    assert sorted(known) == sorted(ON_ARK)
    assert set(REQUIRED) <= set(PINS)


def test_one_repository_is_listed_twice_with_different_urls(directory):
    items = read(directory / "pulp.yml")["stackhpc_pulp_rpm_repos"]
    names = Counter(item["name"] for item in items)
    (twice,) = (name for name, number in names.items() if number == 2)

    assert len({item["url"] for item in items if item["name"] == twice}) == 2


def test_there_are_99_images_and_a_tag_file_with_anchors_and_comments(directory):
    text = (directory / "kolla-image-tags.yml").read_text(encoding="utf-8")
    tags = yaml.safe_load(text)["kolla_image_tags"]

    assert len(set(IMAGES)) == len(read(directory / "pulp.yml")["stackhpc_pulp_images_kolla"]) == 99
    assert tags["bifrost"] == tags["openstack"]
    assert "&openstack" in text
    assert "# built on the same day" in text
