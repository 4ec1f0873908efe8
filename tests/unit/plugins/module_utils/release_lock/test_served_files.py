# SPDX-License-Identifier: Apache-2.0
"""Files are read from the content app as bounded blocks, with the path in each error."""

from __future__ import annotations

import pytest

from plugins.module_utils.metadata.source import MissingFile
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import LostResponse, PulpError, ResponseError
from plugins.module_utils.release_lock import served_files
from plugins.module_utils.release_lock.served_files import ServedFiles
from tests.unit.file_server import file_server
from tests.unit.pulp_http_server import Reply

PATH = "a/20260101T000000/repodata/repomd.xml"
URL = f"/pulp/content/{PATH}"
# Without it, the first request reads the status of the server.
CONNECTION = {"content_path_prefix": "/pulp/content/"}


@pytest.fixture
def read(pulp):
    """Return a function that reads PATH; `seen` has the requests."""

    def read(*replies: Reply, **connection):
        left = list(replies)

        def reply(request):
            pulp.seen.append(request)
            return left.pop(0) if len(left) > 1 else left[0]

        pulp.reply = reply
        given = {**CONNECTION, "username": "client1", "password": "secret", **connection}
        files = ServedFiles(Connection(pulp.url, **given), sleep=lambda _seconds: None)
        blocks = list(files.below("a/20260101T000000/")("repodata/repomd.xml"))
        assert files.request_count == len(pulp.seen)
        return blocks

    return read


def test_a_file_is_read_in_blocks_with_the_credentials_of_the_connection(read, pulp, monkeypatch):
    monkeypatch.setattr(served_files, "_BLOCK_SIZE", 4)
    assert read(Reply(200, b"0123456789")) == [b"0123", b"4567", b"89"]
    (request,) = pulp.seen
    assert request.path == URL
    assert request.headers["authorization"].startswith("Basic ")


def test_a_file_larger_than_the_memory_limit_is_read_completely(read, monkeypatch):
    monkeypatch.setattr(served_files, "_MAX_IN_MEMORY", 10)
    assert b"".join(read(Reply(200, b"x" * 100_000))) == b"x" * 100_000


def test_a_domain_is_part_of_the_path(read, pulp):
    assert read(Reply(200, b"text"), domain="site") == [b"text"]
    assert pulp.seen[0].path == f"/pulp/content/site/{PATH}"


def test_a_redirection_to_the_storage_is_followed(read):
    there = Reply(302, "", {"Location": "/storage/file?signature=x"})
    assert read(there, Reply(200, b"text")) == [b"text"]


def test_an_interrupted_download_is_read_from_its_beginning():
    with file_server() as server:
        server.files[URL] = b"the whole file"
        server.statuses, server.cuts = [503], [5]
        files = ServedFiles(Connection(server.url, **CONNECTION), sleep=lambda _seconds: None)
        assert list(files.below("a/20260101T000000")("repodata/repomd.xml")) == [b"the whole file"]
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        (Reply(404, "404: Not Found"), MissingFile, f"{PATH} does not exist"),
        (Reply(401, ""), ResponseError, f"{PATH}: unknown user, wrong password, or no permission"),
        (Reply(403, ""), ResponseError, f"{PATH}: unknown user, wrong password, or no permission"),
        (Reply(500, "<h1>Oops\x1b[31m</h1>"), ResponseError, rf"{PATH}: Oops\\x1b\[31m \(HTTP 500"),
        (Reply(503, "busy"), ResponseError, f"{PATH}: busy"),
        (Reply(cut=True), LostResponse, "the connection to .* broke"),
        (Reply(302, "", {"Location": URL}), PulpError, "more than 5 redirects"),
    ],
)
def test_the_reason_why_a_file_cannot_be_read_is_reported(read, reply, error, message):
    with pytest.raises(error, match=message):
        read(reply)


def test_no_more_than_the_limit_of_a_file_is_read():
    with file_server() as server:
        server.files[URL] = b"x" * 100_000_000
        files = ServedFiles(Connection(server.url, **CONNECTION))
        fetch = files.below("a/20260101T000000")
        with pytest.raises(ResponseError, match=f"{PATH} is larger than 1000 bytes"):
            list(fetch("repodata/repomd.xml", 1000))
        assert len(server.requests) == 1
        server.files[URL] = b"x" * 1000
        assert b"".join(fetch("repodata/repomd.xml", 1000)) == b"x" * 1000


def test_the_content_path_prefix_of_the_server_is_used(read, pulp):
    status = Reply(200, {"content_settings": {"content_path_prefix": "/site/content/"}})
    assert read(status, Reply(200, b"text"), content_path_prefix=None) == [b"text"]
    assert [one.path for one in pulp.seen] == ["/pulp/api/v3/status/", f"/site/content/{PATH}"]


def test_a_full_disk_is_reported_as_such(read, monkeypatch, pulp):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(served_files, "_MAX_IN_MEMORY", 10)
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(PulpError, match=f"{PATH} cannot be stored .*No space left on device"):
        read(Reply(200, b"x" * 1000))
    assert len(pulp.seen) == 1
