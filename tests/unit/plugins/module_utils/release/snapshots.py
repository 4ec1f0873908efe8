# SPDX-License-Identifier: Apache-2.0
"""Items of package repositories, and the snapshots that a FakePulp serves."""

from __future__ import annotations

from typing import Any

from tests.unit.fake_pulp.pulp import FakePulp


def item(short_name: str = "a", **options: Any) -> dict[str, Any]:
    """Return an item of a package repository, with keys and values derived from its short name."""
    return {
        "name": f"Repository {short_name}",
        "short_name": short_name,
        "distribution_name": f"{short_name}-",
        "base_path": f"{short_name}/",
        **options,
    }


def served(pulp: FakePulp) -> dict[str, list[str]]:
    """Return the packages that each distribution serves, an empty list if it serves nothing."""
    found = {}
    for name, entry in pulp.by_name("distributions/").items():
        publication = pulp.store.objects.get(entry["publication"] or "", {})
        version = pulp.store.objects.get(publication.get("repository_version", ""), {})
        units = [pulp.store.get(href) for href in version.get("_content", ())]
        found[name] = sorted("{name} {version}-{release}".format(**unit) for unit in units)
    return found
