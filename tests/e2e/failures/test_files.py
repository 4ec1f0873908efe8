# SPDX-License-Identifier: Apache-2.0
"""Uploads of large files that are killed, cut off or altered on the way, and how much they take."""

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
# What a request costs besides its chunk.
AROUND = MIB


@pytest.fixture
def tunnel(rig: Rig) -> Iterator[Tunnel]:
    """Let the inventory have a host `far1` that is Ark, by way of a tunnel."""
    with Tunnel(rig.servers.ark.url) as way:
        rig.add_host("ark", "far1", replace(rig.servers.ark, url=way.url))
        yield way


@pytest.fixture
def image(rig: Rig) -> Path:
    """Make a file of random bytes, and a repository for it on Ark."""
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


def held(rig: Rig) -> int:
    """How much Ark has of uploads of an image."""
    there = rig.ark.list("uploads/", size=SIZE)
    return max((sum_of(rig, one["pulp_href"]) for one in there), default=0)


def sum_of(rig: Rig, href: str) -> int:
    return sum(chunk["size"] for chunk in rig.ark.get(href)["chunks"])


def check_arrived(rig: Rig, image: Path) -> None:
    digest = hashlib.sha256(image.read_bytes()).hexdigest()
    (there,) = rig.ark.list("content/file/files/", sha256=digest)
    version = rig.ark.find("repositories/file/file/", rig.prefix)["latest_version_href"]
    (served,) = rig.ark.list("content/file/files/", repository_version=version)
    assert served["pulp_href"] == there["pulp_href"]
    assert list((rig.directory / "state").iterdir()) == []


def test_a_killed_run_leaves_what_it_sent_to_the_next(
    rig: Rig, tunnel: Tunnel, image: Path
) -> None:
    tunnel.rate = 2 * MIB
    play = rig.start_module("pulp_file_content", "far1", **options(rig, image))
    while play.is_running and held(rig) < SIZE // 2:
        time.sleep(0.1)
    assert play.is_running
    play.kill()
    tunnel.rate = None
    tunnel.drain()
    left, before = SIZE - held(rig), tunnel.sent

    run = upload(rig, image).succeeded()

    assert run.of(rig.prefix)["files"][0]["sent"] <= left
    assert tunnel.sent - before <= left + AROUND
    assert left <= SIZE // 2
    check_arrived(rig, image)


def test_a_run_whose_connection_was_cut_says_that_the_next_sends_the_rest(
    rig: Rig, tunnel: Tunnel, image: Path
) -> None:
    tunnel.cut = SIZE // 2

    run = upload(rig, image).failed()

    assert "The chunks sent so far are kept, the next run resumes" in run.errors[rig.prefix]
    assert rig.ark.find("repositories/file/file/", rig.prefix)["latest_version_href"].endswith(
        "/0/"
    )
    left, before = SIZE - held(rig), tunnel.sent
    tunnel.cut = None
    upload(rig, image).succeeded()
    assert tunnel.sent - before <= left + AROUND
    check_arrived(rig, image)


def test_a_chunk_that_was_altered_on_the_way_is_refused_and_sent_again(
    rig: Rig, tunnel: Tunnel, image: Path
) -> None:
    tunnel.flip = SIZE // 2

    run = upload(rig, image).succeeded()

    assert tunnel.flip is None
    assert run.of(rig.prefix)["files"][0]["sent"] == SIZE
    assert tunnel.sent >= SIZE + MIB
    check_arrived(rig, image)


@pytest.fixture
def small_disk(rig: Rig) -> Iterator[Path]:
    """Mount a file system that has room for half of an image."""
    directory = rig.directory / "small"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE // 2}", "tmpfs", str(directory)]
    subprocess.run(mount, check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", str(directory)], check=True)


def serve(rig: Rig, image: Path) -> str:
    """Let Ark serve an image; its path there."""
    wanted = options(rig, image)
    wanted["file"][0]["checksums"] = True
    rig.run_module("pulp_file_content", **wanted).succeeded()
    rig.run_module("pulp_publication", file=[{"repository": rig.prefix}]).succeeded()
    place = {"name": rig.prefix, "base_path": f"images/{rig.prefix}", "repository": rig.prefix}
    rig.run_module("pulp_distribution", file=[place]).succeeded()
    return f"{place['base_path']}/{image.name}"


def test_a_full_disk_is_told_before_a_download_and_leaves_no_half_file(
    rig: Rig, image: Path, small_disk: Path
) -> None:
    path = serve(rig, image)
    wanted = {"path": path, "dest": f"{small_disk}/"}

    run = rig.run_module("pulp_file_download", files=[wanted]).failed()

    assert ": 24 MiB are needed and " in run.errors[path]
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_fills_up_during_a_download_leaves_no_half_file(
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
    begun = part.stat().st_size
    again = rig.run_module("pulp_file_download", files=files).succeeded()
    assert again.of(path)["received"] == SIZE - begun
    assert (small_disk / image.name).read_bytes() == image.read_bytes()


def test_a_download_that_was_killed_goes_on(rig: Rig, tunnel: Tunnel, image: Path) -> None:
    path = serve(rig, image)
    files = [{"path": path, "dest": str(rig.directory / "copy")}]
    tunnel.rate_back = 4 * MIB
    play = rig.start_module("pulp_file_download", "far1", files=files)
    part = rig.directory / "copy.part"
    while play.is_running and not (part.exists() and part.stat().st_size > SIZE // 2):
        time.sleep(0.05)
    assert play.is_running
    play.kill()
    begun = part.stat().st_size

    run = rig.run_module("pulp_file_download", files=files).succeeded()

    assert run.of(path)["received"] == SIZE - begun
    assert (rig.directory / "copy").read_bytes() == image.read_bytes()


@pytest.mark.slow
def test_a_large_file_takes_little_memory(rig: Rig) -> None:
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
