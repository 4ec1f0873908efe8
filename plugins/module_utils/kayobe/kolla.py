# SPDX-License-Identifier: Apache-2.0
"""The tags that a Kayobe configuration pins, `kolla_image_tags`, as tags of each image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import OperatorError
from ..inventory.container_pins import IMAGE_NAME
from ..inventory.selection import nearest
from ..inventory.stamp import STAMP_PATTERN

# The key of the tag file that all containers fall back to.
DEFAULT_KEY = "openstack"


class TablesError(OperatorError):
    """Tables that cannot be read."""


@dataclass(frozen=True)
class KollaTables:
    """The exceptions of a release: `containers` by image, where they are not just the one that is
    called as the image is; `services` by container, where the key that the tag falls back to
    is not the longest one that the name begins with; and the base distributions that are known."""

    release: str
    containers: Mapping[str, list[str]]
    services: Mapping[str, str]
    base_distros: list[str]

    def containers_of(self, image: str) -> list[str]:
        """The containers that run an image, with `_` for `-`."""
        return list(self.containers.get(image, [image.replace("-", "_")]))

    def key_of(self, container: str, keys: Iterable[str]) -> str:
        """Which of `keys` gives a container its tag; DEFAULT_KEY where no other does.

        The container itself, else the service that an exception names, else the longest key that
        the service begins with. That is the hierarchy of variables `<key>_tag` in Kolla Ansible,
        which tests compare with.
        """
        known = set(keys)
        if container in known:
            return container
        return self.parent_of(container, known)

    def parent_of(self, container: str, keys: Iterable[str]) -> str:
        """Which of `keys` gives a container its tag while it has none of its own."""
        known = set(keys)
        service = self.services.get(container, container)
        if service != container and service in known:
            return service
        begun = [key for key in known if key != service and service.startswith(key)]
        return max((key for key in begun if key != DEFAULT_KEY), key=len, default=DEFAULT_KEY)

    def names(self, key: str, images: Iterable[str]) -> bool:
        """Whether a key of the tag file means any container of these images."""
        return key == DEFAULT_KEY or any(
            self.services.get(container, container).startswith(key) or container == key
            for image in images
            for container in self.containers_of(image)
        )


def tables_of(release: str, content: Any) -> KollaTables:
    """The tables in the content of their file. Raises TablesError."""
    if not isinstance(content, Mapping):
        raise TablesError(f"tables of {release}: expected a mapping")
    wanted = {"base_distros": list, "containers": dict, "services": dict}
    wrong = [name for name, kind in wanted.items() if not isinstance(content.get(name), kind)]
    if wrong:
        raise TablesError(f"tables of {release}: {', '.join(wrong)} missing, or of another type")
    return KollaTables(release, content["containers"], content["services"], content["base_distros"])


_IMAGE = re.compile(r'^([a-z0-9_]+)_image:\s*"?(.*?)"?\s*$', re.MULTILINE)
_PARENT_TAG = re.compile(r'^([a-z0-9_]+)_tag:\s*"?\{\{\s*([a-z0-9_]+)_tag\s*\}\}', re.MULTILINE)
_ALIAS = re.compile(r"\{\{\s*([a-z0-9_]+)_image\s*\}\}")
_TEMPLATE = re.compile(r"\{\{.*?\}\}")


@dataclass(frozen=True)
class Checkout:
    """`images` by container, and what the tag of each container or service defaults to."""

    images: dict[str, str]
    parents: dict[str, str]


def checkout_of(defaults: Iterable[str]) -> Checkout:
    """Read the texts of all `defaults/main.yml`."""
    values: dict[str, str] = {}
    parents: dict[str, str] = {}
    for text in defaults:
        values.update(_IMAGE.findall(text))
        parents.update(_PARENT_TAG.findall(text))
    images = {container: _name(values, container, set()) for container in values}
    return Checkout({one: image for one, image in images.items() if image}, parents)


def _name(values: dict[str, str], container: str, seen: set[str]) -> str:
    """The name of a container's image, which may be that of another one."""
    value = values.get(container, "")
    alias = _ALIAS.fullmatch(value)
    if alias and container not in seen:
        return _name(values, alias[1], {*seen, container})
    return _TEMPLATE.sub("", value).split("/")[-1]


def image_problems(tables: KollaTables, checkout: Checkout, images: Iterable[str]) -> list[str]:
    """Containers that run one of these images, and that the tables do not know of."""
    known = set(images)
    return [
        f"container {container} runs the image {image}, the tables of {tables.release} have "
        f"{', '.join(tables.containers_of(image))}"
        for container, image in sorted(checkout.images.items())
        if image in known and container not in tables.containers_of(image)
    ]


def hierarchy_problems(tables: KollaTables, checkout: Checkout) -> list[str]:
    """Tags that default to another key than the tables say."""
    keys = {*checkout.parents, DEFAULT_KEY}
    problems = []
    for container, expected in sorted(checkout.parents.items()):
        found = tables.parent_of(container, keys)
        if found != expected:
            problems.append(
                f"{container}_tag defaults to {expected}_tag, the tables of {tables.release} say "
                f"{found}"
            )
    return problems


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
