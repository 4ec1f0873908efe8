# SPDX-License-Identifier: Apache-2.0
"""Large files: killed runs, broken connections, corrupted data, full disks, and memory use."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.play import Run
from tests.e2e.rig import Rig
from tests.lab.tunnel import Tunnel

MIB = 1024 * 1024
SIZE = 24 * MIB
# Upper limit of what the requests of an upload send in addition to its chunks.
OVERHEAD = MIB


@pytest.fixture
def tunnel(rig: Rig) -> Iterator[Tunnel]:
    """Add a host `far1` to the inventory: Ark, behind a tunnel."""
    with Tunnel(rig.servers.ark.url) as tunnel:
        rig.add_host("ark", "far1", replace(rig.servers.ark, url=tunnel.url))
        yield tunnel


@pytest.fixture
def image(rig: Rig) -> Path:
    """Create a file of random bytes, and a repository for it on Ark."""
    path = rig.directory / "image.qcow2"
    path.write_bytes(os.urandom(SIZE))
    rig.run_module("pulp_repository", file=[{"name": rig.prefix}]).succeeded()
    return path


def options(rig: Rig, image: Path) -> dict[str, Any]:
    return {
        "chunk_size": "1M",
        "state_path": str(rig.directory / "state"),
        "file": [{"name": rig.prefix, "files": [{"path": str(image)}]}],
    }


def upload(rig: Rig, image: Path, host: str = "far1") -> Run:
    return rig.run_module("pulp_file_content", host, **options(rig, image))


def kept_size(rig: Rig) -> int:
    """Return how many bytes of an unfinished upload Ark has."""
    uploads = rig.ark.list("uploads/", size=SIZE)
    return max((uploaded_size(rig, one["pulp_href"]) for one in uploads), default=0)


def uploaded_size(rig: Rig, href: str) -> int:
    return sum(chunk["size"] for chunk in rig.ark.get(href)["chunks"])


def check_uploaded(rig: Rig, image: Path) -> None:
    digest = hashlib.sha256(image.read_bytes()).hexdigest()
    (content,) = rig.ark.list("content/file/files/", sha256=digest)
    version = rig.ark.find("repositories/file/file/", rig.prefix)["latest_version_href"]
    (served,) = rig.ark.list("content/file/files/", repository_version=version)
    assert served["pulp_href"] == content["pulp_href"]
    assert list((rig.directory / "state").iterdir()) == []


def test_an_upload_is_resumed_after_a_killed_run(rig: Rig, tunnel: Tunnel, image: Path) -> None:
    tunnel.rate = 2 * MIB
    play = rig.start_module("pulp_file_content", "far1", **options(rig, image))
    while play.is_running and kept_size(rig) < SIZE // 2:
        time.sleep(0.1)
    assert play.is_running
    play.kill()
    tunnel.rate = None
    tunnel.drain()
    left, before = SIZE - kept_size(rig), tunnel.sent

    run = upload(rig, image).succeeded()

    assert run.of(rig.prefix)["files"][0]["sent"] <= left
    assert tunnel.sent - before <= left + OVERHEAD
    assert left <= SIZE // 2
    check_uploaded(rig, image)


def test_an_upload_is_resumed_after_a_broken_connection(
    rig: Rig, tunnel: Tunnel, image: Path
) -> None:
    tunnel.cut = SIZE // 2

    run = upload(rig, image).failed()

    assert "The chunks sent so far are kept, the next run resumes" in run.errors[rig.prefix]
    assert rig.ark.find("repositories/file/file/", rig.prefix)["latest_version_href"].endswith(
        "/0/"
    )
    left, before = SIZE - kept_size(rig), tunnel.sent
    tunnel.cut = None
    upload(rig, image).succeeded()
    assert tunnel.sent - before <= left + OVERHEAD
    check_uploaded(rig, image)


def test_a_corrupted_chunk_is_rejected_and_sent_again(
    rig: Rig, tunnel: Tunnel, image: Path
) -> None:
    tunnel.flip = SIZE // 2

    run = upload(rig, image).succeeded()

    assert tunnel.flip is None
    assert run.of(rig.prefix)["files"][0]["sent"] == SIZE
    assert tunnel.sent >= SIZE + MIB
    check_uploaded(rig, image)


@pytest.fixture
def small_disk(rig: Rig) -> Iterator[Path]:
    """Mount a file system with space for half of an image."""
    directory = rig.directory / "small"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE // 2}", "tmpfs", str(directory)]
    subprocess.run(mount, check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", str(directory)], check=True)


def serve(rig: Rig, image: Path) -> str:
    """Serve an image on Ark; returns its path there."""
    wanted = options(rig, image)
    wanted["file"][0]["checksums"] = True
    rig.run_module("pulp_file_content", **wanted).succeeded()
    rig.run_module("pulp_publication", file=[{"repository": rig.prefix}]).succeeded()
    distribution = {
        "name": rig.prefix,
        "base_path": f"images/{rig.prefix}",
        "repository": rig.prefix,
    }
    rig.run_module("pulp_distribution", file=[distribution]).succeeded()
    return f"{distribution['base_path']}/{image.name}"


def test_a_download_that_does_not_fit_fails_before_it_starts(
    rig: Rig, image: Path, small_disk: Path
) -> None:
    path = serve(rig, image)
    wanted = {"path": path, "dest": f"{small_disk}/"}

    run = rig.run_module("pulp_file_download", files=[wanted]).failed()

    assert ": 24 MiB are needed and " in run.errors[path]
    assert list(small_disk.iterdir()) == []


def test_a_download_is_resumed_after_the_disk_was_full(
    rig: Rig, tunnel: Tunnel, image: Path, small_disk: Path
) -> None:
    path = serve(rig, image)
    size = SIZE // 2 + 8 * MIB
    subprocess.run(["mount", "-o", f"remount,size={SIZE + 4 * MIB}", str(small_disk)], check=True)
    tunnel.rate_back = 4 * MIB
    files = [{"path": path, "dest": f"{small_disk}/"}]
    play = rig.start_module("pulp_file_download", "far1", files=files)
    part = small_disk / f"{image.name}.part"
    while play.is_running and not (part.exists() and part.stat().st_size):
        time.sleep(0.05)
    (small_disk / "other").write_bytes(bytes(size))

    run = play.wait().failed()

    assert "the disk is full" in run.errors[path]
    assert "Free up space; the next run continues" in run.errors[path]
    assert sorted(one.name for one in small_disk.iterdir()) == [part.name, "other"]
    (small_disk / "other").unlink()
    received = part.stat().st_size
    again = rig.run_module("pulp_file_download", files=files).succeeded()
    assert again.of(path)["received"] == SIZE - received
    assert (small_disk / image.name).read_bytes() == image.read_bytes()


def test_a_download_is_resumed_after_a_killed_run(rig: Rig, tunnel: Tunnel, image: Path) -> None:
    path = serve(rig, image)
    files = [{"path": path, "dest": str(rig.directory / "copy")}]
    tunnel.rate_back = 4 * MIB
    play = rig.start_module("pulp_file_download", "far1", files=files)
    part = rig.directory / "copy.part"
    while play.is_running and not (part.exists() and part.stat().st_size > SIZE // 2):
        time.sleep(0.05)
    assert play.is_running
    play.kill()
    received = part.stat().st_size

    run = rig.run_module("pulp_file_download", files=files).succeeded()

    assert run.of(path)["received"] == SIZE - received
    assert (rig.directory / "copy").read_bytes() == image.read_bytes()


@pytest.mark.slow
def test_an_upload_of_a_large_file_needs_little_memory(rig: Rig) -> None:
    path = rig.directory / "large.img"
    with path.open("wb") as stream:
        stream.write(rig.prefix.encode())
        stream.truncate(2048 * MIB)
    rig.run_module("pulp_repository", file=[{"name": rig.prefix}]).succeeded()
    wanted = {**options(rig, path), "chunk_size": None}

    play = rig.start_module("pulp_file_content", **wanted)
    peak = 0
    while play.is_running:
        peak = max(peak, *play.peaks("AnsiballZ_pulp_file_content"), 0)
        time.sleep(0.05)
    play.wait().succeeded()

    print(f"peak of the module's process: {peak // 1024} MiB")
    assert 0 < peak <= 100 * 1024
