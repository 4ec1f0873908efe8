# SPDX-License-Identifier: Apache-2.0
"""Extra variables of the command line that Ansible or the roles would silently ignore."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from ansible.parsing.splitter import parse_kv

_ROLES = Path(__file__).resolve().parents[3] / "roles"
_REST = "_raw_params"
# Prefixes of the variables that only this collection reads. Names of Kayobe's own variables may be
# similar to each other.
_OWN_PREFIXES = (
    *("access_control_", "client_", "container_", "deb_package_", "distribution_", "image_"),
    *("inventory_validate_", "kayobe_update_", "package_", "release_train_", "rpm_package_"),
)
# Variables that are in no specification of a role.
_UNSPECIFIED = (
    *("release_train_pulp_url", "release_train_pulp_username", "release_train_pulp_password"),
    *("release_train_pulp_ca_path", "release_train_pulp_validate_certs", "release_train_serial"),
    "release_train_source",
)
_SIMILARITY = 0.87


@lru_cache
def specified_variables() -> frozenset[str]:
    """Return the names of the variables in the argument specifications of the collection's roles."""
    names = set(_UNSPECIFIED)
    for path in _ROLES.glob("*/meta/argument_specs.yml"):
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        specs = yaml.load(path.read_text(encoding="utf-8"), loader)["argument_specs"]
        for entry in specs.values():
            names |= set(entry.get("options") or {})
    return frozenset(names)


def extra_variable_errors(arguments: Sequence[str], known: Collection[str]) -> list[str]:
    """Return an error for each argument of `-e` that does not do what it seems to do.

    `arguments`: as given on the command line; files are not read. `known`: names of variables. Values
    are not repeated in errors, because they may be secrets.
    """
    errors = []
    for text in arguments:
        variables = _variables(str(text))
        if _REST in variables:
            names = [name for name in variables if name != _REST]
            errors.append(_split_message(names[-1]) if names else _no_name_message())
        errors += _misspelt(variables, known)
    return errors


def _variables(text: str) -> Mapping[str, Any]:
    """Return the variables of an argument, as Ansible reads it; nothing of a file."""
    if text.startswith("@"):
        return {}
    if text[:1] in "{[":
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            return {}
        return value if isinstance(value, Mapping) else {}
    return dict(parse_kv(text))


def _split_message(name: str) -> str:
    return (
        f"the value of {name} has spaces, and Ansible uses only the part before the first one: quote "
        f"""the value within the argument, as in -e "{name}='...'\""""
    )


def _no_name_message() -> str:
    return (
        "an argument of -e has no name=value: Ansible ignores it; write -e name=value or -e @file"
    )


def _misspelt(variables: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    own = [name for name in known if name.startswith(_OWN_PREFIXES)]
    for name in variables:
        similar = difflib.get_close_matches(str(name), own, n=1, cutoff=_SIMILARITY)
        if name not in known and name != _REST and similar:
            yield f"unknown variable {name}: did you mean {similar[0]}?"
