# SPDX-License-Identifier: Apache-2.0
"""What is to be done with the tags of one repository: a pure comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .pulp_errors import InvalidItem

__all__ = ["TagState", "plan_copy", "refuse_missing_tags"]


@dataclass(frozen=True)
class TagState:
    """Digests by tag: what the source has, and what the repository itself has, as far as asked.

    `source_name` is what a refusal calls the source.
    """

    source: Mapping[str, str]
    own: Mapping[str, str]
    source_name: str = ""


def refuse_missing_tags(
    wanted: Sequence[str], there: Mapping[str, str], allowed: bool
) -> list[str]:
    """The wanted tags that are not there. Raises InvalidItem, naming them, unless `allowed`."""
    missing = [tag for tag in wanted if tag not in there]
    if missing and not allowed:
        raise InvalidItem(f"Some tags not found in source repository: {', '.join(missing)}")
    return missing


def plan_copy(state: TagState, wanted: Sequence[str], may_move: bool) -> list[str]:
    """The tags to copy, in the order in which they are wanted: those that are new or differ.

    Raises InvalidItem, naming each with both digests, for tags that would move and must not.
    """
    there = [tag for tag in wanted if tag in state.source]
    differing = [tag for tag in there if state.own.get(tag) != state.source[tag]]
    moving = [tag for tag in differing if tag in state.own]
    if moving and not may_move:
        told = [
            f"{tag} is {state.own[tag]} here and {state.source[tag]} in {state.source_name}"
            for tag in moving
        ]
        # The way out comes first: digests are long, and the end of a line may be cut off.
        raise InvalidItem(
            f"{', '.join(moving)} would move, and a tag that was released does not: push what is new "
            "under a new tag, or set force (container_force in a playbook) if that is meant. "
            f"{'; '.join(told)}"
        )
    return differing
