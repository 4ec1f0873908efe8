# SPDX-License-Identifier: Apache-2.0
"""Interrupted downloads are resumed, and complete when their checksum is right."""

from __future__ import annotations

import hashlib
import os

import pytest

from plugins.module_utils.content.download import Downloader, Fetcher, checksum_in
from plugins.module_utils.errors import OperatorError
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.pulp.server import TransferProgress
from tests.unit.file_server import file_server

CONTENT = os.urandom(300000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
A, B = "a" * 64, "b" * 64


@pytest.fixture
def server():
    with file_server() as served:
        served.files["/image"] = CONTENT
        yield served


@pytest.fixture
def fetch(server, tmp_path):
    """Download into `image`; returns how much came."""

    def run(sha256=SHA256, path="/image"):
        downloader = Downloader(Fetcher(Connection(server.url)), TransferProgress(), pause=0)
        return downloader.fetch(server.url + path, str(tmp_path / "image"), sha256, 0o644, "image")

    return run


def there(tmp_path):
    return {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("sha256", [SHA256, ""], ids=["known", "unknown"])
def test_a_file_arrives(fetch, tmp_path, sha256):
    assert fetch(sha256) == len(CONTENT)
    assert there(tmp_path) == {"image": CONTENT}


def test_a_connection_that_breaks_is_taken_up_again(fetch, server, tmp_path):
    server.cuts = [100000, 50000]
    assert fetch() == len(CONTENT)
    assert there(tmp_path) == {"image": CONTENT}
    assert server.headers("Range") == [None, "bytes=100000-", "bytes=150000-"]


@pytest.mark.parametrize("begun", [CONTENT[:1000], CONTENT], ids=["part", "all"])
def test_what_an_earlier_run_began_is_not_requested_again(fetch, tmp_path, begun):
    (tmp_path / "image.part").write_bytes(begun)
    assert fetch() == len(CONTENT) - len(begun)
    assert there(tmp_path) == {"image": CONTENT}


@pytest.mark.parametrize(
    "begun",
    [b"other", CONTENT + b"more", b"x" * len(CONTENT)],
    ids=["short", "long", "same length"],
)
def test_the_beginning_of_another_file_is_dropped(fetch, tmp_path, begun):
    (tmp_path / "image.part").write_bytes(begun)
    fetch()
    assert there(tmp_path) == {"image": CONTENT}


def test_without_a_checksum_nothing_old_is_used(fetch, tmp_path):
    (tmp_path / "image.part").write_bytes(b"other")
    assert fetch("") == len(CONTENT)
    assert there(tmp_path) == {"image": CONTENT}


def test_a_server_that_gives_no_parts_gives_all(fetch, server, tmp_path):
    server.ranges, server.cuts = False, [100]
    assert fetch() == len(CONTENT) + 100
    assert there(tmp_path) == {"image": CONTENT}


def test_a_server_that_gives_no_parts_and_never_all_is_given_up(fetch, server):
    server.ranges, server.cuts = False, [100] * 20
    with pytest.raises(OperatorError, match="broke|ended after"):
        fetch()
    assert len(server.asked) < 10


def test_a_wrong_checksum_leaves_what_was_there(fetch, tmp_path):
    (tmp_path / "image").write_bytes(b"old")
    with pytest.raises(OperatorError, match=f"has the sha256 {SHA256}, but {A} was expected"):
        fetch(A)
    assert there(tmp_path) == {"image": b"old"}


def test_another_file_that_breaks_often_gets_on_from_its_own_beginning(fetch, server, tmp_path):
    (tmp_path / "image.part").write_bytes(b"x" * 1000)
    server.cuts = [len(CONTENT), *[50000] * 6]
    assert fetch() == 2 * len(CONTENT) - 1000
    assert there(tmp_path) == {"image": CONTENT}


def test_a_request_to_a_busy_server_is_repeated(fetch, server):
    server.statuses = [503, 429, 502]
    assert fetch() == len(CONTENT)


def test_one_that_never_gets_on_is_given_up_and_what_came_is_kept(fetch, server, tmp_path):
    server.cuts = [1000] + [0] * 20
    with pytest.raises(OperatorError, match="broke|ended after"):
        fetch()
    assert there(tmp_path) == {"image.part": CONTENT[:1000]}


@pytest.mark.parametrize(
    ("path", "statuses", "words"),
    [
        ("/nowhere", [], "does not exist, or is not served"),
        ("/image", [401], "unknown user"),
    ],
)
def test_a_refusal_is_explained_and_leaves_nothing(fetch, server, tmp_path, path, statuses, words):
    server.statuses = statuses
    with pytest.raises(OperatorError, match=words):
        fetch(path=path)
    assert there(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{A}  image\n", A),
        (f"{A.upper()} *image\n", A),
        (f"{A}  ./folder/image\n", A),
        (f"{A}\n", A),
        (f"{B}  other\n{A}  image\n", A),
        (f"SHA256 (image) = {A}\n", A),
        (f"{A}  under-another-name\n", A),
    ],
)
def test_a_checksum_file_may_be_written_in_many_ways(text, found):
    assert checksum_in(text, "image") == found


@pytest.mark.parametrize("text", ["", "<html>", f"{A}  x\n{B}  y\n", "abc  image\n"])
def test_a_checksum_file_that_does_not_tell_is_an_error(text):
    with pytest.raises(InvalidItem, match="has no sha256 of image"):
        checksum_in(text, "image")
