# SPDX-License-Identifier: Apache-2.0
"""Where the lab keeps things: the cache folder, its locks and the state file of each server."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


class LabError(Exception):
    """What went wrong and what to do, in words for the person at the terminal."""


def cache() -> Path:
    """The folder all state lives under: $RELEASE_TRAIN_CACHE, or .cache in the repository."""
    folder = Path(os.environ.get("RELEASE_TRAIN_CACHE") or REPOSITORY / ".cache").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def servers() -> Path:
    """The folder with one folder per server."""
    return cache() / "pulp"


def server_folder(name: str) -> Path:
    """The folder of one server; raises LabError for a name that cannot be one."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name) or len(name) > 40:
        raise LabError(f"'{name}' is no server name: use a-z, 0-9 and inner '-', at most 40.")
    if name == "pulp":
        raise LabError("'pulp' is no server name: RELEASE_TRAIN_PULP_* belongs to the modules.")
    return servers() / name


def known_servers() -> list[str]:
    """Names of the servers that have a state file, sorted."""
    return sorted(path.parent.name for path in servers().glob("*/server.json"))


def load_state(name: str) -> dict[str, Any]:
    """The remembered state of a server, empty when there is none."""
    path = server_folder(name) / "server.json"
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return {}


def save_state(name: str, state: dict[str, Any]) -> None:
    """Remember the state of a server (it holds the password, so only its owner may read it)."""
    write_private(server_folder(name) / "server.json", json.dumps(state, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 in one step: a reader sees the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    partial.replace(path)


@contextlib.contextmanager
def lock(name: str, shared: bool = False) -> Iterator[None]:
    """Hold the named lock, between processes and threads, waiting for it as long as it takes."""
    with _lock_file(name) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def lock_if_free(name: str) -> Iterator[bool]:
    """Hold the named lock if nobody else does; gives whether it is held."""
    with _lock_file(name) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def _lock_file(name: str) -> Iterator[int]:
    folder = cache() / "lock"
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
