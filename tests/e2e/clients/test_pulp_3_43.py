# SPDX-License-Identifier: Apache-2.0
"""A client with Pulp 3.43, the version of Kayobe's seeds, that mirrors from a current Ark."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.play import Secret
from tests.e2e.rig import SPECIAL_PASSWORD, Rig, Servers, server_name
from tests.lab.demo.fetch import manifest_digest
from tests.lab.demo.site import pulp_of
from tests.lab.oci_layout import Attached, Image, write_layout
from tests.lab.oci_registry import OciRegistry
from tests.lab.pulp import launcher

NAME = server_name("fail-3-43")


@pytest.fixture(scope="module")
def old(guarded: Servers) -> Iterator[Servers]:
    """Replace the client by a server with Pulp 3.43."""
    try:
        client = pulp_of("client", launcher.start(NAME, generation="3.43")[NAME])
        yield replace(guarded, client=client)
    finally:
        launcher.destroy(NAME)


@pytest.fixture
def rig(old: Servers, rig: Rig, tmp_path: Path) -> Rig:
    """Return a rig whose client has Pulp 3.43."""
    return Rig(old, tmp_path, rig.prefix)


def _channels(rig: Rig, stamp: str) -> dict[str, Any]:
    item, ark = rig.rpm(1), rig.servers.ark
    repository = {
        "name": f"{item['name']}-channels",
        "url": ark.content(f"{item['base_path']}{stamp}"),
        "policy": "on_demand",
        "sync_policy": "mirror_content_only",
        "remote_username": ark.username,
        "remote_password": ark.password,
    }
    development, production = (
        {"name": f"{rig.prefix}-{channel}", "base_path": f"{item['base_path']}{channel}"}
        for channel in ("development", "production")
    )
    return {
        "stackhpc_pulp_repository_rpm_repos": [repository],
        "stackhpc_pulp_publication_rpm_development": [{"repository": repository["name"]}],
        "stackhpc_pulp_distribution_rpm_development": [
            {**development, "repository": repository["name"]}
        ],
        "stackhpc_pulp_distribution_rpm_production": [
            {**production, "distribution": development["name"]}
        ],
    }


def _status(rig: Rig, base_path: str, file: str) -> int:
    client = rig.servers.client
    return client.as_user("").get(client.content(base_path, file))[0]


def test_a_release_is_mirrored_idempotently(rig: Rig) -> None:
    lists = {"rpm_package_repos": [rig.rpm(1), rig.rpm(2)], "deb_package_repos": [rig.deb()]}
    run = rig.run("package_sync", **lists).succeeded()
    stamps = {line["short_name"]: line["stamp"] for line in run.report}
    rig.run("package_promote", package_versions=stamps, **lists).succeeded()

    rig.run("package_mirror", package_versions=stamps, **lists).succeeded()

    for item in (*lists["rpm_package_repos"], *lists["deb_package_repos"]):
        file = "dists/noble/InRelease" if "distributions" in item else "repodata/repomd.xml"
        assert _status(rig, f"{item['base_path']}{stamps[item['short_name']]}", file) == 200
    assert rig.run("package_mirror", package_versions=stamps, **lists).succeeded().changed == 0


def test_channels_are_synced_published_and_promoted(rig: Rig) -> None:
    variables = _channels(rig, rig.snapshot(rig.rpm(1))[rig.rpm(1)["short_name"]])
    path = rig.rpm(1)["base_path"]

    rig.run("client_sync", **variables).succeeded()
    assert _status(rig, f"{path}development", "repodata/repomd.xml") == 200
    assert _status(rig, f"{path}production", "repodata/repomd.xml") == 404
    rig.run("client_promote", **variables).succeeded()

    assert _status(rig, f"{path}production", "repodata/repomd.xml") == 200
    assert rig.run("client_promote", **variables).succeeded().changed == 0


def test_guards_groups_and_users_are_created_idempotently(rig: Rig) -> None:
    key, certificate = rig.directory / "key.pem", rig.directory / "ca.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=ca"
    command = ["openssl", *words.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    name = {"name": rig.prefix}
    roles = [{"role": "core.rbaccontentguard_downloader", "groups": [rig.prefix]}]
    user = {"username": rig.prefix, "password": SPECIAL_PASSWORD, "groups": [rig.prefix]}
    rig.secrets.append(Secret(rig.prefix, SPECIAL_PASSWORD))
    calls: list[tuple[str, dict[str, Any]]] = [
        ("pulp_group", {"groups": [name]}),
        ("pulp_user", {"users": [user]}),
        (
            "pulp_content_guard",
            {
                "rbac": [{**name, "roles": roles}],
                "x509": [{"name": f"{rig.prefix}-x", "ca_certificate": certificate.read_text()}],
            },
        ),
    ]

    changed = [
        [rig.run_module(module, "client1", **options).succeeded().changed for _run in "ab"]
        for module, options in calls
    ]

    assert changed == [[1, 0], [1, 0], [1, 0]]


def test_images_are_pushed_synced_copied_and_served(rig: Rig, tmp_path: Path) -> None:
    digests = write_layout(tmp_path / "registry" / "nova", {tag: Image(tag) for tag in "abc"})
    names = {name: f"{rig.prefix}{name}/nova" for name in ("", "-dev", "-push")}
    push = {"namespace": f"{rig.prefix}-push", "source": f"oci:{tmp_path}/registry/nova:{{tag}}"}
    rig.run_module(
        "container_push", "client1", **push, images=[{"name": "nova", "tag": "a"}]
    ).succeeded()
    with OciRegistry(tmp_path / "registry") as registry:
        source = {"url": registry.url, "upstream_name": "nova", "name": names["-dev"]}
        item = {**source, "include_tags": ["b", "c*"], "pinned": True}
        sync = {"sync": True, "retries": 0, "late_retry_delay": -1}
        synced = rig.run_module("pulp_repository", "client1", container=[item], **sync)
        again = rig.run_module("pulp_repository", "client1", container=[item], **sync)
        absent = {**item, "include_tags": ["b", "nowhere", "x*"]}
        failed = rig.run_module("pulp_repository", "client1", container=[absent], **sync).failed()
    assert synced.succeeded().report[0]["packages_added"] == 2
    assert (again.succeeded().changed, again.report[0]["sync"]) == (0, "pinned")
    assert "these are missing: nowhere, x*. nova at " in failed.message

    # A push to Pulp 3.43 creates a push repository, a different type that occupies the name.
    plain = [{"name": names["-push"]}]
    taken = rig.run_module("pulp_repository", "client1", container=plain).failed()
    assert "the name is taken by a repository of another kind, such as a push" in taken.message

    rig.run_module("pulp_repository", "client1", container=[{"name": names[""]}]).succeeded()
    items = [
        {"name": names[""], "source": names["-push"], "tags": ["a"]},
        {"name": names[""], "source": names["-dev"], "tags": ["b", "c"], "immutable": True},
    ]
    copied = rig.run_module("pulp_container_content", "client1", container=items).succeeded()
    assert [line["tags"] for line in copied.report] == [
        {"a": digests["a"]},
        {"b": digests["b"], "c": digests["c"]},
    ]
    unchanged = rig.run_module("pulp_container_content", "client1", container=items).succeeded()
    assert unchanged.changed == 0

    to_push = {"name": names["-push"], "source": names["-dev"], "tags": ["b"]}
    rejected = rig.run_module("pulp_container_content", "client1", container=[to_push]).failed()
    assert "Pulp cannot copy into a push repository" in rejected.message
    untag = {"name": names["-push"], "tags": ["a"], "state": "absent"}
    removed = rig.run_module("pulp_container_content", "client1", container=[untag]).succeeded()
    assert removed.report[0]["before"] == {"tags": {"a": digests["a"]}}

    served = {"name": names[""], "base_path": names[""], "repository": names[""], "private": True}
    pinned = [{**served, "version": 1}]
    for expected in (1, 0):
        run = rig.run_module("pulp_distribution", "client1", container=pinned).succeeded()
        assert run.changed == expected


def test_signatures_and_attestations_are_mirrored_with_images(rig: Rig) -> None:
    layout = rig.directory / "layout"
    digests = write_layout(layout, {"1": Image("signed"), "2": Image("plain")})
    signature, attestation, bundle = (Attached(digests["1"], kind) for kind in ("sig", "att", ""))
    attached = {one.tag: one for one in (signature, attestation, bundle)}
    digests.update(write_layout(layout, attached))
    names = {"container_namespace_development": f"{rig.prefix}-dev"}
    names["container_namespace_release"] = f"{rig.prefix}-release"
    pushed = {
        "namespace": names["container_namespace_development"],
        "source": f"oci:{layout}:{{tag}}",
        "images": [{"name": "nova", "tag": tag} for tag in ("1", *attached)],
    }
    pushed["images"].append({"name": "glance", "tag": "2"})
    rig.run_module("container_push", **pushed).succeeded()
    pins = {"container_tags": {"nova": ["1"], "glance": ["2"]}, **names}
    rig.run("container_promote", **pins).succeeded()

    rig.run("container_mirror", **pins).succeeded()

    image = f"{names['container_namespace_release']}/nova"
    assert manifest_digest(rig.directory, rig.servers.ark, image, bundle.tag) == digests[bundle.tag]
    client = rig.servers.client.as_user("")
    # Pulp 3.43 cannot store the bundle of cosign 3, which must not affect the others.
    for tag in ("1", signature.tag, attestation.tag):
        assert manifest_digest(rig.directory, client, image, tag) == digests[tag]
    assert rig.run("container_mirror", **pins).succeeded().changed == 0


def test_images_are_pushed_after_container_access(rig: Rig) -> None:
    layout = write_layout(rig.directory / "layout", {"1": Image("first")})
    rig.add_host("ark", "ark1", rig.servers.client)
    names = {
        f"container_namespace_{kind}": f"{rig.prefix}-{kind}" for kind in ("development", "release")
    }
    images = {"kolla_container_images": ["nova"], **names}
    rig.run("container_access", **images).succeeded()
    pushed = {
        "source": f"oci:{rig.directory}/layout:{{tag}}",
        "images": [{"name": "nova", "tag": "1"}],
    }

    run = rig.run_module(
        "container_push", namespace=names["container_namespace_development"], **pushed
    ).succeeded()

    assert [line["digest"] for line in run.report] == [layout["1"]]
    assert rig.run("container_access", **images).succeeded().changed == 0
    rig.run("container_promote", container_tag="1", **images).succeeded()


def test_images_are_pushed_to_a_private_push_repository(rig: Rig) -> None:
    digests = write_layout(rig.directory / "layout", {"1": Image("old"), "2": Image("older")})
    options = {
        "namespace": rig.prefix,
        "source": f"oci:{rig.directory}/layout:{{tag}}",
        "images": [{"name": "nova", "tag": tag} for tag in digests],
    }

    run = rig.run_module("container_push", "client1", **options).succeeded()

    assert {line["tag"]: line["digest"] for line in run.report} == digests
    (distribution,) = rig.client.list(
        "distributions/container/container/", base_path=f"{rig.prefix}/nova"
    )
    assert distribution["private"] is True
    assert "/container/container-push/" in distribution["repository"]
    assert rig.run_module("container_push", "client1", **options).succeeded().changed == 0
    absent = [{"name": rig.prefix, "state": "absent"}]
    rejected = rig.run_module("pulp_container_namespace", "client1", namespaces=absent).failed()
    assert f"in use by the distributions {rig.prefix}/nova" in rejected.message


def test_files_are_uploaded_in_sequential_chunks(rig: Rig) -> None:
    path = rig.directory / "tool.img"
    path.write_bytes(os.urandom(300_000))
    wanted = {"name": rig.prefix, "checksums": True, "files": [{"path": str(path)}]}
    options = {"file": [wanted], "chunk_size": "64K", "state_path": str(rig.directory / "state")}
    rig.run_module("pulp_repository", "client1", file=[{"name": rig.prefix}]).succeeded()

    run = rig.run_module("pulp_file_content", "client1", **options).succeeded()

    assert [one["action"] for one in run.of(rig.prefix)["files"]] == ["uploaded"] * 2
    assert rig.run_module("pulp_file_content", "client1", **options).succeeded().changed == 0
    wanted["files"] = [{"path": str(path), "relative_path": "another/name.img"}]
    again = rig.run_module("pulp_file_content", "client1", **options).succeeded()
    assert again.of(rig.prefix)["files"][0]["sent"] == 0
    version = rig.client.find("repositories/file/file/", rig.prefix)["latest_version_href"]
    assert len(rig.client.list("content/file/files/", repository_version=version)) == 4


def test_a_disk_image_is_mirrored(rig: Rig) -> None:
    path = rig.directory / "tool.img"
    path.write_bytes(os.urandom(300_000))
    image = {
        "image_kind": "other",
        "image_repository": rig.prefix,
        "image_version": "2025.1-20261122T200001",
        "image_path": str(path),
    }
    rig.run("image_upload", **image).succeeded()

    rig.run("image_mirror", **image).succeeded()

    assert rig.run("image_mirror", **image).succeeded().changed == 0
    served = f"{rig.prefix}/{image['image_version']}/{path.name}"
    dest = str(rig.directory / "copy")
    wanted = [{"path": served, "dest": dest}]
    rig.run_module("pulp_file_download", "client1", files=wanted).succeeded()
    assert (rig.directory / "copy").read_bytes() == path.read_bytes()
