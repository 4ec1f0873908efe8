# SPDX-License-Identifier: Apache-2.0
"""New tags and versions for the images of a Kayobe configuration: what becomes of each pin."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import OperatorError
from ..inventory.stamp import STAMP_PATTERN
from .kolla import DEFAULT_KEY, distribution_of
from .package_pins import PinChange
from .pin_file import read_entries, with_values
from .tag_file import read_keys, with_tag, without_tag

_KEY = re.compile(r"[a-z0-9_]+")
_VERSION = re.compile(f"[0-9a-z.]+-({STAMP_PATTERN})")
_IMAGE = re.compile(r"stackhpc_(.+)_overcloud_host_image_version")
_STAMP = re.compile(f"({STAMP_PATTERN})$")


def update_tags(
    text: str, tag: str, keys: Iterable[str] = (), reset: bool = False, add: bool = False
) -> tuple[str, list[PinChange]]:
    """The text of a tag file with a tag for its distribution at `keys`, or at `openstack`, and what
    became of each; with `reset` no other key but `openstack` keeps that distribution. One that the
    file does not have anywhere is refused unless it is to `add`: it may be misspelt.

    Raises OperatorError; then nothing is to be written.
    """
    distro = distribution_of(tag)
    wanted = list(dict.fromkeys(keys)) or [DEFAULT_KEY]
    problems = []
    if not distro:
        problems.append(f"'{tag}' is no tag, such as 2025.1-rocky-9-20250812T091848")
    problems += [
        f"'{key}' is no key: letters a to z, digits and _ only"
        for key in wanted
        if not _KEY.fullmatch(key)
    ]
    if problems:
        raise OperatorError("; ".join(problems))
    there = {one.key: one for one in read_keys(text)}
    known = dict.fromkeys(one.distro for key in there.values() for one in key.tags)
    if distro not in known and not add:
        raise OperatorError(
            f"no key has a tag of {distro}, there are {', '.join(known) or 'none'}: if it is a new "
            "base distribution, set kayobe_update_add"
        )
    changes = []
    for key in wanted:
        tags = {one.distro: one.value for one in there[key].tags} if key in there else {}
        changes.append(_change(f"{key} {distro}", distro in tags, tags.get(distro), tag))
        if changes[-1].changed:
            text = with_tag(text, key, distro, tag)
    if reset:
        text, taken = without_tag(text, distro, [*wanted, DEFAULT_KEY])
        changes += [PinChange(f"{key} {distro}", "remove", old, "") for key, old in taken]
    return text, changes


def update_versions(
    text: str, version: str, names: Iterable[str] = ()
) -> tuple[str, list[PinChange]]:
    """The text of a file of disk image versions with a version at all its keys, or at those of
    `names`, such as `rocky-9`, and what became of each. Raises OperatorError."""
    if not _VERSION.fullmatch(version):
        raise OperatorError(f"'{version}' is no version, such as 2025.1-20261122T200001")
    there = {
        found[1]: entry
        for entry in read_entries(text)
        for found in [_IMAGE.fullmatch(entry.key)]
        if found
    }
    wanted = [re.sub("[^a-z0-9]", "_", name) for name in names] or list(there)
    absent = [name for name in wanted if name not in there]
    if absent or not wanted:
        told = f"no version of {', '.join(absent)}" if absent else "no version of any image"
        known = f": there are {', '.join(there)}" if there else ""
        raise OperatorError(
            f"{told}{known}, expected stackhpc_<distribution>_<release>_overcloud_host_image_version"
        )
    changes = [_change(name, True, there[name].value, version) for name in there if name in wanted]
    values = {there[one.name].key: one.after for one in changes if one.changed}
    return with_values(text, values), changes


def _change(name: str, is_there: bool, before: str | None, after: str) -> PinChange:
    if not is_there:
        action = "add"
    elif before is None:
        action = "fill"
    elif before == after:
        action = "none"
    elif "{{" in before or "{%" in before:
        action = "template"
    else:
        action = "older" if _goes_back(before, after) else "update"
    return PinChange(name, action, before, after)


def _goes_back(before: str, after: str) -> bool:
    """Whether two pins of one release and distribution differ by an older stamp."""
    old, new = (_STAMP.split(one) for one in (before, after))
    return len(old) == 3 and len(new) == 3 and old[0] == new[0] and new[1] < old[1]
