# SPDX-License-Identifier: Apache-2.0
"""`package_mirror` of releases that are mirrored already, also after manual changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.rig import Rig
from tests.lab.playbook import Run

# Every write changes one of these lists.
ENDPOINTS = ("tasks/", "repositories/", "remotes/rpm/rpm/", "distributions/rpm/rpm/")
LABEL = "release_train_mirrored"


class Releases:
    """Two mirrored snapshots of one repository; the newer one was mirrored last."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.item = rig.rpm(1)
        self.pins = [
            rig.snapshot({**self.item, "url": f"{rig.upstream.url}/many/000{number}/"})
            for number in (1, 2)
        ]
        for pins in self.pins:
            self.mirror(pins).succeeded()

    def mirror(self, pins: dict[str, str], **variables: Any) -> Run:
        """Mirror a release."""
        wanted = {"rpm_package_repos": [self.item], "package_versions": pins, **variables}
        return self.rig.run("package_mirror", **wanted)

    def served(self, pins: dict[str, str]) -> dict[str, Any]:
        """Return the distribution of a release."""
        name = f"{self.item['distribution_name']}{pins[self.item['short_name']]}"
        return self.rig.client.find("distributions/rpm/rpm/", name)

    def everything(self) -> list[Any]:
        """Return all lists that a write would change."""
        return [self.rig.client.get(endpoint, limit=10000) for endpoint in ENDPOINTS]


@pytest.fixture
def releases(rig: Rig) -> Releases:
    """Mirror two releases."""
    return Releases(rig)


def test_mirrored_releases_are_not_requested_again_in_any_order(releases: Releases) -> None:
    rig, before = releases.rig, releases.everything()

    for pins in (*releases.pins, *releases.pins):
        # With a wrong password, any request to the source would fail.
        again = releases.mirror(pins, package_mirror_source_password="wrong").succeeded()
        assert again.changed == 0
        # Such a run spends all its time on tasks of Ansible.
        assert sum(counts["ok"] for counts in again.recap.values()) <= 12

    assert releases.everything() == before
    for number, pins in enumerate(releases.pins, 1):
        served = releases.served(pins)
        assert served["pulp_labels"][LABEL].endswith(served["publication"].split("/")[-2])
        address = rig.servers.client.content(served["base_path"], rig.package(number))
        assert rig.servers.client.get(address)[0] == 200


def test_manual_changes_to_a_mirrored_snapshot_are_reverted(releases: Releases) -> None:
    rig = releases.rig
    old, new = (releases.served(pins) for pins in releases.pins)
    guard = rig.client.post("contentguards/core/rbac/", name=rig.prefix)["pulp_href"]
    changes = (
        {"base_path": f"{rig.prefix}/elsewhere"},
        {"content_guard": guard},
        {"publication": new["publication"]},
    )
    for change in changes:
        labels = {**old["pulp_labels"], "owner": "somebody"}
        rig.client.patch(old["pulp_href"], pulp_labels=labels, **change)

        mirrored = releases.mirror(releases.pins[0]).succeeded()

        assert mirrored.changed == 1, change
        found = releases.served(releases.pins[0])
        kept = ("base_path", "content_guard")
        assert {key: found[key] for key in kept} == {key: old[key] for key in kept}
        assert found["pulp_labels"]["owner"] == "somebody"
        address = rig.servers.client.content(found["base_path"], rig.package(1))
        assert rig.servers.client.get(address)[0] == 200
        if "publication" not in change:
            # Only its path or guard was changed, so that it needs no sync.
            assert found["publication"] == old["publication"]


def test_a_deleted_remote_is_created_again_for_on_demand_content(rig: Rig) -> None:
    # No other test downloads packages of this repository.
    item = rig.rpm(19)
    wanted = {"rpm_package_repos": [item], "package_versions": rig.snapshot(item)}
    rig.run("package_mirror", **wanted).succeeded()
    rig.client.delete(rig.client.find("remotes/rpm/rpm/", f"{item['name']}-remote")["pulp_href"])

    rig.run("package_mirror", **wanted).succeeded()

    (served,) = rig.client.snapshots(rig.prefix)
    address = rig.servers.client.content(served["base_path"], rig.package(19))
    assert rig.servers.client.get(address)[0] == 200


def test_new_credentials_are_written_to_the_remote_on_request(releases: Releases) -> None:
    remote = f"{releases.item['name']}-remote"
    url = releases.rig.client.find("remotes/rpm/rpm/", remote)["url"]
    options = {"package_mirror_source_password": "new", "package_update_secrets": "all"}

    runs = [releases.mirror(releases.pins[0], **options).succeeded() for _run in "ab"]

    assert [run.changed for run in runs] == [1, 0]
    assert releases.rig.client.find("remotes/rpm/rpm/", remote)["url"] == url


def test_a_deb_repository_keeps_upstream_signatures_by_default(rig: Rig) -> None:
    lists = {"deb_package_repos": [rig.deb()]}
    sync = rig.run("package_sync", package_guard_development="", **lists).succeeded()
    stamps = {line["short_name"]: line["stamp"] for line in sync.report}

    rig.run("package_mirror", package_versions=stamps, **lists).succeeded()

    (path,) = [
        f"{item['base_path']}{stamps[item['short_name']]}" for item in lists["deb_package_repos"]
    ]
    upstream = Path(rig.upstream.root) / "many-deb/0001/dists/noble/InRelease"
    for server in (rig.servers.ark, rig.servers.client):
        response = server.get(server.content(path, "dists/noble/InRelease"))
        assert response == (200, upstream.read_bytes())


def test_a_changed_mode_alone_makes_no_new_snapshot(rig: Rig) -> None:
    item = rig.deb(mode="simple")
    for mode in ({}, {"mode": "simple"}, {"mode": None}):
        lists = {"deb_package_repos": [{**item, **mode}], "package_guard_development": ""}
        rig.run("package_sync", **lists).succeeded()

    (snapshot,) = rig.ark.snapshots(rig.prefix)
    assert "/deb/apt/" in snapshot["publication"]
