# SPDX-License-Identifier: Apache-2.0
"""access_check with a Kayobe configuration: packages and images are checked each separately."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.rig import Rig

TAG = "2025.1-rocky-9-20250801T000000"


def configuration(directory: Path, pins: dict[str, str], images: list[str]) -> Path:
    """Write a Kayobe configuration that pins packages and images."""
    directory = directory / "configuration" / "etc" / "kayobe"
    directory.mkdir(parents=True)
    lines = [f"stackhpc_pulp_repo_{name}_version: {stamp}\n" for name, stamp in pins.items()]
    (directory / "pulp-repo-versions.yml").write_text("".join(lines), "utf-8")
    (directory / "pulp.yml").write_text(f"stackhpc_pulp_images_kolla: {images}\n", "utf-8")
    tags = f"kolla_image_tags:\n  openstack:\n    rocky-9: {TAG}\n"
    (directory / "kolla-image-tags.yml").write_text(tags, "utf-8")
    return directory.parent.parent


@pytest.fixture
def site(rig: Rig) -> dict[str, Any]:
    """Return the variables of a site whose configuration pins a snapshot and two images."""
    item = rig.rpm(1)
    stamps = rig.snapshot(item)
    root = configuration(rig.directory, stamps, ["nova-api", "glance-api"])
    return {"rpm_package_repos": [item], "kayobe_config_repo_path": str(root)}


def test_packages_are_checked_although_the_lists_of_images_differ(
    rig: Rig, site: dict[str, Any]
) -> None:
    run = rig.run("access_check", **site, kolla_container_images=["nova-api"]).failed()

    assert re.search(r"1 pinned snapshot, user '.*: 1 served", run.output)
    assert run.message.startswith("images not checked: ")
    assert "glance-api" in run.message
    assert "plugin" not in run.message


def test_images_are_checked_although_the_pins_of_packages_are_wrong(
    rig: Rig, site: dict[str, Any]
) -> None:
    pins = Path(site["kayobe_config_repo_path"]) / "etc" / "kayobe" / "pulp-repo-versions.yml"
    pins.write_text("[not a mapping]\n", "utf-8")
    images = ["nova-api", "glance-api"]

    run = rig.run("access_check", **site, kolla_container_images=images).failed()

    assert re.search(r"2 pinned image tags, user '.*: 2 missing image", run.output)
    assert "2 of 2 pins are not served" in run.message
    assert "packages not checked: " in run.message


def test_what_was_not_looked_at_is_reported(rig: Rig, site: dict[str, Any]) -> None:
    run = rig.run("access_check", **site).succeeded()
    assert "images not checked: kolla_container_images, the list of all" in run.output


def test_unknown_pins_are_in_the_last_line(rig: Rig, site: dict[str, Any]) -> None:
    pins = Path(site["kayobe_config_repo_path"]) / "etc" / "kayobe" / "pulp-repo-versions.yml"
    gone = [f"stackhpc_pulp_repo_gone_{n}_version: 20250801T000000\n" for n in range(4)]
    pins.write_text(pins.read_text("utf-8") + "".join(gone), "utf-8")
    summary = rig.directory / "summary.md"

    run = rig.run("access_check", **site, summary_path=str(summary)).succeeded()

    line = "4 pins have no repository in this inventory: gone_0, gone_1, gone_2, gone_3"
    assert f"1 served; {line}" in run.output
    assert len([one for one in run.warnings if "gone_" in one]) == 1
    assert "4 pins have no repository" in summary.read_text("utf-8")


def test_the_lists_of_a_client_are_used_where_there_are_none_of_package_repositories(
    rig: Rig, site: dict[str, Any]
) -> None:
    [item] = site.pop("rpm_package_repos")
    stamp = rig.ark.snapshots(rig.prefix)[0]["name"][-len("20250801T000000") :]
    content = rig.servers.ark.content
    snapshots = {
        "served": content(f"{item['base_path']}{stamp}/"),
        "missing": content(f"{rig.prefix}/none/20250801T000000/"),
        "upstream": item["url"],
    }
    rpm = [{"name": f"{rig.prefix} {name}", "url": url} for name, url in snapshots.items()]

    run = rig.run("access_check", **site, stackhpc_pulp_repository_rpm_repos=rpm).failed()

    assert re.search(r"2 pinned snapshots, user '.*: 1 served, 1 missing", run.output)
    assert f"without those that name no snapshot: {rig.prefix} upstream" in run.output

    client = {"stackhpc_pulp_repository_rpm_repos": [rpm[0]], **site}
    mirrored = rig.run("package_mirror", **client).succeeded()

    assert "used the URLs of stackhpc_pulp_repository_rpm_repos" in mirrored.output
    (found,) = rig.client.snapshots(item["base_path"].replace("/", "-"))
    assert found["base_path"] == f"{item['base_path']}{stamp}"
