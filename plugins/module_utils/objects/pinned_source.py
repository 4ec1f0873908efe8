# SPDX-License-Identifier: Apache-2.0
"""Pinned sources: a URL whose content never changes is synced once.

A label on the repository holds `<digest of what was synced and how>.<number of the version that
came of it>`. An edit of the repository's content makes another version, an edit of what decides
which content the remote brings another digest, so that the label cannot lie.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from ..inventory.stamp import STAMP_PATTERN
from ..pulp.planner import to_api_values
from ..pulp.types import ContentType

PINNED_LABEL = "release_train_pinned"
_STAMPED = re.compile(STAMP_PATTERN + "(/|/PULP_MANIFEST)?$")


def is_pinned_source(url: str) -> bool:
    """Whether a URL is immutable: it ends in a stamp, or names the manifest of files there."""
    return bool(_STAMPED.search(url))


def version_number(version_href: str) -> int:
    """The number at the end of a repository version's href."""
    return int(version_href.rstrip("/").rsplit("/", 1)[-1])


def source_digest(
    content_type: ContentType, remote: Mapping[str, Any], payload: Mapping[str, Any]
) -> str:
    """What is synced from where and how: a change of any of it asks for a new sync.

    `payload` is the body of the sync call; `optimize` in it is of no account.
    """
    # By their oldest names, so that an update of the server does not ask for a new sync.
    source = {
        spec.name: _in_order(spec.value_in(remote), spec.space_separated)
        for spec in content_type.source_fields
        if spec.value_in(remote)
    }
    how = {name: value for name, value in payload.items() if name != "optimize"}
    text = json.dumps([source, how], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_mirrored(
    content_type: ContentType,
    item: Mapping[str, Any],
    repository: Mapping[str, Any],
    remote: Mapping[str, Any],
) -> bool:
    """Whether the latest version is what a sync of this item made, and nobody's since."""
    wanted = {**remote, **to_api_values(content_type.remote.fields, item)}
    digest = source_digest(content_type, wanted, to_api_values(content_type.sync_fields, item))
    return is_labelled(repository, digest)


def is_labelled(repository: Mapping[str, Any], digest: str) -> bool:
    """Whether the label names this digest and the repository's present latest version."""
    number = version_number(repository["latest_version_href"])
    label = (repository.get("pulp_labels") or {}).get(PINNED_LABEL)
    return number > 0 and label == f"{digest}.{number}"


def _in_order(value: Any, words: bool) -> Any:
    """A value as the server may give it back in another order, or a URL without its last slash."""
    if isinstance(value, list):
        return sorted(map(str, value))
    if isinstance(value, str):
        return sorted(value.split()) if words else value.strip().rstrip("/")
    return value
