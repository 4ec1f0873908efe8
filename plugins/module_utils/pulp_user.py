# SPDX-License-Identifier: Apache-2.0
"""Users with exact membership, and passwords that are tried before they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_access import make_plain
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_client import PulpClient
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    AuthenticationError,
    InvalidItem,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_pipeline import run_all
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_planner import HIDDEN
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_reader import read_kind
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import Result
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import Server
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import kind_of

__all__ = ["make_users"]


def make_users(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_user: the list `users` -> results, in its order."""
    items = params["users"]
    kind = kind_of("user")
    there = read_kind(server.client, kind, [item["username"] for item in items], ("groups",))
    named = [name for item in items for name in item.get("groups") or []]
    groups = read_kind(server.client, kind_of("group"), named)
    work = [
        (Result(item["username"], "user"), (item, there.get(item["username"]))) for item in items
    ]

    def walk(pair: Any, result: Result) -> None:
        item, current = pair
        missing = [name for name in item.get("groups") or [] if name not in groups]
        if missing and item["state"] == "present":
            raise InvalidItem(f"there is no group {', '.join(missing)}: create it first")
        if current and item["state"] == "present" and item.get("password"):
            item = _without_password_in_force(server, item, current)
        user = make_plain(server, kind, item, current, result)
        if current and item.get("password"):
            result.note("updated", {"password": HIDDEN}, {"password": f"{HIDDEN} (new)"})
        if item["state"] == "present" and item.get("groups") is not None:
            _make_membership_exact(server, user, item["groups"], groups, result)

    return run_all(work, walk, server.writes_at_once(), server.report), {}


def _without_password_in_force(
    server: Server, item: Mapping[str, Any], current: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The item without its password when a login with it works.

    A user who is not active cannot log in at all, so that nothing can be learned: the password
    is then written when the user becomes active, and left alone as long as not.
    """
    if not current.get("is_active", True):
        return item if item.get("is_active") else {**item, "password": None}
    connection = replace(
        server.client.connection, username=item["username"], password=item["password"]
    )
    probe = PulpClient(replace(connection, client_cert=None, client_key=None))
    try:
        probe.enter()
    except AuthenticationError:
        return item
    return {**item, "password": None}


def _make_membership_exact(
    server: Server,
    user: Mapping[str, Any] | None,
    wanted: list[str],
    groups: Mapping[str, Any],
    result: Result,
) -> None:
    held = {group["name"]: group["pulp_href"] for group in (user or {}).get("groups") or []}
    if set(held) == set(wanted):
        return
    result.note("updated", {"groups": sorted(held)}, {"groups": sorted(set(wanted))})
    if server.check_mode or user is None:
        return
    for name in sorted(set(wanted) - set(held)):
        body = {"username": user["username"]}
        server.client.post(f"{groups[name]['pulp_href']}users/", body)
    number = user["pulp_href"].rstrip("/").rsplit("/", 1)[-1]
    for name in sorted(set(held) - set(wanted)):
        server.client.delete(f"{held[name]}users/{number}/")
