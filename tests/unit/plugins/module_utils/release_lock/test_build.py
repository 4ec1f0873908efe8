# SPDX-License-Identifier: Apache-2.0
"""A lock is written if every pin resolves; otherwise all that do not are listed at once."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.lock.document import load_lock, write_lock
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.release_lock import build
from plugins.module_utils.report.file import ReportFile
from plugins.module_utils.report.report import Report
from tests.unit.plugins.module_utils.release.snapshots import item
from tests.unit.plugins.module_utils.release_lock.conftest import CONTENT, STAMP
from tests.unit.pulp_http_server import Reply
from tests.unit.repository_metadata import many_packages, rpm_site

DIGEST = f"sha256:{'a' * 64}"
COMMIT = "0123456789" * 4


def test_176_pins_of_which_3_do_not_resolve_list_all_three(release):
    names = [f"repository_{number:03}" for number in range(176)]
    bad = {"repository_007", "repository_100", "repository_175"}
    for name in names:
        if name not in bad:
            release.serve(rpm_site(many_packages(2)), name)
    release.replies[f"{CONTENT}repository_100/{STAMP}/repodata/repomd.xml"] = Reply(403, "")
    results, more = release.lock(*names)
    failed = [result for result in results if result.error]
    assert {result.more["short_name"] for result in failed} == bad
    assert [line.split("  ")[0] for line in more["lines"][:-1]] == [
        f"{name}-{STAMP}" for name in sorted(bad)
    ]
    assert more["lines"][-1] == (
        f"3 of 176 pins do not resolve (3 rpm): {release.path} was not written"
    )
    assert [result.more["short_name"] for result in results] == names
    assert "lock" not in more
    assert not os.path.exists(release.path)


def test_failures_of_all_kinds_are_listed_at_once(release):
    release.serve(rpm_site(many_packages(2)), "a")
    malformed = {**item("b"), "base_path": "/b"}
    _results, more = release.lock(
        "a",
        deb=[malformed, item("d", distributions="noble")],
        container_tags={"nova-api": ["1", "2"], "NOT VALID": "1"},
        sources={"kolla": {"repository": str(release.directory), "ref": "main"}},
    )
    assert [line.split("  ")[0] for line in more["lines"][:-1]] == [
        f"d-{STAMP}",
        "Repository b",
        "stackhpc/nova-api:1",
        "stackhpc/nova-api:2",
        "stackhpc/NOT VALID:1",
        "kolla",
    ]
    assert more["lines"][-1].startswith("6 of 7 pins do not resolve (2 deb, 3 image, 1 source):")


def test_what_a_lock_cannot_have_fails_its_pin_only(release):
    release.serve(rpm_site(many_packages(2)), "a")
    sources = {"a name": {"repository": "/src/kolla", "ref": COMMIT}}
    results, _more = release.lock("a", sources=sources)
    assert [bool(result.error) for result in results] == [False, True]
    assert "is not a name of letters, digits" in results[1].error


def test_the_lock_is_written_once_and_unchanged_afterwards(release):
    release.serve(rpm_site(many_packages(2)), "a")
    results, more = release.lock("a")
    assert (results[-1].type, results[-1].action) == ("lock", "created")
    assert results[-1].after == {"name": "first", "digest": more["digest"]}
    content, lock = load_lock(release.path)
    assert lock == more["lock"]
    assert more["lines"] == [
        f"release first, {more['digest'][:19]}: 1 package repositories, 2 packages",
        f"wrote {release.path}",
    ]
    assert more["answer"] == "; ".join(more["lines"])
    inode = os.stat(release.path).st_ino
    results, more = release.lock("a")
    assert not any(result.changed for result in results)
    assert more["lines"][-1] == f"{release.path} is unchanged"
    assert os.stat(release.path).st_ino == inode
    assert load_lock(release.path)[0] == content


def test_check_mode_writes_nothing_and_reports_the_lock(release):
    release.serve(rpm_site(many_packages(2)), "a")
    results, more = release.lock("a", check_mode=True, sbom_path=str(release.directory / "sbom"))
    assert [result.changed for result in results] == [False, True, True]
    assert more["lines"][-1] == f"would write {release.path}"
    assert more["lock"]["name"] == "first"
    assert not os.path.exists(release.path)
    assert not os.path.exists(release.directory / "sbom")


def test_evidence_is_kept_while_the_digest_is_the_same(release):
    release.serve(rpm_site(many_packages(2)), "a")
    _results, more = release.lock("a")
    record = {
        **{"name": "smoke", "result": "passed", "digest": more["digest"]},
        "recorded": "2026-01-01T00:00:00Z",
    }
    with open(release.path, "wb") as file:
        file.write(write_lock({**more["lock"], "evidence": [record]}))
    results, more = release.lock("a")
    assert not results[-1].changed
    assert more["lock"]["evidence"] == [record]
    release.serve(rpm_site(many_packages(3)), "a")
    results, changed = release.lock("a")
    assert results[-1].action == "updated"
    assert results[-1].before == {"name": "first", "digest": more["digest"]}
    assert changed["lock"]["evidence"] == []


def test_another_file_is_not_overwritten(release):
    release.serve(rpm_site(many_packages(2)), "a")
    with open(release.path, "w", encoding="utf-8") as file:
        file.write("stackhpc_pulp_repo_a_version: 1\n")
    with pytest.raises(OperatorError, match="is not a release lock"):
        release.lock("a")
    assert release.http.seen == []
    with open(release.path, encoding="utf-8") as file:
        assert file.read() == "stackhpc_pulp_repo_a_version: 1\n"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"name": "../first"}, "name: .* is not a name of at most 128 letters"),
        ({"configuration": {"commit": "main"}}, "source.configuration"),
        ({"path": "/none/first.yml"}, "the directory /none does not exist"),
        ({"sbom_path": "/none/sbom.json"}, "the directory /none does not exist"),
    ],
)
def test_invalid_options_are_refused_before_anything_is_read(release, params, message):
    with pytest.raises(OperatorError, match=message):
        release.lock("a", **params)
    assert release.http.seen == []


def test_check_mode_does_not_need_the_directory_that_a_task_before_it_creates(release, tmp_path):
    release.serve(rpm_site(many_packages(2)), "a")
    missing = tmp_path / "releases"
    results, more = release.lock("a", check_mode=True, path=str(missing / "first.yml"))
    assert results[-1].changed
    assert list(more["lock"]["packages"]["rpm"]) == ["a"]
    assert not missing.exists()


def test_nothing_pinned_is_an_error(release):
    with pytest.raises(InvalidItem, match="nothing is pinned: set package_versions"):
        release.lock()
    with pytest.raises(OperatorError, match="package_filter: 'none_of_them' matches none of"):
        release.lock("a", package_filter="none_of_them")


def test_a_lock_of_selected_pins_only_is_written_on_request_and_reported_as_such(release):
    release.serve(rpm_site(many_packages(2)), "a")
    with pytest.raises(InvalidItem, match=r"leave out a part of the release \(selected 1 of 2\)"):
        release.lock("a", "b", package_filter="a")
    assert not os.path.exists(release.path)
    _results, more = release.lock("a", "b", package_filter="a", partial=True)
    assert list(more["lock"]["packages"]["rpm"]) == ["a"]
    assert more["lines"][1] == "not a whole release: selected 1 of 2"
    _results, more = release.lock("a", package_filter="a")
    assert len(more["lines"]) == 2


def test_a_pin_without_a_repository_is_reported_and_strict_refuses_it(release):
    release.serve(rpm_site(many_packages(2)), "a")
    pins = {"package_versions": {"a": STAMP, "unknown": STAMP}}
    _results, more = release.lock("a", **pins)
    assert more["unknown_pins"] == ["unknown"]
    assert more["lines"][1] == "1 pin has no repository in this inventory: unknown"
    with pytest.raises(OperatorError, match="'unknown' is pinned, but no package repository"):
        release.lock("a", **pins, pins_strict=True)


def test_sources_and_the_origin_of_the_pins_are_part_of_the_lock(release):
    commands = (
        "init --quiet --initial-branch main",
        "-c user.name=a -c user.email=a@example.com commit --quiet --allow-empty --message first",
    )
    for command in commands:
        subprocess.run(["git", "-C", str(release.directory), *command.split()], check=True)
    configuration = {"repository": "https://example.com/config", "ref": "main", "commit": COMMIT}
    sources = {"kolla": {"repository": str(release.directory), "ref": "main"}}
    _results, more = release.lock(sources=sources, configuration=configuration)
    lock = more["lock"]
    assert lock["source"] == {"pulp": release.http.url, "configuration": configuration}
    assert lock["sources"]["kolla"]["repository"] == str(release.directory)
    assert len(lock["sources"]["kolla"]["commit"]) == 40
    assert not release.content_requests()


def test_the_bill_of_materials_has_the_packages_and_images(release):
    release.serve(rpm_site(many_packages(3)), "a")
    release.tags = {"stackhpc/nova-api:1": DIGEST}
    path = release.directory / "sbom.json"
    wanted = {"container_tags": {"nova-api": "1"}, "sbom_path": str(path)}
    results, _more = release.lock("a", **wanted)
    assert (results[-1].name, results[-1].action) == (str(path), "created")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["bomFormat"] == "CycloneDX"
    (image,) = [one["purl"] for one in document["components"] if one["type"] == "container"]
    assert "/stackhpc/nova-api&" in image
    urls = {one.get("purl", "").split("/")[0] for one in document["components"]}
    assert {"pkg:rpm", "pkg:oci"} <= {url.split("@")[0] for url in urls}
    release.forget()
    results, _more = release.lock("a", **wanted)
    assert not results[-1].changed
    assert len(release.content_requests()) == 1


def test_results_and_the_report_have_documented_keys_only(release):
    release.serve(rpm_site(many_packages(2)), "a")
    release.tags = {"stackhpc/nova-api:1": DIGEST}
    report = release.directory / "report"
    release.report = Report([ReportFile(str(report))])
    results, _more = release.lock("a", container_tags={"nova-api": ["1", "2"]})
    documented = {"short_name", "stamp", "packages", "cause"}
    assert {key for result in results for key in result.more} == documented
    for line in report.read_text(encoding="utf-8").splitlines():
        assert not {"entry", "digest", "access"} & set(json.loads(line))


@pytest.fixture
def signing(release):
    """Return a server with a repository, and a command in place of gpg that counts its runs."""
    release.serve(rpm_site(many_packages(2)), "a")
    release.runs = release.directory / "runs"
    program = release.directory / "sign"
    program.write_text(
        f"#!/bin/sh\necho >> {release.runs}\necho '-----BEGIN PGP SIGNATURE-----'\n"
        "sha256sum\necho '-----END PGP SIGNATURE-----'\n"
    )
    program.chmod(0o755)
    release.command = [str(program)]
    return release


def test_a_lock_is_signed_once_by_a_command(signing):
    signature = f"{signing.path}.asc"
    results, _more = signing.lock("a", sign_command=signing.command, check_mode=True)
    assert [one.action for one in results] == ["unchanged", "created", "created"]
    assert not signing.runs.exists()
    results, _more = signing.lock("a", sign_command=signing.command)
    assert [(one.type, one.name, one.action) for one in results[1:]] == [
        ("lock", "first", "created"),
        ("signature", signature, "created"),
    ]
    digest = hashlib.sha256(load_lock(signing.path)[0]).hexdigest()
    with open(signature, encoding="ascii") as file:
        assert digest in file.read()
    results, _more = signing.lock("a", sign_command=signing.command)
    assert not any(one.changed for one in results)
    assert signing.runs.read_text() == "\n"
    os.unlink(signature)
    results, _more = signing.lock("a", sign_command=signing.command)
    assert [one.changed for one in results] == [False, False, True]


def test_nothing_is_written_if_the_lock_cannot_be_signed(signing):
    with pytest.raises(OperatorError, match="sign_command .*failed with status 1"):
        signing.lock("a", sign_command=["false"])
    with pytest.raises(OperatorError, match=r"first\.yml: "):
        signing.lock("a", sign_command=signing.command, keyring=str(signing.directory / "none"))
    assert not os.path.exists(signing.path)


def test_a_signature_of_the_lock_before_a_change_is_reported(signing):
    signing.lock("a", sign_command=signing.command)
    signing.serve(rpm_site(many_packages(3)), "a")
    signing.lock("a")
    (warning,) = signing.report.warnings
    assert warning.startswith(f"{signing.path}.asc is the signature of the lock before this change")


def test_evidence_without_a_valid_signature_is_not_kept(signing):
    _results, more = signing.lock("a")
    record = {
        **{"name": "smoke", "result": "passed", "digest": more["digest"]},
        "recorded": "2026-01-01T00:00:00Z",
    }
    with open(signing.path, "wb") as file:
        file.write(write_lock({**more["lock"], "evidence": [record]}))
    _results, more = signing.lock("a", keyring=str(signing.directory / "none"))
    assert more["lock"]["evidence"] == []
    (warning,) = signing.report.warnings
    assert warning.startswith(f"the evidence of the lock is not kept: {signing.path}: has no sign")


def test_nothing_is_written_if_the_bill_of_materials_cannot_be_made(release, monkeypatch):
    release.serve(rpm_site(many_packages(2)), "a")

    def fail(*_arguments):
        raise OperatorError("no packages")

    monkeypatch.setattr(build, "sbom_lines", fail)
    with pytest.raises(OperatorError, match="no packages"):
        release.lock("a", sbom_path=str(release.directory / "sbom"))
    assert not os.path.exists(release.path)


def test_disk_images_that_do_not_resolve_are_counted_in_words(release):
    _results, more = release.lock(images=[{"repository": "x", "base_path": "x", "version": "1"}])
    assert more["lines"][-1].startswith("1 of 1 pins do not resolve (1 disk image): ")
