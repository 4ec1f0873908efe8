# SPDX-License-Identifier: Apache-2.0
"""Values of an inventory item, as users and templates write them, turned into what is meant.

Every converter takes any value and returns the converted one, or raises ItemValueError with what
is wrong; the problem never repeats a value that may be a secret.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

# How ansible-core writes an `omit` that nobody resolved: text up to 2.18, an object from 2.19.
_OMIT_TEXT = "__omit_place_holder__"
_OMIT_TYPES = frozenset({"Omit", "OmitType", "_Omit", "_OmitType"})

_TRUE = frozenset({"true", "yes", "on", "1", "t", "y"})
_FALSE = frozenset({"false", "no", "off", "0", "f", "n"})


class ItemValueError(ValueError):
    """A value that cannot be what its key asks for; the text continues "<key> ..."."""


def is_omitted(value: Any) -> bool:
    """Whether a value says "key not given": null or a leftover `omit` placeholder."""
    if value is None or type(value).__name__ in _OMIT_TYPES:
        return True
    return isinstance(value, str) and value.startswith(_OMIT_TEXT)


def without_omitted(item: Mapping[Any, Any]) -> dict[str, Any]:
    """The keys of an item that are given, see `is_omitted`."""
    return {str(key): value for key, value in item.items() if not is_omitted(value)}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence):
        return "a list"
    return f"a {type(value).__name__}"


def text(value: Any) -> str:
    """Text as it is. A number is refused: YAML has already lost zeros of ``2025.10`` or ``010``."""
    if isinstance(value, str):
        return value
    hint = ": put it in quotes" if isinstance(value, (bool, int, float)) else ""
    raise ItemValueError(f"must be text, not {_kind(value)}{hint}")


def nonempty_text(value: Any) -> str:
    """Text with something in it."""
    if not text(value).strip():
        raise ItemValueError("is empty")
    return str(value)


def boolean(value: Any) -> bool:
    """A boolean, or a word of YAML's for one."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ItemValueError(f"must be true or false, not {value!r}")


def integer(value: Any) -> int:
    """A number without a fraction, or its decimal digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return int(str(value).strip())
    except ValueError:
        raise ItemValueError(f"must be a whole number, not {value!r}") from None


def seconds(value: Any) -> float:
    """A number of seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    try:
        return float(str(value).strip())
    except ValueError:
        raise ItemValueError(f"must be a number of seconds, not {value!r}") from None


def words(value: Any) -> str:
    """Words from a list or from text, as Pulp wants them on the wire: with one blank between."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, Sequence) and all(isinstance(word, str) for word in value):
        return " ".join(word.strip() for word in value if word.strip())
    raise ItemValueError(f"must be words or a list of words, not {_kind(value)}")


def mapping_list(value: Any) -> list[dict[str, Any]]:
    """A list of mappings."""
    if isinstance(value, Sequence) and all(isinstance(entry, Mapping) for entry in value):
        return [dict(entry) for entry in value]
    raise ItemValueError("must be a list of mappings")


def one_of(*choices: str) -> Callable[[Any], str]:
    """A converter to one of some words."""

    def choose(value: Any) -> str:
        if value in choices:
            return str(value)
        raise ItemValueError(f"must be one of {', '.join(choices)}, not {value!r}")

    return choose


Converters = dict[str, Callable[[Any], Any]]

PACKAGE_TYPES = ("rpm", "deb")

IDENTITY_KEYS = ("name", "short_name", "distribution_name", "base_path")

# What Ark does where neither the item nor `package_defaults_<type>` says otherwise. Verbatim keeps
# upstream's suites and signatures; hosts and mirrors ask for what upstream calls them.
ARK_DEFAULTS: dict[str, dict[str, Any]] = {
    "rpm": {"policy": "immediate", "sync_policy": "mirror_complete"},
    "deb": {"policy": "immediate", "mirror": True, "mode": "verbatim"},
}

_SHARED: Converters = {
    "name": nonempty_text,
    "short_name": nonempty_text,
    "distribution_name": nonempty_text,
    "base_path": nonempty_text,
    "url": text,
    "sync_group": text,
    "policy": one_of("immediate", "on_demand", "streamed"),
    "sync": boolean,
    "publish": boolean,
    "allow_failure": boolean,
}

_TYPE_KEYS: dict[str, Converters] = {
    "rpm": {"sync_policy": one_of("additive", "mirror_complete", "mirror_content_only")},
    "deb": {
        "architectures": words,
        "components": words,
        "distributions": words,
        "mirror": boolean,
        "mode": one_of("simple", "structured", "simple_and_structured", "verbatim"),
    },
}

# Options of the remote that pass through under the names the pulp_repository module gives them.
REMOTE: Converters = {
    "ca_cert": text,
    "client_cert": text,
    "client_key": text,
    "tls_validation": boolean,
    "proxy_url": text,
    "proxy_username": text,
    "proxy_password": text,
    "remote_username": text,
    "remote_password": text,
    "download_concurrency": integer,
    "max_retries": integer,
    "rate_limit": integer,
    "connect_timeout": seconds,
    "sock_connect_timeout": seconds,
    "sock_read_timeout": seconds,
    "total_timeout": seconds,
    "headers": mapping_list,
}
SECRET_KEYS = frozenset({"client_key", "proxy_password", "remote_password", "headers"})

# purpose -> content type -> keys that a synced repository cannot do without.
_REQUIRED_KEYS: dict[str, dict[str, tuple[str, ...]]] = {
    "snapshot": {"rpm": ("url",), "deb": ("url", "distributions")},
    "mirror": {"rpm": (), "deb": ("distributions",)},
    "pins": {"rpm": (), "deb": ()},
}

PURPOSES = tuple(_REQUIRED_KEYS)


def converters(content_type: str) -> Converters:
    """Every key an item of this type may have, with what turns its value into what is meant."""
    return {**_SHARED, **_TYPE_KEYS[content_type], **REMOTE}


def required_keys(purpose: str, content_type: str, synced: bool) -> tuple[str, ...]:
    """Keys beyond IDENTITY that `purpose` needs. Upstream is Ark's concern alone, so whether a
    repository is `synced` from there counts for snapshots only."""
    if purpose == "snapshot" and not synced:
        return ()
    return _REQUIRED_KEYS[purpose][content_type]


def unknown_key_message(content_type: str, key: str) -> str:
    """What to say of a key that items of this type do not have."""
    for other in PACKAGE_TYPES:
        if key in _TYPE_KEYS[other]:
            return f"key '{key}' is for {other} repositories, ignored"
    near = difflib.get_close_matches(key, converters(content_type), n=1)
    return f"unknown key '{key}', ignored" + (f" (did you mean '{near[0]}'?)" if near else "")


def secret_values(value: Any, is_secret: bool = False) -> Iterator[str]:
    """Every text and number below a key of SECRET_KEYS, at any depth of lists and mappings."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from secret_values(entry, is_secret or key in SECRET_KEYS)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from secret_values(entry, is_secret)
    elif is_secret and value and isinstance(value, (str, int, float)) and value is not True:
        yield str(value)
