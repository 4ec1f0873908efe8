# SPDX-License-Identifier: Apache-2.0
"""Objects of FakePulp by href, with the filters of Pulp."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from plugins.module_utils.pulp.errors import ResponseError

ROOT = "/pulp/api/v3/"

# An object as the API shows it, without the keys that start with an underscore.
Object = dict[str, Any]

# The filters of all endpoints, and those of each kind. Pulp responds 400 to others.
_FILTERS = {
    "": "name name__in name__contains name__regex name__startswith pulp_id__in pulp_href__in",
    "artifacts/": "sha256",
    "content/": "repository_version repository_version_added repository_version_removed q sha256 "
    "digest digest__in relative_path package package__in distribution component architecture "
    "release_component",
    "distributions/": "base_path base_path__in namespace__name pulp_type repository "
    "pulp_label_select",
    "publications/": "repository repository_version",
    "repositories/": "number__range",
    "tasks/": "state state__in reserved_resources finished_at__gte",
    "users/": "username username__in",
    "workers/": "online",
}
_DEFAULT_LIMIT = 100
# Fields that the list of all types does not show.
_HIDDEN_IN_GENERAL = {"distributions/": ("publication", "remote", "repository_version")}
_SECRETS = {
    "remotes/": ("client_key", "proxy_username", "proxy_password", "username", "password"),
    "": ("password",),
}


def address(endpoint: str) -> str:
    """Return the path of an endpoint or href in the form of an href."""
    return endpoint if endpoint.startswith("/") else ROOT + endpoint


def identifier(href: str) -> str:
    """Return the last part of an href."""
    return href.rstrip("/").rsplit("/", 1)[-1]


def repository_of(version: str) -> str:
    """Return the href of the repository of a version."""
    return version.split("versions/")[0]


def secrets_of(href: str) -> tuple[str, ...]:
    """Return the names of the fields that the API never shows."""
    kind = href[len(ROOT) :].partition("/")[0] + "/"
    return _SECRETS.get(kind, _SECRETS[""])


class Store:
    """The objects of a server.

    `objects`: href -> object, in the order of creation. `now`: the server's time, which advances
    by one second with each object.
    """

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self.now = datetime(2026, 1, 1, tzinfo=timezone.utc)
        self._numbers = itertools.count(1)

    def time(self) -> str:
        """Return the next time in Pulp's format."""
        self.now += timedelta(seconds=1)
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def add(self, endpoint: str, **fields: Any) -> Object:
        """Add an object; by default with a new href and the current time of creation."""
        number = str(next(self._numbers))
        prn = f"prn:{endpoint.strip('/').replace('/', '.')}:{number}"
        made: Object = {"pulp_href": f"{address(endpoint)}{number}/", "prn": prn}
        made.update(pulp_created=self.time())
        self.write(made, fields)
        self.objects[made["pulp_href"]] = made
        return made

    def write(self, entry: Object, fields: Mapping[str, Any]) -> None:
        """Set fields of an object; secrets are stored where no response shows them."""
        secret = secrets_of(fields.get("pulp_href") or entry["pulp_href"])
        held = entry.setdefault("_secrets", {})
        for name, value in fields.items():
            kept = value if name.startswith("_") else copy.deepcopy(value)
            (held if name in secret else entry)[name] = kept

    def differs(self, entry: Object, fields: Mapping[str, Any]) -> bool:
        """Return whether writing these fields would change an object."""
        known = {**entry, **entry["_secrets"]}
        return any(known.get(name) != value for name, value in fields.items())

    def check_unique(self, endpoint: str, fields: Mapping[str, Any]) -> None:
        """Raise ResponseError for a name that another object of the kind has, of any type."""
        kind = endpoint.partition("/")[0] + "/"
        for key in {"name", "username", "base_path"} & set(fields) if kind != "content/" else ():
            if any(one.get(key) == fields[key] for one in self.within(kind)):
                if kind == "pulp_container/":  # the error comes from the database
                    raise ResponseError(500, "Server Error")
                raise ResponseError(400, f"{key}: This field must be unique.")

    def get(self, href: str) -> Object:
        """Return an object, or raise ResponseError with the status 404."""
        if address(href) not in self.objects:
            raise ResponseError(404, "No object matches the given query.")
        return self.objects[address(href)]

    def within(self, endpoint: str) -> list[Object]:
        """Return the objects of an endpoint, or those of all types below `repositories/`."""
        prefix = address(endpoint)
        return [
            entry
            for href, entry in self.objects.items()
            if href.startswith(prefix) and "versions/" not in href[len(prefix) :]
        ]

    def find(self, endpoint: str, **fields: Any) -> Object | None:
        """Return the first object with these values, or None."""
        return next(
            (
                entry
                for entry in self.within(endpoint)
                if all(entry.get(name) == value for name, value in fields.items())
            ),
            None,
        )

    def remove(self, href: str) -> None:
        """Delete an object and its publications, and clear references to it, like Pulp."""
        del self.objects[href]
        below = [other for other in self.objects if other.startswith(href)]
        published = [
            one["pulp_href"]
            for one in self.within("publications/")
            if one["repository_version"] == href
        ]
        for other in (*below, *published):
            self.remove(other)
        for entry in self.within("distributions/"):
            for name, value in entry.items():
                if value == href and name not in ("pulp_href", "namespace"):
                    entry[name] = None
            if entry.get("namespace") == href:
                self.remove(entry["pulp_href"])

    def page(self, endpoint: str, params: Mapping[str, Any], most: int) -> dict[str, Any]:
        """Return a page with up to `most` objects, by default the newest first."""
        filters = dict(params)
        limit = min(most, int(filters.pop("limit", 0)) or _DEFAULT_LIMIT)
        start = int(filters.pop("offset", 0))
        fields = filters.pop("fields", "")
        order = filters.pop("ordering", "-pulp_created")
        self._check_filters(endpoint, filters)
        found = [
            one
            for one in self.within(endpoint)
            if all(self._matches(one, name, value) for name, value in filters.items())
        ]
        found.sort(key=lambda one: str(one.get(order.lstrip("-"))), reverse=order.startswith("-"))
        hidden = _HIDDEN_IN_GENERAL.get(endpoint, ())
        return {
            "count": len(found),
            "next": "next" if start + limit < len(found) else None,
            "results": [shown(one, fields, hidden) for one in found[start : start + limit]],
        }

    def _check_filters(self, endpoint: str, filters: Mapping[str, Any]) -> None:
        kind = address(endpoint)[len(ROOT) :].partition("/")[0] + "/"
        known = f"{_FILTERS['']} {_FILTERS.get(kind, '')}".split()
        for name in filters:
            if name not in known:
                raise ResponseError(400, f"errors: Invalid Filter: '{name}'")

    def _matches(self, entry: Object, name: str, value: Any) -> bool:
        href = entry["pulp_href"]
        if name.startswith("repository_version") and href.startswith(f"{ROOT}content/"):
            key = {"": "_content", "_added": "_added", "_removed": "_removed"}[name[18:]]
            return href in self.get(value)[key]
        if name == "repository" and href.startswith(f"{ROOT}publications/"):
            return repository_of(entry["repository_version"]) == value
        if name == "q":
            versions = re.findall(r'repository_version="([^"]+)"', value)
            return all(href in self.get(version)["_content"] for version in versions)
        if name == "reserved_resources":
            return value in entry["reserved_resources_record"]
        if name == "namespace__name":
            return entry["base_path"].split("/")[0] == value
        if name == "pulp_label_select":  # of a label's name alone: those that have it
            return value in (entry.get("pulp_labels") or {})
        if name == "pulp_type":
            return value == "core.artifact" and href.startswith(f"{ROOT}distributions/core/")
        field, _double, operator = name.partition("__")
        own = identifier(href) if field == "pulp_id" else entry.get(field)
        return _compared(own, operator, str(value))


def _compared(own: Any, operator: str, value: str) -> bool:
    if operator == "in":  # a comma cannot be escaped, and spaces around a value are removed
        return own in [part.strip() for part in value.split(",")]
    if operator == "range":
        first, last = map(int, value.split(","))
        return first <= own <= last
    text = str(own).lower() if isinstance(own, bool) else str(own or "")
    if operator == "regex":
        return bool(re.search(value, text))
    if operator == "gte":
        return bool(own) and text >= value
    checks = {"contains": value in text, "startswith": text.startswith(value)}
    return checks.get(operator, text == value.strip())


def shown(entry: Object, fields: str | None = "", hidden: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an object as the API shows it: all fields, or only those in `fields` ("a,b")."""
    chosen = fields.split(",") if fields else []
    known = {name: value for name, value in entry.items() if not name.startswith("_")}
    if entry["pulp_href"].startswith(f"{ROOT}remotes/"):
        known["hidden_fields"] = [
            {"name": name, "is_set": bool(entry["_secrets"].get(name))}
            for name in secrets_of(entry["pulp_href"])
            if not chosen or name in chosen
        ]
    return copy.deepcopy(
        {
            name: value
            for name, value in known.items()
            if name not in hidden and (not chosen or name in chosen)
        }
    )
