# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from plugins.filter.select_repos import FilterModule

ROCKY = {"name": "Rocky", "short_name": "rocky_9_baseos", "sync_group": "rocky_9"}
EPEL = {"name": "EPEL", "short_name": "epel_9", "sync_group": "epel"}
NAMELESS = {"name": "Without a short name", "sync_group": "epel"}
REPOS = [ROCKY, EPEL, NAMELESS]


@pytest.fixture
def select():
    return FilterModule().filters()["select_repos"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], REPOS),
        (["", ""], REPOS),
        (["rocky"], [ROCKY]),
        (["^epel ^rocky"], [ROCKY, EPEL]),
        ([["^epel", "^rocky"]], [ROCKY, EPEL]),
        (["", "epel"], [EPEL, NAMELESS]),
        (["epel", "epel"], [EPEL]),
        (["rocky", "epel"], []),
        (["nothing"], []),
        (["", "nothing"], []),
    ],
)
def test_selected_repositories_keep_their_order(select, arguments, expected):
    assert select(REPOS, *arguments) == expected


def test_an_empty_list_stays_empty(select):
    assert select([], "rocky") == []


def test_a_filter_without_a_match_is_an_error_with_the_nearest_names(select):
    with pytest.raises(AnsibleFilterError, match="'rokcy_9_baseos' matches none.*rocky_9_baseos"):
        select(REPOS, "rokcy_9_baseos", must_match=True)


def test_an_unknown_group_is_an_error_that_lists_the_groups(select):
    with pytest.raises(AnsibleFilterError, match="in group 'rocky', groups: epel, rocky_9"):
        select(REPOS, "", "rocky", must_match=True)


def test_an_invalid_expression_is_always_an_error(select):
    with pytest.raises(AnsibleFilterError, match=r"select_repos: '\(' is not a regular expression"):
        select(REPOS, "(")
