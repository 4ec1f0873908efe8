# SPDX-License-Identifier: Apache-2.0
"""What the reports of a comparison show: counts, and a row for each change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from .advisories import SEVERITIES
from .difference import KINDS, TAG_KINDS

# In a list, what may break a host comes first.
_ORDER = ("downgraded", "removed", "upgraded", "added", "changed", "moved")
SUMMARY_COLUMNS = (*KINDS, "unchanged")
_MIB = 1024 * 1024


class Row(NamedTuple):
    """One change; `old` and `new` are versions, tags or refs, with the digests behind them."""

    change: str
    name: str
    old: str = ""
    new: str = ""
    old_digest: str = ""
    new_digest: str = ""


class Group(NamedTuple):
    """The changes of one repository; `note` describes it, `error` is why it was not compared."""

    name: str
    change: str
    note: str
    error: str
    rows: Sequence[Row]

    @property
    def counts(self) -> str:
        """The number of rows by change, for example "1 added, 3 upgraded"."""
        return counts_text(Counter(row.change for row in self.rows))


def counts_text(counts: Mapping[str, int]) -> str:
    """Return the numbers that are not 0, for example "1 added, 3 upgraded"."""
    return ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)


def summary_rows(difference: Mapping[str, Any]) -> list[tuple[str, list[int]]]:
    """Return a label and the numbers of SUMMARY_COLUMNS for each section of a comparison.

    A tag that was moved counts as changed.
    """
    labels = {
        "repositories": "package repositories",
        "packages": "packages",
        "containers": "container images",
        "tags": "container image tags",
        "images": "disk images",
        "sources": "source repositories",
    }
    rows = []
    for name, label in labels.items():
        counts = difference["counts"][name]
        numbers = [counts.get(kind, 0) for kind in SUMMARY_COLUMNS]
        numbers[SUMMARY_COLUMNS.index("changed")] += counts.get("moved", 0)
        rows.append((label, numbers))
    return rows


def advisory_summary(difference: Mapping[str, Any]) -> str:
    """Return one sentence about the advisories that arrive."""
    counts = difference["counts"]["advisories"]
    number = sum(counts[name] for name in SEVERITIES)
    if not number:
        text = "No security advisories arrive"
    else:
        severities = counts_text({name: counts[name] for name in SEVERITIES})
        text = f"{plural(number, 'security advisory', 'security advisories')} ({severities})"
        text += f" with {plural(difference['counts']['cves'], 'CVE', 'CVEs')}"
    other = counts["other"]
    return f"{text}, {plural(other, 'other advisory', 'other advisories')}" if other else text


def plural(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


def repository_groups(difference: Mapping[str, Any]) -> list[Group]:
    """Return the changed package repositories, each with its changed packages."""
    groups = []
    for item in difference["packages"]:
        rows = [
            Row(kind, f"{one['name']}.{one['arch']}", *_versions(kind, one))
            for kind in KINDS
            for one in item[kind]
        ]
        note = f"{item['content_type']}, {_between(item, 'stamp')}, {_package_counts(item)}"
        groups.append(Group(item["name"], item["change"], note, item["error"] or "", _sorted(rows)))
    return groups


def container_rows(difference: Mapping[str, Any]) -> list[Row]:
    """Return the changed tags of all container images."""
    rows = []
    for item in difference["containers"]:
        found = []
        for kind in TAG_KINDS:
            for one in item[kind]:
                digests = (one.get("old_digest"), one.get("new_digest"))
                if kind == "added":
                    found.append(Row(kind, item["name"], "", one["tag"], "", one["digest"]))
                elif kind == "removed":
                    found.append(Row(kind, item["name"], one["tag"], "", one["digest"]))
                elif kind == "moved":
                    found.append(Row(kind, item["name"], one["tag"], one["tag"], *digests))
                else:
                    found.append(Row(kind, item["name"], one["old"], one["new"], *digests))
        rows += _sorted(found)
    return rows


def disk_image_rows(difference: Mapping[str, Any]) -> list[Row]:
    """Return the changed files of all disk images; one whose files did not change has a row."""
    rows = []
    for item in difference["images"]:
        old, new = ((item[side] or {}).get("version", "") for side in ("old", "new"))
        if not (item["added"] or item["removed"] or item["changed"]):
            rows.append(Row(item["change"], item["name"], old, new))
        for one in item["changed"]:
            digests = [_file(one[f"{side}_sha256"], one[f"{side}_size"]) for side in ("old", "new")]
            rows.append(Row(item["change"], f"{item['name']}: {one['name']}", old, new, *digests))
        for one in item["removed"]:
            digest = _file(one["sha256"], one["size"])
            rows.append(Row("removed", f"{item['name']}: {one['name']}", old, "", digest))
        for one in item["added"]:
            digest = _file(one["sha256"], one["size"])
            rows.append(Row("added", f"{item['name']}: {one['name']}", "", new, "", digest))
    return rows


def source_rows(difference: Mapping[str, Any]) -> list[Row]:
    """Return the configuration, if it changed, and the changed source repositories."""
    rows = []
    if difference["configuration"]:
        old, new = (difference["configuration"][side] for side in ("old", "new"))
        change = "added" if old is None else "removed" if new is None else "changed"
        rows.append(Row(change, "configuration", *_refs(old, new)))
    rows += [
        Row(item["change"], item["name"], *_refs(item["old"], item["new"]))
        for item in difference["sources"]
    ]
    return rows


def _sorted(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (_ORDER.index(row.change), *row[1:4]))


def _versions(kind: str, entry: Mapping[str, str]) -> tuple[str, str]:
    if kind == "added":
        return "", entry["version"]
    return (entry["version"], "") if kind == "removed" else (entry["old"], entry["new"])


def _sides(item: Mapping[str, Any], key: str) -> Iterator[Any]:
    return (item[side][key] for side in ("old", "new") if item[side] is not None)


def _between(item: Mapping[str, Any], key: str) -> str:
    """Return the old and the new value of a key, or one if they are the same."""
    values = dict.fromkeys(str(value) for value in _sides(item, key) if value is not None)
    return " → ".join(values) or "without a stamp"


def _package_counts(item: Mapping[str, Any]) -> str:
    numbers = [number for number in _sides(item, "packages") if number is not None]
    texts = dict.fromkeys(f"{number:,}" for number in numbers)
    if not texts:
        return "packages not listed"
    return f"{' → '.join(texts)} {'package' if list(texts) == ['1'] else 'packages'}"


def _file(sha256: str, size: int) -> str:
    return f"sha256:{sha256} ({size / _MIB:,.1f} MiB)"


def _refs(old: Optional[Mapping[str, Any]], new: Optional[Mapping[str, Any]]) -> list[str]:
    """Return the refs and the commits of both sides."""
    refs = [(side or {}).get("ref") or "" for side in (old, new)]
    commits = [(side or {}).get("commit") or "" for side in (old, new)]
    urls = [(side or {}).get("repository") or "" for side in (old, new)]
    if old and new and urls[0] != urls[1]:
        refs = [f"{ref} of {url}" for ref, url in zip(refs, urls)]
    return [*refs, *commits]
