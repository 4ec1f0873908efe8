# SPDX-License-Identifier: Apache-2.0
"""What a server serves is compared with a lock: each item is ok, or has a state and a reason."""

from __future__ import annotations

import gzip

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.lock.document import load_lock, write_lock
from plugins.module_utils.pulp.errors import PulpError
from tests.unit.plugins.module_utils.release.snapshots import item
from tests.unit.plugins.module_utils.release_lock.conftest import CONTENT, STAMP, USERS
from tests.unit.pulp_http_server import Reply
from tests.unit.repository_metadata import Site, deb_site, many_packages, rpm_site, sha256

DIGEST, OTHER = (f"sha256:{letter * 64}" for letter in "ab")
ROOT = f"{CONTENT}a/{STAMP}/repodata/repomd.xml"
MANIFEST = "/v2/stackhpc/nova-api/manifests/1"


@pytest.fixture
def locked(release):
    """Return a server, with a lock of a Debian and an RPM repository and one tag."""
    release.serve(rpm_site(many_packages(10)), "a")
    release.serve(deb_site({"noble": {"main/binary-amd64": many_packages(4)}}), "d")
    release.tags = {"stackhpc/nova-api:1": DIGEST}
    release.lock("a", deb=[item("d", distributions="noble")], container_tags={"nova-api": "1"})
    release.forget()
    return release


def written_anew(site: Site) -> Site:
    """Return a repository with the same packages, and metadata that another program has written."""
    files = dict(site.files)
    (path,) = (path for path in files if path.endswith("primary.xml.gz"))
    old = files.pop(path)
    new = gzip.compress(gzip.decompress(old) + b"<!-- other program -->", mtime=0)
    root = files["repodata/repomd.xml"].decode()
    for before, after in (
        (f"<size>{len(old)}<", f"<size>{len(new)}<"),
        (sha256(gzip.decompress(old)), sha256(gzip.decompress(new))),
        (f"<open-size>{len(gzip.decompress(old))}<", f"<open-size>{len(gzip.decompress(new))}<"),
        (sha256(old), sha256(new)),
    ):
        root = root.replace(before, after)
    new_path = path.replace(sha256(old), sha256(new))
    return Site({**files, new_path: new, "repodata/repomd.xml": root.encode()})


def test_a_release_that_is_served_is_ok_and_costs_a_request_for_each_root_and_tag(locked):
    results, more = locked.verify()
    assert [(one.type, one.name, one.more["state"]) for one in results] == [
        ("deb", "d", "ok"),
        ("rpm", "a", "ok"),
        ("image", "nova-api:1", "ok"),
    ]
    assert [one.more["stamp"] for one in results] == [STAMP, STAMP, "1"]
    assert not any(one.error or one.changed for one in results)
    assert more["lines"] == [more["answer"]]
    assert more["answer"] == f"release first, {locked.http.url}: 3 ok"
    assert sorted(locked.content_requests()) == [ROOT, f"{CONTENT}d/{STAMP}/dists/noble/Release"]
    assert locked.registry_requests() == [f"HEAD {MANIFEST}"]
    assert more["statistics"]["requests"] == len(locked.http.seen) == 3 + 3


def test_an_empty_cache_needs_no_more_requests(locked):
    locked.verify(cache_path=str(locked.directory / "empty"))
    assert len(locked.http.seen) == 6


@pytest.mark.parametrize(
    ("path", "reply", "state", "reason"),
    [
        (ROOT, Reply(404), "missing", f"not served: a/{STAMP}/repodata/repomd.xml does not exist"),
        (ROOT, Reply(403), "denied", "no permission to read it"),
        (ROOT, Reply(401), "denied", "no permission to read it"),
        (ROOT, Reply(500, "broken"), "unreachable", "broken (HTTP 500)"),
        (ROOT, Reply(503, "busy"), "unreachable", "busy (HTTP 503)"),
        (ROOT, Reply(cut=True), "unreachable", "the connection to"),
        (ROOT, Reply(302, "", {"Location": ROOT}), "unreachable", "more than 5 redirects"),
        (ROOT, Reply(200, "<html>Log in</html>"), "unreachable", "repodata/repomd.xml: "),
        (ROOT, Reply(200, ""), "unreachable", "repodata/repomd.xml: "),
        (ROOT, Reply(200, b"\x1f\x8b\x1b[31m"), "unreachable", "repodata/repomd.xml: "),
        (MANIFEST, Reply(404), "missing", "the registry has no such image or tag"),
        (MANIFEST, Reply(401), "denied", "user 'client1' may not pull it"),
        (MANIFEST, Reply(403), "denied", "user 'client1' may not pull it"),
        (MANIFEST, Reply(500), "unreachable", "the registry responded with HTTP 500"),
        (MANIFEST, Reply(cut=True), "unreachable", "the connection to"),
        (
            MANIFEST,
            Reply(200, "", {"Docker-Content-Digest": OTHER}),
            "different",
            f"the tag points to {OTHER} instead of {DIGEST}",
        ),
        (MANIFEST, Reply(200), "unreachable", "the registry sent no sha256 digest"),
        (
            MANIFEST,
            Reply(200, "", {"Docker-Content-Digest": "x" * 3000}),
            "unreachable",
            "the registry sent no sha256 digest",
        ),
        ("/token/", Reply(401, {"detail": "Invalid"}), "denied", "refused user 'client1': Invalid"),
        ("/token/", Reply(200, "<html>"), "unreachable", "is not that of a registry"),
    ],
)
def test_each_problem_has_a_state_and_a_reason(locked, path, reply, state, reason):
    locked.replies[path] = reply
    results, more = locked.verify()
    problem = results[1 if path == ROOT else 2]
    assert (problem.action, problem.more["state"]) == ("failed", state)
    assert problem.as_dict()["cause"] == state
    assert reason in problem.error
    assert len(problem.error) < 500
    assert "\x1b" not in problem.error
    assert [one.more["state"] for one in results].count("ok") == 2
    assert more["lines"] == [f"{problem.name}  {state}  {problem.error}", more["answer"]]
    assert more["answer"].endswith(f": 2 ok, 1 {state}")


def test_one_wrong_package_one_missing_tag_and_one_denied_repository_are_exactly_found(locked):
    locked.serve(rpm_site(many_packages(10, revision=1)), "a")
    locked.tags.clear()
    locked.replies[f"{CONTENT}d/{STAMP}/dists/noble/Release"] = Reply(403)
    results, more = locked.verify()
    assert [(one.name, one.more["state"]) for one in results] == [
        ("d", "denied"),
        ("a", "different"),
        ("nova-api:1", "missing"),
    ]
    assert more["answer"].endswith(": 0 ok, 1 denied, 1 different, 1 missing")


def test_a_mirror_that_writes_its_own_metadata_is_compared_by_its_packages(locked):
    site = written_anew(rpm_site(many_packages(10)))
    locked.serve(site, "a")
    results, _more = locked.verify()
    assert [one.more["state"] for one in results] == ["ok", "ok", "ok"]
    assert len(locked.content_requests()) == 3
    locked.forget()
    locked.verify()
    assert len(locked.content_requests()) == 2


@pytest.mark.parametrize(
    ("packages", "reason"),
    [
        (many_packages(10, revision=1), "10 as in the lock, with other versions or checksums"),
        (many_packages(10, suffix=".1"), "10 as in the lock, with other versions or checksums"),
        (many_packages(9), "9 instead of 10"),
        (many_packages(1234), "1,234 instead of 10"),
        ([], "0 instead of 10"),
    ],
)
def test_other_packages_are_different(locked, packages, reason):
    locked.serve(rpm_site(packages), "a")
    results, _more = locked.verify()
    assert results[1].more["state"] == "different"
    assert results[1].error == f"its packages differ from the lock: {reason}"


def test_a_debian_mirror_is_compared_by_its_packages(locked):
    site = deb_site({"noble": {"main/binary-amd64": many_packages(4)}}, plain=True)
    root = "dists/noble/Release"
    site.files[root] = site.files[root].replace(b"Origin: Test", b"Origin: Mirror")
    locked.serve(site, "d")
    assert locked.verify()[0][0].more["state"] == "ok"
    locked.serve(deb_site({"noble": {"main/binary-amd64": many_packages(3)}}), "d")
    assert "3 instead of 4" in locked.verify()[0][0].error


@pytest.mark.parametrize("suite", ["./", "stable/", "noble-updates/main", "noble"])
def test_a_repository_of_any_layout_is_verified_without_the_inventory(release, suite):
    packages = many_packages(4)
    directory = suite.strip("/.") if suite.endswith("/") else f"dists/{suite}"
    flat = suite.endswith("/")
    site = deb_site({suite.strip("/.") or "x": {"main/binary-amd64": packages}})
    files = {}
    for path, text in site.files.items():
        name = path[len(f"dists/{suite.strip('/.') or 'x'}/") :]
        files[f"{directory}/{name}".lstrip("/")] = text
    if flat:
        del files[f"{directory}/main/binary-amd64/Packages.gz".lstrip("/")]
        flat_files = flat_deb_files(packages)
        files = {f"{directory}/{name}".lstrip("/"): text for name, text in flat_files.items()}
    release.serve(Site(files), "d")
    release.lock(deb=[item("d", distributions=suite)])
    assert release.verify()[0][0].more["state"] == "ok"
    # Roots that differ make it read the packages.
    (root,) = (path for path in release.files if path.endswith("Release"))
    release.files[root] = release.files[root].replace(b"Origin: Test", b"Origin: Mirror")
    results, _more = release.verify()
    assert (results[0].more["state"], results[0].error) == ("ok", "")


def flat_deb_files(packages) -> dict[str, bytes]:
    """Return the files of a flat repository."""
    site = deb_site({"x": {"main/binary-amd64": packages}}, plain=True)
    text = site.files["dists/x/main/binary-amd64/Packages"]
    lines = ["Origin: Test", "Date: Wed, 01 Jan 2025 00:00:00 GMT", "SHA256:"]
    lines.append(f" {sha256(text)} {len(text)} Packages")
    return {"Release": "\n".join([*lines, ""]).encode(), "Packages": text}


def test_a_long_list_of_problems_is_shortened(release):
    tags = {f"image{number:02}": "1" for number in range(60)}
    release.tags = {f"stackhpc/{name}:1": DIGEST for name in tags}
    release.lock(container_tags=tags)
    release.tags.clear()
    results, more = release.verify()
    assert len(results) == 60
    assert len(more["lines"]) == 41
    assert more["lines"][-2] == "... and 21 more, in the report"
    assert more["answer"].endswith(": 0 ok, 60 missing")


def test_refused_credentials_are_reported_once_without_further_requests(locked):
    locked.replies[USERS] = Reply(401, {"detail": "Invalid username/password."})
    results, more = locked.verify()
    assert [one.more["state"] for one in results] == ["denied"] * 3
    assert "does not know user 'client1' with this password" in more["lines"][0]
    assert len(more["lines"]) == 2
    assert [one.path for one in locked.http.seen] == [USERS]


def test_a_server_that_cannot_be_reached_is_one_error(locked):
    with pytest.raises(PulpError, match="nothing was checked: http://127.0.0.1:1 cannot be"):
        locked.verify(connection={"pulp_url": "http://127.0.0.1:1"})


def test_an_unusable_cache_is_reported_for_what_it_is_needed(locked):
    locked.serve(written_anew(rpm_site(many_packages(10))), "a")
    results, _more = locked.verify(cache_path="/dev/null/cache")
    assert [one.more["state"] for one in results] == ["ok", "unreachable", "ok"]
    assert "the cache of package metadata cannot be used" in results[1].error


def test_the_namespace_of_the_images_can_be_another_one(locked):
    locked.tags = {"other/nova-api:1": DIGEST}
    assert locked.verify(container_namespace="other")[0][2].more["state"] == "ok"


def test_files_without_packages_are_compared_by_their_metadata(locked):
    text = f"a.bin,{'a' * 64},10\n".encode()
    locked.files[f"firmware/{STAMP}/PULP_MANIFEST"] = text
    locked.files[f"pypi/{STAMP}/simple/index.html"] = b"index"
    _content, lock = load_lock(locked.path)
    for kind, name, path, root in (
        ("file", "firmware", "PULP_MANIFEST", text),
        ("python", "pypi", "simple/index.html", b"index"),
    ):
        metadata = {path: f"sha256:{sha256(root)}"}
        entry = {"stamp": STAMP, "base_path": f"{name}/{STAMP}", "metadata": metadata}
        lock["packages"][kind] = {name: entry}
    with open(locked.path, "wb") as file:
        file.write(write_lock(lock))
    assert [one.more["state"] for one in locked.verify()[0]] == ["ok"] * 5
    locked.files[f"firmware/{STAMP}/PULP_MANIFEST"] = b"other"
    del locked.files[f"pypi/{STAMP}/simple/index.html"]
    results, _more = locked.verify()
    states = {one.name: (one.more["state"], one.error) for one in results}
    assert states["firmware"] == ("different", "PULP_MANIFEST differs from the lock")
    assert states["pypi"][0] == "missing"
    assert states["a"][0] == "ok"


def test_a_tampered_lock_is_refused_before_anything_is_read(locked):
    with open(locked.path, "a", encoding="utf-8") as file:
        file.write("unknown: 1\n")
    with pytest.raises(OperatorError, match="unknown"):
        locked.verify()
    with pytest.raises(OperatorError, match="has no signature|keyring"):
        locked.verify(keyring=str(locked.directory / "keyring.asc"))
    assert locked.http.seen == []


def test_a_lock_without_anything_to_compare_is_an_error(release):
    release.lock(sources={"kolla": {"repository": "/src/kolla", "ref": "a" * 40}})
    release.forget()
    with pytest.raises(PulpError, match="first.yml has no package repositories, cont"):
        release.verify()
    assert release.http.seen == []
