# SPDX-License-Identifier: Apache-2.0
"""Disk images are locked with the sha256 and size of their files, and verified by these."""

from __future__ import annotations

import pytest

from plugins.module_utils.lock.document import load_lock
from tests.unit.plugins.module_utils.release_lock.conftest import CONTENT
from tests.unit.pulp_http_server import Reply
from tests.unit.repository_metadata import many_packages, rpm_site

VERSION, OTHER = "2025.1-20260101T000000", "2025.1-20260201T000000"
REPOSITORY, PLACE = "kayobe-images-2025.1-rocky-9", "kayobe-images/2025.1/rocky/9"
IMAGE = {"repository": REPOSITORY, "base_path": None, "version": VERSION}
MANIFEST = f"{PLACE}/{VERSION}/PULP_MANIFEST"
FILES = {"overcloud.qcow2": ("ab" * 32, 1234567890), "overcloud.qcow2.sha256": ("cd" * 32, 82)}


def manifest_of(files: dict[str, tuple[str, int]]) -> bytes:
    """Return the manifest of files: path -> sha256 and size."""
    return "".join(f"{path},{sha256},{size}\n" for path, (sha256, size) in files.items()).encode()


@pytest.fixture
def served(release):
    """Return a server with a disk image."""
    release.files[MANIFEST] = manifest_of(FILES)
    return release


@pytest.fixture
def locked(served):
    """Return a server with a disk image, and its lock."""
    served.lock(images=[IMAGE])
    served.forget()
    return served


def test_a_disk_image_is_locked_with_its_files_by_one_request(served):
    (result, _saved), more = served.lock(images=[IMAGE])
    assert (result.name, result.type) == (f"{REPOSITORY}_{VERSION}", "disk_image")
    assert result.more == {"short_name": REPOSITORY, "stamp": VERSION}
    assert more["lock"]["images"] == {
        REPOSITORY: {
            "version": VERSION,
            "base_path": f"{PLACE}/{VERSION}",
            "files": {path: {"sha256": one, "size": size} for path, (one, size) in FILES.items()},
        }
    }
    assert more["lines"][0].endswith(": 1 disk images")
    assert served.content_requests() == [f"{CONTENT}{MANIFEST}"]
    assert load_lock(served.path)[1] == more["lock"]


def test_a_base_path_can_be_set(served):
    served.files[f"images/site/{VERSION}/PULP_MANIFEST"] = manifest_of(FILES)
    _results, more = served.lock(images=[{**IMAGE, "base_path": "images/site"}])
    assert more["lock"]["images"][REPOSITORY]["base_path"] == f"images/site/{VERSION}"


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(403), "may not read the disk image: it is not promoted yet (image_promote on Ark)"),
        (
            Reply(404),
            f"has no disk image below {PLACE}/: correct base_path, or upload it (image_up",
        ),
        (Reply(500), "responded with HTTP 500"),
        (Reply(cut=True), "the connection to"),
        (Reply(200, "<html>Log in</html>"), "PULP_MANIFEST: '<html>Log in</html>' is not path"),
        (Reply(200, ""), "PULP_MANIFEST: it lists no file"),
        (Reply(200, f"a,{'x' * 64},1\n"), "PULP_MANIFEST: invalid checksum"),
        (Reply(200, f"a file,{'a' * 64},1\n"), '"a file" is not a relative path'),
    ],
)
def test_a_disk_image_that_does_not_resolve_has_a_reason(served, reply, message):
    served.serve(rpm_site(many_packages(2)), "a")
    served.replies[f"{CONTENT}{MANIFEST}"] = reply
    results, more = served.lock("a", images=[IMAGE])
    assert [bool(one.error) for one in results] == [False, True]
    assert message in results[1].error
    assert len(results[1].error) < 500
    assert more["lines"][-1].startswith("1 of 2 pins do not resolve (1 disk image)")


def test_the_newest_version_is_named_if_the_pinned_one_is_missing(served):
    served.files.clear()
    listing = "".join(f'<a href="{name}/">x</a>' for name in ("2025.1-1", OTHER, "latest"))
    served.replies[f"{CONTENT}{PLACE}/"] = Reply(200, listing)
    (result,), _more = served.lock(images=[IMAGE])
    assert f"no disk image of this version, the newest of 2 is {OTHER}: corr" in result.error
    served.replies[f"{CONTENT}{PLACE}/"] = Reply(200, f'<a href="{VERSION}/">x</a>')
    (result,), _more = served.lock(images=[IMAGE])
    assert "the disk image exists, but serves no PULP_MANIFEST: pin another vers" in result.error


def test_invalid_and_repeated_items_fail_alone(served):
    images = [
        IMAGE,
        {**IMAGE, "version": OTHER},
        {**IMAGE, "repository": "ipa-images-2025.1-rocky-9", "version": "latest"},
        {**IMAGE, "repository": "a/../b"},
        {**IMAGE, "repository": ""},
    ]
    results, more = served.lock(images=images)
    assert not results[0].error
    assert [one.error.split(":")[0] for one in results[1:]] == [
        "a lock has one version of a disk image",
        "invalid version 'latest' of ipa-images-2025.1-rocky-9",
        "invalid image_base_path of a/../b",
        "the repository of a disk image is empty",
    ]
    assert more["lines"][-1].startswith("4 of 5 pins do not resolve (4 disk image)")


def test_a_disk_image_that_is_served_is_ok_by_one_request(locked):
    (result,), more = locked.verify()
    assert (result.name, result.type) == (REPOSITORY, "disk_image")
    assert result.more == {"short_name": REPOSITORY, "stamp": VERSION, "state": "ok"}
    assert more["answer"].endswith(": 1 ok")
    assert locked.content_requests() == [f"{CONTENT}{MANIFEST}"]


def test_the_order_of_the_files_is_no_difference(locked):
    locked.files[MANIFEST] = manifest_of(dict(reversed(FILES.items())))
    assert locked.verify()[0][0].more["state"] == "ok"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"overcloud.qcow2": ("ef" * 32, 1234567890)}, "overcloud.qcow2 differs from the lock"),
        ({"overcloud.qcow2": ("ab" * 32, 1)}, "overcloud.qcow2 differs from the lock"),
        ({"overcloud.qcow2.sha256": None}, "overcloud.qcow2.sha256 is missing"),
        ({"other": ("ef" * 32, 1)}, "other is not in the lock"),
        (
            {"overcloud.qcow2": ("ef" * 32, 1), "overcloud.qcow2.sha256": None},
            "overcloud.qcow2 differs from the lock; overcloud.qcow2.sha256 is missing",
        ),
        (
            {f"file{number}": ("ef" * 32, 1) for number in range(7)},
            "file0, file1, file2, file3, file4 and 2 more is not in the lock",
        ),
    ],
)
def test_other_files_are_different(locked, changes, reason):
    files = {path: one for path, one in {**FILES, **changes}.items() if one}
    locked.files[MANIFEST] = manifest_of(files)
    (result,), _more = locked.verify()
    assert (result.more["state"], result.error) == ("different", reason)


@pytest.mark.parametrize(
    ("reply", "state", "reason"),
    [
        (Reply(404), "missing", f"not served: {MANIFEST} does not exist"),
        (Reply(403), "denied", "no permission to read it"),
        (Reply(500), "unreachable", "HTTP 500"),
        (Reply(cut=True), "unreachable", "the connection to"),
        (Reply(200, "<html>Log in</html>"), "unreachable", "PULP_MANIFEST: '<html>"),
        (Reply(200, ""), "unreachable", "PULP_MANIFEST: it lists no file"),
    ],
)
def test_each_problem_has_a_state_and_a_reason(locked, reply, state, reason):
    locked.replies[f"{CONTENT}{MANIFEST}"] = reply
    (result,), more = locked.verify()
    assert result.more["state"] == state
    assert reason in result.error
    assert more["answer"].endswith(f": 0 ok, 1 {state}")


def test_one_wrong_package_one_missing_tag_and_one_changed_file_are_exactly_found(served):
    for name in ("a", "b"):
        served.serve(rpm_site(many_packages(5)), name)
    served.tags = dict.fromkeys(("stackhpc/x:1", "stackhpc/y:1"), f"sha256:{'a' * 64}")
    other = {**IMAGE, "repository": "amphora-images-2025.1"}
    second = f"amphora-images/2025.1/{VERSION}/PULP_MANIFEST"
    served.files[second] = manifest_of(FILES)
    served.lock("a", "b", container_tags={"x": "1", "y": "1"}, images=[IMAGE, other])
    served.serve(rpm_site(many_packages(5, revision=1)), "b")
    del served.tags["stackhpc/x:1"]
    served.files[second] = manifest_of({**FILES, "overcloud.qcow2": ("ef" * 32, 1)})
    results, more = served.verify()
    assert {one.name: one.more["state"] for one in results if one.error} == {
        "b": "different",
        "x:1": "missing",
        "amphora-images-2025.1": "different",
    }
    assert more["answer"].endswith(": 3 ok, 2 different, 1 missing")
