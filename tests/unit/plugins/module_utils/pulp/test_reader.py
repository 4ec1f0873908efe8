# SPDX-License-Identifier: Apache-2.0
"""Objects are read by names in few requests within the size limit."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.client import PulpClient
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.reader import (
    in_chunks,
    read_by_field,
    read_by_key,
    uuid_of,
    version_number,
)
from plugins.module_utils.pulp.types import CONTENT_TYPES
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.pulp_http_server import Reply

LONGEST_PATH = 3800


def pulp_with(*names: str, endpoint: str = "things/") -> FakePulp:
    """Return a Pulp with objects of these names."""
    pulp = FakePulp()
    for name in names:
        pulp.add(endpoint, name=name, path=endpoint)
    return pulp


def queries_of(pulp: FakePulp) -> list[dict[str, str]]:
    """Return the query of each request without paging."""
    paging = ("limit", "offset")
    return [
        {name: value for name, value in request.content.items() if name not in paging}
        for request in pulp.requests
    ]


def test_objects_are_found_by_name_in_one_request_in_the_given_order():
    server = pulp_with("a", "b b", "é", "z")
    found = read_by_field(server, "things/", "name", ["é", "a", "nobody", "b b", "a"], ["path"])
    assert list(found) == ["é", "a", "b b"]
    assert found["a"] == {"name": "a", "path": "things/"}
    assert queries_of(server) == [{"name__in": "é,a,nobody,b b", "fields": "path,name"}]


def test_names_with_commas_are_found_and_their_parts_ignored():
    server = pulp_with("a, b", "a", "b", "c")
    assert list(read_by_field(server, "things/", "name", ["a, b", "c"], [])) == ["a, b", "c"]
    assert list(read_by_field(server, "things/", "name", ["a, b"], [])) == ["a, b"]


def test_a_name_with_spaces_does_not_match_its_trimmed_form():
    assert read_by_field(pulp_with("a"), "things/", "name", [" a", "a "], []) == {}


@pytest.mark.parametrize("values", [[], [""]])
def test_no_values_make_no_request(values):
    server = pulp_with("a")
    assert read_by_field(server, "things/", "name", values, []) == {}
    assert server.requests == []


def test_hrefs_are_requested_by_their_short_identifiers():
    server = pulp_with()
    server.add_task("1-2", "running")
    wanted = ["/pulp/api/v3/tasks/1-2/", "/pulp/api/v3/tasks/3-4/"]
    assert list(read_by_field(server, "tasks/", "pulp_href", wanted, ["state"])) == wanted[:1]
    assert queries_of(server)[0]["pulp_id__in"] == "1-2,3-4"


def test_entries_of_an_unexpected_format_are_skipped():
    server = pulp_with()
    server.list = lambda path, params: [{"name": "no task"}]
    assert read_by_field(server, "tasks/", "pulp_href", ["/pulp/api/v3/tasks/1/"], []) == {}


@pytest.mark.parametrize(
    "name",
    [
        "Rocky Linux 9 - BaseOS (x86_64) {number:04}",
        "é" * 60 + "{number}",
        "日本語 {number}",
        "a/b?c&d=e+f#g%h {number}",
        "🚂" * 250 + "{number}",
    ],
)
def test_request_lines_are_within_the_limit_of_the_server(pulp, name):
    names = [name.format(number=number) for number in range(150)]
    wanted = set(names)
    pulp.answer("POST", "login/", {})
    prefix = f"d{'o' * 49}/api/v3/"

    def find(request):
        found = [one for one in request.query["name__in"].split(",") if one in wanted]
        return Reply(body={"results": [{"name": one} for one in found], "next": None})

    kind = CONTENT_TYPES["deb"].remote
    pulp.reply = lambda request: (pulp.seen.append(request), find(request))[1]
    client = PulpClient(Connection(pulp.url, domain="d" + "o" * 49))
    assert list(read_by_key(client, kind, names)) == names
    assert max(request.length for request in pulp.seen) < LONGEST_PATH
    assert all(prefix in request.path for request in pulp.seen)


def test_chunks_are_as_large_as_possible():
    assert list(in_chunks(["a", "b", "c"], 4)) == [["a", "b"], ["c"]]
    assert list(in_chunks(["é", "a"], 7)) == [["é"], ["a"]]
    assert list(in_chunks(["é", "a"], 9)) == [["é", "a"]]
    assert list(in_chunks(["too long by far", "a"], 4)) == [["too long by far"], ["a"]]
    assert list(in_chunks([], 4)) == []


def test_the_identifier_is_the_end_of_the_href():
    assert uuid_of("/pulp/api/v3/tasks/018f-1/") == "018f-1"


def test_a_version_has_the_number_at_the_end_of_its_href():
    assert version_number("/pulp/api/v3/repositories/rpm/rpm/1/versions/12/") == 12


@pytest.mark.parametrize("name", ["a\0b", "a" * 3900, "é" * 900, "\udc80"])
def test_a_name_that_no_request_can_have_does_not_keep_others_from_being_read(name):
    server = pulp_with("a", "b")
    assert list(read_by_field(server, "things/", "name", ["a", name, "b"], [])) == ["a", "b"]
