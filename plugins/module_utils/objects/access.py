# SPDX-License-Identifier: Apache-2.0
"""Manage content guards, groups and container namespaces, with exact lists of the roles of groups."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..pulp.errors import InvalidItem, LostResponse, ResponseError
from ..pulp.planner import to_api_values
from ..pulp.pool import refuse_invalid_names, run_all
from ..pulp.reader import read_by_key
from ..pulp.references import Usage, read_usage, report_missing
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, Kind, kind_of
from ..report.report import Result

GUARD_KINDS = {"rbac": "rbac_guard", "x509": "x509_guard"}
# Permission -> the role that grants it on all distributions in a namespace. Push includes pull.
NAMESPACE_ROLES = {
    "pull": "container.containernamespace_consumer",
    "push": "container.containernamespace_collaborator",
}
_ACTIONS = {"create": "created", "update": "updated"}
# One component of a repository name in the OCI distribution specification 1.1. Pulp accepts any
# text, but no client can name an image in another namespace.
_NAMESPACE = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")

# role -> names of groups, sorted
Roles = dict[str, list[str]]
Work = list[tuple[Result, Any]]


def manage_guards(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module pulp_content_guard: the lists `rbac` and `x509` -> results, in order."""
    items: list[Mapping[str, Any]] = []
    work: Work = []
    for type_name, noun in GUARD_KINDS.items():
        kind, listed = kind_of(noun), params.get(type_name) or []
        found = read_by_key(server.client, kind, [item["name"] for item in listed])
        items += listed
        for item in listed:
            result = Result(item["name"], type_name)
            work.append((result, (kind, item, found.get(item["name"]))))
    existing = Existing(server, _group_names(items), _role_names(items))
    deletes = any(item["state"] == "absent" and current for _result, (_kind, item, current) in work)
    usage = read_usage(server.client) if deletes else Usage()

    def run(pair: Any, result: Result) -> None:
        kind, item, current = pair
        if item["state"] == "absent":
            if current:
                usage.require_unused(current["pulp_href"], f"content guard '{item['name']}'")
            manage_object(server, kind, item, current, result)
        elif result.type == "rbac":
            existing.require(result, _group_names([item]), _role_names([item]))
            guard = manage_object(server, kind, item, current, result)
            set_roles(server, (guard or {}).get("pulp_href"), _wanted_roles(item), result)
        elif current is None and not item.get("ca_certificate"):
            raise InvalidItem("a new x509 guard needs a ca_certificate")
        else:
            manage_object(server, kind, item, current, result)

    return run_all(mark_duplicates(work), run, server.write_concurrency(), server.report), {}


def manage_groups(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module pulp_group: the list `groups` -> results, in its order."""
    items = params["groups"]
    kind = kind_of("group")
    found = read_by_key(server.client, kind, [item["name"] for item in items])
    work = [(Result(item["name"], "group"), (item, found.get(item["name"]))) for item in items]

    def run(pair: Any, result: Result) -> None:
        item, current = pair
        manage_object(server, kind, item, current, result)

    return run_all(mark_duplicates(work), run, server.write_concurrency(), server.report), {}


def manage_namespaces(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module pulp_container_namespace: `namespaces` -> results, in their order."""
    items = params["namespaces"]
    kind = kind_of("container_namespace")
    found = read_by_key(server.client, kind, [item["name"] for item in items])
    work = [(Result(item["name"], "namespace"), (item, found.get(item["name"]))) for item in items]
    existing = Existing(server, [name for item in items for name in _namespace_groups(item)])

    def run(pair: Any, result: Result) -> None:
        item, current = pair
        if item["state"] == "absent":
            if current:
                _require_unused(server, current)
            manage_object(server, kind, item, current, result)
            return
        if not _NAMESPACE.fullmatch(item["name"]):
            raise InvalidItem(
                "no client can name an image in this namespace: expected lowercase letters and "
                "digits, with single '.', '_' or '-' between them"
            )
        existing.require(result, _namespace_groups(item))
        given = {
            role: item[permission]
            for permission, role in NAMESPACE_ROLES.items()
            if item[permission] is not None
        }
        wanted = {role: sorted(set(names)) for role, names in given.items() if names}
        namespace = manage_object(server, kind, item, current, result)
        set_roles(server, (namespace or {}).get("pulp_href"), wanted, result, given)

    return run_all(mark_duplicates(work), run, server.write_concurrency(), server.report), {}


def _namespace_groups(item: Mapping[str, Any]) -> list[str]:
    present = item["state"] == "present"
    return [name for permission in NAMESPACE_ROLES for name in item[permission] or [] if present]


def _require_unused(server: Server, namespace: Mapping[str, Any]) -> None:
    """Raise Conflict for a namespace with distributions: Pulp would delete them, and their images."""
    href, name = namespace["pulp_href"], namespace["name"]
    query = {"namespace__name": name, "fields": "name"}
    found = server.client.list(CONTENT_TYPES["container"].distribution.endpoint, query)
    users = sorted(distribution["name"] for distribution in found)
    Usage({href: users}).require_unused(href, f"container namespace '{name}'")


def mark_duplicates(work: Work, what: str = "name") -> Work:
    """Return the same work; a name that repeats in any list is an error of the second item."""
    refuse_invalid_names(work, [result.name for result, _item in work], what)
    return work


class Existing:
    """The groups and roles that items refer to, as far as they exist."""

    def __init__(self, server: Server, groups: Sequence[str], roles: Sequence[str] = ()) -> None:
        self._server = server
        self.groups = read_by_key(server.client, kind_of("group"), groups)
        self._roles = read_by_key(server.client, kind_of("role"), roles)

    def require(self, result: Result, groups: Sequence[str], roles: Sequence[str] = ()) -> None:
        """Raise InvalidItem for missing groups and roles.

        In check mode a missing group is a warning; no task creates roles.
        """
        unknown = [name for name in roles if name not in self._roles]
        if unknown:
            raise InvalidItem(f"there is no role {', '.join(unknown)}")
        missing = ", ".join(dict.fromkeys(name for name in groups if name not in self.groups))
        if missing:
            report_missing(self._server, result, f"there is no group {missing}: create it first")


def manage_object(
    server: Server,
    kind: Kind,
    item: Mapping[str, Any],
    current: dict[str, Any] | None,
    result: Result,
) -> dict[str, Any] | None:
    """Create, change or delete one object that no other object depends on; returns it, or None."""
    if item["state"] == "absent":
        if current:
            result.add_change("deleted", {kind.key: item[kind.key]}, {})
            if not server.check_mode:
                server.delete(current["pulp_href"], result.name)
        return None
    try:
        outcome = server.reconcile(kind, item[kind.key], to_api_values(kind.fields, item), current)
    except ResponseError as error:
        if current is None and "unique" in error.detail:
            raise InvalidItem(
                f"the name is taken by a {kind.noun} of another type, or one that you may not see"
            ) from error
        raise
    if outcome.changed:
        change = outcome.change
        result.add_change(_ACTIONS[change.action], change.before, change.after)
    return outcome.current


def set_roles(
    server: Server,
    href: str | None,
    wanted: Roles,
    result: Result,
    only: Collection[str] | None = None,
) -> None:
    """Assign groups exactly these roles on an object.

    Roles of users are not changed; with `only`, neither are other roles of groups than these.
    """

    def read() -> Roles:
        held = _held_roles(server, href) if href else {}
        return {role: held[role] for role in held if only is None or role in only}

    held = read()
    if held == wanted:
        return
    before = {} if result.action == "created" else {"roles": held}
    result.add_change("updated", before, {"roles": wanted})
    if server.check_mode or not href:
        return
    try:
        _write_roles(server, href, held, wanted)
    except (LostResponse, ResponseError):
        # Pulp refuses to add a role twice or to remove it twice: another run made the same change.
        _write_roles(server, href, read(), wanted)


def _group_names(items: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the groups that guards with state present refer to."""
    present = [item for item in items if item["state"] == "present"]
    return [name for item in present for names in _wanted_roles(item).values() for name in names]


def _role_names(items: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the roles that guards with state present refer to."""
    present = [item for item in items if item["state"] == "present"]
    return [role["role"] for item in present for role in item.get("roles") or []]


def _wanted_roles(item: Mapping[str, Any]) -> Roles:
    """Return the roles of a guard; a role that is listed twice gets the groups of both."""
    wanted: Roles = {}
    for role in item.get("roles") or []:
        wanted.setdefault(role["role"], []).extend(role.get("groups") or [])
    return {role: sorted(set(names)) for role, names in wanted.items() if names}


def _held_roles(server: Server, href: str) -> Roles:
    roles = server.client.get(f"{href}list_roles/")["roles"]
    return {role["role"]: sorted(role["groups"]) for role in roles if role["groups"]}


def _write_roles(server: Server, href: str, held: Roles, wanted: Roles) -> None:
    for role in sorted(set(held) | set(wanted)):
        old, new = set(held.get(role, [])), set(wanted.get(role, []))
        for verb, names in (("add_role", new - old), ("remove_role", old - new)):
            if names:
                body = {"role": role, "groups": sorted(names), "users": []}
                server.client.post(f"{href}{verb}/", body)
