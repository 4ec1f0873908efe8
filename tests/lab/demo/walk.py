# SPDX-License-Identifier: Apache-2.0
"""The steps that take packages from an upstream to a host; the demo tells them, tests assert them.

Each step can be taken again and then changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..paths import LabError
from ..playbook import Run, must_play
from . import content, host, kayobe
from .content import digests, statuses
from .host import Installed
from .inventory import SELECTION, client_account, repositories, write_inventory
from .site import Site

Stamps = Mapping[str, str]
"""Short name to stamp."""


class Walk:
    """One walk over a site. `changes` counts what playbooks and installs changed."""

    def __init__(self, site: Site, selection: str = SELECTION) -> None:
        write_inventory(site, selection)
        self.site = site
        self.repositories = repositories(site)
        self.changes = 0
        self.seconds: dict[tuple[str, str], float] = {}

    def play(self, name: str, *arguments: str, report: bool = False) -> Run:
        """Run a playbook of the collection; raises PlaybookFailed."""
        played = must_play(self.site.inventory, name, *arguments, report=report)
        self.changes += played.changed
        return played

    def of_type(self, content_type: str) -> list[dict[str, Any]]:
        """Return the repositories of one content type."""
        return [item for item in self.repositories if item["type"] == content_type]

    def released(self) -> dict[str, str]:
        """Return the stamps of the release if Ark has all of its snapshots, else nothing."""
        pins = kayobe.read_pins(self.site)
        if set(pins) != {item["short_name"] for item in self.repositories}:
            return {}
        found = statuses(self.site.ark, self.repositories, pins)
        return pins if set(found.values()) == {200} else {}

    def take_snapshots(self) -> tuple[Run, dict[str, str]]:
        """Sync Ark from upstream; also return the stamp that each repository is at."""
        played = self.play("package_sync", report=True)
        for item in played.report:
            self.seconds[item["short_name"], item["stamp"]] = item["seconds"]
        return played, {item["short_name"]: item["stamp"] for item in played.report}

    def statuses(self, stamps: Stamps) -> dict[str, set[int]]:
        """Return what snapshots answer to Ark's administrator, the client, and anybody else."""
        askers = (self.site.ark, client_account(self.site), self.site.ark.as_user(""))
        chosen = [item for item in self.repositories if item["short_name"] in stamps]
        return {
            asker.username or "anonymous": set(statuses(asker, chosen, stamps).values())
            for asker in askers
        }

    def unreleased(self, stamps: Stamps) -> dict[str, str]:
        """Return those of the snapshots that are behind another guard than the release's."""
        guards = content.guards(self.site.ark, self.repositories, stamps)
        return {name: stamps[name] for name, guard in guards.items() if guard != "release"}

    def pin(self, stamps: Stamps) -> None:
        """Write a Kayobe configuration that pins these snapshots."""
        kayobe.write_pins(self.site, stamps)
        kayobe.write_channels(self.site, self.repositories)

    def digests(self, stamps: Stamps) -> dict[str, str]:
        """Return the SHA-256 of the metadata of snapshots, as Ark serves it."""
        return digests(self.site.ark, self.repositories, stamps)

    def served_by_client(self, item: Mapping[str, Any], stamp: str) -> str:
        """Return the SHA-256 of the metadata that the client's Pulp has at a stamp or channel."""
        return digests(self.site.client, [item], {item["short_name"]: stamp})[item["short_name"]]

    def channels(self, release: Stamps) -> dict[str, list[str]]:
        """Return the channels of the client's Pulp that serve the bytes of the release."""
        wanted = self.digests(release)
        served = {
            channel: digests(self.site.client, self.repositories, dict.fromkeys(wanted, channel))
            for channel in kayobe.CHANNELS
        }
        return {
            name: [channel for channel, found in served.items() if found[name] == digest]
            for name, digest in wanted.items()
        }

    def sync_client(self) -> Run:
        """Bring the client's development channels to the release, as Kayobe would."""
        return self.play("client_sync", *kayobe.extra_variables(self.site))

    def promote_client(self) -> Run:
        """Let the client's production channels serve what its development ones do."""
        return self.play("client_promote", *kayobe.extra_variables(self.site))

    def install_rpms(self) -> Installed:
        """Install a package of each RPM repository on a host, from the production channels."""
        chosen = self.of_type("rpm")
        names = [self.package(item) for item in chosen]
        root = self.host("rocky-9")
        return self._count(host.dnf_install(root, self.site.client, chosen, "production", *names))

    def install_debs(self) -> Installed:
        """Install a package of each Deb repository on a host, from the production channels."""
        chosen = self.of_type("deb")
        names = [self.package(item) for item in chosen]
        root, key = self.host("ubuntu-noble"), self.site.key
        return self._count(
            host.apt_install(root, self.site.client, chosen, "production", key, *names)
        )

    def host(self, name: str) -> Path:
        """Return the root folder of a host."""
        return self.site.folder / "hosts" / name

    def package(self, item: Mapping[str, Any]) -> str:
        """Return the name of a package that every state of a repository has."""
        if item["type"] == "rpm":
            return f"{item['short_name'].replace('_', '-')}-hello"
        return f"{item['distributions'].split()[0]}-{item['components'].split()[0]}-hello"

    def upstream_versions(self, content_type: str) -> dict[str, str]:
        """Return the versions of `package()` that the upstreams are at, by package."""
        versions = {}
        for item in self.of_type(content_type):
            name = self.package(item)
            expected = re.compile(rf"{re.escape(name)}[-_](\d.*)[._][a-z0-9_]+\.(rpm|deb)")
            matches = map(expected.fullmatch, self.site.upstreams[item["short_name"]]["packages"])
            versions[name] = next(match[1] for match in matches if match)
        return versions

    def remember(self, digests_of_release: Mapping[str, str]) -> None:
        """Keep the digests of the release for walks to come."""
        self._record.write_text(json.dumps(digests_of_release, indent=2) + "\n")

    def remembered(self) -> dict[str, str]:
        """Return the digests that were kept."""
        return dict(json.loads(self._record.read_text()))

    @property
    def _record(self) -> Path:
        return self.site.folder / "release-digests.json"

    def _count(self, installed: Installed) -> Installed:
        self.changes += installed.changed
        return installed


def expect(found: Any, wanted: Any, what: str) -> None:
    """Raise LabError unless two values are equal."""
    if found != wanted:
        raise LabError(f"{what}: expected {wanted}, found {found}")
