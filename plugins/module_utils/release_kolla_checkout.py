# SPDX-License-Identifier: Apache-2.0
"""What a checkout of Kolla Ansible says of images and tags, and whether tables agree with it.

Its roles have variables `<container>_image` and `<container>_tag` in `defaults/main.yml`; the tag
of a container defaults to another such variable, up to `openstack_tag`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .release_kolla_tables import DEFAULT_KEY, KollaTables

__all__ = ["Checkout", "checkout_of", "hierarchy_problems", "image_problems"]

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
