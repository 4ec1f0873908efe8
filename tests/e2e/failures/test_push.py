# SPDX-License-Identifier: Apache-2.0
"""Pushes of container images: private from the start, interrupted, rejected, or in parallel."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import requests

from tests.e2e.play import Run, Secret
from tests.e2e.rig import NAMES, SPECIAL_PASSWORD, Rig
from tests.lab.faulty_proxy import FaultyProxy
from tests.lab.oci_layout import Attached, Image, write_layout
from tests.lab.pulp import launcher

TAG = "2025.1-rocky-9-20261122T020000"
SIZE = 2_000_000
"""Size of an image, large enough to interrupt its push in the middle."""
MIDDLE = SIZE // 2
"""More bytes than any request of a push sends, except the upload of the layer."""


def _layout(rig: Rig, text: str = "nova", size: int = SIZE) -> tuple[str, str]:
    """Write an image; returns its source and its digest."""
    directory = rig.directory / f"layout-{text}"
    digest = write_layout(directory, {"image": Image(text, size)})["image"]
    return f"oci:{directory}:image", digest


def _options(rig: Rig, source: str, **more: Any) -> dict[str, Any]:
    return {"namespace": rig.prefix, "names": ["nova"], "tag": TAG, "source": source, **more}


def _only(run: Run) -> dict[str, Any]:
    (line,) = run.report
    return line


def _pull(rig: Rig, name: str, *account: str) -> int:
    """Return the HTTP status of a request for an image; it is anonymous without an account."""
    ark = rig.servers.ark
    host = ark.url.split("//")[1]
    query = {"service": host, "scope": f"repository:{name}:pull"}
    token = requests.get(
        f"{ark.url}/token/", query, auth=account or None, verify=ark.ca_path or True, timeout=60
    )
    headers = {
        "Authorization": f"Bearer {token.json()['token']}",
        "Accept": "application/vnd.oci.image.manifest.v1+json",
    }
    address = f"{ark.url}/v2/{name}/manifests/{TAG}"
    return requests.head(
        address, headers=headers, verify=ark.ca_path or True, timeout=60
    ).status_code


def _skopeo(rig: Rig, source: str, name: str) -> None:
    """Push with skopeo, as a builder without this collection does."""
    ark = rig.servers.ark
    host = ark.url.split("//")[1]
    encoded = base64.b64encode(f"{ark.username}:{ark.password}".encode()).decode()
    auth = Path(rig.directory / "auth.json")
    auth.write_text(json.dumps({"auths": {host: {"auth": encoded}}}), encoding="utf-8")
    command = ["skopeo", "copy", "--quiet", "--dest-tls-verify=false"]
    command += ["--dest-authfile", str(auth), source, f"docker://{host}/{name}:{TAG}"]
    subprocess.run(command, check=True)


def test_an_image_is_private_while_it_is_pushed(rig: Rig) -> None:
    source, digest = _layout(rig)
    name, seen = f"{rig.prefix}/nova", []

    def look() -> None:
        (distribution,) = rig.ark.list("distributions/container/container/", base_path=name)
        seen.append((distribution["private"], _pull(rig, name)))

    with FaultyProxy(rig.servers.ark.url, MIDDLE, cut=False, meanwhile=look) as proxy:
        run = rig.run_module("container_push", **_options(rig, source), pulp_url=proxy.url)
        run.succeeded()

    assert seen == [(True, 401)]
    assert (_only(run)["digest"], _only(run)["attempts"]) == (digest, 1)
    ark = rig.servers.ark
    assert _pull(rig, name) == 401
    assert _pull(rig, name, ark.username, ark.password) == 200
    # An image that is pushed without the module is public.
    _skopeo(rig, source, f"{rig.prefix}/by-hand")
    assert _pull(rig, f"{rig.prefix}/by-hand") == 200


def test_an_interrupted_push_is_retried(rig: Rig) -> None:
    source, digest = _layout(rig)

    with FaultyProxy(rig.servers.ark.url, MIDDLE) as proxy:
        options = _options(rig, source, pulp_url=proxy.url, retry_delay=0.1)
        run = rig.run_module("container_push", **options).succeeded()
        again = rig.run_module("container_push", **options).succeeded()

    assert (_only(run)["digest"], _only(run)["attempts"]) == (digest, 2)
    assert (again.changed, _only(again)["attempts"]) == (0, 0)


def test_the_next_run_pushes_an_image_whose_attempts_all_failed(rig: Rig) -> None:
    source, digest = _layout(rig)
    small, small_digest = _layout(rig, "glance", 0)
    images = [{"name": "nova"}, {"name": "glance", "source": small}]
    options = {**_options(rig, source), "names": [], "images": images}

    with FaultyProxy(rig.servers.ark.url, MIDDLE, times=1000) as proxy:
        run = rig.run_module(
            "container_push", **options, pulp_url=proxy.url, attempts=2, retry_delay=0.1
        ).failed()
    next_run = rig.run_module("container_push", **options).succeeded()

    nova, glance = (f"{rig.prefix}/{name}:{TAG}" for name in ("nova", "glance"))
    assert "(after 2 attempts)" in run.errors[nova]
    assert run.of(glance)["digest"] == small_digest
    assert next_run.of(nova)["digest"] == digest
    assert next_run.of(glance)["changed"] is False


def test_an_invalid_image_name_does_not_affect_the_others(rig: Rig) -> None:
    source, digest = _layout(rig, size=0)
    options = {**_options(rig, source), "names": ["nova", "nova:latest"]}

    for action in ("created", "unchanged"):
        run = rig.run_module("container_push", **options).failed()

        (error,) = run.errors.values()
        assert "invalid image name" in error
        nova = run.of(f"{rig.prefix}/nova:{TAG}")
        assert (nova["digest"], nova["action"]) == (digest, action)


def test_a_push_without_permission_is_not_retried(rig: Rig) -> None:
    source, _digest = _layout(rig, size=0)
    group, user = f"{rig.prefix}-group", f"{rig.prefix}-user"
    rig.secrets.append(Secret(user, SPECIAL_PASSWORD))
    rig.run_module("pulp_group", groups=[{"name": group}]).succeeded()
    account = {"username": user, "password": SPECIAL_PASSWORD}
    rig.run_module("pulp_user", users=[{**account, "groups": [group]}]).succeeded()
    rig.run_module("container_push", **_options(rig, source)).succeeded()
    namespace = {"name": rig.prefix, "pull": [group], "push": []}
    rig.run_module("pulp_container_namespace", namespaces=[namespace]).succeeded()

    options = {**_options(rig, source), **account, "tag": "another"}
    run = rig.run_module("container_push", **options).failed()

    assert f"user '{user}' may not push {rig.prefix}/nova" in run.message
    assert "pulp_container_namespace" in run.message
    assert _only(run)["attempts"] == 1
    assert _only(run)["cause"] == "registry rejects the account"
    pushed = {**namespace, "push": [group]}
    rig.run_module("pulp_container_namespace", namespaces=[pushed]).succeeded()
    rig.run_module("container_push", **options).succeeded()


def test_parallel_pushes_of_one_tag_do_not_duplicate_work(rig: Rig) -> None:
    source, digest = _layout(rig)
    options = _options(rig, source)

    plays = [rig.start_module("container_push", **options) for _run in "ab"]
    runs = [play.wait().succeeded() for play in plays]

    assert {_only(run)["digest"] for run in runs} == {digest}
    (distribution,) = rig.ark.list(
        "distributions/container/container/", base_path=f"{rig.prefix}/nova"
    )
    assert distribution["private"] is True
    assert len(rig.ark.list("repositories/", name=f"{rig.prefix}/nova")) == 1
    assert rig.run_module("container_push", **options).succeeded().changed == 0


def test_parallel_pushes_of_tags_of_one_image_do_not_conflict(rig: Rig) -> None:
    # They share their configuration, and pairs share a layer, which only one push uploads.
    attached = [
        Attached(f"sha256:{number:064}", kind) for number in range(6) for kind in ("sig", "att")
    ]
    layout = rig.directory / "layout"
    digests = write_layout(layout, {one.tag: one for one in attached})
    source = f"oci:{layout}:{{tag}}"
    shares = [
        [{"name": "nova", "tag": one.tag} for one in attached if one.kind == kind]
        for kind in ("sig", "att")
    ]

    plays = [
        rig.start_module("container_push", namespace=rig.prefix, source=source, images=share)
        for share in shares
    ]
    runs = [play.wait().succeeded() for play in plays]

    assert {line["tag"]: line["digest"] for run in runs for line in run.report} == digests


def test_the_next_push_completes_an_incomplete_index(rig: Rig) -> None:
    images = {"1": Image("multi", architectures=("amd64", "arm64"))}
    digest = write_layout(rig.directory / "layout", images)["1"]
    source = f"oci:{rig.directory}/layout:1"
    options = _options(rig, source)
    rig.run_module("container_push", **options).succeeded()
    # Pulp leaves this state when another push interferes, which is too rare to wait for.
    links = f"ManifestListManifest.objects.filter(image_manifest__digest={digest!r})"
    program = (
        f"from pulp_container.app.models import ManifestListManifest; {links}.first().delete()"
    )
    assert launcher.manage(NAMES[0], "shell", "-c", program) == 0

    assert rig.run_module("container_push", **options).succeeded().changed == 1

    (index,) = rig.ark.list("content/container/manifests/", digest=digest)
    assert len(index["listed_manifests"]) == 2
    assert rig.run_module("container_push", **options).succeeded().changed == 0
