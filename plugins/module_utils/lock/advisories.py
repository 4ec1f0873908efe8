# SPDX-License-Identifier: Apache-2.0
"""Security and other advisories that arrive with a release, merged over its repositories."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ..metadata.packages import Advisory

SEVERITIES = ("critical", "important", "moderate", "low", "unspecified")
"""Severities of security advisories, the worst first."""

# Other words of distributions for these severities.
_SEVERITY_ALIASES = {"urgent": "critical", "high": "important", "medium": "moderate"}
_CVE = re.compile(r"CVE-([0-9]{4})-([0-9]{4,10})")


class AdvisoryTable:
    """Merges the changed advisories of repositories by their ids."""

    def __init__(self) -> None:
        self._lists: dict[str, dict[str, dict[str, Any]]] = {
            "added": {},
            "updated": {},
            "removed": {},
        }

    def compare(self, repository: str, old: Iterable[Advisory], new: Iterable[Advisory]) -> None:
        """Add what changed in a repository, where an id may occur several times."""
        known: dict[str, Advisory] = {}
        for advisory in old:
            earlier = known.get(advisory.id, advisory)
            # The packages of old advisories are not used, and are most of their size.
            cves = tuple(dict.fromkeys(earlier.cves + advisory.cves))
            known[advisory.id] = earlier._replace(cves=cves, packages=())
        seen = set()
        for advisory in new:
            seen.add(advisory.id)
            before = known.get(advisory.id)
            if before is None:
                self._add("added", repository, advisory)
            elif more := tuple(cve for cve in advisory.cves if cve not in before.cves):
                self._add("updated", repository, advisory._replace(cves=more))
        for name in known.keys() - seen:
            self._add("removed", repository, known[name])

    def lists(self) -> dict[str, list[dict[str, Any]]]:
        """Return the advisories: those of security first, by severity."""
        return {
            kind: [
                {
                    **entry,
                    "cves": sorted(entry["cves"], key=cve_key),
                    "repositories": sorted(entry["repositories"]),
                    "packages": sorted(entry["packages"]),
                }
                for entry in sorted(entries.values(), key=_advisory_key)
            ]
            for kind, entries in self._lists.items()
        }

    def _add(self, kind: str, repository: str, advisory: Advisory) -> None:
        severity = _severity(advisory.severity)
        entry = self._lists[kind].setdefault(
            advisory.id,
            {
                "id": advisory.id,
                "type": advisory.type,
                "severity": severity,
                "title": advisory.title,
                "issued": advisory.issued,
                "cves": set(),
                "repositories": set(),
                "packages": set(),
            },
        )
        entry["severity"] = min(severity, entry["severity"], key=SEVERITIES.index)
        entry["cves"].update(advisory.cves)
        entry["repositories"].add(repository)
        entry["packages"].update(name for name, _arch, _version in advisory.packages)


def is_security(advisory: Mapping[str, Any]) -> bool:
    """Return whether an advisory of a difference is about security."""
    return advisory["type"] == "security" or bool(advisory["cves"])


def _severity(text: str) -> str:
    word = text.strip().lower()
    word = _SEVERITY_ALIASES.get(word, word)
    return word if word in SEVERITIES else "unspecified"


def _advisory_key(advisory: Mapping[str, Any]) -> tuple[bool, int, str]:
    return not is_security(advisory), SEVERITIES.index(advisory["severity"]), advisory["id"]


def cve_key(cve: str) -> tuple[int, int, str]:
    """Sort CVEs by year and number, and other texts behind them."""
    found = _CVE.fullmatch(cve)
    return (int(found[1]), int(found[2]), cve) if found else (10_000, 0, cve)


def count_advisories(advisories: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, int]:
    """Count the security advisories that arrive by severity, and all others."""
    counts = Counter(
        one["severity"] if is_security(one) else "other"
        for kind in ("added", "updated")
        for one in advisories[kind]
    )
    return {name: counts[name] for name in (*SEVERITIES, "other")}
