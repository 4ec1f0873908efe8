# SPDX-License-Identifier: Apache-2.0
"""Argument specs of list-based modules, made from the table of types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .types import SOURCES, ContentType, Field


def _from_environment(name: str) -> tuple[Any, list[str]]:
    # The shape of ansible.module_utils.basic.env_fallback, which is put in its place by the glue.
    return ("env_fallback", [f"RELEASE_TRAIN_PULP_{name}"])


CONNECTION: dict[str, dict[str, Any]] = {
    "pulp_url": {"type": "str", "fallback": _from_environment("URL")},
    "username": {"type": "str", "fallback": _from_environment("USERNAME")},
    "password": {"type": "str", "no_log": True, "fallback": _from_environment("PASSWORD")},
    "client_cert": {"type": "path", "fallback": _from_environment("CLIENT_CERT")},
    "client_key": {"type": "path", "fallback": _from_environment("CLIENT_KEY")},
    "ca_path": {"type": "path", "fallback": _from_environment("CA_PATH")},
    "validate_certs": {
        "type": "bool",
        "default": True,
        "fallback": _from_environment("VALIDATE_CERTS"),
    },
    "timeout": {"type": "float", "default": 60, "fallback": _from_environment("TIMEOUT")},
    "task_timeout": {
        "type": "float",
        "default": 28800,
        "fallback": _from_environment("TASK_TIMEOUT"),
    },
    "concurrency": {"type": "int", "fallback": _from_environment("CONCURRENCY")},
    "domain": {"type": "str", "fallback": _from_environment("DOMAIN")},
    "api_root": {"type": "str", "default": "/pulp/", "fallback": _from_environment("API_ROOT")},
    "content_path_prefix": {"type": "str", "fallback": _from_environment("CONTENT_PATH_PREFIX")},
}


_ACCOUNT = ("username", "password")
# Used instead of those of CONNECTION if it has no pulp_url. Roles set it for the host.
CONNECTION_DEFAULTS: dict[str, Any] = {
    "type": "dict",
    "options": {
        "pulp_url": {"type": "str"},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "validate_certs": {"type": "bool"},
        "ca_path": {"type": "path"},
    },
    "required_together": [("username", "password")],
}


def connection_options(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the connection, from `connection_defaults` if `pulp_url` is not set.

    Credentials are taken from there only together with the URL that they belong to. Options that are
    set are kept. `pulp_url` is missing from the result if neither has it.
    """
    options = {name: params[name] for name in CONNECTION}
    defaults = {
        key: value
        for key, value in (params.get("connection_defaults") or {}).items()
        if value is not None
    }
    if not options["pulp_url"] and defaults.get("pulp_url"):
        if options["username"] or options["client_cert"]:
            defaults = {key: defaults[key] for key in defaults if key not in _ACCOUNT}
        defaults["validate_certs"] = options["validate_certs"] and defaults.get(
            "validate_certs", True
        )
        defaults["ca_path"] = options["ca_path"] or defaults.get("ca_path")
        options.update(defaults)
    return {name: value for name, value in options.items() if name != "pulp_url" or value}


# Numbers come as text, so that the empty text can clear them; the engine turns them back.
_TYPES = {"int": "str", "float": "str"}

# Names of repositories that an earlier task of the run creates or syncs.
PLANNED: dict[str, dict[str, Any]] = {"planned": {"type": "list", "elements": "str", "default": []}}

RETRYING: dict[str, dict[str, Any]] = {
    "retries": {"type": "int", "default": 2},
    "retry_delay": {"type": "float", "default": 5},
    "late_retry_delay": {"type": "float", "default": 60},
}


def field_options(
    fields: Iterable[Field], without: Iterable[str] = ()
) -> dict[str, dict[str, Any]]:
    """Option specs for the writable fields of a kind, `without` those of these names."""
    options: dict[str, dict[str, Any]] = {}
    for spec in fields:
        if spec.name in set(without):
            continue
        option: dict[str, Any] = {"type": _TYPES.get(spec.type, spec.type)}
        if spec.elements:
            option["elements"] = spec.elements
        if spec.choices:
            option["choices"] = list(spec.choices)
        if spec.no_log:
            option["no_log"] = True
        options[spec.option] = option
    return options


def present_or_absent() -> dict[str, Any]:
    """The `state` that every item has."""
    return {"type": "str", "choices": ["present", "absent"], "default": "present"}


def item_options(
    key: str, *more: Mapping[str, dict[str, Any]], absent: bool = True
) -> dict[str, dict[str, Any]]:
    """The options of an item: what names it, `more`, and `state` where it can be `absent`."""
    options: dict[str, dict[str, Any]] = {key: {"type": "str", "required": True}}
    for specs in more:
        options.update(specs)
    if absent:
        options["state"] = present_or_absent()
    return options


def lists_of(
    content_types: Iterable[ContentType],
    options_of: Callable[[ContentType], dict[str, dict[str, Any]]],
) -> dict[str, dict[str, Any]]:
    """One list option per content type; `options_of(content_type)` gives its items' options."""
    return {
        one.name: {"type": "list", "elements": "dict", "options": options_of(one)}
        for one in content_types
    }


Options = dict[str, dict[str, Any]]


def repository_options(content_type: ContentType) -> Options:
    """Options of an item of module pulp_repository."""
    kinds = (content_type.repository.fields, content_type.remote.fields, content_type.sync_fields)
    own: Options = {"pinned": {"type": "bool"}}
    return item_options("name", *map(field_options, kinds), own)


def publication_options(content_type: ContentType) -> Options:
    """Options of an item of module pulp_publication."""
    own: Options = {"version": {"type": "int"}, **_mode(content_type)}
    policy = [spec for spec in content_type.sync_fields if spec.name == "sync_policy"]
    return item_options("repository", own, field_options(policy))


def distribution_options(content_type: ContentType) -> Options:
    """Options of an item of module pulp_distribution."""
    own: Options = {name: {"type": "str"} for name in ("repository", "distribution")}
    own["version"] = {"type": "int"}
    if content_type.publications:
        own["skip_existing"] = {"type": "bool", "default": False}
    fields = field_options(content_type.distribution.fields, without=SOURCES)
    return item_options("name", fields, own, _mode(content_type))


def _mode(content_type: ContentType) -> Options:
    if not content_type.default_mode:
        return {}
    return {"mode": {"type": "str", "choices": list(content_type.publications)}}


OPTIONS_OF = {
    "repository": repository_options,
    "publication": publication_options,
    "distribution": distribution_options,
}
