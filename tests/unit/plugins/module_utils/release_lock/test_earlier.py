# SPDX-License-Identifier: Apache-2.0
"""A release can be an earlier one with changes: everything else must be the same."""

from __future__ import annotations

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.lock.document import load_lock, write_lock
from plugins.module_utils.pulp.errors import InvalidItem
from tests.unit.plugins.module_utils.release.snapshots import item
from tests.unit.plugins.module_utils.release_lock.conftest import STAMP
from tests.unit.repository_metadata import deb_site, many_packages, rpm_site, sha256

NEXT = "20260201T000000"
VERSION, OTHER_VERSION = "2025.1-20260101T000000", "2025.1-20260201T000000"
DIGEST, OTHER = (f"sha256:{letter * 64}" for letter in "ab")
COMMIT, OTHER_COMMIT = "a" * 40, "b" * 40
NOVA, CINDER = "stackhpc/nova-api", "stackhpc/cinder-api"


def manifest(letter: str) -> bytes:
    return f"image.qcow2,{sha256(letter.encode())},10\n".encode()


@pytest.fixture
def first(release):
    """Return a server with a lock of each kind of pin, and `again`, which makes the next lock."""
    for name in ("a", "b"):
        release.serve(rpm_site(many_packages(5)), name)
    release.serve(deb_site({"noble": {"main/binary-amd64": many_packages(3)}}), "d")
    release.tags = {f"{NOVA}:1": DIGEST, f"{NOVA}:2": DIGEST, f"{CINDER}:1": DIGEST}
    for version in (VERSION, OTHER_VERSION):
        for name in ("x", "y"):
            release.files[f"{name}/images/{version}/PULP_MANIFEST"] = manifest(version)
    deb = [item("d", distributions="noble")]
    release.lock(
        *("a", "b"),
        deb=deb,
        container_tags={"nova-api": ["1", "2"], "cinder-api": "1"},
        images=[
            {"repository": name, "base_path": f"{name}/images", "version": VERSION}
            for name in ("x", "y")
        ],
        sources={
            name: {"repository": f"/src/{name}", "ref": COMMIT} for name in ("kolla", "kayobe")
        },
    )

    def again(**params):
        given = {"package_versions": None, "name": "second", "path": release.second, **params}
        return release.lock("a", "b", deb=deb, earlier=release.path, **given)

    release.again = again
    release.forget()
    return release


def test_without_changes_everything_is_taken_over(first):
    results, more = first.again()
    before = load_lock(first.path)[1]
    assert more["lock"] == {**before, "name": "second"}
    assert len(results) == 3 + 3 + 2 + 2 + 1
    assert not any(result.error for result in results)


def test_given_pins_replace_those_of_the_earlier_lock(first):
    first.serve(rpm_site(many_packages(6)), "a", NEXT)
    first.tags[f"{NOVA}:3"] = OTHER
    image = {"repository": "x", "base_path": "x/images", "version": OTHER_VERSION}
    _results, more = first.again(
        package_versions={"a": NEXT},
        container_tags={"nova-api": "3"},
        images=[image],
        sources={"kolla": {"repository": "/src/kolla", "ref": OTHER_COMMIT}},
    )
    before, lock = load_lock(first.path)[1], more["lock"]
    rpm = lock["packages"]["rpm"]
    assert (rpm["a"]["stamp"], rpm["a"]["packages"]["count"]) == (NEXT, 6)
    assert rpm["b"] == before["packages"]["rpm"]["b"]
    assert lock["packages"]["deb"] == before["packages"]["deb"]
    assert lock["containers"] == {"nova-api": {"3": OTHER}, "cinder-api": {"1": DIGEST}}
    assert {name: entry["version"] for name, entry in lock["images"].items()} == {
        "x": OTHER_VERSION,
        "y": VERSION,
    }
    commits = {name: entry["commit"] for name, entry in lock["sources"].items()}
    assert commits == {"kolla": OTHER_COMMIT, "kayobe": COMMIT}


def test_null_leaves_a_pin_out(first):
    _results, more = first.again(
        package_versions={"a": None}, container_tags={"nova-api": None}, sources={"kolla": None}
    )
    lock = more["lock"]
    assert set(lock["packages"]["rpm"]) == {"b"}
    assert set(lock["containers"]) == {"cinder-api"}
    assert set(lock["sources"]) == {"kayobe"}


def test_what_is_taken_over_must_be_the_same(first):
    first.serve(rpm_site(many_packages(5, revision=1)), "a")
    first.tags[f"{NOVA}:1"] = OTHER
    first.files[f"x/images/{VERSION}/PULP_MANIFEST"] = manifest("other")
    results, more = first.again()
    failed = [result for result in results if result.error]
    assert [result.name for result in failed] == [f"a-{STAMP}", f"{NOVA}:1", f"x_{VERSION}"]
    for result in failed:
        assert "its content is not that of release first, although the pin is" in result.error
    assert more["lines"][-1].startswith("3 of 10 pins do not resolve")
    # Pins that are given are accepted as they are.
    image = {"repository": "x", "base_path": "x/images", "version": VERSION}
    tags = {"nova-api": ["1", "2"]}
    accepted = {"package_versions": {"a": STAMP}, "container_tags": tags, "images": [image]}
    _results, more = first.again(**accepted)
    assert more["lock"]["containers"]["nova-api"]["1"] == OTHER


def test_what_is_not_served_any_more_is_reported(first):
    del first.tags[f"{CINDER}:1"]
    results, more = first.again()
    assert [result.name for result in results if result.error] == [f"{CINDER}:1"]
    assert "lock" not in more


def test_a_repository_that_the_inventory_does_not_have_any_more_is_reported(first):
    path = {"name": "second", "path": first.second, "package_versions": None}
    with pytest.raises(InvalidItem, match=r"the inventory does not have: b, d\. Add them"):
        first.lock("a", earlier=first.path, **path)
    assert first.http.seen == []
    path["package_versions"] = {"b": None, "d": None}
    _results, more = first.lock("a", earlier=first.path, **path)
    assert list(more["lock"]["packages"]["rpm"]) == ["a"]


def test_a_disk_image_elsewhere_is_not_looked_for_at_another_path(first):
    _content, lock = load_lock(first.path)
    lock["images"]["x"]["base_path"] = "x/images/other"
    with open(first.path, "wb") as file:
        file.write(write_lock(lock))
    with pytest.raises(InvalidItem, match="has the disk image x in another directory"):
        first.again()


def test_repositories_that_cannot_be_pinned_are_refused(first):
    _content, lock = load_lock(first.path)
    entry = {"stamp": STAMP, "base_path": "f", "metadata": {"PULP_MANIFEST": DIGEST}}
    with open(first.path, "wb") as file:
        file.write(write_lock({**lock, "packages": {"file": {"f": entry}}}))
    with pytest.raises(InvalidItem, match="package repositories of type file, which cannot be pin"):
        first.again()


def test_an_unsigned_earlier_lock_is_refused_once_a_keyring_is_set(first):
    with pytest.raises(OperatorError, match="first.yml: has no signature"):
        first.again(keyring=str(first.directory / "keyring.asc"))
    assert first.http.seen == []
