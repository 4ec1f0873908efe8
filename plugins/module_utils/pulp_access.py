# SPDX-License-Identifier: Apache-2.0
"""Content guards with exact role lists, and groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import InvalidItem
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_pipeline import run_all
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_planner import to_wire
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_reader import read_kind
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import Result
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import Server
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import (
    Kind,
    kind_of,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_usage import (
    Usage,
    read_usage,
)

__all__ = ["GUARD_KINDS", "make_groups", "make_guards"]

GUARD_KINDS = {"rbac": "rbac_guard", "x509": "x509_guard"}

Roles = dict[str, list[str]]


def make_guards(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_content_guard: lists `rbac` and `x509` -> results, in order."""
    work: list[tuple[Result, Any]] = []
    usage: Usage | None = None
    for type_name, noun in GUARD_KINDS.items():
        items = params.get(type_name) or []
        there = read_kind(server.client, kind_of(noun), [item["name"] for item in items])
        if usage is None and any(item["state"] == "absent" for item in items):
            usage = read_usage(server.client)
        for item in items:
            pair = (kind_of(noun), item, there.get(item["name"]))
            work.append((Result(item["name"], type_name), pair))
    groups = read_kind(server.client, kind_of("group"), _named_groups(params))

    def walk(pair: Any, result: Result) -> None:
        kind, item, current = pair
        if item["state"] == "absent":
            _remove_guard(server, item["name"], current, usage, result)
            return
        wanted = to_wire(kind.fields, item)
        if result.type == "x509" and current is None and not wanted.get("ca_certificate"):
            raise InvalidItem("a new x509 guard needs a ca_certificate")
        roles = _wanted_roles(item, groups) if result.type == "rbac" else None
        outcome = server.reconcile(kind, item["name"], wanted, current)
        if outcome.changed:
            action = "created" if current is None else "updated"
            result.note(action, outcome.change.before, outcome.change.after)
        if roles is not None:
            _make_roles_exact(server, outcome.current, roles, result)

    return run_all(work, walk, server.writes_at_once(), server.report), {}


def make_groups(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_group: the list `groups` -> results, in its order."""
    items = params["groups"]
    kind = kind_of("group")
    there = read_kind(server.client, kind, [item["name"] for item in items])
    work = [(Result(item["name"], "group"), (item, there.get(item["name"]))) for item in items]

    def walk(pair: Any, result: Result) -> None:
        item, current = pair
        make_plain(server, kind, item, current, result)

    return run_all(work, walk, server.writes_at_once(), server.report), {}


def make_plain(
    server: Server,
    kind: Kind,
    item: Mapping[str, Any],
    current: dict[str, Any] | None,
    result: Result,
) -> dict[str, Any] | None:
    """Create, change or delete one object that nothing else hangs on; returns it as it now is."""
    if item["state"] == "absent":
        if current:
            result.note("deleted", {kind.key: item[kind.key]}, {})
            if not server.check_mode:
                server.client.delete(current["pulp_href"])
        return None
    outcome = server.reconcile(kind, item[kind.key], to_wire(kind.fields, item), current)
    if outcome.changed:
        action = "created" if current is None else "updated"
        result.note(action, outcome.change.before, outcome.change.after)
    return outcome.current


def _named_groups(params: Mapping[str, Any]) -> list[str]:
    return [
        group
        for item in params.get("rbac") or []
        for role in item.get("roles") or []
        for group in role.get("groups") or []
    ]


def _wanted_roles(item: Mapping[str, Any], groups: Mapping[str, Any]) -> Roles:
    wanted: Roles = {}
    for role in item.get("roles") or []:
        names = role.get("groups") or []
        missing = [name for name in names if name not in groups]
        if missing:
            raise InvalidItem(f"there is no group {', '.join(missing)}: create it first")
        wanted.setdefault(role["role"], []).extend(names)
    return wanted


def _make_roles_exact(
    server: Server, guard: Mapping[str, Any] | None, wanted: Roles, result: Result
) -> None:
    """Groups that hold a role and are not listed lose it; users' own roles are left alone."""
    href = (guard or {}).get("pulp_href")
    held = server.client.get(f"{href}list_roles/")["roles"] if href else []
    current = {role["role"]: role["groups"] for role in held if role["groups"]}
    before = {role: sorted(names) for role, names in current.items()}
    after = {role: sorted(set(names)) for role, names in wanted.items() if names}
    if before == after:
        return
    result.note("updated", {"roles": before}, {"roles": after})
    if server.check_mode:
        return
    for role in sorted(set(before) | set(after)):
        old, new = set(before.get(role, [])), set(after.get(role, []))
        for verb, names in (("add_role", new - old), ("remove_role", old - new)):
            if names:
                body = {"role": role, "groups": sorted(names), "users": []}
                server.client.post(f"{href}{verb}/", body)


def _remove_guard(
    server: Server,
    name: str,
    current: Mapping[str, Any] | None,
    usage: Usage | None,
    result: Result,
) -> None:
    if current is None:
        return
    if usage:
        usage.refuse_if_used(current["pulp_href"], f"content guard '{name}'")
    result.note("deleted", {"name": name}, {})
    if not server.check_mode:
        server.client.delete(current["pulp_href"])
