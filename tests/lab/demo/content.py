# SPDX-License-Identifier: Apache-2.0
"""What is served: status and digest of metadata, guards of snapshots, state of channels."""

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
    """Return the file that is the root of a repository's metadata, relative to its base path."""
    if item["type"] == "rpm":
        return "repodata/repomd.xml"
    return f"dists/{item['distributions'].split()[0]}/InRelease"


def snapshot(item: Mapping[str, Any], stamp: str) -> str:
    """Return the base path of a snapshot, or of a channel."""
    return f"{item['base_path']}{stamp}"


def statuses(pulp: Pulp, repositories: Repositories, stamps: Mapping[str, str]) -> dict[str, int]:
    """Return the status that the metadata of each snapshot answers with, by short name."""
    return {name: status for name, (status, _body) in _read(pulp, repositories, stamps).items()}


def digests(pulp: Pulp, repositories: Repositories, stamps: Mapping[str, str]) -> dict[str, str]:
    """Return the SHA-256, in hex, of each snapshot's metadata, or raise LabError."""
    result = {}
    for name, (status, body) in _read(pulp, repositories, stamps).items():
        if status != 200:
            raise LabError(f"{pulp.name} answers {status} for {name} at {stamps[name]}")
        result[name] = hashlib.sha256(body).hexdigest()
    return result


def guards(ark: Pulp, repositories: Repositories, stamps: Mapping[str, str]) -> dict[str, str]:
    """Return the name of the content guard of each snapshot, by short name; empty: public."""
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
    # Guarded content costs Pulp a password hash each time; it has a process for each core.
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(addresses, pool.map(pulp.get, addresses.values())))


def _list(pulp: Pulp, kind: str, **filters: str) -> list[dict[str, Any]]:
    """Return objects of Pulp's API; raises LabError when it refuses."""
    query = urllib.parse.urlencode({"limit": 1000, **filters})
    status, body = pulp.get(f"{pulp.url}/pulp/api/v3/{kind}/?{query}")
    if status != 200:
        raise LabError(f"{pulp.name} refuses to list {kind}: {status} {body.decode()[:200]}")
    return list(json.loads(body)["results"])
