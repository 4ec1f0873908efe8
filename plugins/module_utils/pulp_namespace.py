# SPDX-License-Identifier: Apache-2.0
"""Namespaces of container images, and the groups that may pull from and push to each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .pulp_access import Existing, begin, make_plain, make_roles_exact
from .pulp_errors import InvalidItem
from .pulp_pipeline import run_all
from .pulp_reader import read_kind
from .pulp_report import Result
from .pulp_server import Server
from .pulp_types import CONTENT_TYPES, kind_of
from .pulp_usage import Usage

__all__ = ["RIGHTS", "make_namespaces"]

# The role that gives a right to all distributions in a namespace. Who may push may pull as well.
RIGHTS = {
    "pull": "container.containernamespace_consumer",
    "push": "container.containernamespace_collaborator",
}

# One component of a repository's name, as the OCI distribution specification 1.1 has it. Pulp
# takes any text, and no client can ever name what is below the rest.
_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")


def make_namespaces(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_container_namespace: `namespaces` -> results, in their order."""
    items = params["namespaces"]
    kind = kind_of("container_namespace")
    there = read_kind(server.client, kind, [item["name"] for item in items])
    work = [(Result(item["name"], "namespace"), (item, there.get(item["name"]))) for item in items]
    existing = Existing(server, [name for item in items for name in _namespace_groups(item)])

    def walk(pair: Any, result: Result) -> None:
        item, current = pair
        if item["state"] == "absent":
            if current:
                _refuse_if_used(server, current)
            make_plain(server, kind, item, current, result)
            return
        if not _NAME.fullmatch(item["name"]):
            raise InvalidItem(
                "no image can be named below it: a namespace is lower-case letters and digits, "
                "with single '.', '_' or '-' between them"
            )
        existing.need(result, _namespace_groups(item))
        given = {role: item[right] for right, role in RIGHTS.items() if item[right] is not None}
        wanted = {role: sorted(set(names)) for role, names in given.items() if names}
        namespace = make_plain(server, kind, item, current, result)
        make_roles_exact(server, (namespace or {}).get("pulp_href"), wanted, result, given)

    return run_all(begin(work), walk, server.writes_at_once(), server.report), {}


def _namespace_groups(item: Mapping[str, Any]) -> list[str]:
    present = item["state"] == "present"
    return [name for right in RIGHTS for name in item[right] or [] if present]


def _refuse_if_used(server: Server, namespace: Mapping[str, Any]) -> None:
    """Pulp deletes a namespace with all its distributions, and what was pushed with them."""
    href, name = namespace["pulp_href"], namespace["name"]
    asked = {"namespace__name": name, "fields": "name"}
    inside = server.client.list(CONTENT_TYPES["container"].distribution.endpoint, asked)
    users = sorted(entry["name"] for entry in inside)
    Usage({href: users}).refuse_if_used(href, f"container namespace '{name}'")
