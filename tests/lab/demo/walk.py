# SPDX-License-Identifier: Apache-2.0
"""The steps from an upstream to a host, for packages; the demo prints them, tests assert them.

Each step is idempotent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..paths import LabError
from ..playbook import Run, play_checked
from . import content, host, kayobe
from .content import digests, statuses
from .host import Installed
from .inventory import SELECTION, client_account, repositories, write_inventory
from .site import Site

Stamps = Mapping[str, str]
"""Stamps by short name."""


class Walk:
    """The steps on one site. `changes` counts the changes by playbooks and installations."""

    def __init__(self, site: Site, selection: str = SELECTION) -> None:
        write_inventory(site, selection)
        self.site = site
        self.repositories = repositories(site)
        self.changes = 0
        self.seconds: dict[tuple[str, str], float] = {}

    def play(self, name: str, *arguments: str, report: bool = False) -> Run:
        """Run a playbook of the collection; raise PlaybookFailed if it fails."""
        played = play_checked(self.site.inventory, name, *arguments, report=report)
        self.changes += played.changed
        return played

    def of_type(self, content_type: str) -> list[dict[str, Any]]:
        """Return the repositories of one content type."""
        return [item for item in self.repositories if item["type"] == content_type]

    def released(self) -> dict[str, str]:
        """Return the stamps of the release, or nothing unless Ark has all of its snapshots."""
        pins = kayobe.read_pins(self.site)
        if set(pins) != {item["short_name"] for item in self.repositories}:
            return {}
        found = statuses(self.site.ark, self.repositories, pins)
        return pins if set(found.values()) == {200} else {}

    def take_snapshots(self) -> tuple[Run, dict[str, str]]:
        """Sync Ark from upstream; return the run and the current stamp of each repository."""
        played = self.play("package_sync", report=True)
        for item in played.report:
            self.seconds[item["short_name"], item["stamp"]] = item["seconds"]
        return played, {item["short_name"]: item["stamp"] for item in played.report}

    def statuses(self, stamps: Stamps) -> dict[str, set[int]]:
        """Return the HTTP statuses of snapshots for administrator, client and anonymous clients."""
        accounts = (self.site.ark, client_account(self.site), self.site.ark.as_user(""))
        chosen = [item for item in self.repositories if item["short_name"] in stamps]
        return {
            account.username or "anonymous": set(statuses(account, chosen, stamps).values())
            for account in accounts
        }

    def unreleased(self, stamps: Stamps) -> dict[str, str]:
        """Return the snapshots that do not have the content guard of the release."""
        guards = content.guards(self.site.ark, self.repositories, stamps)
        return {name: stamps[name] for name, guard in guards.items() if guard != "release"}

    def pin(self, stamps: Stamps) -> None:
        """Write a Kayobe configuration that pins these snapshots."""
        kayobe.write_pins(self.site, stamps)
        kayobe.write_channels(self.site, self.repositories)

    def digests(self, stamps: Stamps) -> dict[str, str]:
        """Return the SHA-256 of the metadata that Ark serves for snapshots."""
        return digests(self.site.ark, self.repositories, stamps)

    def served_by_client(self, item: Mapping[str, Any], stamp: str) -> str:
        """Return the SHA-256 of the metadata at a stamp or channel of the client's Pulp."""
        return digests(self.site.client, [item], {item["short_name"]: stamp})[item["short_name"]]

    def channels(self, release: Stamps) -> dict[str, list[str]]:
        """Return the channels of the client's Pulp that serve the metadata of the release."""
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
        """Sync the client's development channels to the release, as Kayobe does."""
        return self.play("client_sync", *kayobe.extra_variables(self.site))

    def promote_client(self) -> Run:
        """Promote the client's development channels to production."""
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
        """Return the root directory of a host."""
        return self.site.directory / "hosts" / name

    def package(self, item: Mapping[str, Any]) -> str:
        """Return the name of a package that a repository has in every state."""
        if item["type"] == "rpm":
            return f"{item['short_name'].replace('_', '-')}-hello"
        return f"{item['distributions'].split()[0]}-{item['components'].split()[0]}-hello"

    def upstream_versions(self, content_type: str) -> dict[str, str]:
        """Return the current upstream version of each `package()`, by package name."""
        versions = {}
        for item in self.of_type(content_type):
            name = self.package(item)
            expected = re.compile(rf"{re.escape(name)}[-_](\d.*)[._][a-z0-9_]+\.(rpm|deb)")
            matches = map(expected.fullmatch, self.site.upstreams[item["short_name"]]["packages"])
            versions[name] = next(match[1] for match in matches if match)
        return versions

    def save_digests(self, digests_of_release: Mapping[str, str]) -> None:
        """Save the digests of the release for later runs."""
        self._record.write_text(json.dumps(digests_of_release, indent=2) + "\n")

    def saved_digests(self) -> dict[str, str]:
        """Return the saved digests."""
        return dict(json.loads(self._record.read_text()))

    @property
    def _record(self) -> Path:
        return self.site.directory / "release-digests.json"

    def _count(self, installed: Installed) -> Installed:
        self.changes += installed.changed
        return installed


def expect(found: Any, wanted: Any, what: str) -> None:
    """Raise LabError unless two values are equal."""
    if found != wanted:
        raise LabError(f"{what}: expected {wanted}, found {found}")
