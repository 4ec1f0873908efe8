# SPDX-License-Identifier: Apache-2.0
"""The tags of container images that a Kayobe configuration pins in `kolla_image_tags`.

`KollaTables` hold which containers run an image and which key gives a container its tag, as Kolla
Ansible has it; a `Checkout` of Kolla Ansible can be compared with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import OperatorError
from ..inventory.container_pins import IMAGE_NAME
from ..inventory.selection import closest_names
from ..inventory.stamp import STAMP_PATTERN

# The key of kolla_image_tags that all containers fall back to.
DEFAULT_KEY = "openstack"
KEY_PATTERN = re.compile(r"[a-z0-9_]+")
_TAG = re.compile(rf"(?P<release>[0-9a-z.]+)-(?P<distro>[0-9a-z.]+-[0-9a-z.-]+?)-{STAMP_PATTERN}")
# Groups of kolla_unbuildable_images besides base distributions.
_OLD_SCHEME, _NEW_SCHEME = "old_scheme", "new_scheme"

# Defaults of Kolla Ansible's roles: `<container>_image`, and `<key>_tag` if it is another key's.
_IMAGE_DEFAULT = re.compile(r'^([a-z0-9_]+)_image:\s*"?(.*?)"?\s*$', re.MULTILINE)
_TAG_DEFAULT = re.compile(r'^([a-z0-9_]+)_tag:\s*"?\{\{\s*([a-z0-9_]+)_tag\s*\}\}', re.MULTILINE)
_ALIAS = re.compile(r"\{\{\s*([a-z0-9_]+)_image\s*\}\}")
_TEMPLATE = re.compile(r"\{\{.*?\}\}")

# key -> base distribution -> tag
KollaTags = Mapping[str, Mapping[str, str]]


class TablesError(OperatorError):
    """Tables that are malformed, or missing."""


class TagsError(OperatorError):
    """Tags, or lists of images, that are invalid; `problems` lists all reasons."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class KollaTables:
    """Exceptions of an OpenStack release, and its base distributions.

    `containers`: image -> its containers, if these are not just the one with the image's name.
    `services`: container -> the service whose key gives it its tag, if that is not the longest key
    that the container's name begins with.
    """

    release: str
    containers: Mapping[str, list[str]]
    services: Mapping[str, str]
    base_distros: list[str]

    def containers_of(self, image: str) -> list[str]:
        """Return the containers that run an image, with `_` for `-`."""
        return list(self.containers.get(image, [image.replace("-", "_")]))

    def key_of(self, container: str, keys: Iterable[str]) -> str:
        """Return which of `keys` gives a container its tag, DEFAULT_KEY if no other does.

        It is the container itself, else the service of an exception, else the longest key that the
        name begins with. This is the hierarchy of the variables `<key>_tag` in Kolla Ansible, which
        tests compare with it.
        """
        known = set(keys)
        if container in known:
            return container
        return self.parent_of(container, known)

    def parent_of(self, container: str, keys: Iterable[str]) -> str:
        """Return which of `keys` gives a container its tag if there is no key for itself."""
        known = set(keys)
        service = self.services.get(container, container)
        if service != container and service in known:
            return service
        prefixes = [key for key in known if key != service and service.startswith(key)]
        return max((key for key in prefixes if key != DEFAULT_KEY), key=len, default=DEFAULT_KEY)

    def names(self, key: str, images: Iterable[str]) -> bool:
        """Whether a key can give a container of one of these images its tag."""
        return key == DEFAULT_KEY or any(
            self.services.get(container, container).startswith(key) or container == key
            for image in images
            for container in self.containers_of(image)
        )


@dataclass(frozen=True)
class Checkout:
    """Defaults in a checkout of Kolla Ansible: `images` by container, and the key whose tag is the
    default of another key's (`parents`)."""

    images: dict[str, str]
    parents: dict[str, str]


def tables_of(release: str, content: Any) -> KollaTables:
    """Return the tables in the content of their file. Raises TablesError."""
    if not isinstance(content, Mapping):
        raise TablesError(f"tables of {release}: expected a mapping")
    types = {"base_distros": list, "containers": dict, "services": dict}
    wrong = [name for name, kind in types.items() if not isinstance(content.get(name), kind)]
    if wrong:
        raise TablesError(f"tables of {release}: {', '.join(wrong)} missing or of the wrong type")
    return KollaTables(release, content["containers"], content["services"], content["base_distros"])


def container_image_tags(
    tags: KollaTags,
    tables: KollaTables,
    images: Iterable[str],
    base_distros: Iterable[str],
    unbuildable: Mapping[str, Any],
) -> dict[str, list[str]]:
    """Return the tags of each image, for all containers that run it on these base distributions.

    Images that are unbuildable for all of them are left out. Raises TagsError, naming the images
    that no key gives a tag.
    """
    listed = list(images)
    found: dict[str, list[str]] = {}
    problems = []
    for distro in base_distros:
        missing = []
        not_built = unbuildable_images(unbuildable, distro)
        by_key = {key: values[distro] for key, values in tags.items() if distro in values}
        for image in listed:
            if image in not_built:
                continue
            for container in tables.containers_of(image):
                key = tables.key_of(container, by_key)
                if key in by_key:
                    found.setdefault(image, []).append(by_key[key])
                else:
                    missing.append(image)
        if missing:
            names = ", ".join(dict.fromkeys(missing))
            problems.append(f"{DEFAULT_KEY} has no tag for {distro}, which is required by {names}")
    if problems:
        raise TagsError(problems)
    return {image: list(dict.fromkeys(found[image])) for image in listed if image in found}


def base_distro_of(tag: str) -> str:
    """Return `rocky-9` of `2025.1-rocky-9-20250812T091848`, "" for a tag of another form."""
    match = _TAG.fullmatch(tag)
    return match["distro"] if match else ""


def release_of(tags: Any) -> str:
    """Return the OpenStack release of the first valid tag of `openstack`, else of any key; "" if
    there is none."""
    content = tags if isinstance(tags, Mapping) else {}
    for key in [DEFAULT_KEY, *content]:
        values = content.get(key)
        for tag in values.values() if isinstance(values, Mapping) else []:
            match = _TAG.fullmatch(str(tag))
            if match:
                return match["release"]
    return ""


def tag_problems(tags: Any, release: str, known: Iterable[str] | None = None) -> list[str]:
    """Return a line for each invalid key, base distribution and tag of a value of
    `kolla_image_tags`. `known` are the base distributions of the release, None to accept any."""
    if not isinstance(tags, Mapping) or not tags:
        return ["kolla_image_tags: expected a mapping of services and containers to their tags"]
    problems = []
    if DEFAULT_KEY not in tags:
        problems.append(f"the key {DEFAULT_KEY} is missing, which all others default to")
    for key, values in tags.items():
        if not KEY_PATTERN.fullmatch(str(key)):
            problems.append(
                f"invalid key '{key}': expected lowercase letters, digits and underscores"
            )
        if not isinstance(values, Mapping) or not values:
            problems.append(f"{key}: expected a mapping of base distributions to tags")
            continue
        for distro, tag in values.items():
            problem = _tag_problem(str(distro), tag, release, known)
            problems += [f"{key}: {distro}: {problem}"] if problem else []
    return problems


def _tag_problem(base_distro: str, tag: Any, release: str, known: Iterable[str] | None) -> str:
    if known is not None and base_distro not in known:
        near = closest_names(base_distro, known)
        hint = f", nearest: {', '.join(near)}" if near else ""
        return f"unknown base distribution of {release}{hint}"
    wanted = rf"{re.escape(release)}-{re.escape(base_distro)}-[0-9]{{8}}T[0-9]{{6}}"
    if isinstance(tag, str) and re.fullmatch(wanted, tag):
        return ""
    what = "missing tag" if tag in (None, "") else f"invalid tag '{tag}'"
    return f"{what}, expected {release}-{base_distro}-YYYYMMDDTHHMMSS"


def tagged_base_distros(tags: KollaTags) -> list[str]:
    """Return all base distributions that have tags, first those of `openstack` in their order."""
    names = [*tags.get(DEFAULT_KEY, {}), *(name for values in tags.values() for name in values)]
    return list(dict.fromkeys(names))


def selected_base_distros(tags: KollaTags, base_distros: Iterable[str]) -> list[str]:
    """Return the base distributions that have tags and are in `base_distros`; all if that is empty.

    `rocky` there means every version of it. Those without tags are ignored, because an inventory
    lists the base distributions of all releases. Raises TagsError if none is left.
    """
    wanted, tagged = list(base_distros), tagged_base_distros(tags)
    if not wanted:
        return tagged
    selected = [
        name
        for name in tagged
        if name in wanted or any(name.startswith(f"{prefix}-") for prefix in wanted)
    ]
    if not selected:
        raise TagsError(
            [
                f"kolla_base_distros: there are no tags for {', '.join(wanted)}, only for "
                f"{', '.join(tagged)}"
            ]
        )
    return selected


def unbuildable_images(unbuildable: Mapping[str, Any], base_distro: str) -> set[str]:
    """Return the images that are not built for a base distribution: those under its name, with or
    without its version, and those of `new_scheme`."""
    groups = [_NEW_SCHEME, base_distro, base_distro.split("-")[0]]
    return {str(image) for group in groups for image in unbuildable.get(group) or []}


def registry_names(
    images: Iterable[str],
    base_distros: Iterable[str],
    unbuildable: Mapping[str, Any],
    old: bool,
    new: bool,
) -> list[str]:
    """Return the names that images have in a registry: `<image>` (`new`), and
    `<distro>-source-<image>` (`old`), where the base distribution is without its version.

    Images of `unbuildable` under `new_scheme` and `old_scheme` have no name of that kind. Raises
    TagsError.
    """
    listed = list(images)
    invalid = [f"'{image}'" for image in listed if not IMAGE_NAME.fullmatch(image)]
    if invalid:
        raise TagsError([f"kolla_container_images: invalid image name {', '.join(invalid)}"])
    distros = dict.fromkeys(distro.split("-")[0] for distro in base_distros)
    if not (old or new):
        raise TagsError(
            ["no image is selected: sync_old_images and sync_new_images are both false"]
        )
    if old and not distros:
        raise TagsError(
            ["sync_old_images requires kolla_base_distros, which the old image names begin with"]
        )
    not_built = set(unbuildable.get(_NEW_SCHEME) or [])
    names = [image for image in listed if image not in not_built] if new else []
    by_distro = unbuildable.get(_OLD_SCHEME) or {}
    for distro in distros if old else ():
        not_built = set(by_distro.get(distro) or [])
        names += [f"{distro}-source-{image}" for image in listed if image not in not_built]
    return names


def unknown_images(names: Iterable[str], images: Iterable[str], where: str) -> list[str]:
    """Return a line that lists the images named in `where` that are not in the list of images."""
    known = set(images)
    unknown = []
    for name in names:
        if name not in known:
            near = closest_names(name, known)
            unknown.append(f"{name} (nearest: {', '.join(near)})" if near else name)
    if not unknown:
        return []
    return [
        f"images in {where} are missing from kolla_container_images: {', '.join(unknown)}. Add them "
        "there"
    ]


def checkout_of(defaults: Iterable[str]) -> Checkout:
    """Return what the texts of all `defaults/main.yml` of Kolla Ansible's roles define."""
    values: dict[str, str] = {}
    parents: dict[str, str] = {}
    for text in defaults:
        values.update(_IMAGE_DEFAULT.findall(text))
        parents.update(_TAG_DEFAULT.findall(text))
    images = {container: _image_name(values, container, set()) for container in values}
    return Checkout({one: image for one, image in images.items() if image}, parents)


def _image_name(values: dict[str, str], container: str, seen: set[str]) -> str:
    """Return the name of a container's image, which may be that of another container."""
    value = values.get(container, "")
    alias = _ALIAS.fullmatch(value)
    if alias and container not in seen:
        return _image_name(values, alias[1], {*seen, container})
    return _TEMPLATE.sub("", value).split("/")[-1]


def image_problems(tables: KollaTables, checkout: Checkout, images: Iterable[str]) -> list[str]:
    """Return a line for each container that runs one of these images but not in the tables."""
    known = set(images)
    return [
        f"container {container} runs the image {image}, but in the tables of {tables.release} that "
        f"image runs in {', '.join(tables.containers_of(image))}"
        for container, image in sorted(checkout.images.items())
        if image in known and container not in tables.containers_of(image)
    ]


def hierarchy_problems(tables: KollaTables, checkout: Checkout) -> list[str]:
    """Return a line for each tag that defaults to another key than in the tables."""
    keys = {*checkout.parents, DEFAULT_KEY}
    problems = []
    for container, expected in sorted(checkout.parents.items()):
        found = tables.parent_of(container, keys)
        if found != expected:
            problems.append(
                f"{container}_tag defaults to {expected}_tag, but to {found}_tag in the tables of "
                f"{tables.release}"
            )
    return problems
