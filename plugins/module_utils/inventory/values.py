# SPDX-License-Identifier: Apache-2.0
"""Keys of package repository items, and conversion of their values.

A converter takes the value of an inventory, which may come from a template, and returns the value
for Pulp. It raises ItemValueError; the message does not contain values that may be secrets.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

# An unresolved `omit` of ansible-core: a string up to 2.18, an object from 2.19.
_OMIT_TEXT = "__omit_place_holder__"
_OMIT_TYPES = frozenset({"Omit", "OmitType", "_Omit", "_OmitType"})

_URL = re.compile(r"(https?://[^/?#\s]|file:///)\S*", re.IGNORECASE)
# What Pulp refuses in a path: spaces, "?", "#", and empty parts, "." and "..".
_NO_PATH = re.compile(r"[\s?#]|/\.{0,2}/")

_TRUE = frozenset({"true", "yes", "on", "1", "t", "y"})
_FALSE = frozenset({"false", "no", "off", "0", "f", "n"})


class ItemValueError(ValueError):
    """An invalid value; the message continues "<key> ..."."""


def is_omitted(value: Any) -> bool:
    """Return whether a value means that its key is not set: null, or an unresolved `omit`."""
    if value is None or type(value).__name__ in _OMIT_TYPES:
        return True
    return isinstance(value, str) and value.startswith(_OMIT_TEXT)


def without_omitted(item: Mapping[Any, Any]) -> dict[str, Any]:
    """Return an item without its omitted keys (see `is_omitted`)."""
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
    """Convert to a string. Numbers are rejected: YAML drops zeros of ``2025.10`` and ``010``."""
    if isinstance(value, str):
        return value
    hint = ": put it in quotes" if isinstance(value, (bool, int, float)) else ""
    raise ItemValueError(f"must be text, not {_kind(value)}{hint}")


def nonempty_text(value: Any) -> str:
    """Convert to a string that is not blank."""
    if not text(value).strip():
        raise ItemValueError("is empty")
    return str(value)


def boolean(value: Any) -> bool:
    """Convert a boolean, or one of YAML's words for it."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ItemValueError(f"must be true or false, not {value!r}")


def integer(value: Any) -> int:
    """Convert an integer, or its decimal digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return int(str(value).strip())
    except ValueError:
        raise ItemValueError(f"must be a whole number, not {value!r}") from None


def seconds(value: Any) -> float:
    """Convert a number of seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    try:
        return float(str(value).strip())
    except ValueError:
        raise ItemValueError(f"must be a number of seconds, not {value!r}") from None


def words(value: Any) -> str:
    """Convert a list of words or a string to words with single spaces between, as Pulp requires."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, Sequence) and all(isinstance(word, str) for word in value):
        return " ".join(word.strip() for word in value if word.strip())
    raise ItemValueError(f"must be words or a list of words, not {_kind(value)}")


def mapping_list(value: Any) -> list[dict[str, Any]]:
    """Convert a list of mappings."""
    if isinstance(value, Sequence) and all(isinstance(entry, Mapping) for entry in value):
        return [dict(entry) for entry in value]
    raise ItemValueError("must be a list of mappings")


def one_of(*choices: str) -> Callable[[Any], str]:
    """Return a converter that accepts one of `choices`."""

    def choose(value: Any) -> str:
        if value in choices:
            return str(value)
        raise ItemValueError(f"must be one of {', '.join(choices)}, not {value!r}")

    return choose


def url_problem(url: str) -> str:
    """Return why Pulp cannot sync from a URL, without showing it; empty if it can."""
    if _URL.fullmatch(url):
        return ""
    if any(map(str.isspace, url)):
        return "has a space: encode it as %20"
    return "must begin with http://, https:// or file:/// and name a host"


def path_problem(path: str, is_mirrored: bool = True) -> str:
    """Return why Pulp cannot serve a base path that ends in a slash, empty if it can.

    `is_mirrored`: clients must be able to mirror it, too.
    """
    if path.startswith("/") or not path.endswith("/"):
        return f"must end in '/' and not begin with it, not '{path}'"
    if _NO_PATH.search(f"/{path}"):
        return f"must have no space, '?', '#', '//', '/./' or '/../', not '{path}'"
    if is_mirrored and "%" in path:
        return f"must have no '%', which clients cannot mirror, not '{path}'"
    return ""


Converters = dict[str, Callable[[Any], Any]]

PACKAGE_TYPES = ("rpm", "deb")

IDENTITY_KEYS = ("name", "short_name", "distribution_name", "base_path")

# Defaults on Ark; `package_defaults_<type>` and items override them. Mode verbatim keeps the suites
# and signatures of upstream, which hosts and mirrors require.
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
    "allow_empty": boolean,
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

# Options of the remote, named as in module pulp_repository.
REMOTE_KEYS: Converters = {
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

# purpose -> content type -> keys that are required for it.
_REQUIRED_KEYS: dict[str, dict[str, tuple[str, ...]]] = {
    "snapshot": {"rpm": ("url",), "deb": ("url", "distributions")},
    "mirror": {"rpm": (), "deb": ("distributions",)},
    "pins": {"rpm": (), "deb": ()},
}

PURPOSES = tuple(_REQUIRED_KEYS)


def converters(content_type: str) -> Converters:
    """Return the keys of items of a content type, each with the converter of its value."""
    return {**_SHARED, **_TYPE_KEYS[content_type], **REMOTE_KEYS}


def required_keys(purpose: str, content_type: str, synced: bool) -> tuple[str, ...]:
    """Return the keys that `purpose` requires in addition to IDENTITY_KEYS.

    `synced` is whether Ark syncs the repository from upstream; it matters for snapshots only.
    """
    if purpose == "snapshot" and not synced:
        return ()
    return _REQUIRED_KEYS[purpose][content_type]


def unknown_key_message(content_type: str, key: str) -> str:
    """Return the warning for a key that items of a content type do not have."""
    for other in PACKAGE_TYPES:
        if key in _TYPE_KEYS[other]:
            return f"key '{key}' is for {other} repositories, ignored"
    similar = similar_key(content_type, key)
    return f"unknown key '{key}', ignored" + (f" (did you mean '{similar}'?)" if similar else "")


def similar_key(content_type: str, key: str) -> str:
    """Return the key of items that an unknown one is close to, empty without one."""
    if any(key in keys for keys in _TYPE_KEYS.values()):
        return ""
    return next(iter(difflib.get_close_matches(key, converters(content_type), n=1)), "")


def secret_values(value: Any, is_secret: bool = False) -> Iterator[str]:
    """Yield all strings and numbers below a key of SECRET_KEYS, in nested lists and mappings."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from secret_values(entry, is_secret or key in SECRET_KEYS)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from secret_values(entry, is_secret)
    elif is_secret and value and isinstance(value, (str, int, float)) and value is not True:
        yield str(value)
