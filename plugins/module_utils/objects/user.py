# SPDX-License-Identifier: Apache-2.0
"""Users with exact membership, and passwords that are tried before they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..pulp.client import PulpClient
from ..pulp.connection import Connection
from ..pulp.errors import AuthenticationError, Conflict, InvalidItem, LostResponse
from ..pulp.planner import HIDDEN
from ..pulp.pool import run_all
from ..pulp.reader import read_by_key
from ..pulp.server import Server
from ..pulp.types import kind_of
from ..report.report import Result
from .access import Existing, manage_object, mark_duplicates


def manage_users(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_user: the list `users` -> results, in its order."""
    items = params["users"]
    kind = kind_of("user")
    names = [item["username"] for item in items]
    there = read_by_key(server.client, kind, names, ("groups",))
    named = [name for item in items for name in item.get("groups") or []]
    existing = Existing(server, named)
    ours = server.client.connection.username

    def walk(item: Mapping[str, Any], result: Result) -> None:
        current = there.get(item["username"])
        validate_user(item, is_ours=item["username"] == ours)
        if item["state"] == "absent":
            manage_object(server, kind, item, current, result)
            return
        wanted = item.get("groups")
        existing.require(result, wanted or [])
        if current is None:
            current = manage_object(server, kind, item, None, result)
            _make_membership_exact(server, current, wanted, existing.groups, result)
            return
        _make_membership_exact(server, current, wanted, existing.groups, result)
        # Last, because a new password of our own user ends the session.
        if not password_differs(server.client.connection, item, current):
            item = {**item, "password": None}
        manage_object(server, kind, item, current, result)
        if item.get("password"):
            result.add_change("updated", {"password": HIDDEN}, {"password": f"{HIDDEN} (new)"})

    work = mark_duplicates([(Result(item["username"], "user"), item) for item in items], "username")
    at_once = server.write_concurrency()
    # Our own user waits for all others: with a new password the session is over.
    run_all([pair for pair in work if pair[0].name != ours], walk, at_once, server.report)
    run_all([pair for pair in work if pair[0].name == ours], walk, 1, server.report)
    return [result for result, _item in work], {}


def validate_user(item: Mapping[str, Any], is_ours: bool) -> None:
    """Raise what forbids an item; `is_ours`: it is the user that this run is logged in as."""
    if is_ours and (item["state"] == "absent" or item.get("is_active") is False):
        raise Conflict("this run is logged in as this user, who would lock itself out")
    password = item.get("password") or ""
    if item["state"] == "present" and password.strip() != password:
        raise InvalidItem("the password begins or ends with a blank, which Pulp would cut off")


def password_differs(
    connection: Connection, item: Mapping[str, Any], current: Mapping[str, Any]
) -> bool:
    """Whether the password of an existing user is to be written: no login works with it.

    A user who is not active cannot log in at all, so that nothing can be learned: the password
    is then written when the user becomes active, and left alone as long as not.
    """
    if not item.get("password"):
        return False
    if not current.get("is_active", True):
        return bool(item.get("is_active"))
    probe = PulpClient(
        replace(
            connection,
            username=item["username"],
            password=item["password"],
            client_cert=None,
            client_key=None,
        )
    )
    try:
        probe.log_in()
    except AuthenticationError:
        return True
    return False


def _make_membership_exact(
    server: Server,
    user: Mapping[str, Any] | None,
    wanted: list[str] | None,
    groups: Mapping[str, Any],
    result: Result,
) -> None:
    """Make the user a member of just the wanted groups; None leaves the membership alone."""
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
        _join(server, f"{groups[name]['pulp_href']}users/", user["username"])
    number = user["pulp_href"].rstrip("/").rsplit("/", 1)[-1]
    for name in sorted(set(held) - set(wanted)):
        server.client.delete(f"{held[name]}users/{number}/")


def _join(server: Server, members: str, username: str) -> None:
    body = {"username": username}
    try:
        server.client.post(members, body)
    except LostResponse:
        # Pulp takes it twice without complaint.
        server.client.post(members, body)
