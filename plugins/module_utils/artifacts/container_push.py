# SPDX-License-Identifier: Apache-2.0
"""Push the container images of a release: where each tag comes from, the pins for them, and the
repositories and distributions that keep them private."""

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

NAMESPACE = "stackhpc-dev"

# Repository names and tags of the OCI distribution specification 1.1.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
# A tag of Kolla's images, <OpenStack release>-<distribution>-<stamp>.
_KOLLA_TAG = re.compile(r"[^-]+-(?P<distribution>[a-z].*)-(?P<stamp>[^-]+)")


@dataclass(frozen=True)
class ImageAccess:
    """`images` to make private, `all_images` of the inventory, and the names of both namespaces.

    `prepare`: also create the private distributions of future pushes, because a distribution that a
    push creates is public.
    """

    images: Sequence[str]
    all_images: Iterable[str]
    development: str
    release: str
    prepare: bool = True


@dataclass(frozen=True)
class AccessPlan:
    """Items of the modules pulp_repository and pulp_distribution, and lines to print."""

    repositories: list[dict[str, Any]]
    distributions: list[dict[str, Any]]
    lines: list[str]


def push_container_images(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module container_push: parameters -> results, and what else the module returns."""
    work = read_items(params)
    connection = server.client.connection
    options = PushOptions(
        private=params["private"],
        immutable=params["immutable"],
        attempts=params["attempts"],
        retry_delay=params["retry_delay"],
    )
    with skopeo_for(connection) as skopeo:
        # Pulp refuses a token for all names if one of them is invalid.
        names = [image.name for result, image in work if not result.error]
        registry = Registry(connection, names)
        results = push_images(server, skopeo, registry, work, options)
    return results, pins_of_results(results)


def read_items(params: Mapping[str, Any]) -> list[tuple[Result, ContainerImage]]:
    """Return each image with a result for it. An invalid name, tag or source is an error of the
    result.

    Raises InvalidItem for other options that are invalid, and if there is nothing to push.
    """
    items = [{"name": name} for name in params["names"] or []] + (params["images"] or [])
    if not items:
        raise InvalidItem("there is nothing to push: set names or images")
    for name, minimum in (("attempts", 1), ("retry_delay", 0)):
        if params[name] < minimum:
            raise InvalidItem(f"invalid {name} {params[name]}: expected {minimum} or more")
    return [_read_item(item, params) for item in items]


def _read_item(item: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[Result, ContainerImage]:
    values = {"namespace": params["namespace"], "name": item["name"]}
    values["tag"] = item.get("tag") or params["tag"] or ""
    source = item.get("source") or params["source"]
    for key, value in values.items():
        source = source.replace(f"{{{key}}}", value)
    image = ContainerImage(f"{values['namespace']}/{values['name']}", values["tag"], source)
    more = {"image": item["name"], "tag": image.tag, "source": source, "digest": "", "attempts": 0}
    result = Result(f"{image.name}:{image.tag}", "image", more=more)
    result.error = _mistake(image)
    return result, image


def _mistake(image: ContainerImage) -> str:
    """Return the reason why an image cannot be pushed, "" if there is none."""
    if not _NAME.fullmatch(image.name):
        return (
            f"invalid image name '{image.name}': expected lowercase letters and digits, with single "
            "'.', '_' or '-' between them, and slashes"
        )
    if not image.tag:
        return "the image has no tag: set tag for it, or for all images"
    if not _TAG.fullmatch(image.tag):
        return (
            f"invalid tag '{image.tag}': expected at most 128 letters, digits, '.', '_' and '-', the "
            "first of them no '.' or '-'"
        )
    if image.source.partition(":")[0] not in TRANSPORTS or ":" not in image.source:
        return (
            f"invalid source '{image.source}': expected one of the transports "
            f"{', '.join(TRANSPORTS)}, and ':' after it"
        )
    return ""


def pins_of_results(results: Sequence[Result]) -> dict[str, Any]:
    """Return the pushed tags, and those that existed, in the forms in which configurations pin them.

    `digests`: image -> tag -> digest. `container_tags`: image -> tags. `kolla_image_tags`: container
    -> distribution -> the newest tag, for tags of Kolla's form.
    """
    digests: dict[str, dict[str, str]] = {}
    container_tags: dict[str, list[str]] = {}
    kolla_tags: dict[str, dict[str, str]] = {}
    for result in results:
        if result.error:
            continue
        image, tag = result.more["image"], result.more["tag"]
        container_tags.setdefault(image, []).append(tag)
        if result.more["digest"]:
            digests.setdefault(image, {})[tag] = result.more["digest"]
        match = _KOLLA_TAG.fullmatch(tag)
        if match and is_stamp(match["stamp"]):
            newest = kolla_tags.setdefault(image.replace("-", "_"), {})
            distribution = match["distribution"]
            newest[distribution] = max(newest.get(distribution, ""), tag, key=_stamp_of)
    return {
        "digests": digests,
        "container_tags": container_tags,
        "kolla_image_tags": kolla_tags,
    }


def _stamp_of(tag: str) -> str:
    return tag.rpartition("-")[2]


def plan_access(
    access: ImageAccess,
    repositories: Iterable[Mapping[str, Any]],
    distributions: Iterable[Mapping[str, Any]],
) -> AccessPlan:
    """Plan the repositories and private distributions of images.

    `repositories` and `distributions` are objects of Pulp (`name`; repositories `pulp_href` and
    `latest_version_href`). Those of the two namespaces that are pushed or served, but in no list, are
    made private, too.
    """
    images, prefixes = access.images, (f"{access.development}/", f"{access.release}/")
    # image -> whether its development repository has content
    pushed = {
        repository["name"][len(prefixes[0]) :]: not _is_empty(repository)
        for repository in repositories
        if repository["name"].startswith(prefixes[0])
        and "/repositories/container/" in repository["pulp_href"]
    }
    served = {one["name"] for one in distributions if one["name"].startswith(prefixes)}
    listed = set(access.all_images)
    never_pushed = sorted(name for name in images if not pushed.get(name))
    unlisted = sorted(
        name for name, has_content in pushed.items() if has_content and name not in listed
    )
    existing = [f"{prefixes[0]}{name}" for name in pushed if name in images or name in unlisted]
    new = [f"{prefixes[0]}{name}" for name in images if name not in pushed and access.prepare]
    released = [f"{prefixes[1]}{name}" for name in images]
    # A push into the release namespace creates a public distribution that is in no list.
    known = {
        *released,
        *existing,
        *new,
        *(f"{prefix}{name}" for prefix in prefixes for name in listed),
    }
    others = sorted(served - known)
    lines = []
    if never_pushed:
        lines.append(f"Never pushed to {access.development}: {', '.join(never_pushed)}")
    if unlisted:
        lines.append(f"Pushed, but not in kolla_container_images: {', '.join(unlisted)}")
    if others:
        lines.append(f"Served, but not in kolla_container_images: {', '.join(others)}")
    return AccessPlan(
        [{"name": name} for name in [*released, *new]],
        [
            _private_distribution(name, name in served)
            for name in [*released, *existing, *new, *others]
        ],
        lines,
    )


def _is_empty(repository: Mapping[str, Any]) -> bool:
    return str(repository["latest_version_href"]).endswith("/versions/0/")


def _private_distribution(name: str, exists: bool) -> dict[str, Any]:
    """Return the item of a private distribution; an existing one keeps the repository it serves."""
    private = {"name": name, "private": True}
    return private if exists else {**private, "base_path": name, "repository": name}
