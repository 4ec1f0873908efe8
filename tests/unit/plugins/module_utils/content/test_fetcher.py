# SPDX-License-Identifier: Apache-2.0
"""Credentials are sent to the configured server only, not to targets of redirects."""

from __future__ import annotations

import pytest

from plugins.module_utils.content.fetcher import Fetcher, validate_url
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import InvalidItem, PulpError, ResponseError
from tests.unit.file_server import file_server
from tests.unit.pulp_http_server import Reply


@pytest.fixture
def server():
    with file_server() as server:
        server.files["/a"] = b"content"
        yield server


@pytest.fixture
def other():
    with file_server() as server:
        server.files["/a"] = b"other"
        yield server


@pytest.fixture
def fetcher(server):
    return Fetcher(Connection(server.url, "client", "secret"))


def test_credentials_are_sent_to_the_configured_server(server, fetcher):
    assert fetcher.text(f"{server.url}/a", 99) == "content"
    assert server.headers("Authorization") == ["Basic Y2xpZW50OnNlY3JldA=="]


def test_credentials_are_not_sent_to_another_server(server, other, fetcher):
    assert fetcher.text(f"{other.url}/a", 99) == "other"
    assert other.headers("Authorization") == [None]
    assert fetcher.request_count == 1


def test_credentials_are_kept_in_a_redirect_within_the_server(server, fetcher):
    server.redirects["/b"] = "/a"
    assert fetcher.text(f"{server.url}/b", 99) == "content"
    assert None not in server.headers("Authorization")


def test_credentials_are_dropped_in_a_redirect_to_another_server_and_back(server, other, fetcher):
    server.redirects["/b"] = f"{other.url}/c"
    other.redirects["/c"] = f"{server.url}/a"
    assert fetcher.text(f"{server.url}/b", 99) == "content"
    assert other.headers("Authorization") == [None]
    assert [bool(header) for header in server.headers("Authorization")] == [True, False]


def test_the_number_of_redirects_is_limited(server, fetcher):
    server.redirects["/b"] = "/b"
    with pytest.raises(PulpError, match="more than 5 redirects"):
        fetcher.text(f"{server.url}/b", 99)
    server.redirects["/b"] = "http://user:secret@127.0.0.1/"
    with pytest.raises(InvalidItem, match=r"http://\*\*\*@127.0.0.1/ contains credentials"):
        fetcher.text(f"{server.url}/b", 99)


def test_a_missing_file_is_none_and_a_forbidden_one_is_an_error(server, fetcher):
    assert fetcher.text(f"{server.url}/nowhere", 99) is None
    server.statuses = [403]
    with pytest.raises(ResponseError, match="no permission to read it"):
        fetcher.text(f"{server.url}/a", 99)


def test_a_small_file_has_a_size_limit(server, fetcher):
    with pytest.raises(PulpError, match="more than 3 bytes"):
        fetcher.text(f"{server.url}/a", 3)


@pytest.mark.parametrize(
    "url",
    ["ftp://a/b", "a/b", "http://", "http://[", "https://u:p@a/b", "u:p@a/b", "https://u:p#@a/b"],
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(InvalidItem, match="URL|contains credentials") as error:
        validate_url(url)
    assert "u:p" not in str(error.value)


def test_an_error_page_is_shown_as_text(pulp):
    page = "<html><head><style>x{}</style></head><body><h1>Server Error (500)</h1></body></html>"
    pulp.reply = lambda _request: Reply(500, page)
    with pytest.raises(ResponseError, match=r"/a: Server Error \(500\) \(HTTP 500\)$"):
        Fetcher(Connection(pulp.url)).text(f"{pulp.url}/a", 99)
