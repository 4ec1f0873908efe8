# SPDX-License-Identifier: Apache-2.0
"""The options of an item of each kind; in the inventory, items carry keys of each other."""

from __future__ import annotations

from typing import Any

from .pulp_options import field_options, item_options
from .pulp_types import SOURCES, ContentType

__all__ = ["OPTIONS_OF", "distribution_options", "publication_options", "repository_options"]

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
