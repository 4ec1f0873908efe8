# SPDX-License-Identifier: Apache-2.0
"""Paths of the lab: the cache directory, its locks and the state file of each server."""

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
    """An error of the lab; its message has the cause and what to do."""


def cache() -> Path:
    """Return the directory of all state: $RELEASE_TRAIN_CACHE, or .cache in the repository."""
    directory = Path(os.environ.get("RELEASE_TRAIN_CACHE") or REPOSITORY / ".cache").absolute()
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def servers() -> Path:
    """Return the directory that has a directory for each server."""
    return cache() / "pulp"


def server_directory(name: str) -> Path:
    """Return the directory of one server; raise LabError if its name is invalid."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name) or len(name) > 40:
        raise LabError(
            f"Invalid server name '{name}': use at most 40 of a-z, 0-9 and '-', which can be "
            "neither first nor last."
        )
    if name == "pulp":
        raise LabError("Invalid server name 'pulp': the modules use RELEASE_TRAIN_PULP_*.")
    return servers() / name


def known_servers() -> list[str]:
    """Return the names of the servers that have a state file, sorted."""
    return sorted(path.parent.name for path in servers().glob("*/server.json"))


def load_state(name: str) -> dict[str, Any]:
    """Return the saved state of a server, empty if there is none."""
    path = server_directory(name) / "server.json"
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return {}


def save_state(name: str, state: dict[str, Any]) -> None:
    """Save the state of a server in a file of mode 0600, because it has the password."""
    write_private(server_directory(name) / "server.json", json.dumps(state, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 atomically: a reader sees the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    partial.replace(path)


@contextlib.contextmanager
def lock(name: str, shared: bool = False) -> Iterator[None]:
    """Hold the named lock between processes and threads; wait for it without a limit."""
    with _lock_file(name) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def lock_if_free(name: str) -> Iterator[bool]:
    """Hold the named lock if it is free; yield whether it is held."""
    with _lock_file(name) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def _lock_file(name: str) -> Iterator[int]:
    directory = cache() / "lock"
    directory.mkdir(exist_ok=True)
    descriptor = os.open(directory / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
