# SPDX-License-Identifier: Apache-2.0
"""Pushes of a release's images: which tags come from where, and what a configuration pins them by."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .pulp_errors import InvalidItem
from .pulp_push import Image, Way, push_images
from .pulp_registry import Registry
from .pulp_report import Result
from .pulp_server import Server
from .pulp_skopeo import TRANSPORTS, skopeo_for
from .release_stamp import is_stamp

__all__ = ["NAMESPACE", "images_to_push", "pins_of", "push"]

NAMESPACE = "stackhpc-dev"

# The OCI distribution specification 1.1: names are components with slashes in between, and a tag.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
# A tag of Kolla's images, <OpenStack release>-<distribution>-<stamp>.
_KOLLA_TAG = re.compile(r"[^-]+-(?P<distribution>[a-z].*)-(?P<stamp>[^-]+)")


def push(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module container_push: parameters -> results, and what else it returns."""
    work = images_to_push(params)
    connection = server.client.connection
    way = Way(**{key: params[key] for key in ("private", "immutable", "attempts", "retry_delay")})
    with skopeo_for(connection) as skopeo:
        # One name that cannot be would cost all the others their token.
        names = [image.name for result, image in work if not result.error]
        registry = Registry(connection, names)
        results = push_images(server, skopeo, registry, work, way)
    return results, pins_of(results)


def images_to_push(params: Mapping[str, Any]) -> list[tuple[Result, Image]]:
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


def pins_of(results: Sequence[Result]) -> dict[str, Any]:
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


def _to_push(item: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[Result, Image]:
    words = {"namespace": params["namespace"], "name": item["name"]}
    words["tag"] = item.get("tag") or params["tag"] or ""
    source = item.get("source") or params["source"]
    for word, text in words.items():
        source = source.replace(f"{{{word}}}", text)
    image = Image(f"{words['namespace']}/{words['name']}", words["tag"], source)
    more = {"image": words["name"], "tag": image.tag, "source": source, "digest": "", "attempts": 0}
    result = Result(f"{image.name}:{image.tag}", "image", more=more)
    result.error = _mistake(image)
    return result, image


def _mistake(image: Image) -> str:
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
