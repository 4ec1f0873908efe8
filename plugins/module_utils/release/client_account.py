# SPDX-License-Identifier: Apache-2.0
"""Accounts of clients: users that may pull what their groups may, are disabled, or deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..objects.user import manage_users
from ..pulp.errors import InvalidItem
from ..pulp.reader import read_by_key
from ..pulp.server import Server
from ..pulp.types import kind_of
from ..report.report import Result

_HINT = "make one with `openssl rand -base64 24`, and keep it in a vault"


def manage_accounts(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module client_account: `clients` -> results, in their order, and `lines`.

    Raises InvalidItem, before anything is written, naming everything that cannot be done.
    """
    clients = params["clients"]
    kind = kind_of("user")
    there = read_by_key(server.client, kind, [client["name"] for client in clients], ("is_staff",))
    problems = [
        f"client '{client['name']}' {problem}"
        for client in clients
        for problem in _problems(client, there.get(client["name"]), _ours(server))
    ]
    if problems:
        raise InvalidItem(f"no account was changed: {'; '.join(problems)}")
    users = [user_item(client, there.get(client["name"]), params) for client in clients]
    for client in clients:
        if client["state"] == "absent" and not client["purge"] and client["name"] not in there:
            server.report.warn(
                f"client '{client['name']}' is to be absent, and has no account here: nobody was "
                "disabled; look whether that is how the name is spelt"
            )
    results, more = manage_users(server, {"users": users})
    url = params["client_url"] or server.client.connection.pulp_url
    shown = [
        (result, client)
        for result, client in zip(results, clients)
        if not result.error and (result.changed or params["show"] == "all")
    ]
    lines = [line for result, client in shown for line in _lines(result, client, url)]
    return results, {**more, "lines": lines}


def user_item(
    client: Mapping[str, Any], there: Mapping[str, Any] | None, params: Mapping[str, Any]
) -> dict[str, Any]:
    """The user that a client is to be, as an item of manage_users."""
    user = {"username": client["name"], "state": "present"}
    if client["state"] == "absent":
        if client["purge"] or there is None:
            return {**user, "state": "absent"}
        return {**user, "is_active": False, "groups": []}
    development = params["development_groups"] if client["development"] else []
    return {
        **user,
        "password": client["password"] or None,
        "is_active": True,
        "groups": list(dict.fromkeys([*params["groups"], *development])),
    }


def kayobe_settings(url: str, name: str) -> list[str]:
    """What the client puts into its Kayobe configuration: lines of YAML, without the password."""
    return [
        f"# {name}: for etc/kayobe/pulp.yml; its password goes into etc/kayobe/secrets.yml, encrypted",
        f"stackhpc_release_pulp_url: {json.dumps(url)}",
        f"stackhpc_release_pulp_username: {json.dumps(name)}",
        'stackhpc_release_pulp_password: "{{ secrets_stackhpc_release_pulp_password }}"',
    ]


def _lines(result: Result, client: Mapping[str, Any], url: str) -> list[str]:
    if client["state"] == "present":
        return kayobe_settings(url, result.name)
    return [f"# {result.name}: the account is {'gone' if client['purge'] else 'disabled'}"]


def _ours(server: Server) -> str | None:
    return server.client.connection.username


def _problems(
    client: Mapping[str, Any], there: Mapping[str, Any] | None, ours: str | None
) -> Sequence[str]:
    if client["name"] == ours:
        return ["is the account that this run is logged in as: give the client one of its own"]
    if there and there.get("is_staff"):
        return ["is an administrator's account on this Pulp: give the client one of its own"]
    if client["state"] == "present" and there is None and not client["password"]:
        return [f"has no account yet, and no password is given for it: {_HINT}"]
    if client["state"] == "present" and client["purge"]:
        return ["has purge, which deletes the account, and is not absent: give state: absent, too"]
    return []
