# SPDX-License-Identifier: Apache-2.0
"""Manage users: exact group membership, and passwords that are written only if they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..pulp.client import PulpClient
from ..pulp.connection import Connection
from ..pulp.errors import AuthenticationError, Conflict, InvalidItem, LostResponse
from ..pulp.planner import HIDDEN
from ..pulp.pool import run_all
from ..pulp.reader import read_by_key, uuid_of
from ..pulp.server import Server
from ..pulp.types import kind_of
from ..report.report import Result
from .access import Existing, manage_object, mark_duplicates

PLACEHOLDER = "the password is a placeholder of the example vault, which everybody knows"
_PLACEHOLDER = re.compile(r"change[-_ ]?me", re.IGNORECASE)


def manage_users(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module pulp_user: the list `users` -> results, in its order."""
    items = params["users"]
    kind = kind_of("user")
    names = [item["username"] for item in items]
    found = read_by_key(server.client, kind, names, ("groups",))
    existing = Existing(server, [name for item in items for name in item.get("groups") or []])
    own_name = server.client.connection.username

    def run(item: Mapping[str, Any], result: Result) -> None:
        current = found.get(item["username"])
        validate_user(item, is_own=item["username"] == own_name)
        if item["state"] == "absent":
            manage_object(server, kind, item, current, result)
            return
        wanted = item.get("groups")
        existing.require(result, wanted or [])
        if current is None:
            current = manage_object(server, kind, item, None, result)
            _set_groups(server, current, wanted, existing.groups, result)
            return
        _set_groups(server, current, wanted, existing.groups, result)
        # Last, because a new password of the run's own user ends its session.
        if not password_differs(server.client.connection, item, current):
            item = {**item, "password": None}
        manage_object(server, kind, item, current, result)
        if item.get("password"):
            result.add_change("updated", {"password": HIDDEN}, {"password": f"{HIDDEN} (new)"})
        if result.action == "updated":
            result.more["told"] = describe_update(result.before, result.after)

    work = mark_duplicates([(Result(item["username"], "user"), item) for item in items], "username")
    limit = server.write_concurrency()
    # The run's own user comes after all others, because a new password ends the session.
    run_all([pair for pair in work if pair[0].name != own_name], run, limit, server.report)
    run_all([pair for pair in work if pair[0].name == own_name], run, 1, server.report)
    return [result for result, _item in work], {}


def describe_update(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return what was updated of a user in words: `disabled`, `new password, groups: a, b`."""
    if after.get("is_active") is False and before.get("is_active") is not False:
        return "disabled"
    parts = []
    if after.get("is_active"):
        parts.append("enabled")
    if "password" in after:
        parts.append("new password")
    if "groups" in after:
        parts.append(f"groups: {', '.join(after['groups'])}" if after["groups"] else "no groups")
    others = sorted(set(after) - {"is_active", "password", "groups"})
    return ", ".join([*parts, *others])


def validate_user(item: Mapping[str, Any], is_own: bool) -> None:
    """Raise Conflict or InvalidItem for an item that must not be carried out.

    `is_own`: it is the user that this run is logged in as.
    """
    if is_own and (item["state"] == "absent" or item.get("is_active") is False):
        raise Conflict(
            "this run is logged in as this user and would lock itself out: use another user"
        )
    password = item.get("password") or ""
    if item["state"] != "present":
        return
    if password.strip() != password:
        raise InvalidItem(
            "the password has leading or trailing spaces, which Pulp removes: set another one"
        )
    if is_placeholder(password):
        raise InvalidItem(f"{PLACEHOLDER}: generate one with `openssl rand -base64 24`")


def is_placeholder(password: str) -> bool:
    """Return whether a password was copied from an example, and is thus known to everybody."""
    return bool(_PLACEHOLDER.match(password.strip()))


def password_differs(
    connection: Connection, item: Mapping[str, Any], current: Mapping[str, Any]
) -> bool:
    """Whether the password of an existing user must be written, because a login with it fails.

    An inactive user cannot log in at all: the password is written if the user becomes active.
    """
    if not item.get("password"):
        return False
    if not current.get("is_active", True):
        return bool(item.get("is_active"))
    client = PulpClient(
        replace(
            connection,
            username=item["username"],
            password=item["password"],
            client_cert=None,
            client_key=None,
        )
    )
    try:
        client.log_in()
    except AuthenticationError:
        return True
    return False


def _set_groups(
    server: Server,
    user: Mapping[str, Any] | None,
    wanted: list[str] | None,
    groups: Mapping[str, Any],
    result: Result,
) -> None:
    """Make the user a member of exactly the wanted groups; None does not change the membership."""
    if wanted is None:
        return
    if user and "groups" not in user:
        user = server.client.get(user["pulp_href"])
    held = {group["name"]: group["pulp_href"] for group in (user or {}).get("groups") or []}
    if set(held) == set(wanted):
        return
    before = {} if result.action == "created" else {"groups": sorted(held)}
    result.add_change("updated", before, {"groups": sorted(set(wanted))})
    if server.check_mode or user is None:
        return
    for name in sorted(set(wanted) - set(held)):
        _add_member(server, f"{groups[name]['pulp_href']}users/", user["username"])
    number = uuid_of(user["pulp_href"])
    for name in sorted(set(held) - set(wanted)):
        server.client.delete(f"{held[name]}users/{number}/")


def _add_member(server: Server, url: str, username: str) -> None:
    body = {"username": username}
    try:
        server.client.post(url, body)
    except LostResponse:
        # Pulp accepts a member twice.
        server.client.post(url, body)
