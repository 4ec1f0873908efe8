# SPDX-License-Identifier: Apache-2.0
"""Manage the accounts of clients: create, disable or delete their users, and print their settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..objects.user import PLACEHOLDER, is_placeholder, manage_users
from ..pulp.errors import InvalidItem
from ..pulp.reader import read_by_key
from ..pulp.server import Server
from ..pulp.types import kind_of
from ..report.report import Result

_HINT = "generate one with `openssl rand -base64 24`, and keep it in a vault"


def manage_accounts(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module client_account: `clients` -> results, in their order, and `lines`.

    Raises InvalidItem, naming all invalid clients, before anything is written.
    """
    clients = params["clients"]
    kind, own_name = kind_of("user"), server.client.connection.username
    found = read_by_key(server.client, kind, [client["name"] for client in clients], ("is_staff",))
    problems = [
        f"client '{client['name']}' {problem}"
        for client in clients
        for problem in _problems(client, found.get(client["name"]), own_name)
    ]
    if problems:
        raise InvalidItem(f"no account was changed: {'; '.join(problems)}")
    users = [user_item(client, found.get(client["name"]), params) for client in clients]
    for client in clients:
        if client["state"] == "absent" and not client["purge"] and client["name"] not in found:
            server.report.warn(
                f"client '{client['name']}' with state absent has no account on this Pulp: no "
                "account was disabled, check the spelling of the name"
            )
    results, more = manage_users(server, {"users": users})
    url = params["client_url"] or server.client.connection.pulp_url
    reported = [
        (result, client)
        for result, client in zip(results, clients)
        if not result.error and (result.changed or params["show"] == "all")
    ]
    lines = [line for result, client in reported for line in _lines(result, client, url)]
    return results, {**more, "lines": lines}


def user_item(
    client: Mapping[str, Any], current: Mapping[str, Any] | None, params: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the item of manage_users for a client; `current` is its user, None if there is none."""
    user = {"username": client["name"], "state": "present"}
    if client["state"] == "absent":
        if client["purge"] or current is None:
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
    """Return lines of YAML for the Kayobe configuration of the client, without the password."""
    return [
        f"# {name}: for etc/kayobe/pulp.yml; its password goes into etc/kayobe/secrets.yml, encrypted",
        f"stackhpc_release_pulp_url: {json.dumps(url)}",
        f"stackhpc_release_pulp_username: {json.dumps(name)}",
        'stackhpc_release_pulp_password: "{{ secrets_stackhpc_release_pulp_password }}"',
    ]


def _lines(result: Result, client: Mapping[str, Any], url: str) -> list[str]:
    if client["state"] == "present":
        return kayobe_settings(url, result.name)
    return [f"# {result.name}: the account is {'deleted' if client['purge'] else 'disabled'}"]


def _problems(
    client: Mapping[str, Any], current: Mapping[str, Any] | None, own_name: str | None
) -> Sequence[str]:
    if client["name"] == own_name:
        return ["is the account that this run is logged in as: create another one for the client"]
    if current and current.get("is_staff"):
        return ["is an administrator's account on this Pulp: create another one for the client"]
    if client["state"] == "present" and current is None and not client["password"]:
        return [f"has no account yet, and no password is set for it: {_HINT}"]
    if client["state"] == "present" and is_placeholder(client["password"] or ""):
        return [f"cannot have this password: {PLACEHOLDER}. {_HINT[0].upper()}{_HINT[1:]}"]
    if client["state"] == "present" and client["purge"]:
        return ["has purge, which deletes the account, but state present: set state to absent"]
    return []
