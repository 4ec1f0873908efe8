# SPDX-License-Identifier: Apache-2.0
"""Container images: rejected credentials, missing tags, parallel promotions, partial failures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.play import Run, Secret
from tests.e2e.rig import SPECIAL_PASSWORD, Rig
from tests.lab.faulty_proxy import FaultyProxy
from tests.lab.oci_layout import Image, write_layout
from tests.lab.oci_registry import OciRegistry

# Pulp sends passwords to registries in Latin-1, which not all registries accept.
ACCOUNT = ("builder", SPECIAL_PASSWORD.replace("é", "e"))
QUICK = {"retries": 0, "late_retry_delay": -1}
TAG = "2025.1-rocky-9-20250812T091848"


@pytest.fixture
def registry(rig: Rig) -> Iterator[OciRegistry]:
    """Start a registry that requires an account."""
    rig.secrets.append(Secret(*ACCOUNT))
    with OciRegistry(rig.directory / "registry", ACCOUNT) as served:
        yield served


def publish(registry: OciRegistry, name: str, *tags: str) -> dict[str, str]:
    """Create an image of this name in the registry; returns its digests by tag."""
    directory: Path = registry.root / name
    return write_layout(directory, {tag: Image(f"{name} {tag}") for tag in tags})


def sync_item(rig: Rig, registry: OciRegistry, image: str, **more: Any) -> dict[str, Any]:
    """Return an item of pulp_repository that syncs an image of the registry."""
    return {
        "name": f"{rig.prefix}-dev/{image}",
        "url": registry.url,
        "upstream_name": image,
        "remote_username": ACCOUNT[0],
        "remote_password": ACCOUNT[1],
        "include_tags": [TAG],
        "pinned": True,
        **more,
    }


def promote_item(rig: Rig, image: str) -> dict[str, Any]:
    """Return an item of pulp_container_content that promotes an image."""
    names = {"name": f"{rig.prefix}/{image}", "source": f"{rig.prefix}-dev/{image}"}
    return {**names, "tags": [TAG], "immutable": True}


def latest_version(rig: Rig, name: str) -> int:
    """Return the number of the latest version of a repository."""
    found = rig.ark.find("repositories/container/container/", name)
    return int(found["latest_version_href"].rstrip("/").rsplit("/", 1)[-1])


def test_rejected_credentials_of_one_image_do_not_affect_the_others(
    rig: Rig, registry: OciRegistry
) -> None:
    publish(registry, "nova", TAG)
    wrong = sync_item(rig, registry, "nova", remote_password="another one", name=f"{rig.prefix}/x")
    items = [wrong, sync_item(rig, registry, "nova"), sync_item(rig, registry, "glance")]

    run = rig.run_module("pulp_repository", container=items, sync=True, **QUICK).failed()

    assert run.of(wrong["name"])["cause"] == "upstream credentials rejected"
    assert "401" in run.errors[wrong["name"]]
    assert run.of(f"{rig.prefix}-dev/glance")["cause"] == "404 from upstream"
    assert latest_version(rig, f"{rig.prefix}-dev/nova") == 1


def test_parallel_promotions_of_images_do_not_duplicate_work(
    rig: Rig, registry: OciRegistry
) -> None:
    images = ["nova", "glance", "heat"]
    digests = {image: publish(registry, image, TAG)[TAG] for image in images}
    sources = [sync_item(rig, registry, image) for image in images]
    rig.run_module("pulp_repository", container=sources, sync=True, **QUICK).succeeded()
    items = [promote_item(rig, image) for image in images]
    plain = [{"name": item["name"]} for item in items]
    rig.run_module("pulp_repository", container=plain).succeeded()

    plays = [rig.start_module("pulp_container_content", container=items) for _run in "ab"]
    runs = [play.wait().succeeded() for play in plays]

    assert [latest_version(rig, item["name"]) for item in items] == [1, 1, 1]
    for run in runs:
        assert {line["name"].partition("/")[2]: line["tags"][TAG] for line in run.report} == digests
    assert rig.run_module("pulp_container_content", container=items).succeeded().changed == 0


def test_a_tag_that_another_run_releases_meanwhile_is_not_moved(
    rig: Rig, registry: OciRegistry
) -> None:
    for image in ("nova", "nova-again"):
        publish(registry, image, TAG)
    sources = [sync_item(rig, registry, image) for image in ("nova", "nova-again")]
    rig.run_module("pulp_repository", container=sources, sync=True, **QUICK).succeeded()
    slow = promote_item(rig, "nova")
    fast = {**slow, "source": f"{rig.prefix}-dev/nova-again"}
    rig.run_module("pulp_repository", container=[{"name": slow["name"]}]).succeeded()
    fast_runs: list[Run] = []

    def release() -> None:
        fast_runs.append(rig.run_module("pulp_container_content", container=[fast]))

    # The slow run has read the tags, and does not hold the lock yet.
    lock = b"POST /pulp/api/v3/contentguards/core/rbac/"
    with FaultyProxy(rig.servers.ark.url, lock, cut=False, meanwhile=release) as proxy:
        rejected = rig.run_module("pulp_container_content", container=[slow], pulp_url=proxy.url)

    error = f"{TAG} would move, but released tags are immutable"
    assert error in rejected.failed().message
    (line,) = fast_runs[0].succeeded().report
    read = {"name": slow["name"], "tags": [TAG], "state": "read"}
    (now,) = rig.run_module("pulp_container_content", container=[read]).succeeded().report
    assert now["tags"] == line["tags"]


def test_a_released_tag_is_not_moved_when_its_source_changed(
    rig: Rig, registry: OciRegistry
) -> None:
    old = publish(registry, "nova", TAG)[TAG]
    source = {**sync_item(rig, registry, "nova"), "pinned": False}
    rig.run_module("pulp_repository", container=[source], sync=True, **QUICK).succeeded()
    item = promote_item(rig, "nova")
    rig.run_module("pulp_repository", container=[{"name": item["name"]}]).succeeded()
    rig.run_module("pulp_container_content", container=[item]).succeeded()
    new = write_layout(registry.root / "nova", {TAG: Image("built again")})[TAG]
    rig.run_module("pulp_repository", container=[source], sync=True, **QUICK).succeeded()

    rejected = rig.run_module("pulp_container_content", container=[item]).failed()

    assert f"{TAG} is {old} here and {new} in {item['source']}" in rejected.message
    assert latest_version(rig, item["name"]) == 1
    rig.run_module("pulp_container_content", container=[item], force=True).succeeded()
    again = rig.run_module("pulp_container_content", container=[item]).succeeded()
    assert again.report[0]["tags"] == {TAG: new}


@pytest.mark.slow
def test_3_failures_among_150_images_do_not_affect_the_others(
    rig: Rig, registry: OciRegistry
) -> None:
    images = [f"image-{number:03}" for number in range(150)]
    broken = {"image-007", "image-070", "image-140"}
    for image in images:
        publish(registry, image, "other" if image in broken else TAG)
    sources = [sync_item(rig, registry, image) for image in images]
    plain = [{"name": promote_item(rig, image)["name"]} for image in images]
    rig.run_module("pulp_repository", container=plain).succeeded()

    synced = rig.run_module("pulp_repository", container=sources, sync=True, **QUICK).failed()
    items = [promote_item(rig, image) for image in images]
    copied = rig.run_module("pulp_container_content", container=items).failed()

    assert set(synced.errors) == {f"{rig.prefix}-dev/{image}" for image in broken}
    assert all(f"these are missing: {TAG}." in error for error in synced.errors.values())
    assert copied.errors == {
        f"{rig.prefix}/{image}": f"Some tags not found in source repository: {TAG}"
        for image in broken
    }
    assert len(copied.changed_items) == 147
    assert copied.message.splitlines()[0] == "3 of 150 failed"
