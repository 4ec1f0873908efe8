# SPDX-License-Identifier: Apache-2.0
"""A download that ends too early is repeated, and one that takes too long is given up."""

from __future__ import annotations

import time

import pytest
import urllib3

from plugins.module_utils.pulp import transport
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import LostResponse
from plugins.module_utils.release_lock.served_files import ServedFiles
from tests.unit.file_server import file_server
from tests.unit.pulp_http_server import Reply

URL = "/pulp/content/a/20260101T000000/repodata/repomd.xml"
# Without it, the first request reads the status of the server.
CONNECTION = {"content_path_prefix": "/pulp/content/"}


def test_a_body_that_ends_too_early_is_read_again_with_an_old_urllib3(monkeypatch):
    made = urllib3.response.HTTPResponse.__init__

    def make(*args, **options):
        made(*args, **{**options, "enforce_content_length": False})

    monkeypatch.setattr(urllib3.response.HTTPResponse, "__init__", make)
    with file_server() as server:
        server.files[URL] = b"the whole file"
        server.cuts = [5]
        files = ServedFiles(Connection(server.url, **CONNECTION), sleep=lambda _seconds: None)
        assert list(files.below("a/20260101T000000")("repodata/repomd.xml")) == [b"the whole file"]
        assert len(server.requests) == 2


def test_a_server_that_sends_a_byte_at_a_time_is_given_up(pulp, monkeypatch):
    monkeypatch.setattr(transport, "_ATTEMPTS", 1)
    monkeypatch.setattr(transport, "_MIN_RATE", 1024 * 1024)
    pulp.reply = lambda _request: Reply(200, b"x" * 100_000, drip=True)
    files = ServedFiles(Connection(pulp.url, timeout=1, **CONNECTION))
    start = time.monotonic()
    with pytest.raises(LostResponse, match="did not answer within 1 s"):
        list(files.below("a/20260101T000000")("repodata/repomd.xml"))
    assert time.monotonic() - start < 30
