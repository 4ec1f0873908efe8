# SPDX-License-Identifier: Apache-2.0
"""The comparison of two locks as one HTML page, which needs no other file and no network.

A Content-Security-Policy allows only the style and the script of the page itself. The fragment of
its URL is a search, for example `#search=kernel&change=removed`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..text import printable
from .advisories import SEVERITIES, is_security
from .page_assets import SCRIPT, STYLE
from .report_rows import (
    SUMMARY_COLUMNS,
    Group,
    Row,
    advisory_summary,
    container_rows,
    counts_text,
    disk_image_rows,
    plural,
    repository_groups,
    source_rows,
    summary_rows,
)

# A browser searches this number of rows without a noticeable delay.
MAX_ROWS = 20_000
_MAX_TEXT = 1000
_MAX_NAMES = 60
_CHANGES = ("added", "removed", "upgraded", "downgraded", "changed", "moved")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,10}")
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{12})[0-9a-f]{28,}(.*)")


def comparison_page(difference: Mapping[str, Any]) -> str:
    """Return the page for a result of `compare_locks`. At most MAX_ROWS packages are listed."""
    old, new = (_text(difference[side]["name"]) for side in ("old", "new"))
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src {_source_hash(STYLE)}",
            f"script-src {_source_hash(SCRIPT)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    groups = repository_groups(difference)
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        '<link rel="icon" href="data:,">',
        f"<title>{new} compared with {old}</title>",
        f"<style>{STYLE}</style>\n</head>\n<body>",
        *_header(difference),
        "<main>",
        _SEARCH,
        *_left_out(groups),
        *_advisories(difference["advisories"]),
        *_repositories(groups),
        *_rows_section("containers", "Container images", container_rows(difference)),
        *_rows_section("images", "Disk images", disk_image_rows(difference)),
        *_rows_section("sources", "Source repositories", source_rows(difference)),
        "</main>",
        "<footer>Versions are compared by the rules of RPM and Debian. Advisories are those that "
        "the repositories of the new release list and those of the old one do not.</footer>",
        f"<script>{SCRIPT}</script>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _source_hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _text(value: object) -> str:
    """Return a value as text of HTML: one line of bounded length without control characters."""
    text = " ".join(str(value).split())
    return html.escape(printable(text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"))


_SEARCH = "".join(
    [
        '<div class="bar" id="bar" hidden><input type="search" id="search" autocomplete="off" ',
        'placeholder="Search packages, CVEs, images, repositories" aria-label="Search">',
        '<select id="change" aria-label="Kind of change"><option value="">all changes</option>',
        *(f'<option value="{name}">{name}</option>' for name in _CHANGES),
        '<option value="advisory">advisories</option></select>',
        '<button type="button" id="expand">Expand all</button>',
        '<button type="button" id="collapse">Collapse all</button>',
        '<div id="status" role="status"></div></div>',
        '<p id="nothing" class="faint" hidden>Nothing matches the search.</p>',
    ]
)


# A section of the summary, and the id of its details.
_TILES = {
    "packages": "packages",
    "package repositories": "packages",
    "container images": "containers",
    "disk images": "images",
    "source repositories": "sources",
}


def _header(difference: Mapping[str, Any]) -> Iterator[str]:
    old, new = difference["old"], difference["new"]
    yield f"<header><h1>{_text(new['name'])}</h1>"
    yield (
        f"<p>compared with <b>{_text(old['name'])}</b>. {_text(advisory_summary(difference))}.</p>"
    )
    yield (
        f'<p class="faint">lock {_digest(new["digest"])}, compared with {_digest(old["digest"])}</p>'
    )
    if not difference["changed"]:
        yield "<p><b>The releases have the same content.</b></p>"
    yield '<div class="tiles">'
    counts = difference["counts"]
    severities = {name: counts["advisories"][name] for name in SEVERITIES}
    text = counts_text(severities) or "none"
    yield _tile("advisories", sum(severities.values()), "security advisories", text)
    yield _tile("advisories", counts["cves"], "CVEs", "named by these advisories")
    summaries = dict(summary_rows(difference))
    for label, anchor in _TILES.items():
        numbers = dict(zip(SUMMARY_COLUMNS, summaries[label]))
        total = sum(numbers.values()) - numbers["unchanged"]
        yield _tile(anchor, total, label, counts_text(numbers) or "none")
    yield "</div></header>"


def _tile(anchor: str, number: int, label: str, text: str) -> str:
    inner = f"<b>{number:,}</b><span>{label}</span><small>{text}</small>"
    return f'<a class="tile" href="#{anchor}">{inner}</a>'


def _advisories(advisories: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    arriving = [(kind, one) for kind in ("added", "updated") for one in advisories[kind]]
    security = [one for one in arriving if is_security(one[1])]
    # Updated ones among the others of their severity.
    security.sort(key=lambda one: SEVERITIES.index(one[1]["severity"]))
    other = [one for one in arriving if not is_security(one[1])]
    removed = [("removed", one) for one in advisories["removed"]]
    if not (security or other or removed):
        return
    count = plural(len(security), "advisory", "advisories")
    yield from _section_start("advisories", "Security advisories", f"{count} that arrive")
    if security:
        yield f'<div class="card">{_advisory_table(security)}</div>'
    for title, found in (("Other advisories", other), ("Advisories no longer listed", removed)):
        if found:
            yield '<details class="group"><summary>'
            yield f'<b>{title}</b><span class="badge other">{len(found):,}</span></summary>'
            yield f"{_advisory_table(found)}</details>"
    yield "</section>"


def _advisory_table(advisories: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    head = (
        '<th class="change">Severity</th><th class="advisory-name">Advisory</th><th>CVEs</th>'
        '<th class="versions">Packages</th>'
    )
    return _table(head, (_advisory(kind, one) for kind, one in advisories))


def _advisory(kind: str, advisory: Mapping[str, Any]) -> str:
    severity = advisory["severity"] if is_security(advisory) else "other"
    label = advisory["severity"] if is_security(advisory) else _text(advisory["type"])
    issued = f", {_text(advisory['issued'][:10])}" if advisory["issued"] else ""
    note = " <small>names more CVEs than before</small>" if kind == "updated" else ""
    repositories = _text(", ".join(advisory["repositories"]))
    return (
        f'<tr data-change="advisory {severity}"><td>{_badge(severity, label)}</td>'
        f"<td>{_text(advisory['title'])}<small>{_text(advisory['id'])}{issued}</small>{note}</td>"
        f'<td data-label="CVEs">{_names(advisory["cves"], _cve)}</td>'
        f'<td data-label="Packages">{_names(advisory["packages"], _text)}'
        f"<small>{repositories}</small></td></tr>"
    )


def _names(names: Sequence[str], show: Any) -> str:
    """Return names that are separated by commas; many of them as a number."""
    text = ", ".join(show(name) for name in names[:_MAX_NAMES])
    return f"{text} and {len(names) - _MAX_NAMES:,} more" if len(names) > _MAX_NAMES else text


def _cve(name: str) -> str:
    if not _CVE.fullmatch(name):
        return _text(name)
    url = f"https://www.cve.org/CVERecord?id={name}"
    return f'<a href="{url}" rel="noreferrer noopener" target="_blank">{name}</a>'


def _repositories(groups: Sequence[Group]) -> Iterator[str]:
    if not groups:
        return
    count = plural(len(groups), "changed repository", "changed repositories")
    yield from _section_start("packages", "Packages", count)
    left = MAX_ROWS
    for group in groups:
        yield from _repository(group, left)
        left = max(0, left - len(group.rows))
    yield "</section>"


def _left_out(groups: Sequence[Group]) -> Iterator[str]:
    """Yield a note for those who search a package that the page does not have."""
    left = sum(len(group.rows) for group in groups) - MAX_ROWS
    if left > 0:
        what = plural(left, "change of a package is", "changes of packages are")
        yield (
            f'<p id="left-out" class="faint">{what} not listed and not searched on this page: see '
            "the result of the comparison in JSON.</p>"
        )


def _repository(group: Group, limit: int) -> Iterator[str]:
    counts = Counter(row.change for row in group.rows)
    badges = [_badge(name, f"{counts[name]:,} {name}") for name in _CHANGES if counts[name]]
    if group.change != "changed":
        badges = [_badge(group.change, f"repository {group.change}")]
    elif group.error:
        badges = [*badges, _badge("failed", "not compared")]
    elif not badges:
        badges = [_badge("other", "same packages")]
    yield (
        f'<details class="group" data-change="{group.change}"><summary>'
        f"<b>{_text(group.name)}</b>{''.join(badges)}"
        f'<span class="faint">{_text(group.note)}</span></summary>'
    )
    if group.error:
        yield f"<p>Not compared: {_text(group.error)}</p>"
    if group.rows[:limit]:
        yield _rows_table("Package", group.rows[:limit])
    if len(group.rows) > limit:
        number = plural(len(group.rows) - limit, "more change", "more changes")
        yield f"<p>{number}: see the result of the comparison in JSON.</p>"
    if not group.rows and not group.error:
        yield "<p>No packages are listed.</p>"
    yield "</details>"


def _rows_section(anchor: str, title: str, rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        counts = counts_text(Counter(row.change for row in rows))
        yield from _section_start(anchor, title, counts)
        yield f'<div class="card">{_rows_table("Name", rows[:MAX_ROWS])}</div>'
        if len(rows) > MAX_ROWS:
            yield f"<p>{len(rows) - MAX_ROWS:,} more changes are not listed.</p>"
        yield "</section>"


def _rows_table(label: str, rows: Iterable[Row]) -> str:
    head = (
        f'<th class="change">Change</th><th>{label}</th><th class="versions">Old</th>'
        '<th class="versions">New</th>'
    )
    return _table(head, map(_row, rows))


def _row(row: Row) -> str:
    old, new = _side(row.old, row.old_digest), _side(row.new, row.new_digest)
    if row.old == row.new and not row.old_digest:
        new += "<small>other content</small>"
    elif row.old_digest and row.old_digest == row.new_digest:
        new += "<small>same content</small>"
    return (
        f'<tr data-change="{row.change}"><td>{_badge(row.change, row.change)}</td>'
        f"<td>{_text(row.name)}</td>"
        f'<td class="version" data-label="Old">{old}</td>'
        f'<td class="version" data-label="New">{new}</td></tr>'
    )


def _side(text: str, digest: str) -> str:
    return _text(text) + (f"<small>{_digest(digest)}</small>" if digest else "")


def _digest(text: str) -> str:
    """Return the start of a digest or commit, with all of it as its title."""
    found = _DIGEST.fullmatch(text)
    shown = _text(f"{found[1]}…{found[2]}" if found else text)
    return f'<code title="{_text(text)}">{shown}</code>'


def _table(head: str, rows: Iterable[str]) -> str:
    body = "\n".join(rows)
    return f'<table class="stacked"><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>'


def _badge(name: str, label: str) -> str:
    return f'<span class="badge {name}">{label}</span>'


def _section_start(anchor: str, title: str, note: str) -> Iterator[str]:
    yield f'<section id="{anchor}" data-filtered><h2>{title}<small>{note}</small></h2>'
