# SPDX-License-Identifier: Apache-2.0
"""The snapshots and images that the lists of a client in a Kayobe configuration name.

Such a configuration has no list of package repositories, and an item of it no short name: the base
path and the stamp are in its URL. It has no list of all images either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from .client_lists import ClientListError, client_lists
from .stamp import is_stamp
from .values import PACKAGE_TYPES

_PACKAGE_KEYS = ("distributions", "components", "architectures", "sync_policy", "mirror", "mode")
_NO_NAME = re.compile(r"[^a-z0-9]+")


def client_packages(
    lists: Mapping[str, Iterable[Mapping[str, Any]] | None], prefix: str = "/pulp/content/"
) -> dict[str, Any]:
    """Return package repositories and pins for the required items whose URLs end in a stamp.

    `lists`: items of `stackhpc_pulp_repository_<content type>_repos` by content type; `prefix`: the
    path of the content app in their URLs. Returns `rpm` and `deb`, items in the shape of the
    inventory, `package_versions`, short name -> stamp, and `others`, the names of required items with
    other URLs. The short name is made of the name of the item. Raises ClientListError.
    """
    given = {kind: {"repositories": list(lists.get(kind) or [])} for kind in PACKAGE_TYPES}
    required = client_lists(given)
    found: dict[str, Any] = {kind: [] for kind in PACKAGE_TYPES}
    pins: dict[str, str] = {}
    others: list[str] = []
    for kind in PACKAGE_TYPES:
        for item in required[kind]["repositories"]:
            name = str(item.get("name") or "")
            base_path, stamp = _snapshot_of(str(item.get("url") or ""), prefix)
            if not stamp:
                others.append(name)
                continue
            short_name = _NO_NAME.sub("_", name.lower()).strip("_")
            if short_name in pins:
                raise ClientListError(
                    f"the short name {short_name} is that of two repositories, of '{name}' and an "
                    "earlier one: rename one of them"
                )
            pins[short_name] = stamp
            found[kind].append(
                {
                    "name": name,
                    "short_name": short_name,
                    "base_path": f"{base_path}/",
                    "distribution_name": f"{base_path.replace('/', '-')}-",
                    **{key: item[key] for key in _PACKAGE_KEYS if item.get(key) is not None},
                }
            )
    return {**found, "package_versions": pins, "others": others}


def client_images(
    items: Iterable[Mapping[str, Any]] | None, url: str, namespace: str
) -> dict[str, Any]:
    """Return the pins of images for the required items that are synced from `url`.

    `items`: `stackhpc_pulp_repository_container_repos`. Returns `container_tags`, image below the
    namespace -> tags, and `others`, the names of required items from elsewhere, of another namespace or
    without a plain tag. Raises ClientListError.
    """
    required = client_lists({"container": {"repositories": list(items or [])}})
    pins: dict[str, list[str]] = {}
    others: list[str] = []
    for item in required["container"]["repositories"]:
        name = str(item.get("upstream_name") or item.get("name") or "")
        tags = item.get("include_tags") or []
        tags = tags.split() if isinstance(tags, str) else [str(tag) for tag in tags]
        tags = [tag for tag in tags if not any(letter in tag for letter in "*?[:")]
        is_source = str(item.get("url") or "").rstrip("/") == url.rstrip("/")
        image = name[len(namespace) + 1 :] if name.startswith(f"{namespace}/") else ""
        if is_source and image and tags:
            pins[image] = list(dict.fromkeys([*pins.get(image, []), *tags]))
        else:
            others.append(str(item.get("name") or ""))
    return {"container_tags": pins, "others": others}


def _snapshot_of(url: str, prefix: str) -> tuple[str, str]:
    """Return base path and stamp of the snapshot that a URL names; empty for another URL."""
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:
        return "", ""
    below = path.partition(f"/{prefix.strip('/')}/")[2] if prefix.strip("/") else path
    base_path, _slash, stamp = below.strip("/").rpartition("/")
    return (base_path, stamp) if base_path and is_stamp(stamp) else ("", "")
