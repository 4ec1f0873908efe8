# SPDX-License-Identifier: Apache-2.0
"""Notable changes of a snapshot."""

from __future__ import annotations

import pytest

from plugins.module_utils.release.changes import PackageCounts
from plugins.module_utils.release.comparison.lists import (
    NOTABLE,
    Changes,
    ChangesError,
    Package,
    describe_changes,
    notable_pattern,
)

PATTERN = notable_pattern(NOTABLE)


def package(name, version, arch="x86_64"):
    return Package(name, arch, version)


def test_an_upgrade_is_a_new_version_of_an_existing_package():
    changes = Changes(
        added=[package("kernel", "5.14.0-10"), package("bash", "2"), package("new", "1")],
        removed=[package("kernel", "5.14.0-9"), package("old", "1")],
        earlier=[package("kernel", "5.14.0-9"), package("bash", "1")],
    )
    assert describe_changes(changes, PATTERN) == {
        "packages_upgraded": 2,
        "notable": ["kernel 5.14.0-9 -> 5.14.0-10"],
    }


def test_the_highest_of_several_versions_is_reported():
    versions = ["5.14.0-70.9.1", "5.14.0-70.10.1", "5.14.0-70.2.1"]
    added = [package("kernel", version, arch) for version in versions for arch in ("a", "b")]
    assert describe_changes(Changes(added, [], []), PATTERN)["notable"] == ["kernel 5.14.0-70.10.1"]


def test_removed_notable_packages_are_listed():
    changes = Changes([], [package("docker-ce", "28.1")], [])
    assert describe_changes(changes, PATTERN)["notable"] == ["docker-ce 28.1 removed"]


def test_patterns_match_whole_names_and_the_list_is_limited():
    many = [package(f"ovn{number}", "1") for number in range(20)]
    lines = describe_changes(Changes([*many, package("kernel-doc", "1")], [], []), PATTERN)[
        "notable"
    ]
    assert len(lines) == 13
    assert lines[-1] == "8 more"
    assert not any("kernel" in one for one in lines)


def test_without_patterns_nothing_is_notable():
    changes = Changes([package("kernel", "1")], [], [])
    assert describe_changes(changes, notable_pattern([]))["notable"] == []


def test_an_invalid_regular_expression_is_reported():
    with pytest.raises(ChangesError, match=r"notable: 'kernel\('"):
        notable_pattern(["kernel("])


@pytest.mark.parametrize(
    ("before", "after", "shrunk"),
    [(100, 70, False), (100, 69, True), (0, 0, False), (10, 20, False)],
)
def test_more_than_the_limit_is_shrunk(before, after, shrunk):
    assert PackageCounts(before, after).has_shrunk(30) is shrunk
