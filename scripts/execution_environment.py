# SPDX-License-Identifier: Apache-2.0
"""Check that ansible-builder finds all requirements of the collection."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

COLLECTION = Path(__file__).resolve().parents[1]
# The directory that contains `ansible_collections`.
COLLECTIONS = COLLECTION.parents[2]
METADATA = Path("meta", "execution-environment.yml")


def read_requirements(collection: Path) -> dict[str, list[str]]:
    """Return the requirements of each kind, in the files that the metadata names."""
    metadata = yaml.safe_load((collection / METADATA).read_text(encoding="utf-8"))
    return {
        kind: [
            line
            for line in (collection / name).read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")
        ]
        for kind, name in metadata["dependencies"].items()
    }


def introspect(collections: Path) -> Any:
    """Return what ansible-builder finds, which it also does when it builds an image."""
    done = subprocess.run(
        ["ansible-builder", "introspect", str(collections)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"ansible-builder failed with status {done.returncode}")
    return yaml.safe_load(done.stdout)


def problems(found: Mapping[str, Any], required: Mapping[str, list[str]]) -> list[str]:
    """Return a message for each kind of which ansible-builder does not find what is required.

    It adds the name of the collection to each line as a comment.
    """
    messages = []
    for kind in sorted({*found, *required}):
        lines = [line.partition("#")[0].strip() for line in found.get(kind) or []]
        if sorted(lines) != sorted(required.get(kind, [])):
            messages.append(f"{kind}: expected {required.get(kind, [])}, found {lines}")
    return messages


def main() -> None:
    """Print what differs, and fail if anything does."""
    messages = problems(introspect(COLLECTIONS), read_requirements(COLLECTION))
    if messages:
        sys.exit("\n".join(messages))


if __name__ == "__main__":
    main()
