# SPDX-License-Identifier: Apache-2.0
"""Tags and manifests are read many at a time, each of them once."""

from __future__ import annotations

from plugins.module_utils.container.tags import (
    Manifests,
    all_tags,
    attached_names,
    existing_names,
    tag_units_in,
    tags_in,
    tags_in_both,
)

from ..tag_shelf import TagShelf, manifest

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def latest(shelf, name):
    return shelf.repository(name)["latest_version_href"]


def test_of_the_tags_asked_for_those_of_one_version_are_found():
    shelf = TagShelf(dev={"one": A, "two": B}, other={"three": A})
    version = latest(shelf, "dev")
    assert tags_in(shelf, version, ["one", "three"]) == {"one": manifest(A)}
    assert tag_units_in(shelf, version, ["one"])["one"]["pulp_href"].endswith(f"/one@{'a' * 64}/")
    assert all_tags(shelf, version) == {"one": manifest(A), "two": manifest(B)}


def test_no_tags_are_no_request():
    shelf = TagShelf(dev={})
    assert tags_in(shelf, latest(shelf, "dev"), []) == {}
    assert shelf.reads == []


def test_two_versions_agree_on_tags_of_the_same_image():
    shelf = TagShelf(dev={"one": A, "two": B, "three": A}, released={"one": A, "two": A})
    versions = latest(shelf, "dev"), latest(shelf, "released")
    assert tags_in_both(shelf, *versions, ["one", "two", "three"]) == {"one": manifest(A)}


def test_a_long_list_of_tags_is_cut_into_requests_that_fit():
    names = [f"2025.1-rocky-9-20250812T{number:06}" for number in range(200)]
    shelf = TagShelf(dev=dict.fromkeys(names, A))
    assert set(tags_in(shelf, latest(shelf, "dev"), names)) == set(names)
    assert len(shelf.reads) > 1
    assert all(len(asked["name__in"]) < 3000 for _path, asked in shelf.reads)


def test_what_may_be_attached_is_named_by_the_digest():
    names = [
        f"sha256-{digest}{kind}"
        for digest in ("aa", "bb")
        for kind in ("", ".sig", ".att", ".sbom")
    ]
    assert attached_names(["sha256:aa", "sha256:bb"]) == names
    shelf = TagShelf(dev={"sha256-aa.sig": B})
    assert existing_names(shelf, attached_names(["sha256:aa"])) == {"sha256-aa.sig"}


def test_manifests_are_read_once_with_those_that_they_list():
    shelf = TagShelf()
    shelf.lists[A] = [B]
    manifests = Manifests(shelf)
    manifests.read([manifest(A), manifest(A)])
    manifests.read([manifest(B)])
    assert len(shelf.reads) == 2
    assert manifests.all_digests(manifest(A)) == [A, B]
    assert manifests.all_digests(manifest(B)) == [B]
    assert manifests.all_digests("/nowhere/") == []
    assert manifests.digests({"one": manifest(A), "two": "/nowhere/"}) == {"one": A, "two": ""}
