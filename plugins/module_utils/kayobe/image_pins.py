# SPDX-License-Identifier: Apache-2.0
"""Edit the container image tags and the disk image versions of a Kayobe configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..errors import OperatorError
from ..inventory.stamp import STAMP_PATTERN
from .kolla import DEFAULT_KEY, KEY_PATTERN, base_distro_of
from .package_pins import PinChange, pin_change
from .pin_file import read_entries, with_values
from .tag_file import aliases_of, read_keys, with_tag, without_base_distro

_DISK_IMAGE_VERSION = re.compile(f"[0-9a-z.]+-({STAMP_PATTERN})")
_DISK_IMAGE_VARIABLE = re.compile(r"stackhpc_(.+)_overcloud_host_image_version")


@dataclass(frozen=True)
class TagUpdate:
    """A tag of container images, and the keys of `kolla_image_tags` to set it at (default:
    `openstack`), for its base distribution.

    `reset` removes that base distribution from all other keys but `openstack`; `add` accepts a base
    distribution that the file does not have, which may otherwise be misspelt.
    """

    tag: str
    keys: Iterable[str] = ()
    reset: bool = False
    add: bool = False


def update_container_image_tags(text: str, update: TagUpdate) -> tuple[str, list[PinChange]]:
    """Return the text of a tag file after an update, and the change of each key.

    Raises OperatorError for an invalid tag or key, an unknown base distribution, and a file that
    cannot be edited.
    """
    tag, base_distro = update.tag, base_distro_of(update.tag)
    wanted = list(dict.fromkeys(update.keys)) or [DEFAULT_KEY]
    problems = []
    if not base_distro:
        problems.append(f"invalid tag '{tag}': expected one such as 2025.1-rocky-9-20250812T091848")
    problems += [
        f"invalid key '{key}': expected lowercase letters, digits and underscores"
        for key in wanted
        if not KEY_PATTERN.fullmatch(key)
    ]
    if problems:
        raise OperatorError("; ".join(problems))
    existing = {key.name: key for key in read_keys(text)}
    known = dict.fromkeys(line.base_distro for key in existing.values() for line in key.tags)
    if base_distro not in known and not update.add:
        raise OperatorError(
            f"no key has a tag for {base_distro}, only for {', '.join(known) or 'nothing'}: correct "
            "the tag, or set kayobe_update_add to add a base distribution"
        )
    changes = []
    for key in wanted:
        lines = existing[key].tags if key in existing else []
        tags = {line.base_distro: line.value for line in lines}
        name = f"{key} {base_distro}"
        if base_distro in tags:
            changes.append(pin_change(name, tags[base_distro], tag))
        else:
            changes.append(PinChange(name, "add", None, tag))
        change = changes[-1]
        if change.changed:
            text = with_tag(text, key, base_distro, tag)
        changes += [
            replace(change, name=f"{alias} {base_distro}")
            for alias in aliases_of(existing.values(), key)
        ]
    if update.reset:
        text, removed = without_base_distro(text, base_distro, [*wanted, DEFAULT_KEY])
        changes += [PinChange(f"{key} {base_distro}", "remove", old, "") for key, old in removed]
    return text, changes


def update_disk_image_versions(
    text: str, version: str, names: Iterable[str] = ()
) -> tuple[str, list[PinChange]]:
    """Return the text of a file of disk image versions with a version for all its disk images, or
    for those of `names`, such as `rocky-9`, and the change of each.

    Raises OperatorError for an invalid version, a name that the file does not have, and a file that
    cannot be edited.
    """
    if not _DISK_IMAGE_VERSION.fullmatch(version):
        raise OperatorError(
            f"invalid version '{version}': expected one such as 2025.1-20261122T200001"
        )
    existing = {
        match[1]: entry
        for entry in read_entries(text)
        for match in [_DISK_IMAGE_VARIABLE.fullmatch(entry.key)]
        if match
    }
    wanted = [re.sub("[^a-z0-9]", "_", name) for name in names] or list(existing)
    missing = [name for name in wanted if name not in existing]
    if missing or not wanted:
        what = f"no version of {', '.join(missing)}" if missing else "no version of any disk image"
        known = f", only of {', '.join(existing)}" if existing else ""
        raise OperatorError(
            f"{what} is in the file{known}: expected variables such as "
            "stackhpc_<distribution>_<release>_overcloud_host_image_version"
        )
    changes = [
        pin_change(name, entry.value, version) for name, entry in existing.items() if name in wanted
    ]
    values = {existing[change.name].key: change.after for change in changes if change.changed}
    return with_values(text, values), changes
