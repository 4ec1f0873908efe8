# SPDX-License-Identifier: Apache-2.0
"""Pinned sources: the label records the source, the sync options and the created version."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.pinned_source import (
    PINNED_LABEL,
    is_labelled,
    is_mirrored,
    is_pinned_source,
    source_digest,
)
from plugins.module_utils.pulp.types import CONTENT_TYPES

DEB = CONTENT_TYPES["deb"]
REMOTE = {
    "url": "https://ark/pulp/content/noble/20250812T091848/",
    "policy": "on_demand",
    "distributions": "noble noble-updates",
    "components": "main",
    "architectures": None,
    "max_retries": 3,
}
SYNC_OPTIONS = {"mirror": True}


def repository(label, version=3):
    href = "/pulp/api/v3/repositories/deb/apt/1/"
    return {
        "pulp_href": href,
        "latest_version_href": f"{href}versions/{version}/",
        "pulp_labels": {PINNED_LABEL: label} if label else None,
    }


@pytest.mark.parametrize(
    ("url", "pinned"),
    [
        ("https://ark/pulp/content/rocky/9/20250812T091848/", True),
        ("https://ark/pulp/content/rocky/9/20250812T091848", True),
        ("https://ark/pulp/content/rocky/9/20250812T091848/os/", False),
        ("https://ark/pulp/content/rocky/9/development/", False),
        ("", False),
    ],
)
def test_a_url_that_ends_in_a_stamp_never_changes(url, pinned):
    assert is_pinned_source(url) is pinned


@pytest.mark.parametrize(
    ("change", "payload"),
    [
        ({"url": "https://ark/pulp/content/noble/20250813T091848/"}, SYNC_OPTIONS),
        ({"policy": "immediate"}, SYNC_OPTIONS),
        ({"distributions": "noble"}, SYNC_OPTIONS),
        ({"architectures": "amd64"}, SYNC_OPTIONS),
        ({}, {"mirror": False}),
        ({}, {}),
    ],
)
def test_a_change_of_the_source_or_of_sync_options_requires_a_sync(change, payload):
    assert source_digest(DEB, {**REMOTE, **change}, payload) != source_digest(
        DEB, REMOTE, SYNC_OPTIONS
    )


@pytest.mark.parametrize(
    ("change", "payload"),
    [
        ({"url": "https://ark/pulp/content/noble/20250812T091848"}, SYNC_OPTIONS),
        ({"distributions": "noble-updates  noble"}, SYNC_OPTIONS),
        ({"max_retries": 9}, SYNC_OPTIONS),
        ({"url": f"{REMOTE['url']} "}, SYNC_OPTIONS),
        ({}, {**SYNC_OPTIONS, "optimize": False}),
    ],
)
def test_other_changes_require_no_sync(change, payload):
    assert source_digest(DEB, {**REMOTE, **change}, payload) == source_digest(
        DEB, REMOTE, SYNC_OPTIONS
    )


def test_the_order_of_lists_does_not_matter():
    python = CONTENT_TYPES["python"]
    one, other = {"includes": ["a", "b"]}, {"includes": ["b", "a"]}
    assert source_digest(python, one, {}) == source_digest(python, other, {})


def test_tags_are_compared_in_fields_of_old_and_new_servers():
    container = CONTENT_TYPES["container"]
    old, new, excluding, excluding_new, neither = (
        source_digest(container, {name: ["a"], "url": "https://x"}, {})
        for name in ("include_tags", "includes", "exclude_tags", "excludes", "max_retries")
    )
    # An update of the server renames the fields, which must not cause a sync.
    assert (old, excluding) == (new, excluding_new)
    assert len({old, excluding, neither}) == 3
    # A server with the new names returns null for the old ones.
    both = {"include_tags": None, "includes": ["a"], "url": "https://x"}
    assert source_digest(container, both, {}) == new


def test_the_label_is_valid_for_one_version_only():
    digest = source_digest(DEB, REMOTE, SYNC_OPTIONS)
    assert is_labelled(repository(f"{digest}.3"), digest)
    assert not is_labelled(repository(f"{digest}.2"), digest)
    assert not is_labelled(repository(f"{digest}.0", version=0), digest)
    assert not is_labelled(repository(None), digest)


def test_an_item_is_mirrored_when_its_options_match_the_label():
    label = f"{source_digest(DEB, REMOTE, SYNC_OPTIONS)}.3"
    item = {"url": REMOTE["url"], "distributions": ["noble", "noble-updates"], "mirror": True}
    assert is_mirrored(DEB, item, repository(label), REMOTE)
    assert not is_mirrored(DEB, {**item, "mirror": False}, repository(label), REMOTE)
    assert not is_mirrored(DEB, {**item, "policy": "immediate"}, repository(label), REMOTE)
