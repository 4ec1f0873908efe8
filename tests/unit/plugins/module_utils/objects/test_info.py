# SPDX-License-Identifier: Apache-2.0
"""From filters to requests, and from objects to what is shown."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.objects.info import (
    KINDS,
    add_names,
    endpoints,
    find_objects,
    query_strings,
    visible_fields,
)
from plugins.module_utils.pulp.errors import InvalidItem, ResponseError
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.report.report import Report

REPOSITORY = "/repositories/rpm/rpm/r/"


class Shelf:
    """A Pulp in memory: objects by endpoint; the only filters are names and ids."""

    request_count = 0

    def __init__(self, **objects: list[dict[str, Any]]) -> None:
        self.objects = {f"{name}/": entries for name, entries in objects.items()}
        self.largest = 3

    def list(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        return self.get(path, {**params, "limit": 1000})["results"]

    def get(self, path: str, params: dict[str, Any]) -> dict[str, Any]:
        unknown = set(params) - {"limit", "offset", "fields", "name", "name__in", "pulp_id__in"}
        if unknown:
            raise ResponseError(400, f"errors: Invalid Filter: '{unknown.pop()}'")
        found = self.objects.get(path, [])
        for name in ("name", "name__in"):
            if name in params:
                found = [one for one in found if one["name"] in params[name].split(",")]
        if "pulp_id__in" in params:
            ids = params["pulp_id__in"].split(",")
            found = [one for one in found if one["pulp_href"].split("/")[-2] in ids]
        start = params.get("offset", 0)
        end = start + min(params["limit"], max(self.largest, 1))
        more = "next" if end < len(found) else None
        return {"count": len(found), "next": more, "results": found[start:end]}


def find(shelf: Shelf, **params: Any) -> tuple[list[dict[str, Any]], int, list[str]]:
    server = Server(shelf, Report())
    defaults = {"content_type": None, "filters": None, "fields": None, "limit": None}
    _results, more = find_objects(server, {**defaults, "names": False, **params})
    return more["objects"], more["count"], server.report.warnings


def groups(count: int) -> Shelf:
    return Shelf(groups=[{"name": f"g{n}", "pulp_href": f"/groups/{n}/"} for n in range(count)])


def test_all_pages_are_read():
    objects, count, _warnings = find(groups(8), kind="group")
    assert (len(objects), count) == (8, 8)


@pytest.mark.parametrize(("limit", "found"), [(0, 0), (2, 2), (5, 5), (99, 8)])
def test_a_limit_is_kept_and_the_count_is_the_servers(limit, found):
    objects, count, _warnings = find(groups(8), kind="group", limit=limit)
    assert (len(objects), count) == (found, 8)


def test_only_fields_that_were_asked_for_are_shown_and_unknown_ones_are_told():
    objects, _count, warnings = find(groups(1), kind="group", fields=["name", "nmae"])
    assert objects == [{"name": "g0"}]
    assert warnings == ["kind 'group' has no field 'nmae'"]


def test_an_unknown_filter_is_an_error_in_pulps_words():
    with pytest.raises(InvalidItem, match="kind 'group': errors: Invalid Filter: 'colour'"):
        find(groups(1), kind="group", filters={"colour": "red"})
    with pytest.raises(InvalidItem, match="limit is no filter"):
        find(groups(1), kind="group", filters={"limit": 1})


def test_values_that_the_server_would_split_are_asked_for_one_by_one():
    asked = list(query_strings({"name__in": ["a", "b, c", " d", "a"], "base": True}))
    assert asked == [
        {"name__in": "a", "base": "true"},
        {"name": "b, c", "base": "true"},
        {"name": " d", "base": "true"},
    ]


def test_long_lists_are_asked_for_in_pieces():
    names = [f"a name of some length {number:04}" for number in range(500)]
    asked = [query["name__in"].split(",") for query in query_strings({"name__in": names})]
    assert len(asked) > 1
    assert [name for piece in asked for name in piece] == names


def test_an_empty_list_asks_for_nothing():
    assert list(query_strings({"name__in": []})) == []
    assert list(query_strings({})) == [{}]


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize("kind", ["repository", "remote", "distribution", "content"])
def test_each_content_type_has_its_own_lists(kind, content_type):
    [endpoint] = endpoints(kind, content_type)
    assert endpoint.startswith(f"{KINDS[kind]}{content_type}/")


def test_publications_of_a_type_may_be_in_several_lists():
    assert endpoints("publication", "deb") == [
        "publications/deb/apt/",
        "publications/deb/verbatim/",
    ]
    with pytest.raises(InvalidItem, match="no publications"):
        endpoints("publication", "container")


def test_kinds_without_types_refuse_one():
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
    shelf = Shelf(
        repositories=[{"pulp_href": REPOSITORY, "name": "Rocky"}],
        publications=[
            {"pulp_href": "/publications/p/", "repository_version": f"{REPOSITORY}versions/7/"}
        ],
        contentguards=[{"pulp_href": "/contentguards/g/", "name": "release"}],
    )
    objects: list[dict[str, Any]] = [
        {"publication": "/publications/p/", "content_guard": "/contentguards/g/"},
        {"publication": None, "repository": REPOSITORY, "content_guard": None},
        {"repository_version": f"{REPOSITORY}versions/3/"},
        {"latest_version_href": f"{REPOSITORY}versions/9/", "remote": None},
        {"publication": "/publications/gone/"},
        {"pulp_href": f"{REPOSITORY}versions/2/", "repository": REPOSITORY},
    ]
    add_names(shelf, objects)
    picked = ("repository_name", "version", "content_guard_name", "remote_name")
    assert [{key: one[key] for key in picked if key in one} for one in objects] == [
        {"repository_name": "Rocky", "version": 7, "content_guard_name": "release"},
        {"repository_name": "Rocky", "content_guard_name": None},
        {"repository_name": "Rocky", "version": 3},
        {"version": 9, "remote_name": None},
        {},
        {"repository_name": "Rocky", "version": 2},
    ]
