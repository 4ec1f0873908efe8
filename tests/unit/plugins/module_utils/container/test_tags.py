# SPDX-License-Identifier: Apache-2.0
"""Tags and manifests are read once, in few requests."""

from __future__ import annotations

import pytest

from plugins.module_utils.container.tags import (
    Manifests,
    all_tags,
    attached_names,
    existing_names,
    tag_units_in,
    tags_in,
    tags_in_both,
)
from tests.unit.fake_pulp.content import list_manifests, set_tags
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.fake_pulp.repositories import manifest

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


@pytest.fixture
def pulp():
    return FakePulp()


def latest(pulp, name, **tags):
    """Return the latest version of a repository with these tags."""
    return set_tags(pulp, name, tags)["latest_version_href"]


def test_requested_tags_of_one_version_are_found(pulp):
    latest(pulp, "other", three=A)
    version = latest(pulp, "dev", one=A, two=B)
    of_a, of_b = manifest(pulp.store, A), manifest(pulp.store, B)
    assert tags_in(pulp, version, ["one", "three"]) == {"one": of_a}
    unit = pulp.find("content/container/tags/", name="one")
    assert tag_units_in(pulp, version, ["one"])["one"]["pulp_href"] == unit["pulp_href"]
    assert all_tags(pulp, version) == {"one": of_a, "two": of_b}


def test_no_request_is_sent_without_tags(pulp):
    assert tags_in(pulp, latest(pulp, "dev"), []) == {}
    assert pulp.requests == []


def test_two_versions_agree_on_tags_of_the_same_image(pulp):
    versions = latest(pulp, "dev", one=A, two=B, three=A), latest(pulp, "released", one=A, two=A)
    found = tags_in_both(pulp, *versions, ["one", "two", "three"])
    assert found == {"one": manifest(pulp.store, A)}


def test_a_long_list_of_tags_is_split_into_requests_within_the_limit(pulp):
    names = [f"2025.1-rocky-9-20250812T{number:06}" for number in range(200)]
    assert set(tags_in(pulp, latest(pulp, "dev", **dict.fromkeys(names, A)), names)) == set(names)
    assert len(pulp.requests) > 1
    assert all(len(one.content["name__in"]) < 3000 for one in pulp.requests)


def test_names_of_attached_tags_are_derived_from_the_digest(pulp):
    names = [
        f"sha256-{digest}{kind}"
        for digest in ("aa", "bb")
        for kind in ("", ".sig", ".att", ".sbom")
    ]
    assert attached_names(["sha256:aa", "sha256:bb"]) == names
    set_tags(pulp, "dev", {"sha256-aa.sig": B})
    assert existing_names(pulp, attached_names(["sha256:aa"])) == {"sha256-aa.sig"}


def test_manifests_are_read_once_with_their_listed_manifests(pulp):
    list_manifests(pulp, A, [B])
    of_a, of_b = manifest(pulp.store, A), manifest(pulp.store, B)
    manifests = Manifests(pulp)
    manifests.read([of_a, of_a])
    manifests.read([of_b])
    assert len(pulp.requests) == 2
    assert manifests.all_digests(of_a) == [A, B]
    assert manifests.all_digests(of_b) == [B]
    assert manifests.all_digests("/nowhere/") == []
    assert manifests.digests({"one": of_a, "two": "/nowhere/"}) == {"one": A, "two": ""}
