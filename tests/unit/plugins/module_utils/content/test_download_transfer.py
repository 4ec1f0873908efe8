# SPDX-License-Identifier: Apache-2.0
"""Interrupted downloads are resumed, and complete when their checksum matches."""

from __future__ import annotations

import hashlib
import os

import pytest

from plugins.module_utils.content.download import Downloader, WantedFile, checksum_in
from plugins.module_utils.content.fetcher import Fetcher
from plugins.module_utils.errors import OperatorError
from plugins.module_utils.files import DiskFull, PartialFile
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import InvalidItem, PulpError
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
    """Return a function that downloads to `image` and returns the number of received bytes."""

    def run(sha256=SHA256, path="/image", size=None):
        downloader = Downloader(Fetcher(Connection(server.url)), TransferProgress(), pause=0)
        wanted = WantedFile(str(tmp_path / "image"), sha256, size, 0o644)
        return downloader.fetch(server.url + path, wanted, "image")

    return run


def files(tmp_path):
    return {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("sha256", [SHA256, ""], ids=["known", "unknown"])
def test_a_file_is_downloaded(fetch, tmp_path, sha256):
    assert fetch(sha256) == len(CONTENT)
    assert files(tmp_path) == {"image": CONTENT}


def test_a_broken_connection_is_resumed(fetch, server, tmp_path):
    server.cuts = [100000, 50000]
    assert fetch() == len(CONTENT)
    assert files(tmp_path) == {"image": CONTENT}
    assert server.headers("Range") == [None, "bytes=100000-", "bytes=150000-"]


@pytest.mark.parametrize("partial", [CONTENT[:1000], CONTENT], ids=["part", "all"])
def test_a_partial_file_of_an_earlier_run_is_resumed(fetch, tmp_path, partial):
    (tmp_path / "image.part").write_bytes(partial)
    assert fetch() == len(CONTENT) - len(partial)
    assert files(tmp_path) == {"image": CONTENT}


@pytest.mark.parametrize(
    "partial",
    [b"other", CONTENT + b"more", b"x" * len(CONTENT)],
    ids=["short", "long", "same length"],
)
def test_a_partial_file_of_another_content_is_discarded(fetch, tmp_path, partial):
    (tmp_path / "image.part").write_bytes(partial)
    fetch()
    assert files(tmp_path) == {"image": CONTENT}


def test_without_a_checksum_no_partial_file_is_used(fetch, tmp_path):
    (tmp_path / "image.part").write_bytes(b"other")
    assert fetch("") == len(CONTENT)
    assert files(tmp_path) == {"image": CONTENT}


def test_a_server_without_ranges_sends_the_whole_file(fetch, server, tmp_path):
    server.ranges, server.cuts = False, [100]
    assert fetch() == len(CONTENT) + 100
    assert files(tmp_path) == {"image": CONTENT}


def test_a_server_without_ranges_that_always_breaks_is_an_error(fetch, server):
    server.ranges, server.cuts = False, [100] * 20
    with pytest.raises(OperatorError, match="broke|ended after"):
        fetch()
    assert len(server.requests) < 10


def test_a_wrong_checksum_keeps_the_existing_file(fetch, tmp_path):
    (tmp_path / "image").write_bytes(b"old")
    with pytest.raises(OperatorError, match=f"has the sha256 {SHA256}, but {A} was expected"):
        fetch(A)
    assert files(tmp_path) == {"image": b"old"}


def test_a_changed_file_that_breaks_often_is_resumed_from_its_own_start(fetch, server, tmp_path):
    (tmp_path / "image.part").write_bytes(b"x" * 1000)
    server.cuts = [len(CONTENT), *[50000] * 6]
    assert fetch() == 2 * len(CONTENT) - 1000
    assert files(tmp_path) == {"image": CONTENT}


def test_a_request_to_a_busy_server_is_retried(fetch, server):
    server.statuses = [503, 429, 502]
    assert fetch() == len(CONTENT)


def test_a_download_without_progress_is_an_error_and_its_partial_file_is_kept(
    fetch, server, tmp_path
):
    server.cuts = [1000] + [0] * 20
    with pytest.raises(OperatorError, match="broke|ended after"):
        fetch()
    assert files(tmp_path) == {"image.part": CONTENT[:1000]}


@pytest.mark.parametrize(
    ("path", "statuses", "message"),
    [
        ("/nowhere", [], "does not exist, or is not served"),
        ("/image", [401], "unknown user"),
    ],
)
def test_an_http_error_is_reported_and_leaves_no_file(
    fetch, server, tmp_path, path, statuses, message
):
    server.statuses = statuses
    with pytest.raises(OperatorError, match=message):
        fetch(path=path)
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{A}  image\n", A),
        (f"{A.upper()} *image\n", A),
        (f"{A}  ./directory/image\n", A),
        (f"{A}\n", A),
        (f"{B}  other\n{A}  image\n", A),
        (f"SHA256 (image) = {A}\n", A),
        (f"{A}  under-another-name\n", A),
    ],
)
def test_common_formats_of_checksum_files_are_read(text, found):
    assert checksum_in(text, "image") == found


@pytest.mark.parametrize("text", ["", "<html>", f"{A}  x\n{B}  y\n", "abc  image\n"])
def test_a_checksum_file_without_a_checksum_is_an_error(text):
    with pytest.raises(InvalidItem, match="has no sha256 of image"):
        checksum_in(text, "image")


@pytest.mark.parametrize("lengths", [True, False], ids=["announced", "not announced"])
@pytest.mark.parametrize("size", [1000, len(CONTENT) + 1])
def test_a_file_of_another_size_than_that_of_the_manifest_is_not_saved(
    fetch, server, tmp_path, size, lengths
):
    server.lengths = lengths
    with pytest.raises(PulpError, match="ended after|bytes that the"):
        fetch(size=size)
    assert "image" not in files(tmp_path)
    kept = files(tmp_path).get("image.part", b"")
    assert len(kept) <= size


def test_a_file_of_the_size_of_the_manifest_arrives_without_a_length(fetch, server, tmp_path):
    server.lengths = False
    assert fetch(size=len(CONTENT)) == len(CONTENT)
    assert files(tmp_path) == {"image": CONTENT}


@pytest.mark.parametrize(
    ("lengths", "sha256"), [(False, SHA256), (True, "")], ids=["no length", "no checksum"]
)
def test_what_fills_the_disk_and_cannot_be_resumed_is_deleted(
    fetch, server, tmp_path, monkeypatch, lengths, sha256
):
    def append(part, piece):
        part.size += os.pwrite(part._descriptor, piece, part.size)
        raise DiskFull("the disk is full")

    monkeypatch.setattr(PartialFile, "append", append)
    server.lengths = lengths
    with pytest.raises(DiskFull, match="nothing of it is kept"):
        fetch(sha256)
    assert files(tmp_path) == {}
