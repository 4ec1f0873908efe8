# SPDX-License-Identifier: Apache-2.0
"""Snapshots that lost more packages than is usual: made, but marked, so that nobody pins them
unseen."""

from __future__ import annotations

from .pulp_packages import package_count
from .pulp_pinned import version_number
from .pulp_report import Result
from .pulp_server import Server
from .release_changes import has_shrunk
from .release_newest import Found

__all__ = ["SHRUNK_LABEL", "shrunk_label"]

SHRUNK_LABEL = "release_train_shrunk"
"""On a distribution: how many packages the last snapshot had that was not marked."""


def shrunk_label(
    server: Server, one: Found, version: str, guard: str | None, limit: float, result: Result
) -> dict[str, str]:
    """The labels of the snapshot that is going to serve `version`, none where nothing is odd.

    It is compared with the newest snapshot; where that one is marked itself, and still has the
    guard (href) of what is not released, with what that was compared with: a broken upstream is
    not the usual state because it lasts two days. Notes `shrunk` in the result.
    """
    if one.newest_version is None:
        return {}
    label = ((one.newest or {}).get("pulp_labels") or {}).get(SHRUNK_LABEL, "")
    marked = label.isdigit() and (one.newest or {}).get("content_guard") == guard
    more = result.more
    # What the sync has just counted need not be asked for.
    if "packages" in more and version_number(one.newest_version) == more["version_before"]:
        after = more["packages"]
        before = after - more["packages_added"] + more["packages_removed"]
    else:
        after = package_count(server.client, one.content_type, version)
        before = 0 if marked else package_count(server.client, one.content_type, one.newest_version)
    if marked:
        before = int(label)
    if not has_shrunk(before, after, limit):
        return {}
    more["shrunk"] = {"before": before, "after": after}
    return {SHRUNK_LABEL: str(before)}
