# SPDX-License-Identifier: Apache-2.0
"""Pushes of a release's images: which tags come from where, and what a configuration pins them by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..container.push import ContainerImage, PushOptions, push_images
from ..container.registry import Registry
from ..container.skopeo import TRANSPORTS, skopeo_for
from ..inventory.stamp import is_stamp
from ..pulp.errors import InvalidItem
from ..pulp.server import Server
from ..report.report import Result


@dataclass(frozen=True)
class AccessPlan:
    """Items of the modules pulp_repository and pulp_distribution, and what an operator is told."""

    repositories: list[dict[str, Any]]
    distributions: list[dict[str, Any]]
    lines: list[str]


def plan_access(
    images: Sequence[str],
    all_images: Iterable[str],
    repositories: Iterable[Mapping[str, Any]],
    distributions: Iterable[Mapping[str, Any]],
    development: str,
    release: str,
    prepare: bool = True,
) -> AccessPlan:
    """`images` are those to make private, `all_images` those that the inventory lists.

    `repositories` and `distributions` are objects of Pulp (`name`; repositories `pulp_href` and
    `latest_version_href`). What was pushed, or is served in one of these namespaces, and is not
    listed becomes private, too. `prepare`: also make what pushes will come to, because what a push
    makes by itself is public.
    """
    begin = f"{development}/"
    pushed = {
        one["name"][len(begin) :]: not one["latest_version_href"].endswith("/versions/0/")
        for one in repositories
        if one["name"].startswith(begin) and "/repositories/container/" in one["pulp_href"]
    }
    begins = (begin, f"{release}/")
    served = {one["name"] for one in distributions if one["name"].startswith(begins)}
    listed = set(all_images)
    unlisted = sorted(name for name, full in pushed.items() if full and name not in listed)
    never = sorted(name for name in images if not pushed.get(name))
    there = [f"{begin}{name}" for name in pushed if name in images or name in unlisted]
    new = [f"{begin}{name}" for name in images if name not in pushed and prepare]
    released = [f"{release}/{name}" for name in images]
    # Whoever pushes into the release namespace makes what no list has, and makes it public.
    known = {*released, *there, *new, *(f"{space}{name}" for space in begins for name in listed)}
    others = sorted(served - known)
    lines = []
    if never:
        lines.append(f"Never pushed to {development}: {', '.join(never)}")
    if unlisted:
        lines.append(f"Pushed, but not in kolla_container_images: {', '.join(unlisted)}")
    if others:
        lines.append(f"Served, but not in kolla_container_images: {', '.join(others)}")
    return AccessPlan(
        [{"name": name} for name in [*released, *new]],
        [_served(name, name in served) for name in [*released, *there, *new, *others]],
        lines,
    )


def _served(name: str, exists: bool) -> dict[str, Any]:
    """A private distribution; one that exists keeps what it serves, of whatever kind that is."""
    private = {"name": name, "private": True}
    return private if exists else {**private, "base_path": name, "repository": name}


NAMESPACE = "stackhpc-dev"

# The OCI distribution specification 1.1: names are components with slashes in between, and a tag.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
# A tag of Kolla's images, <OpenStack release>-<distribution>-<stamp>.
_KOLLA_TAG = re.compile(r"[^-]+-(?P<distribution>[a-z].*)-(?P<stamp>[^-]+)")


def push_container_images(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module container_push: parameters -> results, and what else it returns."""
    work = read_items(params)
    connection = server.client.connection
    options = PushOptions(
        **{key: params[key] for key in ("private", "immutable", "attempts", "retry_delay")}
    )
    with skopeo_for(connection) as skopeo:
        # One name that cannot be would cost all the others their token.
        names = [image.name for result, image in work if not result.error]
        registry = Registry(connection, names)
        results = push_images(server, skopeo, registry, work, options)
    return results, pins_of_results(results)


def read_items(params: Mapping[str, Any]) -> list[tuple[Result, ContainerImage]]:
    """Each image with a result for it. A name, tag or source that cannot be is the result's error.

    Raises InvalidItem when there is nothing to push, or no way to.
    """
    items = [{"name": name} for name in params["names"] or []] + (params["images"] or [])
    if not items:
        raise InvalidItem("there is nothing to push: give names, or images")
    for name, least in (("attempts", 1), ("retry_delay", 0)):
        if params[name] < least:
            raise InvalidItem(f"{name} is {params[name]}: it must be {least} or more")
    return [_to_push(item, params) for item in items]


def pins_of_results(results: Sequence[Result]) -> dict[str, Any]:
    """What was pushed, or is there, in the shapes in which tags are kept.

    `digests`: image -> tag -> digest. `container_tags`: image -> tags. `kolla_image_tags`: container
    -> distribution -> the newest tag, for tags of Kolla's form.
    """
    digests: dict[str, dict[str, str]] = {}
    tags_of: dict[str, list[str]] = {}
    kolla: dict[str, dict[str, str]] = {}
    for result in results:
        if result.error:
            continue
        image, tag = result.more["image"], result.more["tag"]
        tags_of.setdefault(image, []).append(tag)
        if result.more["digest"]:
            digests.setdefault(image, {})[tag] = result.more["digest"]
        match = _KOLLA_TAG.fullmatch(tag)
        if match and is_stamp(match["stamp"]):
            newest = kolla.setdefault(image.replace("-", "_"), {})
            distribution = match["distribution"]
            newest[distribution] = max(newest.get(distribution, ""), tag, key=_stamp)
    return {
        "digests": digests,
        "container_tags": tags_of,
        "kolla_image_tags": kolla,
    }


def _stamp(tag: str) -> str:
    return tag.rpartition("-")[2]


def _to_push(item: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[Result, ContainerImage]:
    words = {"namespace": params["namespace"], "name": item["name"]}
    words["tag"] = item.get("tag") or params["tag"] or ""
    source = item.get("source") or params["source"]
    for word, text in words.items():
        source = source.replace(f"{{{word}}}", text)
    image = ContainerImage(f"{words['namespace']}/{words['name']}", words["tag"], source)
    more = {"image": words["name"], "tag": image.tag, "source": source, "digest": "", "attempts": 0}
    result = Result(f"{image.name}:{image.tag}", "image", more=more)
    result.error = _mistake(image)
    return result, image


def _mistake(image: ContainerImage) -> str:
    if not _NAME.fullmatch(image.name):
        return (
            f"'{image.name}' can be no name of an image: it is lower-case letters and digits, with "
            "single '.', '_' or '-' between them, and slashes"
        )
    if not image.tag:
        return "it has no tag: give one to the image, or one for all"
    if not _TAG.fullmatch(image.tag):
        return f"'{image.tag}' can be no tag: it is letters, digits, '.', '_' and '-', 128 at most"
    if image.source.partition(":")[0] not in TRANSPORTS or ":" not in image.source:
        return f"its source '{image.source}' does not begin with {', '.join(TRANSPORTS)} and ':'"
    return ""
