# SPDX-License-Identifier: Apache-2.0
"""The first suite that expires is found in the beginnings of Release files."""

from __future__ import annotations

import pytest

from plugins.module_utils.content.apt_release import NEVER, read_expiry, release_paths, valid_until
from plugins.module_utils.content.fetcher import Fetcher
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import ResponseError
from tests.unit.file_server import file_server

EXPIRING = (
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSuite: s\n"
    "Valid-Until: Sat, 05 Dec 2026 20:11:06 UTC\nDescription: an archive\nSHA256:\n"
)


@pytest.fixture
def server():
    with file_server() as served:
        yield served


def expiry(server, *suites):
    return read_expiry(Fetcher(Connection(server.url, "admin", "secret")), server.url, suites)


@pytest.mark.parametrize(
    ("suite", "paths"),
    [
        ("noble", ["dists/noble/Release", "dists/noble/InRelease"]),
        ("noble-updates/epoxy", ["dists/noble-updates/epoxy/Release"]),
        ("./", ["Release", "InRelease"]),
        ("stable/", ["stable/Release", "stable/InRelease"]),
    ],
)
def test_the_release_files_of_a_suite(suite, paths):
    assert release_paths(suite)[: len(paths)] == paths


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("Valid-Until: Sat, 05 Dec 2026 20:11:06 UTC", "2026-12-05 20:11:06+00:00"),
        ("valid-until:Sat, 5 Dec 2026 20:11:06 GMT\r", "2026-12-05 20:11:06+00:00"),
        ("Valid-Until: Sat, 05 Dec 2026 20:11:06 -0000", "2026-12-05 20:11:06+00:00"),
        ("Valid-Until: Fri, 31 Dec 9999 20:11:06 -1200", "None"),
        ("Valid-Until: soon", "None"),
        ("Valid-Until: Sat, 99 Dec 2026 20:11:06 UTC", "None"),
        ("Valid-Until:", "None"),
        (" Valid-Until: Sat, 05 Dec 2026 20:11:06 UTC", "None"),
    ],
)
def test_a_field_that_is_not_a_time_is_ignored(line, time):
    assert str(valid_until(f"Suite: s\n{line}\nOrigin: o\n")) == time


def test_only_the_beginning_of_a_file_is_needed(server):
    server.files["/dists/s/InRelease"] = (EXPIRING + " 0 1 main\n" * 100_000).encode()
    assert expiry(server, "s") == "2026-12-05T20:11:06Z"
    assert server.headers("Range") == ["bytes=0-16383"] * 2
    server.ranges = False
    assert expiry(server, "s") == "2026-12-05T20:11:06Z"


def test_a_redirect_to_object_storage_is_followed(server):
    server.redirects["/dists/s/Release"] = f"{server.url}/stored"
    server.files["/stored"] = EXPIRING.encode()
    assert expiry(server, "s", "missing") == "2026-12-05T20:11:06Z"


def test_files_without_the_field_differ_from_missing_ones(server):
    server.files["/dists/s/Release"] = b"Suite: s\n"
    assert (expiry(server, "s"), expiry(server, "missing"), expiry(server)) == (NEVER, "", "")


def test_a_transient_error_is_retried_and_a_refusal_is_raised(server, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    server.files["/dists/s/Release"] = EXPIRING.encode()
    server.statuses = [503]
    assert expiry(server, "s") == "2026-12-05T20:11:06Z"
    server.statuses = [403]
    with pytest.raises(ResponseError, match="no permission to read it"):
        expiry(server, "s")
