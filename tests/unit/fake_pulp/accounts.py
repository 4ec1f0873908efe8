# SPDX-License-Identifier: Apache-2.0
"""Users and groups of FakePulp, and the roles of groups on its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import AuthenticationError, ResponseError

from .store import Object, Store, identifier, shown

if TYPE_CHECKING:
    from .pulp import FakePulp


def add_user(store: Store, name: str, groups: tuple[str, ...] = (), **fields: Any) -> Object:
    """Add a user to these groups; create missing groups."""
    defaults = {"is_active": True, "is_staff": False, "password": f"{name}'s own"}
    user = store.add("users/", username=name, groups=[], **{**defaults, **fields})
    for group in groups:
        _join(store, user, store.find("groups/", name=group) or store.add("groups/", name=group))
    return user


def set_roles(entry: Object, roles: dict[str, list[str]], user: str = "admin") -> None:
    """Set the roles of an object: role -> names of groups. `user` gets each of these roles, too."""
    entry["_roles"] = {role: (set(groups), {user}) for role, groups in roles.items()}


def roles_of(entry: Object) -> dict[str, set[str]]:
    """Return role -> names of its groups on an object, without the roles that have no groups."""
    return {role: groups for role, (groups, _users) in entry.get("_roles", {}).items() if groups}


class Account:
    """A PulpClient that only logs in with the user and password of a connection."""

    def __init__(self, pulp: FakePulp, connection: Connection) -> None:
        self._pulp, self._connection = pulp, connection

    def log_in(self) -> None:
        """Log in. Like Pulp, raise AuthenticationError for inactive users, too."""
        user = self._pulp.store.find("users/", username=self._connection.username)
        known = user and user["_secrets"].get("password") == self._connection.password
        if not user or not known or not user["is_active"]:
            raise AuthenticationError("Invalid username/password.")


def _create_user(pulp: FakePulp, body: dict[str, Any]) -> Any:
    pulp.store.check_unique("users/", body)
    return shown(add_user(pulp.store, body["username"], **{"password": "", **_without_name(body)}))


def _without_name(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "username"}


def _change_user(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    user = pulp.store.get(path)
    changed = pulp.store.differs(user, {name: body[name] for name in ("password",) if name in body})
    pulp.store.write(user, body)
    if changed and user["username"] == pulp.connection.username:
        pulp.session_expired = True
    return shown(user)


def _join(store: Store, user: Object, group: Object) -> None:
    entry = {"name": group["name"], "pulp_href": group["pulp_href"]}
    if entry not in user["groups"]:
        user["groups"].append(entry)


def _add_member(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    user = pulp.store.find("users/", username=body["username"])
    if user is None:
        raise ResponseError(400, "username: Object with username does not exist.")
    _join(pulp.store, user, pulp.store.get(path))
    return dict(body)


def _remove_member(pulp: FakePulp, _body: dict[str, Any], path: str, number: str) -> Any:
    group = pulp.store.get(path)["pulp_href"]
    for user in pulp.store.within("users/"):
        if identifier(user["pulp_href"]) == number:
            user["groups"] = [one for one in user["groups"] if one["pulp_href"] != group]


def _create_guard(pulp: FakePulp, body: dict[str, Any]) -> Any:
    """Create a content guard; its creator gets the roles owner and downloader."""
    guard = pulp.create("contentguards/core/rbac/", {"description": None, **body})
    roles = {"core.rbaccontentguard_owner": [], "core.rbaccontentguard_downloader": []}
    set_roles(pulp.store.get(guard["pulp_href"]), roles, pulp.connection.username or "")
    return guard


def _list_roles(pulp: FakePulp, _params: dict[str, Any], path: str) -> Any:
    assigned = pulp.store.get(path).get("_roles", {})
    return {
        "roles": [
            {"role": role, "groups": sorted(groups), "users": sorted(users)}
            for role, (groups, users) in assigned.items()
        ]
    }


def _change_role(pulp: FakePulp, body: dict[str, Any], path: str, verb: str) -> Any:
    assigned = pulp.store.get(path).setdefault("_roles", {})
    groups, _users = assigned.setdefault(body["role"], (set(), set()))
    named = set(body["groups"])
    if verb == "add" and groups & named:
        raise ResponseError(400, f"The role {body['role']} is already assigned to this group.")
    if verb == "remove" and named - groups:
        raise ResponseError(400, f"The role {body['role']} is not assigned to this group.")
    (groups.update if verb == "add" else groups.difference_update)(named)
    return dict(body)


ROUTES = (
    ("POST", r"users/", _create_user),
    ("PATCH", r"(users/\w+/)", _change_user),
    ("POST", r"(groups/\w+/)users/", _add_member),
    ("DELETE", r"(groups/\w+/)users/(\w+)/", _remove_member),
    ("POST", r"contentguards/core/rbac/", _create_guard),
    ("GET", r"(.+/)list_roles/", _list_roles),
    ("POST", r"(.+/)(add|remove)_role/", _change_role),
)
