# SPDX-License-Identifier: Apache-2.0
"""Which repositories and private distributions images need before anybody pulls or pushes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["AccessPlan", "plan_access"]


@dataclass(frozen=True)
class AccessPlan:
    """Items of the modules pulp_repository and pulp_distribution, and what an operator is told."""

    repositories: list[dict[str, Any]]
    distributions: list[dict[str, Any]]
    lines: list[str]


def plan_access(
    images: Sequence[str],
    all_images: Iterable[str],
    repositories: Iterable[Mapping[str, Any]],
    distributions: Iterable[Mapping[str, Any]],
    development: str,
    release: str,
    prepare: bool = True,
) -> AccessPlan:
    """`images` are those to make private, `all_images` those that the inventory lists.

    `repositories` and `distributions` are objects of Pulp (`name`; repositories `pulp_href` and
    `latest_version_href`). What was pushed, or is served in one of these namespaces, and is not
    listed becomes private, too. `prepare`: also make what pushes will come to, because what a push
    makes by itself is public.
    """
    begin = f"{development}/"
    pushed = {
        one["name"][len(begin) :]: not one["latest_version_href"].endswith("/versions/0/")
        for one in repositories
        if one["name"].startswith(begin) and "/repositories/container/" in one["pulp_href"]
    }
    begins = (begin, f"{release}/")
    served = {one["name"] for one in distributions if one["name"].startswith(begins)}
    listed = set(all_images)
    unlisted = sorted(name for name, full in pushed.items() if full and name not in listed)
    never = sorted(name for name in images if not pushed.get(name))
    there = [f"{begin}{name}" for name in pushed if name in images or name in unlisted]
    new = [f"{begin}{name}" for name in images if name not in pushed and prepare]
    released = [f"{release}/{name}" for name in images]
    # Whoever pushes into the release namespace makes what no list has, and makes it public.
    known = {*released, *there, *new, *(f"{space}{name}" for space in begins for name in listed)}
    others = sorted(served - known)
    lines = []
    if never:
        lines.append(f"Never pushed to {development}: {', '.join(never)}")
    if unlisted:
        lines.append(f"Pushed, but not in kolla_container_images: {', '.join(unlisted)}")
    if others:
        lines.append(f"Served, but not in kolla_container_images: {', '.join(others)}")
    return AccessPlan(
        [{"name": name} for name in [*released, *new]],
        [_served(name, name in served) for name in [*released, *there, *new, *others]],
        lines,
    )


def _served(name: str, exists: bool) -> dict[str, Any]:
    """A private distribution; one that exists keeps what it serves, of whatever kind that is."""
    private = {"name": name, "private": True}
    return private if exists else {**private, "base_path": name, "repository": name}
