# SPDX-License-Identifier: Apache-2.0
"""Which of the publications that one repository version has is the one that counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

__all__ = ["PUBLICATION_FIELDS", "choose", "fitting", "mirrors_upstream"]

# What pulp_rpm has called them, the older name last.
_CHECKSUM_TYPES = ("checksum_type", "package_checksum_type")
PUBLICATION_FIELDS = ",".join(
    ("pulp_href", "repository_version", "pulp_created", "simple", "structured", *_CHECKSUM_TYPES)
)


def mirrors_upstream(publication: Mapping[str, Any]) -> bool:
    """Whether an RPM publication is upstream's metadata byte for byte, made by a sync."""
    return "unknown" in [publication.get(name) for name in _CHECKSUM_TYPES]


def choose(
    publications: Sequence[Mapping[str, Any]],
    settings: Mapping[str, bool],
    mirrored_only: bool,
    served: Collection[str] = (),
) -> Mapping[str, Any] | None:
    """Pick the publication that counts among those of one version.

    One that mirrors upstream wins; else, unless `mirrored_only`, the newest with these settings.
    Among equals the newest of those that are `served` (hrefs) already stays.
    """
    fits = fitting(publications, settings)
    mirroring = [publication for publication in fits if mirrors_upstream(publication)]
    candidates = mirroring if mirroring or mirrored_only else fits
    return max(
        candidates,
        key=lambda entry: (entry["pulp_href"] in served, entry["pulp_created"]),
        default=None,
    )


def fitting(
    publications: Sequence[Mapping[str, Any]], settings: Mapping[str, bool]
) -> list[Mapping[str, Any]]:
    """Those publications that have these settings."""
    return [
        publication
        for publication in publications
        if all(publication.get(name) == value for name, value in settings.items())
    ]
