# SPDX-License-Identifier: Apache-2.0
"""How a repository is synced, as an item and the module's options say."""

from __future__ import annotations

import pytest

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_sync import (
    SyncSettings,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import (
    CONTENT_TYPES,
)

RPM = CONTENT_TYPES["rpm"]
PARAMS = {"retries": 1, "retry_delay": 0.5}
STAMPED = "https://ark/pulp/content/rocky/9/20250812T091848/"


def settings(**item):
    return SyncSettings.of(RPM, item, PARAMS)


def test_only_options_of_the_sync_are_sent_with_it():
    found = settings(name="a", policy="immediate", sync_policy="additive", optimize=None)
    assert (found.payload, found.retries, found.delay) == ({"sync_policy": "additive"}, 1, 0.5)


@pytest.mark.parametrize(
    ("item", "skips"),
    [
        ({"url": STAMPED}, True),
        ({"url": STAMPED, "pinned": False}, False),
        ({"url": STAMPED, "optimize": False}, False),
        ({"url": STAMPED, "optimize": True}, True),
        ({"url": "https://mirror/rocky/"}, False),
        ({"url": "https://mirror/rocky/", "pinned": True}, True),
        ({"url": None}, False),
    ],
)
def test_a_sync_is_left_out_for_pinned_sources_unless_everything_is_to_be_looked_at(item, skips):
    assert settings(**item).skips is skips
