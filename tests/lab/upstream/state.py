# SPDX-License-Identifier: Apache-2.0
"""A published state: a folder that appears under its path in the served tree at one instant.

The path is a symbolic link to `<root>/.states/<digest of the path>/<revision>`, replaced in one
rename. The state before the current one stays on disk for downloads that are under way.
"""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .tools import EPOCH, UpstreamError

FORMAT = 1
"""Raise it when a change of the metadata writers changes what they write."""

STEP = 3600
"""Seconds between the revisions of two states that follow each other."""

RECORD = ".state"


def digest(value: Any) -> str:
    """Return the SHA-256, in hex, of a JSON-serialisable value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def published(root: Path, path: str) -> dict[str, Any]:
    """Return `{"digest": str, "revision": int}` of what is published at `path`, or `{}`."""
    record = root / path.strip("/") / RECORD
    return json.loads(record.read_text()) if record.exists() else {}


def publish(
    root: Path,
    path: str,
    content: Any,
    write: Callable[[Path, int], None],
    revision: int | None = None,
) -> Path:
    """Publish a state at `path` below `root`, unless it is the one that is published already.

    `content` is a JSON-serialisable description of everything in the state; `write(folder,
    revision)` writes it into an empty folder. `revision` is a time in seconds; without it a state
    gets the one after the state it replaces, so that clients that compare times see a newer one.
    Returns the published path.
    """
    path = path.strip("/")
    link = root / path
    _refuse_nesting(root, path)
    before = published(root, path)
    wanted = digest([FORMAT, content])
    if before.get("digest") == wanted and revision in (None, before["revision"]):
        return link
    if revision is None:
        revision = before["revision"] + STEP if before else EPOCH
    states = root / ".states" / digest(path)[:16]
    folder = states / str(revision)
    fresh = states / f"{revision}.{os.getpid()}"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        write(fresh, revision)
        _set_times(fresh, revision)
        record = {"digest": wanted, "revision": revision}
        (fresh / RECORD).write_text(json.dumps(record))
        if folder.exists():
            # Only when a caller publishes other content under a revision that is on disk.
            folder.rename(states / f"{revision}.old.{os.getpid()}")
        fresh.rename(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    _point(link, folder)
    keep = {folder.name, str(before.get("revision", ""))}
    for old in states.iterdir():
        if old.name not in keep:
            shutil.rmtree(old, ignore_errors=True)
    return link


def place(source: Path, target: Path) -> None:
    """Put the file `source` at `target`, as a hard link where the file system allows it.

    Raises UpstreamError if another file is there: two packages of one name and version.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        if not filecmp.cmp(source, target, shallow=False):
            raise UpstreamError(f"Two different packages are called {target.name}.") from None
    except OSError:
        shutil.copy2(source, target)


def _refuse_nesting(root: Path, path: str) -> None:
    """Raise UpstreamError when `path` lies in, or holds, another published path."""
    link = root / path
    if link.is_dir() and not link.is_symlink():
        raise UpstreamError(f"'{path}' holds other published paths.")
    for parent in list(link.relative_to(root).parents)[:-1]:
        if (root / parent).is_symlink():
            raise UpstreamError(f"'{path}' lies in '{parent}', which is published as a whole.")


def _set_times(folder: Path, revision: int) -> None:
    """Give every file that was written for this state the time of its revision."""
    for base, _folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(base, name)
            # Packages are shared with the build cache and keep the time they were built at.
            if os.stat(path).st_mtime != EPOCH:
                os.utime(path, (revision, revision))


def _point(link: Path, folder: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(folder, link.parent))
    os.replace(fresh, link)
