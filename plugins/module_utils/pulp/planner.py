# SPDX-License-Identifier: Apache-2.0
"""Comparison of wanted values with an object on the server, and the change that results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import has_unclear_credentials, redact, redact_url
from .errors import InvalidItem
from .types import LABEL_PREFIX, Field

HIDDEN = "VALUE HIDDEN"
_URLS = ("url", "proxy_url")
_NUMBERS: dict[str, type] = {"int": int, "float": float}


@dataclass(frozen=True)
class Change:
    """A change of one object: `action` is create, update, delete or none.

    `payload`: the fields to send. `before` and `after`: the fields that differ, without secrets.
    `secrets_only`: the payload has only secrets, which only the server can compare.
    """

    action: str
    payload: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    secrets_only: bool = False

    @property
    def changes(self) -> bool:
        """Whether it changes the object, as far as is known before."""
        return self.action != "none" and not self.secrets_only


def to_api_values(fields: Iterable[Field], options: Mapping[str, Any]) -> dict[str, Any]:
    """Convert options into values of the API.

    None is omitted; an empty string, list or dict becomes the empty value of the field. Numbers may
    be strings. Raises InvalidItem for a string that is not a number.
    """
    values: dict[str, Any] = {}
    for spec in fields:
        value = options.get(spec.option)
        if value is not None:
            value = _converted(spec, value)
            values[spec.name] = spec.empty_value if value in ("", [], {}) else value
    return values


def plan(
    fields: Iterable[Field],
    wanted: Mapping[str, Any],
    current: Mapping[str, Any] | None,
    key: Mapping[str, Any],
    send_secrets: bool = True,
) -> Change:
    """Compare values of the API with the object that was read (None: it does not exist).

    `key` is the natural key, such as {"name": "a"}; it is sent on creation only. Secrets are sent if
    `send_secrets`; the server reports whether they are new. A secret that is to be set and is not,
    or the reverse, is a visible change and always sent.
    """
    specs = {spec.name: spec for spec in fields}
    if current is None:
        payload = {**key, **{name: value for name, value in wanted.items() if value is not None}}
        return Change("create", payload, {}, _shown(specs, payload))
    is_set = _secrets_set(current)
    differing, hidden = {}, {}
    for name, value in wanted.items():
        if not specs[name].secret:
            value = _with_our_labels(specs[name], value, current.get(name))
            if not _same(specs[name], value, current.get(name)):
                differing[name] = value
        elif is_set.get(name, bool(value)) != bool(value):
            differing[name] = value
        elif value and send_secrets:
            hidden[name] = value
    if not differing and not hidden:
        return Change("none")
    before = {name: HIDDEN if is_set.get(name) else current.get(name) for name in differing}
    return Change(
        "update",
        {**differing, **hidden},
        _shown(specs, before),
        _shown(specs, differing),
        secrets_only=not differing,
    )


def _same(spec: Field, wanted: Any, current: Any) -> bool:
    if spec.space_separated:
        return set(str(wanted or "").split()) == set(str(current or "").split())
    if spec.type == "list" and not spec.ordered:
        return set(map(str, wanted or [])) == set(map(str, current or []))
    if isinstance(wanted, str) and isinstance(current, str):
        return wanted.strip() == current.strip()
    if wanted in (None, "", [], {}) and current in (None, "", [], {}):
        return True
    return bool(wanted == current)


def _with_our_labels(spec: Field, wanted: Any, current: Any) -> Any:
    """Return the wanted labels, and the current ones that this collection uses itself."""
    if spec.type != "dict":
        return wanted
    ours = {name: text for name, text in (current or {}).items() if name.startswith(LABEL_PREFIX)}
    return {**ours, **(wanted or {})}


def _secrets_set(current: Mapping[str, Any]) -> dict[str, bool]:
    """Return secret -> whether it is set; empty if the server does not report it."""
    hidden = current.get("hidden_fields") or []
    return {entry["name"]: bool(entry["is_set"]) for entry in hidden}


def _shown(specs: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in values.items():
        spec = specs.get(name)
        if spec and spec.no_log and value:
            shown[name] = HIDDEN
        else:
            mask = redact_url if name in _URLS else redact
            shown[name] = mask(value) if isinstance(value, str) else value
    return shown


def _converted(spec: Field, value: Any) -> Any:
    if spec.name in _URLS and has_unclear_credentials(str(value)):
        raise InvalidItem(
            f"{spec.option} is not a valid URL, and is not shown because it may have a password: "
            "percent-encode special characters, or set the options for username and password"
        )
    if spec.space_separated:
        return " ".join(word for text in _as_list(value) for word in str(text).split())
    if spec.type == "list":
        # Ansible converts "" into [""], and "a, b" into ["a", " b"]; Pulp strips names.
        entries = [one.strip() if isinstance(one, str) else one for one in _as_list(value)]
        return [entry for entry in entries if entry != ""]
    if spec.type == "dict":
        return {str(name): _label(text) for name, text in value.items()} if value else {}
    if spec.type in _NUMBERS and value != "":
        try:
            return _NUMBERS[spec.type](value)
        except (TypeError, ValueError):
            raise InvalidItem(f"{spec.option}: '{value}' is not a number") from None
    return value


def _label(value: Any) -> Any:
    """Convert the value of a label into a string, as stored by Pulp."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
