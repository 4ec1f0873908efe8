# SPDX-License-Identifier: Apache-2.0
"""Repeated items of a client's lists are found before a run, without their templates."""

from __future__ import annotations

import pytest

from plugins.module_utils.inventory.client_validation import CLIENT_VARIABLES, check_client_lists

REPOS = "stackhpc_pulp_repository_rpm_repos"


def found(*items, variable=REPOS):
    return list(check_client_lists({variable: list(items)}))


def test_both_items_and_the_keys_that_differ_are_named():
    one = {"name": "a", "url": "{{ x }}/1", "required": "{{ rocky_9 }}"}
    (finding,) = found(one, {"name": "b"}, {**one, "url": "{{ x }}/2", "policy": "on_demand"})
    assert (finding.severity, finding.place, finding.other) == ("warning", (REPOS, 2), (REPOS, 0))
    assert finding.problem == (
        f"{REPOS}: is listed twice, as items 1 and 3, which differ in policy, url: the last one is "
        "used; remove one of them"
    )


@pytest.mark.parametrize(
    "other",
    [
        {"name": "b"},
        {"name": "a", "required": "{{ rocky_10 }}"},
        {"name": "{{ a }}"},
        {"url": "x"},
        "text",
    ],
)
def test_alternatives_and_templates_are_no_findings(other):
    assert found({"name": "a"}, {"name": "{{ a }}"}, other) == []


def test_every_list_is_checked_and_a_template_is_not():
    assert len(CLIENT_VARIABLES) == 12
    for variable in CLIENT_VARIABLES:
        key = "repository" if "publication" in variable else "name"
        assert len(found({key: "a"}, {key: "a"}, {key: "a"}, variable=variable)) == 2
    assert list(check_client_lists({REPOS: "{{ a + b }}"})) == []
