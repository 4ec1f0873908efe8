# SPDX-License-Identifier: Apache-2.0
"""Which publication of a version is used."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.publication import (
    choose_publication,
    mirrors_upstream,
    with_settings,
)


def publication(href, created, checksum_type="sha256", **settings):
    return {
        "pulp_href": href,
        "pulp_created": f"2025-08-12T0{created}:00:00Z",
        "checksum_type": checksum_type,
        **settings,
    }


OLD, NEW = publication("/old/", 1), publication("/new/", 3)
MIRROR = publication("/mirror/", 2, "unknown")
SIMPLE = publication("/simple/", 1, simple=True, structured=False)
BOTH = publication("/both/", 2, simple=True, structured=True)


@pytest.mark.parametrize(
    ("publications", "settings", "mirrored_only", "served", "chosen"),
    [
        ([], {}, False, [], None),
        ([OLD, NEW], {}, False, [], "/new/"),
        ([OLD, NEW], {}, False, ["/old/"], "/old/"),
        ([OLD, NEW], {}, False, ["/old/", "/new/"], "/new/"),
        ([OLD, NEW], {}, False, ["/elsewhere/"], "/new/"),
        ([OLD, NEW], {}, True, [], None),
        ([OLD, MIRROR, NEW], {}, False, [], "/mirror/"),
        ([OLD, MIRROR, NEW], {}, False, ["/new/"], "/mirror/"),
        ([OLD, MIRROR, NEW], {}, True, [], "/mirror/"),
        ([SIMPLE, BOTH], {"simple": True, "structured": False}, False, [], "/simple/"),
        ([SIMPLE], {"simple": True, "structured": True}, False, [], None),
    ],
)
def test_upstream_metadata_is_preferred_then_a_served_publication_then_the_newest(
    publications, settings, mirrored_only, served, chosen
):
    found = choose_publication(publications, settings, mirrored_only, served)
    assert (found and found["pulp_href"]) == chosen


def test_a_publication_in_another_mode_is_no_duplicate():
    assert with_settings([SIMPLE, BOTH], {"simple": True, "structured": False}) == [SIMPLE]


def test_only_a_mirroring_sync_leaves_the_checksum_type_unknown():
    assert mirrors_upstream(MIRROR)
    # pulp_rpm 3.24
    assert mirrors_upstream({"package_checksum_type": "unknown"})
    assert not mirrors_upstream(SIMPLE)
