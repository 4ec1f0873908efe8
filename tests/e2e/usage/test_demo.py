# SPDX-License-Identifier: Apache-2.0
"""From an upstream to a host: the steps of the demo, and what each of them guarantees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import ARK, Released
from tests.lab.demo import host
from tests.lab.demo.host import Installed
from tests.lab.demo.inventory import ACCOUNT
from tests.lab.demo.kayobe import CHANNELS, extra_variables
from tests.lab.demo.walk import Walk
from tests.lab.paths import LabError
from tests.lab.pulp import launcher
from tests.lab.upstream.key import Signer

DEB = "docker_ce_ubuntu_noble"


@dataclass(frozen=True)
class UpstreamChange:
    """A change of upstream: digests of the release before and after it, and the newer stamps."""

    before: dict[str, str]
    after: dict[str, str]
    stamps: dict[str, str]


@pytest.fixture(scope="module")
def change(walk: Walk, release: Released) -> UpstreamChange:
    """Publish the next state of upstream, and take snapshots of it."""
    before = walk.digests(release.stamps)
    walk.site.publish_upstream(moves=1)
    _played, stamps = walk.take_snapshots()
    return UpstreamChange(before, walk.digests(release.stamps), stamps)


@pytest.fixture(scope="module")
def mirrored(walk: Walk, change: UpstreamChange) -> Walk:
    """Mirror the release, while Ark has newer snapshots, and promote it on the client."""
    walk.play("package_mirror")
    walk.sync_client()
    walk.promote_client()
    return walk


@pytest.fixture(scope="module")
def installed(mirrored: Walk) -> tuple[Installed, Installed]:
    """Install on two hosts for the first time, so that the client Pulp downloads the packages."""
    return mirrored.install_rpms(), mirrored.install_debs()


@pytest.fixture
def ark_stopped(walk: Walk, installed: tuple[Installed, Installed]) -> Iterator[None]:
    """Stop Ark during a test."""
    if launcher.server(ARK)["external"]:
        pytest.skip("an external Ark cannot be stopped")
    launcher.stop(ARK)
    with pytest.raises(LabError):
        walk.site.ark.get(walk.site.ark.url)
    try:
        yield
    finally:
        launcher.start(ARK)


def test_unreleased_snapshots_are_not_readable_by_the_client(release: Released) -> None:
    assert release.before == {"admin": {200}, ACCOUNT: {403}, "anonymous": {403}}


def test_released_snapshots_are_readable_by_the_client_only(release: Released) -> None:
    assert release.after == {"admin": {200}, ACCOUNT: {200}, "anonymous": {403}}


def test_a_snapshot_is_unchanged_after_upstream_changed(change: UpstreamChange) -> None:
    assert change.before == change.after


def test_new_snapshots_are_not_readable_by_the_client(walk: Walk, change: UpstreamChange) -> None:
    assert not set(change.stamps.values()) & set(walk.released().values())
    assert walk.unreleased(change.stamps) == change.stamps
    assert walk.statuses(change.stamps)[ACCOUNT] == {403}


def test_the_client_serves_the_release_as_snapshots_and_in_its_channels(
    mirrored: Walk, release: Released
) -> None:
    for item in mirrored.repositories:
        name = item["short_name"]
        wanted = mirrored.digests(release.stamps)[name]
        assert mirrored.served_by_client(item, release.stamps[name]) == wanted
    assert mirrored.channels(release.stamps) == dict.fromkeys(release.stamps, list(CHANNELS))


def test_hosts_install_released_packages_not_newer_ones(
    mirrored: Walk, installed: tuple[Installed, Installed]
) -> None:
    rpms, debs = installed
    assert rpms.versions == {"rocky-9-baseos-hello": "1.0-1.el9"}
    assert debs.versions == {"noble-stable-hello": "1.0-1"}
    assert mirrored.upstream_versions("rpm") == {"rocky-9-baseos-hello": "1.0-2.el9"}
    assert mirrored.upstream_versions("deb") == {"noble-stable-hello": "1.0-2"}


@pytest.mark.parametrize(
    "name",
    [
        "access_control",
        "package_sync",
        "package_promote",
        "package_mirror",
        "client_sync",
        "client_promote",
    ],
)
def test_each_playbook_is_idempotent(mirrored: Walk, name: str) -> None:
    arguments = extra_variables(mirrored.site) if name.startswith("client_") else []
    played = mirrored.play(name, *arguments)
    assert played.changed == 0, played.output


@pytest.mark.usefixtures("ark_stopped")
def test_hosts_install_while_ark_is_stopped(mirrored: Walk, tmp_path: Path) -> None:
    client, key = mirrored.site.client, mirrored.site.key
    rpm, deb = (mirrored.of_type(kind) for kind in ("rpm", "deb"))
    rpms = host.dnf_install(tmp_path / "rocky", client, rpm, CHANNELS[1], mirrored.package(rpm[0]))
    debs = host.apt_install(
        tmp_path / "ubuntu", client, deb, CHANNELS[1], key, mirrored.package(deb[0])
    )
    assert rpms.versions == {"rocky-9-baseos-hello": "1.0-1.el9"}
    assert debs.versions == {"noble-stable-hello": "1.0-1"}


@pytest.mark.usefixtures("installed")
def test_apt_rejects_a_repository_signed_with_another_key(mirrored: Walk, tmp_path: Path) -> None:
    signer = Signer(None)
    try:
        _secret, public = signer.generate()
    finally:
        signer.close()
    key = tmp_path / "other.asc"
    key.write_bytes(public)
    deb = mirrored.of_type("deb")
    with pytest.raises(LabError, match="NO_PUBKEY|couldn't be verified"):
        host.apt_install(
            tmp_path / "ubuntu", mirrored.site.client, deb, CHANNELS[1], key, "noble-stable-hello"
        )
