# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import random

import pytest

from plugins.module_utils.inventory.repositories import (
    ItemError,
    PackageRepository,
    ParsedInventory,
)
from plugins.module_utils.inventory.selection import (
    Filters,
    NothingSelectedError,
    SelectionError,
    compile_patterns,
    select_inventory,
    select_names,
    select_repositories,
)


def repository(content_type, short_name, sync_group=""):
    return PackageRepository(
        content_type, short_name, short_name, f"{short_name}-", f"{short_name}/", "", sync_group
    )


REPOSITORIES = [
    repository("rpm", "rocky_9_baseos", "rocky_9"),
    repository("rpm", "rocky_9_appstream", "rocky_9"),
    repository("rpm", "epel_9", "epel"),
    repository("rpm", "docker", "docker"),
    repository("rpm", "ungrouped"),
    repository("deb", "ubuntu_noble", "ubuntu_noble"),
    repository("deb", "docker_ce_ubuntu_noble", "docker"),
]
RPMS = ["rocky_9_baseos", "rocky_9_appstream", "epel_9", "docker", "ungrouped"]
DEBS = ["ubuntu_noble", "docker_ce_ubuntu_noble"]


def names(**filters):
    selection = select_repositories(REPOSITORIES, Filters(**filters))
    return [item.short_name for item in selection.selected]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, RPMS + DEBS),
        (
            {"rpm_filter": "", "deb_filter": [], "package_filter": None, "sync_group": ""},
            RPMS + DEBS,
        ),
        ({"package_filter": " \n "}, RPMS + DEBS),
        ({"package_filter": "docker"}, ["docker", "docker_ce_ubuntu_noble"]),
        ({"package_filter": "^docker$"}, ["docker"]),
        ({"package_filter": "9_"}, ["rocky_9_baseos", "rocky_9_appstream"]),
        ({"package_filter": "epel  ubuntu"}, ["epel_9", *DEBS]),
        ({"package_filter": ["epel", "^ubuntu"]}, ["epel_9", "ubuntu_noble"]),
        ({"package_filter": ["epel ^ubuntu"]}, ["epel_9", "ubuntu_noble"]),
        ({"rpm_filter": "baseos"}, ["rocky_9_baseos", *DEBS]),
        ({"deb_filter": "^ubuntu"}, [*RPMS, "ubuntu_noble"]),
        ({"rpm_filter": "rocky", "deb_filter": "docker"}, [*RPMS[:2], "docker_ce_ubuntu_noble"]),
        ({"rpm_filter": "rocky", "package_filter": "base"}, ["rocky_9_baseos"]),
        ({"sync_group": "docker"}, ["docker", "docker_ce_ubuntu_noble"]),
        ({"sync_group": "docker", "package_filter": "noble"}, ["docker_ce_ubuntu_noble"]),
        ({"sync_group": "docker", "rpm_filter": "docker"}, ["docker", "docker_ce_ubuntu_noble"]),
        ({"package_filter": "(rocky|epel)_9"}, RPMS[:3]),
    ],
)
def test_repositories_are_selected_by_filters_and_group(filters, expected):
    assert names(**filters) == expected


def test_a_selection_reports_selected_and_total_number():
    assert (
        select_repositories(REPOSITORIES, Filters(package_filter="rocky")).text == "selected 2 of 7"
    )


def test_a_group_matches_exactly():
    with pytest.raises(NothingSelectedError) as refused:
        names(sync_group="rocky")
    assert str(refused.value) == (
        "package_sync_group: no repository is in group 'rocky',"
        " groups: docker, epel, rocky_9, ubuntu_noble"
    )


def test_a_group_does_not_match_longer_names():
    items = [repository("rpm", "a", "rocky_9"), repository("rpm", "b", "rocky_9_source")]
    assert select_repositories(items, Filters(sync_group="rocky_9")).selected == items[:1]


def test_the_error_of_an_inventory_without_groups_explains_it():
    with pytest.raises(NothingSelectedError, match="no repository has one"):
        select_repositories([repository("rpm", "a")], Filters(sync_group="x"))


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (
            {"package_filter": "rokcy_9_baseos"},
            "package_filter: 'rokcy_9_baseos' matches none of 7 names,"
            " nearest: rocky_9_baseos, rocky_9_appstream",
        ),
        (
            {"package_filter": "^epel9$"},
            "package_filter: '^epel9$' matches none of 7 names, nearest: epel_9",
        ),
        (
            {"rpm_filter": "ubuntu"},
            "rpm_package_repo_filter: 'ubuntu' matches none of 5 names:"
            " rocky_9_baseos, rocky_9_appstream, epel_9, docker, ungrouped",
        ),
        (
            {"deb_filter": "zzz"},
            "deb_package_repo_filter: 'zzz' matches none of 2 names:"
            " ubuntu_noble, docker_ce_ubuntu_noble",
        ),
        (
            {"rpm_filter": "qqq", "deb_filter": "qqq"},
            "rpm_package_repo_filter and deb_package_repo_filter: 'qqq' matches none of 7 names:"
            " rocky_9_baseos, rocky_9_appstream, epel_9, docker, ungrouped, ...",
        ),
    ],
)
def test_a_filter_without_a_match_is_an_error_with_nearest_names(filters, message):
    with pytest.raises(NothingSelectedError) as refused:
        names(**filters)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "filters",
    [
        {"package_filter": "epel", "sync_group": "docker"},
        {"rpm_filter": "epel", "deb_filter": "^ubuntu", "package_filter": "docker"},
    ],
)
def test_filters_without_a_common_match_are_an_error(filters):
    with pytest.raises(NothingSelectedError):
        names(**filters)


def test_a_common_filter_must_match_in_one_type_only():
    assert names(rpm_filter="epel", deb_filter="epel") == ["epel_9"]
    assert names(rpm_filter="noble", deb_filter=["noble"]) == DEBS


def test_one_of_several_expressions_without_a_match_is_a_warning():
    selection = select_repositories(REPOSITORIES, Filters(package_filter="epel_9 rocky_9_baseoss"))
    assert selection.warnings == [
        "package_filter: 'rocky_9_baseoss' matches none of 7 names,"
        " nearest: rocky_9_baseos, rocky_9_appstream"
    ]


@pytest.mark.parametrize(
    ("keyword", "variable"),
    [
        ("package_filter", "package_filter"),
        ("rpm_filter", "rpm_package_repo_filter"),
        ("deb_filter", "deb_package_repo_filter"),
    ],
)
def test_an_invalid_expression_is_reported_with_its_variable(keyword, variable):
    with pytest.raises(SelectionError) as refused:
        names(**{keyword: "epel ^(rocky"})
    assert str(refused.value).startswith(f"{variable}: '^(rocky' is not a regular expression: ")


def test_an_empty_inventory_selects_nothing_without_an_error():
    assert select_repositories([]).text == "selected 0 of 0"


def test_errors_of_an_inventory_are_selected_like_its_items():
    parsed = ParsedInventory(
        REPOSITORIES[:2],
        ["a warning"],
        [
            ItemError("EPEL 9", "url is missing", "rpm", "epel_9", "epel"),
            ItemError("Rocky 9 CRB", "url is missing", "rpm", "rocky_9_crb", "rocky_9"),
            ItemError("rpm_package_repos[7]", "short_name is missing", "rpm"),
        ],
    )
    narrowed, selection = select_inventory(parsed, Filters(package_filter="rocky_9_(baseos|crb)"))
    assert narrowed.repositories == REPOSITORIES[:1]
    assert [error.name for error in narrowed.errors] == ["Rocky 9 CRB"]
    assert narrowed.warnings == ["a warning"]
    assert selection.text == "selected 2 of 5"
    repositories, selection = select_inventory(parsed)
    assert len(repositories.errors) == 3
    assert selection.text == "selected 5 of 5"


def test_images_are_selected_by_name():
    images = ["nova-api", "nova-compute", "neutron-server"]
    assert select_names(images, "", "f").selected == images
    assert select_names(images, "^nova server$", "f").selected == images
    assert select_names(images, ["compute"], "f").text == "selected 1 of 3"
    with pytest.raises(NothingSelectedError, match=r"kolla_container_image_filter: .*nova-api"):
        select_names(images, "nova_api", "kolla_container_image_filter")


def test_exact_names_select_exactly_these_repositories():
    rng = random.Random(3)
    repositories = [repository(rng.choice(["rpm", "deb"]), f"r_{i}") for i in range(176)]
    for _attempt in range(50):
        wanted = set(rng.sample([item.short_name for item in repositories], 12))
        expressions = [f"^{name}$" for name in wanted]
        rng.shuffle(expressions)
        filters = Filters(package_filter=" ".join(expressions))
        selection = select_repositories(repositories, filters)
        assert selection.selected == [item for item in repositories if item.short_name in wanted]
        assert selection.text == "selected 12 of 176"
        assert selection.warnings == []


@pytest.mark.parametrize(
    ("value", "expressions"),
    [
        ("^a,^b", ["^a", "^b"]),
        ("^a, ^b c", ["^a", "^b", "c"]),
        (["^a,^b", "c"], ["^a", "^b", "c"]),
        ("a{1,2},b", ["a{1,2}", "b"]),
        (r"(a,b) [,] c\,d", ["(a,b)", "[,]", r"c\,d"]),
        (",", []),
    ],
)
def test_spaces_and_commas_separate_expressions(value, expressions):
    assert [one.pattern for one in compile_patterns(value, "package_filter")] == expressions
