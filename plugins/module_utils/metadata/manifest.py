# SPDX-License-Identifier: Apache-2.0
"""PULP_MANIFEST, the root of a file repository: path, sha256 and size of each file."""

from __future__ import annotations

from typing import Any

from .packages import MetadataError, read_checksum, read_location, read_size, shown_value

ROOT_PATH = "PULP_MANIFEST"
_MAX_FILES = 100_000


def read_manifest(text: bytes) -> dict[str, dict[str, Any]]:
    """Return `sha256` and `size` of each file by its path.

    Raises MetadataError, also if a line has another form, which the manifest of a repository has not,
    and if there is no file.
    """
    files: dict[str, dict[str, Any]] = {}
    lines = text.decode("utf-8", "replace").splitlines()
    if len(lines) > _MAX_FILES:
        raise MetadataError(f"{ROOT_PATH}: it has more than {_MAX_FILES} lines")
    for line in filter(None, lines):
        parts = line.rsplit(",", 2)
        if len(parts) != 3:
            raise MetadataError(
                f"{ROOT_PATH}: '{shown_value(line)}' is not path, sha256 and size of a file"
            )
        path = read_location(parts[0], ROOT_PATH)
        if path in files:
            raise MetadataError(f"{ROOT_PATH}: it lists '{shown_value(path)}' more than once")
        sha256 = read_checksum("sha256", parts[1], ROOT_PATH).partition(":")[2]
        files[path] = {"sha256": sha256, "size": read_size(parts[2], "size of a file", ROOT_PATH)}
    if not files:
        raise MetadataError(f"{ROOT_PATH}: it lists no file")
    return files
