# SPDX-License-Identifier: Apache-2.0
"""Filters are converted to queries, and objects are returned without secrets."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.objects.info import (
    KINDS,
    _read_pages,
    add_names,
    endpoints,
    find_objects,
    query_strings,
    visible_fields,
)
from plugins.module_utils.pulp.errors import InvalidItem, PulpError
from plugins.module_utils.pulp.types import CONTENT_TYPES
from tests.unit.fake_pulp.pulp import FakePulp


def find(pulp: FakePulp, **params: Any) -> tuple[list[dict[str, Any]], int, list[str]]:
    server = pulp.server()
    defaults = {"content_type": None, "filters": None, "fields": None, "limit": None}
    _results, more = find_objects(server, {**defaults, "names": False, **params})
    return more["objects"], more["count"], server.report.warnings


@pytest.fixture
def pulp():
    """Return a Pulp with eight groups, and up to three in each response."""
    pulp = FakePulp()
    pulp.page_size = 3
    for number in range(8):
        pulp.add("groups/", name=f"g{number}")
    return pulp


def test_all_pages_are_read(pulp):
    objects, count, _warnings = find(pulp, kind="group")
    assert (len(objects), count) == (8, 8)


@pytest.mark.parametrize(("limit", "found"), [(0, 0), (2, 2), (5, 5), (99, 8)])
def test_a_limit_is_applied_and_the_count_is_that_of_the_server(pulp, limit, found):
    objects, count, _warnings = find(pulp, kind="group", limit=limit)
    assert (len(objects), count) == (found, 8)


def test_only_requested_fields_are_shown_and_a_warning_names_unknown_ones(pulp):
    objects, _count, warnings = find(pulp, kind="group", fields=["name", "nmae"], limit=1)
    assert objects == [{"name": "g7"}]
    assert warnings == ["kind 'group' has no field 'nmae'"]


def test_an_unknown_filter_is_an_error_with_the_message_of_pulp(pulp):
    with pytest.raises(InvalidItem, match="kind 'group': errors: Invalid Filter: 'colour'"):
        find(pulp, kind="group", filters={"colour": "red"})
    with pytest.raises(InvalidItem, match="module.s option for limit"):
        find(pulp, kind="group", filters={"limit": 1})


def test_values_with_commas_are_requested_one_by_one():
    queries = list(query_strings({"name__in": ["a", "b, c", " d", "a"], "base": True}))
    assert queries == [
        {"name__in": "a", "base": "true"},
        {"name": "b, c", "base": "true"},
        {"name": " d", "base": "true"},
    ]


def test_long_lists_are_split_into_several_requests():
    names = [f"a name of some length {number:04}" for number in range(500)]
    queries = [query["name__in"].split(",") for query in query_strings({"name__in": names})]
    assert len(queries) > 1
    assert [name for part in queries for name in part] == names


def test_an_empty_list_makes_no_request():
    assert list(query_strings({"name__in": []})) == []
    assert list(query_strings({})) == [{}]


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize("kind", ["repository", "remote", "distribution", "content"])
def test_each_content_type_has_its_own_endpoints(kind, content_type):
    [endpoint] = endpoints(kind, content_type)
    assert endpoint.startswith(f"{KINDS[kind]}{content_type}/")


def test_publications_of_a_type_may_have_several_endpoints():
    assert endpoints("publication", "deb") == [
        "publications/deb/apt/",
        "publications/deb/verbatim/",
    ]
    with pytest.raises(InvalidItem, match="no publications"):
        endpoints("publication", "container")


def test_a_content_type_is_rejected_for_kinds_without_types():
    assert endpoints("content_guard", None) == ["contentguards/"]
    with pytest.raises(InvalidItem, match="leave out content_type"):
        endpoints("content_guard", "rpm")


def test_secrets_are_never_shown():
    remote = {
        "url": "https://user:pass@example.com/",
        "headers": [{"X-Token": "t"}],
        "proxy_password": "p",
        "hidden_fields": [{"name": "password", "is_set": True}],
        "client_key": None,
    }
    assert visible_fields(remote) == {
        "url": "https://***@example.com/",
        "headers": "VALUE HIDDEN",
        "proxy_password": "VALUE HIDDEN",
        "hidden_fields": [{"name": "password", "is_set": True}],
        "client_key": None,
    }


def test_references_are_shown_by_name():
    pulp = FakePulp()
    repository = pulp.add_repository("rpm", "Rocky")
    href = repository["pulp_href"]
    for version in range(1, 10):
        pulp.add_version(repository, f"kernel {version}-1")
    publication = pulp.add_publication(f"{href}versions/7/")["pulp_href"]
    guard = pulp.add_guard("release")["pulp_href"]
    objects: list[dict[str, Any]] = [
        {"publication": publication, "content_guard": guard},
        {"publication": None, "repository": href, "content_guard": None},
        {"repository_version": f"{href}versions/3/"},
        {"latest_version_href": f"{href}versions/9/", "remote": None},
        {"publication": "/publications/gone/"},
        {"pulp_href": f"{href}versions/2/", "repository": href},
    ]
    add_names(pulp, objects)
    picked = ("repository_name", "version", "content_guard_name", "remote_name")
    assert [{key: one[key] for key in picked if key in one} for one in objects] == [
        {"repository_name": "Rocky", "version": 7, "content_guard_name": "release"},
        {"repository_name": "Rocky", "content_guard_name": None},
        {"repository_name": "Rocky", "version": 3},
        {"version": 9, "remote_name": None},
        {},
        {"repository_name": "Rocky", "version": 2},
    ]


class Endless:
    """A server whose lists have the same next page without an end."""

    def __init__(self, *results: dict[str, Any]) -> None:
        self.results = list(results)
        self.requests = 0

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        self.requests += 1
        return {"count": 1, "next": "http://again", "results": self.results * 1000}


@pytest.mark.parametrize("results", [(), ({"name": "a"},)])
def test_a_list_that_never_ends_is_not_read_permanently(results):
    server = Endless(*results)
    if results:
        with pytest.raises(PulpError, match="does not end"):
            _read_pages(server, "groups/", {"fields": "name"}, None)
    else:
        assert _read_pages(server, "groups/", {"fields": "name"}, None) == ([], 1)
    assert server.requests < 10


def test_pages_with_all_fields_are_small(pulp):
    find(pulp, kind="group")
    find(pulp, kind="group", fields=["name"])
    limits = [request.content["limit"] for request in pulp.requests if "groups/" in request.path]
    assert (str(limits[0]), str(limits[-1])) == ("200", "5000")
