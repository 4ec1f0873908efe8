# SPDX-License-Identifier: Apache-2.0
"""Lists of added, removed, upgraded and downgraded packages."""

from __future__ import annotations

import itertools

import pytest

from plugins.module_utils.release.comparison.lists import (
    Changes,
    Package,
    describe_changes,
    list_packages,
    notable_pattern,
    version_key,
)


def package(name, version, arch="x86_64"):
    return Package(name, arch, version, f"/{name}/{version}/{arch}/")


@pytest.mark.parametrize(
    ("content_type", "versions"),
    [
        ("rpm", ["1.0~rc1-1", "1.0-1", "1.0^git1-1", "1.0a-1", "1.0.1-1", "1.2-1", "1.10-1"]),
        ("rpm", ["5.14.0-570.9.1.el9", "5.14.0-570.12.1.el9", "1:0.1-1", "2:0.1-1", "10:0-1"]),
        ("deb", ["1.0~~-1", "1.0~rc1-1", "1.0-1", "1.0-1ubuntu1", "1.0a-1", "1.0+dfsg-1", "1.1"]),
        ("deb", ["2.39-0ubuntu8.4", "2.39-0ubuntu8.10", "1:1.0-1", f"1:1.{'9' * 5000}"]),
    ],
)
def test_versions_are_sorted_as_rpm_and_dpkg_do(content_type, versions):
    keys = [version_key(version, content_type) for version in versions]
    for (number, one), (other, two) in itertools.combinations(enumerate(keys), 2):
        assert one < two, (versions[number], versions[other])


def test_each_changed_package_is_in_one_list():
    changes = Changes(
        added=[
            package("bash", "2-1"),
            package("openssl", "3.0-1"),
            package("docker-ce", "29-1"),
            package("docker-ce", "28.5-1"),
            package("old", "1-1"),
            package("new", "1-1"),
        ],
        removed=[package("bash", "1-1"), package("openssl", "3.1-1"), package("gone", "1-1")],
        earlier=[
            package("bash", "1-1"),
            package("openssl", "3.1-1"),
            package("docker-ce", "28-1"),
            package("old", "2-1"),
        ],
    )
    assert list_packages(changes).as_dict() == {
        "added": [
            {"name": "docker-ce", "arch": "x86_64", "version": "28.5-1"},
            {"name": "new", "arch": "x86_64", "version": "1-1"},
            {"name": "old", "arch": "x86_64", "version": "1-1"},
        ],
        "removed": [{"name": "gone", "arch": "x86_64", "version": "1-1"}],
        "upgraded": [
            {"name": "bash", "arch": "x86_64", "version": "2-1", "before": "1-1"},
            {"name": "docker-ce", "arch": "x86_64", "version": "29-1", "before": "28-1"},
        ],
        "downgraded": [
            {"name": "openssl", "arch": "x86_64", "version": "3.0-1", "before": "3.1-1"}
        ],
    }
    described = describe_changes(changes, notable_pattern([]))
    assert (described["packages_upgraded"], described["packages_downgraded"]) == (2, 1)
