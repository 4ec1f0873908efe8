# SPDX-License-Identifier: Apache-2.0
"""Row 8: one large file, in chunks of several sizes, against curl with the same chunks."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .measure import Run, alternating, measured, module, script
from .server import Server
from .table import Table

MIB = 1024 * 1024
REPOSITORY = "bench-upload"
CHUNKS = (8, 16, 32, 64, 128)


def uploads(server: Server, size: int, repetitions: int) -> Table:
    """Upload a file of `size` MiB; each run sends bytes that the server does not have."""
    repository = server.file_repository(REPOSITORY)
    columns = ("chunks, MiB", "ours, s", "curl, s", "ratio", "MiB/s", "all runs, s (ours; curl)")
    table = Table(f"Upload of one file of {size} MiB", columns)
    chosen = max(8, min(64, -(-size // 64)))
    for chunk in sorted({*(one for one in CHUNKS if one <= size), chosen}):
        pair = alternating(
            lambda chunk=chunk: _ours(server, size, chunk),
            lambda chunk=chunk: _curl(server, repository, size, chunk),
            repetitions,
        )
        ours, curl = pair.medians
        mark = " (chosen automatically)" if chunk == chosen else ""
        rate = f"{size / ours.seconds:.0f} / {size / curl.seconds:.0f}"
        table.add(
            f"{chunk}{mark}",
            *(f"{run.seconds:.2f}" for run in (ours, curl)),
            f"{pair.ratio:.2f}",
            rate,
            pair.times,
        )
        if chunk == chosen:
            table.add_target(
                f"{size} MiB in chunks of {chunk} MiB, time by curl's", pair.ratio, 1.25
            )
    return table


def _ours(server: Server, size: int, chunk: int) -> Run:
    with _directory() as directory:
        path = directory / "image"
        _write(path, size, secrets.token_bytes(16))
        item = {"name": REPOSITORY, "files": [{"path": str(path)}]}
        options = {"state_path": str(directory / "state"), "chunk_size": f"{chunk}M"}
        return module(server, "pulp_file_content", {"file": [item], **options})


def _curl(server: Server, repository: str, size: int, chunk: int) -> Run:
    with _directory() as directory:
        job = {
            **server.login,
            "url": server.url,
            "repository": repository,
            "name": "image",
            "size": size * MIB,
            "chunks": list(_write_chunks(directory, size, chunk)),
        }
        return measured(server, lambda: script("bare_upload", job))


def _write_chunks(directory: Path, size: int, chunk: int) -> Iterator[dict[str, Any]]:
    """Write the chunks of such a file to files, with checksums, before the measured time."""
    first = secrets.token_bytes(16)
    digests: dict[tuple[int, bytes], str] = {}
    for begin in range(0, size, chunk):
        length, head = min(chunk, size - begin), b"" if begin else first
        path = directory / f"{begin:06}"
        _write(path, length, head)
        if (length, head) not in digests:
            digests[length, head] = hashlib.sha256(path.read_bytes()).hexdigest()
        yield {
            "path": str(path),
            "offset": begin * MIB,
            "size": length * MIB,
            "sha256": digests[length, head],
        }


def _write(path: Path, size: int, head: bytes) -> None:
    """Write a sparse file of `size` MiB, which uses no disk space here."""
    with path.open("wb") as stream:
        stream.write(head)
        stream.truncate(size * MIB)


@contextmanager
def _directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
