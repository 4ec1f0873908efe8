# SPDX-License-Identifier: Apache-2.0
"""States of repositories: directories that are published atomically at a path of the served tree.

The path is a symbolic link to `<root>/.states/<digest of the path>/<revision>`, replaced in one
rename. The previous state is kept on disk for downloads in progress.
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
"""Increment it if a change of the code changes the metadata that it writes."""

STEP = 3600
"""Seconds between the revisions of two consecutive states."""

RECORD = ".state"


def digest(value: Any) -> str:
    """Return the SHA-256, in hex, of a JSON-serialisable value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def published(root: Path, path: str) -> dict[str, Any]:
    """Return `{"digest": str, "revision": int}` of the state at `path`, `{}` if there is none."""
    record = root / path.strip("/") / RECORD
    return json.loads(record.read_text()) if record.exists() else {}


def publish(
    root: Path,
    path: str,
    content: Any,
    write: Callable[[Path, int], None],
    revision: int | None = None,
) -> Path:
    """Publish a state at `path` below `root`, unless it is already published. Return that path.

    `content` is a JSON-serialisable description of everything in the state; `write(directory,
    revision)` writes it into an empty directory. `revision` is a time in seconds. It defaults to
    STEP after the revision of the previous state, for clients that compare times.
    """
    path = path.strip("/")
    link = root / path
    _reject_nesting(root, path)
    before = published(root, path)
    wanted = digest([FORMAT, content])
    if before.get("digest") == wanted and revision in (None, before["revision"]):
        return link
    if revision is None:
        revision = before["revision"] + STEP if before else EPOCH
    states = root / ".states" / digest(path)[:16]
    directory = states / str(revision)
    fresh = states / f"{revision}.{os.getpid()}"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        write(fresh, revision)
        _set_times(fresh, revision)
        record = {"digest": wanted, "revision": revision}
        (fresh / RECORD).write_text(json.dumps(record))
        if directory.exists():
            # Only if a caller publishes other content with a revision that is on disk.
            directory.rename(states / f"{revision}.old.{os.getpid()}")
        fresh.rename(directory)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    _point(link, directory)
    keep = {directory.name, str(before.get("revision", ""))}
    for old in states.iterdir():
        if old.name not in keep:
            shutil.rmtree(old, ignore_errors=True)
    return link


def place(source: Path, target: Path) -> None:
    """Link the file `source` to `target`, or copy it if the file system has no hard links.

    Raises UpstreamError if `target` has other content: two packages of one name and version.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        if not filecmp.cmp(source, target, shallow=False):
            raise UpstreamError(f"Two different packages are called {target.name}.") from None
    except OSError:
        shutil.copy2(source, target)


def _reject_nesting(root: Path, path: str) -> None:
    """Raise UpstreamError if `path` is below or above another published path."""
    link = root / path
    if link.is_dir() and not link.is_symlink():
        raise UpstreamError(f"'{path}' contains other published paths.")
    for parent in list(link.relative_to(root).parents)[:-1]:
        if (root / parent).is_symlink():
            raise UpstreamError(f"'{path}' is below '{parent}', which is published as a whole.")


def _set_times(directory: Path, revision: int) -> None:
    """Set the time of each file that was written for this state to its revision."""
    for base, _directories, files in os.walk(directory):
        for name in files:
            path = os.path.join(base, name)
            # Packages are shared with the build cache: their time is not changed.
            if os.stat(path).st_mtime != EPOCH:
                os.utime(path, (revision, revision))


def _point(link: Path, directory: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(directory, link.parent))
    os.replace(fresh, link)
