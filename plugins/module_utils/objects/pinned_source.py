# SPDX-License-Identifier: Apache-2.0
"""Pinned sources: a URL whose content never changes is synced once.

A label on the repository holds `<digest of what was synced and how>.<number of the version that the
sync made>`. A change of the repository's content makes another version, and a change of what
decides which content a sync brings another digest, so the label cannot be out of date.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from ..inventory.stamp import STAMP_PATTERN
from ..pulp.planner import to_api_values
from ..pulp.reader import version_number
from ..pulp.types import ContentType

PINNED_LABEL = "release_train_pinned"
_STAMPED = re.compile(STAMP_PATTERN + "(/|/PULP_MANIFEST)?$")


def is_pinned_source(url: str) -> bool:
    """Whether a URL is immutable: it ends in a stamp, or names the manifest of files there."""
    return bool(_STAMPED.search(url))


def source_digest(
    content_type: ContentType, remote: Mapping[str, Any], payload: Mapping[str, Any]
) -> str:
    """A digest of what is synced from where and how: a change of any of it requires a new sync.

    `payload` is the body of the sync call; `optimize` in it is ignored.
    """
    # Fields have their oldest names here, so an update of the server does not require a new sync.
    source = {
        spec.name: _normalized(spec.value_in(remote), spec.space_separated)
        for spec in content_type.source_fields
        if spec.value_in(remote)
    }
    options = {name: value for name, value in payload.items() if name != "optimize"}
    text = json.dumps([source, options], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_mirrored(
    content_type: ContentType,
    item: Mapping[str, Any],
    repository: Mapping[str, Any],
    remote: Mapping[str, Any],
) -> bool:
    """Whether a sync of this item made the repository's latest version."""
    values = {**remote, **to_api_values(content_type.remote.fields, item)}
    digest = source_digest(content_type, values, to_api_values(content_type.sync_fields, item))
    return is_labelled(repository, digest)


def is_labelled(repository: Mapping[str, Any], digest: str) -> bool:
    """Whether the label names this digest and the repository's latest version."""
    number = version_number(repository["latest_version_href"])
    label = (repository.get("pulp_labels") or {}).get(PINNED_LABEL)
    return number > 0 and label == f"{digest}.{number}"


def _normalized(value: Any, space_separated: bool) -> Any:
    """A value without what the server may change: order, a trailing slash, surrounding spaces."""
    if isinstance(value, list):
        return sorted(map(str, value))
    if isinstance(value, str):
        return sorted(value.split()) if space_separated else value.strip().rstrip("/")
    return value
