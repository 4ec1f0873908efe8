# SPDX-License-Identifier: Apache-2.0
"""Files that an item names: what they are called in the repository, and their bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .local_file import LocalFile, checksum_text
from .pulp_errors import InvalidItem

__all__ = ["CHECKSUM_SUFFIX", "WantedFile", "names_of", "wanted_files"]

CHECKSUM_SUFFIX = ".sha256"
# A control character, or what leads out of the repository.
_NO_NAME = re.compile(r"[\x00-\x1f\x7f]|^/|(^|/)\.{1,2}(/|$)|//|/$|^$")
# What Pulp refuses in it nowadays, once all bytes were sent (pulpcore, relative_path_validator).
_NO_NEW_NAME = re.compile(r"[\s?#]")


@dataclass
class WantedFile:
    """One file that a repository is to hold: a local one, or what is made beside another."""

    relative_path: str
    path: str = ""
    source: LocalFile | None = None

    def open(self) -> LocalFile:
        """Its bytes, looked at for the first time; raises FileError."""
        if self.source is None:
            self.source = LocalFile(self.path)
        return self.source

    def checksum_file(self) -> WantedFile:
        """The small file beside it that holds its checksum."""
        name = self.relative_path + CHECKSUM_SUFFIX
        text = checksum_text(self.open().sha256, self.relative_path)
        return WantedFile(name, source=LocalFile(name, text))


def wanted_files(item: Mapping[str, Any]) -> list[WantedFile]:
    """The files of an item, without those beside them. Raises InvalidItem, naming the entry."""
    files = []
    for number, entry in enumerate(item["files"]):
        path = entry.get("path") or ""
        if not path and item["state"] == "present":
            raise InvalidItem(f"files[{number}] has no path: name the local file")
        files.append(WantedFile(entry.get("relative_path") or os.path.basename(path), path))
    names = names_of(files, item["checksums"])
    for name in names:
        if _NO_NAME.search(name):
            raise InvalidItem(f"'{name}' cannot be a relative_path: give one such as folder/file")
        if item["state"] == "present" and _NO_NEW_NAME.search(name):
            raise InvalidItem(
                f"'{name}' cannot be a relative_path: Pulp takes no blank, '?' or '#' in it; call it "
                "something else there (relative_path, image_file_name)"
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidItem(f"these would be there twice: {', '.join(twice)}. Give a relative_path")
    return files


def names_of(files: Sequence[WantedFile], checksums: bool) -> list[str]:
    """What the files are called in the repository, those beside them included."""
    names = [one.relative_path for one in files]
    return names + [name + CHECKSUM_SUFFIX for name in names] if checksums else names
