# SPDX-License-Identifier: Apache-2.0
"""What has to change: a pure function of what is wanted and what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import redact
from .errors import InvalidItem
from .types import LABEL_PREFIX, Field

HIDDEN = "VALUE HIDDEN"
_NUMBERS: dict[str, type] = {"int": int, "float": float}


@dataclass(frozen=True)
class Change:
    """One step of a plan: `action` is create, update, delete or none.

    `payload`: what to send. `before` and `after`: only what differs, fit to be shown.
    `secrets_only`: the payload holds nothing but secrets, which only the server can compare.
    """

    action: str
    payload: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    secrets_only: bool = False

    @property
    def changes(self) -> bool:
        """Whether carrying it out changes something, as far as can be known beforehand."""
        return self.action != "none" and not self.secrets_only


def to_api_values(fields: Iterable[Field], options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as a user gives them -> values as the wire wants them.

    None or absent is left out; the empty string, list or dict becomes the field's empty value.
    Numbers may be given as text. Raises InvalidItem for text that is none.
    """
    wire: dict[str, Any] = {}
    for spec in fields:
        value = options.get(spec.option)
        if value is not None:
            value = _converted(spec, value)
            wire[spec.name] = spec.empty_value if value in ("", [], {}) else value
    return wire


def plan(
    fields: Iterable[Field],
    wanted: Mapping[str, Any],
    current: Mapping[str, Any] | None,
    key: Mapping[str, Any],
    send_secrets: bool = True,
) -> Change:
    """Compare wire values with the object as read (None: not there).

    `key` is the natural key, e.g. {"name": "a"}; it is sent on creation only. Secrets are sent
    when `send_secrets`; the server then says whether they were new. Where it tells that one is
    not set that is to be, or the other way round, that is a visible change and always sent.
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
    """Labels that this collection keeps for itself stay, whatever a user wants of the others."""
    if spec.type != "dict":
        return wanted
    ours = {name: text for name, text in (current or {}).items() if name.startswith(LABEL_PREFIX)}
    return {**ours, **(wanted or {})}


def _secrets_set(current: Mapping[str, Any]) -> dict[str, bool]:
    """Secret -> whether it is set, as the server tells; some servers and objects tell nothing."""
    hidden = current.get("hidden_fields") or []
    return {entry["name"]: bool(entry["is_set"]) for entry in hidden}


def _shown(specs: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in values.items():
        spec = specs.get(name)
        if spec and spec.no_log and value:
            shown[name] = HIDDEN
        else:
            shown[name] = redact(value) if isinstance(value, str) else value
    return shown


def _converted(spec: Field, value: Any) -> Any:
    if spec.space_separated:
        return " ".join(word for text in _as_list(value) for word in str(text).split())
    if spec.type == "list":
        # Ansible makes [""] of "" where a list is wanted, and ["a", " b"] of "a, b"; Pulp trims.
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
    """A label's value as Pulp keeps it: text, whatever YAML made of it."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
