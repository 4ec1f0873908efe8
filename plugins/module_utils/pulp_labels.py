# SPDX-License-Identifier: Apache-2.0
"""Labels on Pulp's objects: users' own are exact, those that this collection writes stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["keep_ours"]

_OURS = "release_train_"


def keep_ours(wanted: Mapping[str, Any], current: Mapping[str, Any] | None) -> dict[str, Any]:
    """Wire values with the collection's labels of the current object added to the wanted ones."""
    if "pulp_labels" not in wanted:
        return dict(wanted)
    labels = (current or {}).get("pulp_labels") or {}
    ours = {name: value for name, value in labels.items() if name.startswith(_OURS)}
    return {**wanted, "pulp_labels": {**(wanted["pulp_labels"] or {}), **ours}}
