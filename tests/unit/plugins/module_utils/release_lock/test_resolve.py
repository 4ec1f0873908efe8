# SPDX-License-Identifier: Apache-2.0
"""Pins are resolved to digests of what the server serves, or to a reason that can be acted on."""

from __future__ import annotations

import hashlib
import os

import pytest

from plugins.module_utils.metadata.packages import packages_digest
from plugins.module_utils.pulp.errors import PulpError
from plugins.module_utils.release_lock.resolve import contents_of
from tests.unit.plugins.module_utils.release.snapshots import item
from tests.unit.plugins.module_utils.release_lock.conftest import CONTENT, STAMP, USERS
from tests.unit.pulp_http_server import Reply
from tests.unit.repository_metadata import deb_site, many_packages, rpm_site

DIGEST, OTHER = (f"sha256:{letter * 64}" for letter in "ab")
REPOMD = f"{CONTENT}a/{STAMP}/repodata/repomd.xml"
TAG = "2025.1-rocky-9-20260101T000000"


def digest_of(text: bytes) -> str:
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def test_a_snapshot_is_locked_with_its_root_and_its_packages(release):
    packages = many_packages(20)
    site = rpm_site(packages)
    release.serve(site, "a")
    (result, _saved), more = release.lock("a")
    count, digest = packages_digest(sorted(packages))
    assert more["lock"]["packages"]["rpm"]["a"] == {
        "stamp": STAMP,
        "base_path": f"a/{STAMP}",
        "metadata": {"repodata/repomd.xml": digest_of(site.files["repodata/repomd.xml"])},
        "packages": {"count": 20, "digest": digest},
    }
    assert count == 20
    assert result.more["packages"] == 20


def test_all_suites_of_a_debian_repository_are_roots(release):
    packages = many_packages(4)
    site = deb_site(
        {
            "noble": {"main/binary-amd64": packages[:2], "main/binary-arm64": packages[2:3]},
            "noble-updates": {"main/binary-amd64": packages[3:]},
        }
    )
    release.serve(site, "d")
    _results, more = release.lock(deb=[item("d", distributions="noble noble-updates")])
    entry = more["lock"]["packages"]["deb"]["d"]
    assert entry["metadata"] == {
        path: digest_of(site.files[path])
        for path in ("dists/noble-updates/Release", "dists/noble/Release")
    }
    assert entry["packages"]["count"] == 4


def test_each_tag_of_an_image_is_locked_with_its_digest(release):
    release.tags = {"stackhpc/nova-api:1": DIGEST, "stackhpc/nova-api:2": OTHER}
    _results, more = release.lock(container_tags={"nova-api": ["2", "1"]})
    assert more["lock"]["containers"] == {"nova-api": {"1": DIGEST, "2": OTHER}}


def test_a_warm_cache_needs_one_request_for_each_root_and_tag(release):
    names = [f"r{number}" for number in range(5)]
    for number, name in enumerate(names):
        release.serve(rpm_site(many_packages(5, number)), name)
    release.serve(deb_site({"noble": {"main/binary-amd64": many_packages(3)}}), "d")
    release.tags = {f"stackhpc/image{number}:{TAG}": DIGEST for number in range(8)}
    pins = {
        "deb": [item("d", distributions="noble")],
        "container_tags": {f"image{number}": TAG for number in range(8)},
    }
    release.lock(*names, **pins)
    release.forget()
    _results, more = release.lock(*names, **pins)
    roots = [f"{CONTENT}{name}/{STAMP}/repodata/repomd.xml" for name in names]
    assert sorted(release.content_requests()) == [
        f"{CONTENT}d/{STAMP}/dists/noble/Release",
        *roots,
    ]
    assert sorted(release.registry_requests()) == [
        f"HEAD /v2/stackhpc/image{number}/manifests/{TAG}" for number in range(8)
    ]
    others = [one.path for one in release.http.seen if not one.path.startswith((CONTENT, "/v2/"))]
    assert others == [USERS, "/pulp/api/v3/status/", "/token/"]
    assert more["statistics"]["requests"] == len(release.http.seen) == 6 + 8 + 3


def test_only_what_changed_is_read_again(release):
    release.serve(rpm_site(many_packages(5)), "a")
    release.serve(rpm_site(many_packages(6)), "b")
    release.lock("a", "b")
    release.serve(rpm_site(many_packages(5, revision=1)), "a")
    release.forget()
    release.lock("a", "b")
    read = [path for path in release.content_requests() if not path.endswith("repomd.xml")]
    assert len(read) == 1
    assert read[0].startswith(f"{CONTENT}a/{STAMP}/repodata/")
    assert read[0].endswith("-primary.xml.gz")


def test_a_damaged_cache_is_read_anew(release):
    release.serve(rpm_site(many_packages(5)), "a")
    _results, before = release.lock("a")
    for entry in os.scandir(release.cache):
        with open(entry.path, "r+b") as file:
            file.seek(-3, os.SEEK_END)
            file.write(b"x")
    _results, after = release.lock("a")
    assert after["digest"] == before["digest"]


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(403, "You do not have permission"), "may not read the snapshot: it is not promoted"),
        (Reply(401, ""), "may not read the snapshot: it is not promoted"),
        (Reply(404, ""), "has no snapshot below a/: correct base_path, or create a snapshot"),
        (Reply(500, "broken"), "responded with HTTP 500: ask the operators of that server"),
        (Reply(cut=True), "the connection to http://127.0.0.1:.* broke"),
        (Reply(200, "<html>Log in</html>"), "repodata/repomd.xml"),
        (Reply(200, b"\x00\xff\x1b[31m" * 50), "repodata/repomd.xml"),
        (Reply(200, ""), "repodata/repomd.xml"),
    ],
)
def test_a_snapshot_that_does_not_resolve_has_a_reason(release, reply, message):
    release.replies[REPOMD] = reply
    (result,), more = release.lock("a")
    assert result.action == "failed"
    assert_matches(message, result.error)
    assert "\x1b" not in result.error
    assert len(result.error) < 500
    assert "lock" not in more
    assert not os.path.exists(release.path)


def assert_matches(pattern: str, text: str) -> None:
    with pytest.raises(AssertionError, match=pattern):
        raise AssertionError(text)


def test_the_newest_stamp_is_named_if_the_pinned_one_is_missing(release):
    release.replies[f"{CONTENT}a/"] = Reply(200, '<a href="20260203T000000/">x</a>')
    (result,), _more = release.lock("a")
    assert "no snapshot of this stamp, the only one is 20260203T000000" in result.error


@pytest.mark.parametrize("text", [b"other", None])
def test_metadata_that_are_not_those_of_the_root_are_refused(release, text):
    site = rpm_site(many_packages(5))
    release.serve(site, "a")
    path = next(path for path in release.files if "primary" in path)
    release.files = {**release.files, path: text}
    (result,), _more = release.lock("a")
    assert "-primary.xml.gz" in result.error
    assert not os.path.exists(release.cache)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (
            Reply(404, {"errors": []}),
            "has no image of this name: correct it, or build and push the image (container_check",
        ),
        (Reply(401, ""), "user 'client1' may not pull from stackhpc/nova-api"),
        (Reply(500, ""), "responded with HTTP 500"),
        (
            Reply(200, ""),
            "sent no sha256 digest of the tag in the header Docker-Content-Digest, but",
        ),
        (Reply(200, "", {"Docker-Content-Digest": "latest"}), "but 'latest': check the proxies"),
        (Reply(200, "", {"Docker-Content-Digest": f"sha512:{'a' * 128}"}), "but 'sha512:aaaa"),
    ],
)
def test_a_tag_that_does_not_resolve_has_a_reason(release, reply, message):
    release.replies[f"/v2/stackhpc/nova-api/manifests/{TAG}"] = reply
    release.tags = {f"stackhpc/nova-compute:{TAG}": DIGEST}
    (result, other), more = release.lock(container_tags={"nova-api": TAG, "nova-compute": TAG})
    assert message in result.error
    assert len(result.error) < 500
    assert not other.error
    assert more["lines"][-1].startswith("1 of 2 pins do not resolve (1 image)")


def test_refused_credentials_are_reported_once_without_further_requests(release):
    release.replies[USERS] = Reply(401, {"detail": "Invalid username/password."})
    with pytest.raises(PulpError, match="does not know user 'client1' with this password"):
        release.lock("a", "b", container_tags={"nova-api": TAG})
    assert [one.path for one in release.http.seen] == [USERS]


def test_the_contents_of_a_lock_are_counted():
    lock = {
        "packages": {"rpm": {"a": {"packages": {"count": 1234}}}, "file": {"f": {}}},
        "containers": {"b": {"2": DIGEST}},
    }
    assert contents_of(lock) == "2 package repositories, 1,234 packages, 1 container images"
    assert contents_of({}) == "nothing"
