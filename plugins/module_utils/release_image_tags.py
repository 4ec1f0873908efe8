# SPDX-License-Identifier: Apache-2.0
"""The tags that a Kayobe configuration pins, `kolla_image_tags`, as tags of each image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import OperatorError
from .release_containers import IMAGE_NAME
from .release_kolla_tables import DEFAULT_KEY, KollaTables
from .release_selection import nearest
from .release_stamp import STAMP_PATTERN

__all__ = [
    "TagsError",
    "distribution_of",
    "distros_of",
    "image_tags",
    "names_of_schemes",
    "release_of",
    "selected_distros",
    "tag_problems",
    "unbuildable_of",
    "unknown_images",
]

KollaTags = Mapping[str, Mapping[str, str]]
_KEY = re.compile(r"[a-z0-9_]+")
_TAG = re.compile(rf"(?P<release>[0-9a-z.]+)-(?P<distro>[0-9a-z.]+-[0-9a-z.-]+?)-{STAMP_PATTERN}")
# How images that a release does not build are grouped on Ark, beside base distributions.
_OLD, _NEW = "old_scheme", "new_scheme"


class TagsError(OperatorError):
    """Tags that cannot be meant, all that is wrong with them at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def distribution_of(tag: str) -> str:
    """`rocky-9` of `2025.1-rocky-9-20250812T091848`, empty for what is no such tag."""
    found = _TAG.fullmatch(tag)
    return found["distro"] if found else ""


def release_of(tags: Any) -> str:
    """The release in the first tag of `openstack`, else of any key; empty where there is none."""
    content = tags if isinstance(tags, Mapping) else {}
    for key in [DEFAULT_KEY, *content]:
        values = content.get(key)
        for tag in values.values() if isinstance(values, Mapping) else []:
            found = _TAG.fullmatch(str(tag))
            if found:
                return found["release"]
    return ""


def tag_problems(tags: Any, release: str, known: Iterable[str] | None = None) -> list[str]:
    """What is wrong with the value of `kolla_image_tags`, a line for each key, tag and distribution.

    `known` are the base distributions that there may be; without it, any.
    """
    if not isinstance(tags, Mapping) or not tags:
        return ["kolla_image_tags: expected a mapping of services and containers to their tags"]
    problems = []
    if DEFAULT_KEY not in tags:
        problems.append(f"the key {DEFAULT_KEY} is missing, the default of all others")
    for key, values in tags.items():
        if not _KEY.fullmatch(str(key)):
            problems.append(f"'{key}': a key has letters a to z, digits and _ only")
        if not isinstance(values, Mapping) or not values:
            problems.append(f"{key}: expected a mapping of base distributions to tags")
            continue
        for distro, tag in values.items():
            problems += _distro_problems(f"{key}: {distro}", str(distro), tag, release, known)
    return problems


def _distro_problems(
    place: str, distro: str, tag: Any, release: str, known: Iterable[str] | None
) -> list[str]:
    if known is not None and distro not in known:
        near = nearest(distro, known)
        hint = f", nearest are {', '.join(near)}" if near else ""
        return [f"{place}: no base distribution of {release}{hint}"]
    wanted = rf"{re.escape(release)}-{re.escape(distro)}-[0-9]{{8}}T[0-9]{{6}}"
    if isinstance(tag, str) and re.fullmatch(wanted, tag):
        return []
    told = "no tag" if tag in (None, "") else f"'{tag}' is no tag"
    return [f"{place}: {told}, expected {release}-{distro}-YYYYMMDDTHHMMSS"]


def distros_of(tags: KollaTags) -> list[str]:
    """All base distributions of a tag file, in the order of `openstack`, then of the others."""
    every = [*tags.get(DEFAULT_KEY, {}), *(one for values in tags.values() for one in values)]
    return list(dict.fromkeys(every))


def selected_distros(tags: KollaTags, base_distros: Iterable[str]) -> list[str]:
    """Those base distributions of a tag file that are asked for; all of them, if none is.

    `rocky` asks for every version of it. What the file does not have is no matter, as long as
    it has one: an inventory lists the base distributions of all releases. Raises TagsError.
    """
    wanted, there = list(base_distros), distros_of(tags)
    if not wanted:
        return there
    chosen = [
        one for one in there if one in wanted or any(one.startswith(f"{name}-") for name in wanted)
    ]
    if not chosen:
        told = f"{', '.join(wanted)}: there are tags for {', '.join(there)} only"
        raise TagsError([f"kolla_base_distros: no tags for any of {told}"])
    return chosen


def unbuildable_of(unbuildable: Mapping[str, Any], distro: str) -> set[str]:
    """The images that are not built for a base distribution: those under its name, with or without
    its version, and those of `new_scheme`."""
    groups = [_NEW, distro, distro.split("-")[0]]
    return {str(image) for group in groups for image in unbuildable.get(group) or []}


def names_of_schemes(
    images: Iterable[str],
    distros: Iterable[str],
    unbuildable: Mapping[str, Any],
    old: bool,
    new: bool,
) -> list[str]:
    """The names that images have in a registry: their own (`new`), `<distro>-source-<image>` (`old`).

    An old name has the base distribution without its version. What `unbuildable` has under
    `old_scheme` and `new_scheme` is not built under that kind of name. Raises TagsError.
    """
    listed = list(images)
    wrong = [
        f"'{image}' is no name of an image" for image in listed if not IMAGE_NAME.fullmatch(image)
    ]
    if wrong:
        raise TagsError([f"kolla_container_images: {'; '.join(wrong)}"])
    names = dict.fromkeys(distro.split("-")[0] for distro in distros)
    if not (old or new):
        raise TagsError(["sync_old_images and sync_new_images are both false: no image is left"])
    if old and not names:
        raise TagsError(["sync_old_images needs kolla_base_distros, whose names images begin with"])
    left_out = set(unbuildable.get(_NEW) or [])
    found = [image for image in listed if image not in left_out] if new else []
    never = unbuildable.get(_OLD) or {}
    for distro in names if old else ():
        left_out = set(never.get(distro) or [])
        found += [f"{distro}-source-{image}" for image in listed if image not in left_out]
    return found


def image_tags(
    tags: KollaTags,
    tables: KollaTables,
    images: Iterable[str],
    distros: Iterable[str],
    unbuildable: Mapping[str, Any],
) -> dict[str, list[str]]:
    """The tags of each image, for all containers that run it on these base distributions.

    Images that are built for none of them have none, and are left out. Raises TagsError naming the
    images that no key gives a tag.
    """
    listed = list(images)
    found: dict[str, list[str]] = {}
    problems = []
    for distro in distros:
        missing = []
        left_out = unbuildable_of(unbuildable, distro)
        here = {key: values[distro] for key, values in tags.items() if distro in values}
        for image in listed:
            if image in left_out:
                continue
            for container in tables.containers_of(image):
                key = tables.key_of(container, here)
                if key in here:
                    found.setdefault(image, []).append(here[key])
                else:
                    missing.append(image)
        if missing:
            names = ", ".join(dict.fromkeys(missing))
            problems.append(f"{DEFAULT_KEY} has no tag for {distro}, which is needed by {names}")
    if problems:
        raise TagsError(problems)
    return {image: list(dict.fromkeys(found[image])) for image in listed if image in found}


def unknown_images(named: Iterable[str], images: Iterable[str], where: str) -> list[str]:
    """A line that names the images of a configuration that the list of images does not have."""
    known = set(images)
    told = []
    for name in named:
        if name not in known:
            near = nearest(name, known)
            told.append(f"{name} (nearest: {', '.join(near)})" if near else name)
    if not told:
        return []
    return [f"in {where}, and not in kolla_container_images: {', '.join(told)}. Add them there"]
