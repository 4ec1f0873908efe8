# SPDX-License-Identifier: Apache-2.0
"""Served content: HTTP status and digest of metadata, content guards of snapshots."""

from __future__ import annotations

import hashlib
import json
import urllib.parse
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..paths import LabError
from .site import Pulp

Repositories = Iterable[Mapping[str, Any]]


def metadata(item: Mapping[str, Any]) -> str:
    """Return the path of a repository's top-level metadata file, relative to its base path."""
    if item["type"] == "rpm":
        return "repodata/repomd.xml"
    return f"dists/{item['distributions'].split()[0]}/InRelease"


def snapshot(item: Mapping[str, Any], stamp: str) -> str:
    """Return the base path of a snapshot or channel."""
    return f"{item['base_path']}{stamp}"


def statuses(pulp: Pulp, repositories: Repositories, stamps: Mapping[str, str]) -> dict[str, int]:
    """Return the HTTP status of the metadata of each snapshot, by short name."""
    return {name: status for name, (status, _body) in _read(pulp, repositories, stamps).items()}


def digests(pulp: Pulp, repositories: Repositories, stamps: Mapping[str, str]) -> dict[str, str]:
    """Return the SHA-256, in hex, of each snapshot's metadata; raise LabError if one is missing."""
    result = {}
    for name, (status, body) in _read(pulp, repositories, stamps).items():
        if status != 200:
            raise LabError(f"{pulp.name} answers {status} for {name} at {stamps[name]}")
        result[name] = hashlib.sha256(body).hexdigest()
    return result


def guards(ark: Pulp, repositories: Repositories, stamps: Mapping[str, str]) -> dict[str, str]:
    """Return the name of each snapshot's content guard, by short name; empty if it is public."""
    paths = {
        item["short_name"]: snapshot(item, stamps[item["short_name"]]) for item in repositories
    }
    names = {guard["pulp_href"]: guard["name"] for guard in _list(ark, "contentguards")}
    served = {
        distribution["base_path"]: distribution["content_guard"]
        for distribution in _list(ark, "distributions", base_path__in=",".join(paths.values()))
    }
    return {name: names.get(served.get(path), "") for name, path in paths.items()}


def _read(
    pulp: Pulp, repositories: Repositories, stamps: Mapping[str, str]
) -> dict[str, tuple[int, bytes]]:
    """Return status and body of the metadata of each snapshot, by short name."""
    addresses = {
        item["short_name"]: pulp.content(snapshot(item, stamps[item["short_name"]]), metadata(item))
        for item in repositories
    }
    # In parallel, because Pulp computes a password hash for each request for guarded content.
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(addresses, pool.map(pulp.get, addresses.values())))


def _list(pulp: Pulp, kind: str, **filters: str) -> list[dict[str, Any]]:
    """Return objects of Pulp's API; raise LabError if the request is rejected."""
    query = urllib.parse.urlencode({"limit": 1000, **filters})
    status, body = pulp.get(f"{pulp.url}/pulp/api/v3/{kind}/?{query}")
    if status != 200:
        raise LabError(f"{pulp.name}: listing {kind} failed: {status} {body.decode()[:200]}")
    return list(json.loads(body)["results"])
