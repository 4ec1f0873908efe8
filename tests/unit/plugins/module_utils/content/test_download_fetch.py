# SPDX-License-Identifier: Apache-2.0
"""Credentials go to one server, and nowhere it points."""

from __future__ import annotations

import pytest

from plugins.module_utils.content.download import Fetcher, validate_url
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import InvalidItem, PulpError, ResponseError
from tests.unit.file_server import file_server


@pytest.fixture
def own():
    with file_server() as server:
        server.files["/a"] = b"content"
        yield server


@pytest.fixture
def other():
    with file_server() as server:
        server.files["/a"] = b"other"
        yield server


@pytest.fixture
def fetcher(own):
    return Fetcher(Connection(own.url, "client", "secret"))


def test_the_own_server_gets_the_credentials(own, fetcher):
    assert fetcher.text(f"{own.url}/a", 99) == "content"
    assert own.headers("Authorization") == ["Basic Y2xpZW50OnNlY3JldA=="]


def test_another_server_does_not(own, other, fetcher):
    assert fetcher.text(f"{other.url}/a", 99) == "other"
    assert other.headers("Authorization") == [None]
    assert fetcher.request_count == 1


def test_a_redirect_within_the_server_keeps_them(own, fetcher):
    own.redirects["/b"] = "/a"
    assert fetcher.text(f"{own.url}/b", 99) == "content"
    assert None not in own.headers("Authorization")


def test_a_redirect_to_another_server_and_back_loses_them(own, other, fetcher):
    own.redirects["/b"] = f"{other.url}/c"
    other.redirects["/c"] = f"{own.url}/a"
    assert fetcher.text(f"{own.url}/b", 99) == "content"
    assert other.headers("Authorization") == [None]
    assert [bool(header) for header in own.headers("Authorization")] == [True, False]


def test_redirects_come_to_an_end(own, fetcher):
    own.redirects["/b"] = "/b"
    with pytest.raises(PulpError, match="more than 5 redirects"):
        fetcher.text(f"{own.url}/b", 99)
    own.redirects["/b"] = "http://user:secret@127.0.0.1/"
    with pytest.raises(InvalidItem, match=r"http://\*\*\*@127.0.0.1/ contains credentials"):
        fetcher.text(f"{own.url}/b", 99)


def test_what_is_not_there_is_nothing_and_what_is_refused_an_error(own, fetcher):
    assert fetcher.text(f"{own.url}/nowhere", 99) is None
    own.statuses = [403]
    with pytest.raises(ResponseError, match="no permission to read it"):
        fetcher.text(f"{own.url}/a", 99)


def test_a_large_file_is_no_small_one(own, fetcher):
    with pytest.raises(PulpError, match="more than 3 bytes"):
        fetcher.text(f"{own.url}/a", 3)


@pytest.mark.parametrize("url", ["ftp://a/b", "a/b", "http://", "http://[", "https://u:p@a/b"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(InvalidItem, match="URL|contains credentials") as error:
        validate_url(url)
    assert "u:p" not in str(error.value)
