# SPDX-License-Identifier: Apache-2.0
"""Snapshots of Debian's security suites, whose metadata expires after some days."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.rig import Rig
from tests.lab.demo import host
from tests.lab.paths import LabError
from tests.lab.playbook import Run
from tests.lab.upstream.deb import Deb
from tests.lab.upstream.deb_repository import publish_deb
from tests.lab.upstream.key import public_key

EXPIRY = "2026-01-08T20:11:06Z"
SETTINGS = {
    'Acquire::Languages "none";\n': "404",
    'Acquire::Check-Valid-Until "false";\n': "expired",
}


def warned(run: Run, name: str) -> bool:
    """Return whether a run warned about a snapshot; warnings are wrapped."""
    return f"{name} on {EXPIRY}" in " ".join(run.output.split())


def test_hosts_install_from_a_snapshot_whose_metadata_has_expired(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.ensure_programs()
    package, path = Deb(f"{rig.prefix}-hello"), f"{rig.prefix}/debian"
    suites = {"stable-security": {"main": [package]}, "stable": {"main": [package]}}
    published = publish_deb(
        Path(rig.upstream.root),
        path,
        suites,
        valid_until="Thu, 08 Jan 2026 20:11:06 UTC",
        translations=True,
    )
    assert (published / "dists/stable/main/i18n/Translation-en").exists()
    chosen = {"distributions": "stable-security stable", "components": "main"}
    item = rig.deb(url=f"{rig.upstream.url}/{path}/", architectures="amd64", **chosen)
    lists = {"deb_package_repos": [item]}

    sync = rig.run("package_sync", **lists).succeeded()
    stamp = sync.of(item["name"])["stamp"]
    name = f"{item['short_name']} {stamp}"
    assert warned(sync, name)
    (snapshot,) = rig.ark.snapshots(rig.prefix)
    assert snapshot["pulp_labels"] == {"release_train_valid_until": EXPIRY}
    again = rig.run("package_sync", **lists).succeeded()
    assert (again.changed, warned(again, name)) == (0, True)

    query = rig.run("package_query", **lists).succeeded()
    assert warned(query, name)
    assert f"expires {EXPIRY[:10]}" in query.output
    lists["package_versions"] = {item["short_name"]: stamp}
    assert warned(rig.run("package_promote", **lists).succeeded(), name)
    rig.run("package_mirror", **lists).succeeded()

    client, key = rig.servers.client, public_key()
    installed = host.apt_install(tmp_path / "host", client, [item], stamp, key, package.name)
    assert installed.versions == {package.name: "1.0-1"}
    complete = host.APT_CONFIGURATION
    for number, (setting, error) in enumerate(SETTINGS.items()):
        monkeypatch.setattr(host, "APT_CONFIGURATION", complete.replace(setting, ""))
        with pytest.raises(LabError, match=error):
            host.apt_install(tmp_path / f"host{number}", client, [item], stamp, key, package.name)
