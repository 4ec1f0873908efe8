# SPDX-License-Identifier: Apache-2.0
"""Failed items, grouped by the cause of their failure; identical failures are one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...module_utils.report.cause_table import CAUSES
from .messages import item_message
from .outcome import name_of

_ADVICE = {cause.name: cause.advice for cause in CAUSES}
_NOUNS = {"container": "images", "rpm": "repositories", "deb": "repositories"}
_OWN_NAME = "<name>"


@dataclass
class Failure:
    """The failure of one item, or of several with the same error."""

    cause: str
    error: str
    names: list[str] = field(default_factory=list)
    types: set[str] = field(default_factory=set)

    @property
    def subject(self) -> str:
        """The name of the item, or the number of items: `14 images`."""
        if len(self.names) == 1:
            return self.names[0]
        nouns = {_NOUNS.get(one, "items") for one in self.types}
        return f"{len(self.names)} {nouns.pop() if len(nouns) == 1 else 'items'}"

    @property
    def text(self) -> str:
        """The cause, if it is known, and the error."""
        return ": ".join(filter(None, [self.cause, self.error]))


@dataclass
class FailureGroup:
    """Failures with the same cause. `advice` is empty if it is not known."""

    cause: str
    advice: str = ""
    failures: list[Failure] = field(default_factory=list)


def failure_groups(results: Iterable[Mapping[str, Any]]) -> list[FailureGroup]:
    """Group failed results, known causes first, otherwise in the order of the results."""
    results = list(results)
    merged: dict[tuple[str, str], Failure] = {}
    groups: dict[str, FailureGroup] = {}
    for name, result in zip(unique_names(results), results):
        cause, error = str(result.get("cause") or ""), item_message(str(result["error"]))
        group = groups.setdefault(cause, FailureGroup(cause))
        group.advice = group.advice or str(result.get("hint") or _ADVICE.get(cause, ""))
        key = (cause, _without_name(error, result))
        if key not in merged:
            merged[key] = Failure(cause, error)
            group.failures.append(merged[key])
        failure = merged[key]
        if failure.error != error:
            failure.error = _without_name(error, result)
        failure.names.append(name)
        failure.types.add(str(result.get("type")))
    return sorted(groups.values(), key=lambda group: not group.cause)


def unique_names(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the name of each result, with its type if two have the same name."""
    results = list(results)
    names = [name_of(result) for result in results]
    counts = Counter(names)
    return [
        f"{name} ({str(result.get('type')).replace('_', ' ')})" if counts[name] > 1 else name
        for name, result in zip(names, results)
    ]


def _without_name(error: str, result: Mapping[str, Any]) -> str:
    """Return an error with the name of its item replaced, to compare it with others."""
    name, short = str(result.get("name") or ""), name_of(result)
    names = {name, short, name.rpartition("/")[2]} - {""}
    for one in sorted(names, key=len, reverse=True):
        error = re.sub(rf"(?<![\w-]){re.escape(one)}(?![\w-])", _OWN_NAME, error)
    return error
