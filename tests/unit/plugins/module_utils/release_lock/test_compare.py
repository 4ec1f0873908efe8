# SPDX-License-Identifier: Apache-2.0
"""Two locks are compared by the packages of their snapshots, of the cache or of a server."""

from __future__ import annotations

import json
import os

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.lock.document import load_lock, write_lock
from plugins.module_utils.metadata.packages import Advisory
from tests.unit.plugins.module_utils.release.snapshots import item
from tests.unit.plugins.module_utils.release_lock.conftest import CONTENT, STAMP
from tests.unit.pulp_http_server import Reply
from tests.unit.repository_metadata import BLANK_ADVISORY, deb_site, many_packages, rpm_site

NEXT = "20260201T000000"
DIGEST, OTHER = (f"sha256:{letter * 64}" for letter in "ab")
ADVISORY = Advisory(
    "RHSA-1", "security", "Critical", "Fixes", "2026-01-01 00:00:00", ("CVE-2026-1001",), ()
)


@pytest.fixture
def two(release):
    """Return a server with two releases and their locks; repository b is the same in both."""
    packages = many_packages(40)
    release.serve(rpm_site(packages, [BLANK_ADVISORY]), "a")
    release.serve(rpm_site(many_packages(3)), "b")
    release.serve(deb_site({"noble": {"main/binary-amd64": packages[:4]}}), "d")
    release.tags = {"stackhpc/nova-api:1": DIGEST}
    deb, tags = [item("d", distributions="noble")], {"nova-api": "1"}
    release.lock("a", "b", deb=deb, container_tags=tags)
    newer = many_packages(40, revision=1)[1:]
    advisory = ADVISORY._replace(packages=tuple((one.name, one.arch, one.version) for one in newer))
    release.serve(rpm_site(newer, [BLANK_ADVISORY, advisory]), "a", NEXT)
    release.serve(rpm_site(many_packages(3)), "b", NEXT)
    release.serve(deb_site({"noble": {"main/binary-amd64": packages[:6]}}), "d", NEXT)
    release.tags = {"stackhpc/nova-api:1": OTHER}
    pins = dict.fromkeys(("a", "b", "d"), NEXT)
    second = {"name": "second", "path": release.second, "package_versions": pins}
    release.lock("a", "b", deb=deb, container_tags=tags, **second)
    release.forget()
    return release


def test_packages_advisories_and_tags_that_differ_are_found(two):
    results, more = two.diff()
    assert [(one.type, one.name, one.action) for one in results] == [
        ("deb", "d", "unchanged"),
        ("rpm", "a", "unchanged"),
        ("rpm", "b", "unchanged"),
    ]
    deb, rpm, same = (one.more for one in results)
    assert (deb["added"], deb["removed"], deb["upgraded"]) == (2, 0, 0)
    assert rpm["removed"] == 1
    assert rpm["upgraded"] > 0
    assert (same["added"], same["removed"], same["upgraded"], same["downgraded"]) == (0,) * 4
    assert more["differs"]
    assert more["cves"] == ["CVE-2026-1001"]
    assert more["counts"]["tags"]["moved"] == 1
    assert more["answer"] == more["lines"][1]


def test_the_other_direction_removes_and_downgrades(two):
    results, _more = two.diff(old=two.second, new=two.path)
    deb, rpm, _same = (one.more for one in results)
    assert (deb["added"], deb["removed"]) == (0, 2)
    assert rpm["added"] == 1
    assert rpm["downgraded"] > 0


def test_a_warm_cache_needs_no_package_list_and_a_second_comparison_no_request(two):
    two.diff()
    read = [path.rsplit("/", 1)[-1] for path in two.content_requests()]
    # The cache has the packages that were locked, but no advisories.
    assert not any("primary" in name or "Packages" in name for name in read)
    two.forget()
    _results, more = two.diff()
    assert two.http.seen == []
    assert more["statistics"]["requests"] == 0


def test_no_server_is_needed_with_a_warm_cache(two):
    _results, before = two.diff()
    _results, after = two.diff(connection={"pulp_url": "http://127.0.0.1:1"})
    assert after["lines"] == before["lines"]


def test_an_empty_cache_reads_each_file_once(two):
    two.diff(cache_path=str(two.directory / "empty"))
    packages = [path for path in two.content_requests() if "primary" in path or "Packages" in path]
    assert len(packages) == len(set(packages)) == 4


def test_the_same_lock_does_not_differ(two):
    results, more = two.diff(new=two.path)
    assert (results, more["differs"]) == ([], False)
    assert two.http.seen == []


def test_a_snapshot_that_is_not_served_any_more_fails_and_the_rest_is_compared(two):
    two.files = {path: text for path, text in two.files.items() if f"a/{STAMP}/" not in path}
    results, more = two.diff(cache_path=str(two.directory / "empty"))
    (failed,) = (one for one in results if one.error)
    assert (failed.name, failed.action) == ("a", "failed")
    assert f"does not serve the snapshot a {STAMP} any more" in failed.error
    assert {one.name: one.more["added"] for one in results}["d"] == 2
    assert more["counts"]["tags"]["moved"] == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(403), "no permission to read it"),
        (Reply(500, "broken"), "broken (HTTP 500)"),
        (Reply(cut=True), "the connection to"),
        (Reply(200, "<html>Log in</html>"), "the repository is not the one that the lock names"),
    ],
)
def test_a_repository_that_cannot_be_read_has_a_reason(two, reply, reason):
    two.replies[f"{CONTENT}a/{STAMP}/repodata/repomd.xml"] = reply
    results, _more = two.diff(cache_path=str(two.directory / "empty"))
    assert [one.name for one in results if reason in one.error] == ["a"]
    assert [one.name for one in results if one.error] == ["a"]


def test_reports_are_written_once(two):
    options = ("markdown_path", "html_path", "json_path")
    paths = {option: str(two.directory / option) for option in options}
    results, _more = two.diff(**paths)
    assert [(one.name, one.action) for one in results[3:]] == [
        (path, "created") for path in paths.values()
    ]
    with open(paths["json_path"], encoding="utf-8") as file:
        assert json.load(file)["counts"]["tags"]["moved"] == 1
    with open(paths["html_path"], encoding="utf-8") as file:
        assert "CVE-2026-1001" in file.read()
    results, _more = two.diff(**paths)
    assert not any(one.changed for one in results)


def test_check_mode_writes_no_report(two):
    path = str(two.directory / "changes.md")
    results, _more = two.diff(check_mode=True, markdown_path=path)
    assert results[-1].changed
    assert not os.path.exists(path)


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_read(two):
    with pytest.raises(OperatorError, match="the directory /none does not exist"):
        two.diff(html_path="/none/changes.html", cache_path=str(two.directory / "empty"))
    assert two.http.seen == []


def test_files_and_python_packages_are_compared_without_a_list(two):
    for path, digest in ((two.path, DIGEST), (two.second, OTHER)):
        _content, lock = load_lock(path)
        for kind, root in (("file", "PULP_MANIFEST"), ("python", "simple/index.html")):
            entry = {"stamp": STAMP, "base_path": "x", "metadata": {root: digest}}
            lock["packages"][kind] = {"x": entry}
        with open(path, "wb") as file:
            file.write(write_lock(lock))
    results, _more = two.diff()
    assert not any(one.error for one in results)
    assert [(one.type, one.more["change"]) for one in results if one.name == "x"] == [
        ("file", "changed"),
        ("python", "changed"),
    ]
    assert not any("/x/" in path for path in two.content_requests())


def test_packages_are_read_only_if_their_digests_differ(two):
    # Repository b has the same metadata in both releases, which is a snapshot without a change.
    two.diff(cache_path=str(two.directory / "empty"))
    assert not any("/b/" in path for path in two.content_requests())
