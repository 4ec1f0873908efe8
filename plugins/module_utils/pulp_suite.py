# SPDX-License-Identifier: Apache-2.0
"""Suites of Deb repositories: the content units that say where a package belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .pulp_server import Server

__all__ = ["place_packages"]

_COMPONENTS = "content/deb/release_components/"
_ARCHITECTURES = "content/deb/release_architectures/"
_PLACES = "content/deb/package_release_components/"
# A package of it is among those of each architecture, so that Pulp takes it for none.
_ANY = "all"


def place_packages(
    server: Server,
    packages: Iterable[Mapping[str, Any]],
    wanted: Mapping[str, Any],
    version: str,
    subject: str,
) -> list[str]:
    """The hrefs of the units that put packages into a component of a suite, and of those that a
    repository version (href, or "") lacks of them. Nothing is made in check mode.

    `packages`: content units, with `architecture`; `wanted`: `suite`, `component` and further
    `architectures` of the suite.
    """
    packages = list(packages)
    suite = {"distribution": wanted["suite"]}
    place = {**suite, "component": wanted["component"]}
    component = _unit(server, _COMPONENTS, place, version, subject)
    units = [component]
    names = {one["architecture"] for one in packages} | set(wanted["architectures"])
    for name in sorted(names - {_ANY}):
        units.append(
            _unit(server, _ARCHITECTURES, {**suite, "architecture": name}, version, subject)
        )
    for one in packages:
        pair = {"package": one["pulp_href"], "release_component": component[0]}
        known = bool(one["pulp_href"] and component[0])
        units.append(_unit(server, _PLACES, pair, version, subject) if known else ("", False))
    return [href for href, held in units if not held]


def _unit(
    server: Server, endpoint: str, values: Mapping[str, str], version: str, subject: str
) -> tuple[str, bool]:
    """The href of the unit with these values, and whether the version holds it; "" in check mode
    for one that is not there."""
    asked = {**values, "fields": "pulp_href", "limit": 1}
    if version:
        held = server.client.get(endpoint, {**asked, "repository_version": version})["results"]
        if held:
            return str(held[0]["pulp_href"]), True
    there = server.client.get(endpoint, asked)["results"]
    if there or server.check_mode:
        return (str(there[0]["pulp_href"]) if there else ""), False
    # Some of them are made at once, others by a task.
    server.write(lambda: server.client.post(endpoint, dict(values)), subject)
    return str(server.client.get(endpoint, asked)["results"][0]["pulp_href"]), False
