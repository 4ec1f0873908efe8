# SPDX-License-Identifier: Apache-2.0
"""Disk images: upload, promotion, mirror, and download with curl."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.rig import SPECIAL_PASSWORD, Rig
from tests.lab.demo.site import Pulp

SIZE = 20_000_000
VERSION = "2025.1-20261122T200001"
OLDER = "2025.1-20261121T200001"


@pytest.fixture
def image(rig: Rig) -> Path:
    """Create a file of random bytes."""
    path = rig.directory / "built" / "overcloud.qcow2"
    path.parent.mkdir()
    path.write_bytes(os.urandom(SIZE))
    return path


@pytest.fixture
def account(rig: Rig) -> Pulp:
    """Create an account for the client on Ark."""
    client = {"name": f"{rig.prefix}-site", "password": SPECIAL_PASSWORD}
    rig.run("access_control", release_train_clients=[client]).succeeded()
    return rig.servers.ark.as_user(client["name"], client["password"])


def image_variables(rig: Rig, image: Path, **more: Any) -> dict[str, Any]:
    """Return the variables of the image playbooks; `more` are added, or override them."""
    return {
        "openstack_release": "2025.1",
        "os_distribution": rig.prefix,
        "os_release": "9",
        "image_version": VERSION,
        "image_path": str(image.parent),
        **more,
    }


def curl(pulp: Pulp, path: str, target: Path, anonymous: bool = False) -> int:
    """Download a file with curl, as a client's script does; returns the HTTP status."""
    arguments = ["curl", "--silent", "--output", str(target), "--write-out", "%{http_code}"]
    if not anonymous:
        # In a file, because all users can read a command line.
        config = target.with_suffix(".curl")
        login = f"{pulp.username}:{pulp.password}".replace("\\", "\\\\").replace('"', '\\"')
        config.write_text(f'user = "{login}"\n', encoding="utf-8")
        arguments += ["--config", str(config)]
    url = f"{pulp.url}/pulp/content/{path}"
    done = subprocess.run([*arguments, url], check=True, capture_output=True, text=True)
    return int(done.stdout)


def test_an_image_is_uploaded_promoted_and_mirrored(rig: Rig, image: Path, account: Pulp) -> None:
    wanted = image_variables(rig, image)
    path = f"kayobe-images/2025.1/{rig.prefix}/9/{VERSION}/overcloud-{rig.prefix}-9.qcow2"
    copy = rig.directory / "copy"

    uploaded = rig.run("image_upload", **wanted).succeeded()

    assert sum(file["sent"] for file in uploaded.report[0]["files"]) > SIZE
    assert curl(account, path, copy) == 403
    rig.run("image_promote", **wanted).succeeded()
    assert curl(account, path, copy) == 200
    assert copy.read_bytes() == image.read_bytes()
    assert curl(account, path, copy, anonymous=True) == 403

    source = {
        "image_mirror_source_username": account.username,
        "image_mirror_source_password": account.password,
    }
    rig.run("image_mirror", **wanted, **source).succeeded()
    tasks = len(rig.client.list("tasks/"))
    again = rig.run("image_mirror", **wanted, **source).succeeded()
    assert (again.changed, len(rig.client.list("tasks/"))) == (0, tasks)
    copy.unlink()
    assert curl(rig.servers.client, path, copy, anonymous=True) == 200
    assert copy.read_bytes() == image.read_bytes()

    assert rig.run("image_upload", **wanted).succeeded().changed == 0
    assert rig.run("image_promote", **wanted).succeeded().changed == 0


def test_identical_content_is_not_sent_again_and_a_version_is_immutable(
    rig: Rig, image: Path
) -> None:
    rig.run("image_upload", **image_variables(rig, image, image_version=OLDER)).succeeded()

    same = rig.run("image_upload", **image_variables(rig, image)).succeeded()

    assert sum(file["sent"] for file in same.report[0]["files"]) == 0
    prefix = f"kayobe-images-2025.1-{rig.prefix}-9_"
    served = rig.ark.list("distributions/file/file/", name__startswith=prefix)
    assert {one["name"][len(prefix) :] for one in served} == {OLDER, VERSION, "latest"}
    assert len({one["publication"] for one in served}) == 1
    image.write_bytes(b"other")
    other = rig.run("image_upload", **image_variables(rig, image)).failed()
    assert "is served already, with other content in" in "".join(other.errors.values())


def test_a_promotion_with_a_missing_image_promotes_nothing(rig: Rig, image: Path) -> None:
    wanted = image_variables(rig, image)
    repository = f"kayobe-images-2025.1-{rig.prefix}-9"
    rig.run("image_upload", **wanted).succeeded()
    versions = {repository: VERSION, "kayobe-images-2025.1-nowhere-9": VERSION}

    run = rig.run("image_promote", image_versions=versions).failed()

    assert f"'kayobe-images-2025.1-nowhere-9_{VERSION}'" in run.output
    development = rig.ark.find("contentguards/core/rbac/", "development")
    distribution = rig.ark.find("distributions/file/file/", f"{repository}_{VERSION}")
    assert distribution["content_guard"] == development["pulp_href"]


def test_image_playbooks_use_the_kayobe_configuration(rig: Rig, image: Path, account: Pulp) -> None:
    ark, client = rig.servers.ark, rig.servers.client
    rig.hosts = {"seed": {"seed0": {}}}
    extra = {
        "pulp_url": client.url,
        "pulp_username": client.username,
        "pulp_password": client.password,
        "stackhpc_release_pulp_url": ark.url,
        "stackhpc_release_pulp_username": ark.username,
        "stackhpc_release_pulp_password": ark.password,
    }
    arguments = ["-e", json.dumps(extra)]
    directory = rig.directory / "config" / "etc" / "kayobe"
    directory.mkdir(parents=True)
    pin = f"stackhpc_{rig.prefix}_9_overcloud_host_image_version"
    text = f'---\n{pin}: "{VERSION}"\n'
    (directory / "pulp-host-image-versions.yml").write_text(text, encoding="utf-8")
    pinned = {"kayobe_config_repo_path": str(rig.directory / "config")}

    rig.run("image_upload", *arguments, **image_variables(rig, image)).succeeded()
    rig.run("image_promote", *arguments, **pinned).succeeded()
    arguments[1] = json.dumps(
        {
            **extra,
            "stackhpc_release_pulp_username": account.username,
            "stackhpc_release_pulp_password": account.password,
        }
    )
    rig.run("image_mirror", *arguments, **pinned).succeeded()
    target = rig.directory / "downloads"
    download = image_variables(rig, image, image_download_path=str(target))
    rig.run("image_download", *arguments, **download).succeeded()

    repository = f"kayobe-images-2025.1-{rig.prefix}-9"
    assert rig.ark.find("repositories/file/file/", repository)
    assert rig.client.find("distributions/file/file/", f"{repository}_{VERSION}")
    assert (target / f"overcloud-{rig.prefix}-9.qcow2").read_bytes() == image.read_bytes()
    assert rig.run("image_download", *arguments, **download).succeeded().changed == 0
