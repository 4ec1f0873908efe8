# SPDX-License-Identifier: Apache-2.0
"""Which local files an image is made of: a file, or what patterns find in a folder."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Mapping, Sequence
from typing import Any

from .release_images import ImageError

__all__ = ["image_files"]

_MOST_LISTED = 20


def image_files(image: Mapping[str, Any]) -> list[dict[str, str]]:
    """The files (`path`, `relative_path`) of an item's `path`, `patterns`, `several`, `file_name`.

    Each pattern finds one file, or with `several` at least one. Raises ImageError, listing what is
    there, or what was found.
    """
    path = str(image["path"])
    if os.path.isdir(path):
        found = _found(path, image["patterns"] or ["*"], bool(image["several"]))
    elif os.path.exists(path):
        found = [path]
    else:
        raise ImageError(f"there is no {path}: give image_path, the file or the folder of it")
    name = image.get("file_name")
    if name and len(found) > 1:
        listed = ", ".join(map(os.path.basename, found))
        raise ImageError(f"several files cannot all be called {name}: {listed}")
    return [{"path": one, "relative_path": name or os.path.basename(one)} for one in found]


def _found(folder: str, patterns: Sequence[str], several: bool) -> list[str]:
    there = sorted(one.name for one in os.scandir(folder) if one.is_file())
    # A checksum file is made anew, beside the file that it is of.
    there = [name for name in there if not name.endswith(".sha256")]
    found: list[str] = []
    for pattern in patterns:
        fits = [name for name in there if fnmatch.fnmatchcase(name, pattern)]
        if not fits:
            held = f"it has {_listed(there)}" if there else "it has no file at all"
            raise ImageError(f"no file of {folder} matches '{pattern}': {held}")
        if len(fits) > 1 and not several:
            raise ImageError(
                f"{len(fits)} files of {folder} match '{pattern}', and one is wanted: "
                f"{_listed(fits)}. Give the path of one of them, or a pattern that finds one"
            )
        found += fits
    return [os.path.join(folder, name) for name in dict.fromkeys(found)]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return ", ".join(names[:_MOST_LISTED]) + more
