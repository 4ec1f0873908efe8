# SPDX-License-Identifier: Apache-2.0
"""Content guards with exact role lists, and groups."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..pulp.errors import InvalidItem, LostResponse, ResponseError
from ..pulp.planner import to_api_values
from ..pulp.pool import refuse_duplicates, run_all
from ..pulp.reader import read_by_key
from ..pulp.references import Usage, read_usage, report_missing
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, Kind, kind_of
from ..report.report import Result

GUARD_KINDS = {"rbac": "rbac_guard", "x509": "x509_guard"}

Roles = dict[str, list[str]]
Work = list[tuple[Result, Any]]

_DONE = {"create": "created", "update": "updated"}


def mark_duplicates(work: Work, what: str = "name") -> Work:
    """The same work; a name given twice, in whichever list, is an error of its second item."""
    refuse_duplicates(work, [result.name for result, _item in work], what)
    return work


class Existing:
    """The groups and roles that items name: what is there, and what to say of the others."""

    def __init__(self, server: Server, groups: Sequence[str], roles: Sequence[str] = ()) -> None:
        self._server = server
        self.groups = read_by_key(server.client, kind_of("group"), groups)
        self._roles = read_by_key(server.client, kind_of("role"), roles)

    def require(self, result: Result, groups: Sequence[str], roles: Sequence[str] = ()) -> None:
        """Refuse a result whose groups or roles are missing; no play makes roles."""
        lost = [name for name in roles if name not in self._roles]
        if lost:
            raise InvalidItem(f"there is no role {', '.join(lost)}")
        missing = ", ".join(dict.fromkeys(name for name in groups if name not in self.groups))
        if missing:
            report_missing(self._server, result, f"there is no group {missing}: create it first")


def manage_guards(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_content_guard: lists `rbac` and `x509` -> results, in order."""
    items: list[Mapping[str, Any]] = []
    work: Work = []
    for type_name, noun in GUARD_KINDS.items():
        kind, listed = kind_of(noun), params.get(type_name) or []
        there = read_by_key(server.client, kind, [item["name"] for item in listed])
        items += listed
        for item in listed:
            result = Result(item["name"], type_name)
            work.append((result, (kind, item, there.get(item["name"]))))
    existing = Existing(server, _named(items, "groups"), _named(items, "role"))
    going = any(item["state"] == "absent" and there for _result, (_kind, item, there) in work)
    usage = read_usage(server.client) if going else Usage()

    def walk(pair: Any, result: Result) -> None:
        kind, item, current = pair
        if item["state"] == "absent":
            if current:
                usage.require_unused(current["pulp_href"], f"content guard '{item['name']}'")
            manage_object(server, kind, item, current, result)
        elif result.type == "rbac":
            existing.require(result, _groups(item), _named([item], "role"))
            guard = manage_object(server, kind, item, current, result)
            set_roles(server, (guard or {}).get("pulp_href"), _wanted_roles(item), result)
        elif current is None and not item.get("ca_certificate"):
            raise InvalidItem("a new x509 guard needs a ca_certificate")
        else:
            manage_object(server, kind, item, current, result)

    return run_all(mark_duplicates(work), walk, server.write_concurrency(), server.report), {}


def manage_groups(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_group: the list `groups` -> results, in its order."""
    items = params["groups"]
    kind = kind_of("group")
    there = read_by_key(server.client, kind, [item["name"] for item in items])
    work = [(Result(item["name"], "group"), (item, there.get(item["name"]))) for item in items]

    def walk(pair: Any, result: Result) -> None:
        item, current = pair
        manage_object(server, kind, item, current, result)

    return run_all(mark_duplicates(work), walk, server.write_concurrency(), server.report), {}


def manage_object(
    server: Server,
    kind: Kind,
    item: Mapping[str, Any],
    current: dict[str, Any] | None,
    result: Result,
) -> dict[str, Any] | None:
    """Create, change or delete one object that nothing else hangs on; returns it as it now is."""
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
        result.add_change(_DONE[change.action], change.before, change.after)
    return outcome.current


def set_roles(
    server: Server,
    href: str | None,
    wanted: Roles,
    result: Result,
    only: Collection[str] | None = None,
) -> None:
    """Give groups the roles on an object that are listed, sorted, and take all others from them.

    With `only`, other roles than these are left alone, as users' own are in any case.
    """

    def held_now() -> Roles:
        held = _held_roles(server, href) if href else {}
        return {role: held[role] for role in held if only is None or role in only}

    held = held_now()
    if held == wanted:
        return
    result.add_change(
        "updated", {"roles": held} if result.action != "created" else {}, {"roles": wanted}
    )
    if server.check_mode or not href:
        return
    try:
        _write_roles(server, href, held, wanted)
    except (LostResponse, ResponseError):
        # Adding what is there, and removing what is not, are errors: another run was quicker.
        _write_roles(server, href, held_now(), wanted)


def _groups(item: Mapping[str, Any]) -> list[str]:
    return [name for names in _wanted_roles(item).values() for name in names]


def _named(items: Sequence[Mapping[str, Any]], what: str) -> list[str]:
    """The roles, or the groups, that present guards name."""
    present = [item for item in items if item["state"] == "present"]
    if what == "groups":
        return [name for item in present for name in _groups(item)]
    return [role["role"] for item in present for role in item.get("roles") or []]


def _wanted_roles(item: Mapping[str, Any]) -> Roles:
    """Role -> its groups, of a guard; a role that is given twice gets the groups of both."""
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


# The role that gives a right to all distributions in a namespace. Who may push may pull as well.
RIGHTS = {
    "pull": "container.containernamespace_consumer",
    "push": "container.containernamespace_collaborator",
}

# One component of a repository's name, as the OCI distribution specification 1.1 has it. Pulp
# takes any text, and no client can ever name what is below the rest.
_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")


def manage_namespaces(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_container_namespace: `namespaces` -> results, in their order."""
    items = params["namespaces"]
    kind = kind_of("container_namespace")
    there = read_by_key(server.client, kind, [item["name"] for item in items])
    work = [(Result(item["name"], "namespace"), (item, there.get(item["name"]))) for item in items]
    existing = Existing(server, [name for item in items for name in _namespace_groups(item)])

    def walk(pair: Any, result: Result) -> None:
        item, current = pair
        if item["state"] == "absent":
            if current:
                _refuse_if_used(server, current)
            manage_object(server, kind, item, current, result)
            return
        if not _NAME.fullmatch(item["name"]):
            raise InvalidItem(
                "no image can be named below it: a namespace is lower-case letters and digits, "
                "with single '.', '_' or '-' between them"
            )
        existing.require(result, _namespace_groups(item))
        given = {role: item[right] for right, role in RIGHTS.items() if item[right] is not None}
        wanted = {role: sorted(set(names)) for role, names in given.items() if names}
        namespace = manage_object(server, kind, item, current, result)
        set_roles(server, (namespace or {}).get("pulp_href"), wanted, result, given)

    return run_all(mark_duplicates(work), walk, server.write_concurrency(), server.report), {}


def _namespace_groups(item: Mapping[str, Any]) -> list[str]:
    present = item["state"] == "present"
    return [name for right in RIGHTS for name in item[right] or [] if present]


def _refuse_if_used(server: Server, namespace: Mapping[str, Any]) -> None:
    """Pulp deletes a namespace with all its distributions, and what was pushed with them."""
    href, name = namespace["pulp_href"], namespace["name"]
    asked = {"namespace__name": name, "fields": "name"}
    inside = server.client.list(CONTENT_TYPES["container"].distribution.endpoint, asked)
    users = sorted(entry["name"] for entry in inside)
    Usage({href: users}).require_unused(href, f"container namespace '{name}'")
