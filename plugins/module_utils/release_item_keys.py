# SPDX-License-Identifier: Apache-2.0
"""The keys of a package repository item: which exist for which content type, what their values
must be, and which of them a use of the repository needs."""

from __future__ import annotations

import difflib
from typing import Any, Callable

from .release_values import filled_text, flag, one_of, records, seconds, text, whole_number, words

Converters = dict[str, Callable[[Any], Any]]

PACKAGE_TYPES = ("rpm", "deb")

IDENTITY = ("name", "short_name", "distribution_name", "base_path")

# What Ark does where neither the item nor `package_defaults_<type>` says otherwise. Verbatim keeps
# upstream's suites and signatures; hosts and mirrors ask for what upstream calls them.
ARK_DEFAULTS: dict[str, dict[str, Any]] = {
    "rpm": {"policy": "immediate", "sync_policy": "mirror_complete"},
    "deb": {"policy": "immediate", "mirror": True, "mode": "verbatim"},
}

_SHARED: Converters = {
    "name": filled_text,
    "short_name": filled_text,
    "distribution_name": filled_text,
    "base_path": filled_text,
    "url": text,
    "sync_group": text,
    "policy": one_of("immediate", "on_demand", "streamed"),
    "sync": flag,
    "publish": flag,
    "allow_failure": flag,
}

_OWN: dict[str, Converters] = {
    "rpm": {"sync_policy": one_of("additive", "mirror_complete", "mirror_content_only")},
    "deb": {
        "architectures": words,
        "components": words,
        "distributions": words,
        "mirror": flag,
        "mode": one_of("simple", "structured", "simple_and_structured", "verbatim"),
    },
}

# Options of the remote that pass through under the names the pulp_repository module gives them.
REMOTE: Converters = {
    "ca_cert": text,
    "client_cert": text,
    "client_key": text,
    "tls_validation": flag,
    "proxy_url": text,
    "proxy_username": text,
    "proxy_password": text,
    "remote_username": text,
    "remote_password": text,
    "download_concurrency": whole_number,
    "max_retries": whole_number,
    "rate_limit": whole_number,
    "connect_timeout": seconds,
    "sock_connect_timeout": seconds,
    "sock_read_timeout": seconds,
    "total_timeout": seconds,
    "headers": records,
}

# purpose -> content type -> keys that a synced repository cannot do without.
_NEEDS: dict[str, dict[str, tuple[str, ...]]] = {
    "snapshot": {"rpm": ("url",), "deb": ("url", "distributions")},
    "mirror": {"rpm": (), "deb": ("distributions",)},
    "pins": {"rpm": (), "deb": ()},
}

PURPOSES = tuple(_NEEDS)


def converters(content_type: str) -> Converters:
    """Every key an item of this type may have, with what turns its value into what is meant."""
    return {**_SHARED, **_OWN[content_type], **REMOTE}


def needed(purpose: str, content_type: str, synced: bool) -> tuple[str, ...]:
    """Keys beyond IDENTITY that `purpose` needs. Upstream is Ark's concern alone, so whether a
    repository is `synced` from there counts for snapshots only."""
    if purpose == "snapshot" and not synced:
        return ()
    return _NEEDS[purpose][content_type]


def unknown_key(content_type: str, key: str) -> str:
    """What to say of a key that items of this type do not have."""
    for other in PACKAGE_TYPES:
        if key in _OWN[other]:
            return f"key '{key}' is for {other} repositories, ignored"
    near = difflib.get_close_matches(key, converters(content_type), n=1)
    return f"unknown key '{key}', ignored" + (f" (did you mean '{near[0]}'?)" if near else "")
