# SPDX-License-Identifier: Apache-2.0
"""What has to change: a pure function of what is wanted and what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    InvalidItem,
    redact,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import Field

__all__ = ["HIDDEN", "Change", "plan", "plan_delete", "to_wire"]

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


def to_wire(fields: Iterable[Field], options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as a user gives them -> values as the wire wants them.

    None or absent is left out; the empty string, list or dict becomes the field's empty value.
    Numbers may be given as text. Raises InvalidItem for text that is none.
    """
    wire: dict[str, Any] = {}
    for spec in fields:
        value = options.get(spec.option)
        if value is None:
            continue
        if spec.words:
            value = " ".join(word for text in _as_list(value) for word in str(text).split())
        elif spec.type == "list":
            # Ansible makes [""] of "" where a list is wanted.
            value = [entry for entry in _as_list(value) if entry != ""]
        elif spec.type in _NUMBERS and value != "":
            value = _number(spec, value)
        wire[spec.name] = spec.clear if value in ("", [], {}) else value
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
    when `send_secrets`; the server then says whether they were new. Where it tells that a secret
    is not set at all, that is a visible change.
    """
    specs = {spec.name: spec for spec in fields}
    if current is None:
        payload = {**key, **wanted}
        return Change("create", payload, {}, _shown(specs, payload))
    visible = {
        name: value
        for name, value in wanted.items()
        if not specs[name].secret and not _same(specs[name], value, current.get(name))
    }
    secrets = {name: value for name, value in wanted.items() if specs[name].secret}
    unset = _secrets_unset(current)
    fresh = {name: value for name, value in secrets.items() if name in unset and value}
    if not send_secrets:
        secrets = fresh
    payload = {**visible, **secrets}
    if not payload:
        return Change("none")
    before = _shown(specs, {name: current.get(name) for name in visible})
    before.update(dict.fromkeys(fresh, None))
    after = _shown(specs, {**visible, **fresh})
    return Change("update", payload, before, after, secrets_only=not visible and not fresh)


def plan_delete(current: Mapping[str, Any] | None, key: Mapping[str, Any]) -> Change:
    """An object that is there goes; one that is not there is fine."""
    return Change("none") if current is None else Change("delete", {}, dict(key), {})


def _same(spec: Field, wanted: Any, current: Any) -> bool:
    if spec.words:
        return set(str(wanted or "").split()) == set(str(current or "").split())
    if spec.type == "list" and not spec.ordered:
        return sorted(map(str, wanted or [])) == sorted(map(str, current or []))
    if isinstance(wanted, str) and isinstance(current, str):
        return wanted.strip() == current.strip()
    if wanted in (None, "", [], {}) and current in (None, "", [], {}):
        return True
    return bool(wanted == current)


def _secrets_unset(current: Mapping[str, Any]) -> set[str]:
    """Names that the server lists as never set; servers that do not list any say nothing."""
    hidden = current.get("hidden_fields") or []
    return {entry["name"] for entry in hidden if not entry["is_set"]}


def _shown(specs: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in values.items():
        spec = specs.get(name)
        if spec and spec.no_log and value:
            shown[name] = HIDDEN
        else:
            shown[name] = redact(value) if isinstance(value, str) else value
    return shown


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _number(spec: Field, value: Any) -> int | float:
    try:
        return _NUMBERS[spec.type](value)
    except (TypeError, ValueError):
        raise InvalidItem(f"{spec.option}: '{value}' is not a number") from None
