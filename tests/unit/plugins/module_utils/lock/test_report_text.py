# SPDX-License-Identifier: Apache-2.0
"""The comparison of two releases as text and as Markdown."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.lock.difference import compare_locks
from plugins.module_utils.lock.report_text import (
    MARKDOWN_LENGTH,
    comparison_markdown,
    text_lines,
)
from tests.unit.plugins.module_utils.lock.compared_locks import (
    HOSTILE,
    Reader,
    advisory,
    large_difference,
    lock,
    package,
    repository,
)


def small_difference() -> dict[str, Any]:
    """Compare two locks with one package and one tag."""
    reader = Reader(
        {"1": [package("a", "1")], "2": [package("a", "2")]},
        {"2": [advisory("RLSA-1", severity="Critical", cves=["CVE-2026-1000"])]},
    )
    return compare_locks(
        lock(
            name="one",
            packages={"rpm": {"baseos": repository("1")}},
            containers={"nova": {"latest": "sha256:0123456789abcdef"}},
        ),
        lock(
            name="two",
            packages={"rpm": {"baseos": repository("2")}},
            containers={"nova": {"latest": "sha256:fedcba9876543210"}},
        ),
        reader,
    )


def test_the_text_has_counts_advisories_and_changes():
    lines = text_lines(small_difference())
    assert lines[:2] == [
        "Release two compared with one",
        "1 security advisory (1 critical) with 1 CVE.",
    ]
    assert lines[3].split()[:2] == ["ADDED", "REMOVED"]
    assert "packages                  0        0         1           0        0          0" in lines
    assert "  critical  RLSA-1    title of RLSA-1  CVE-2026-1000  bash      baseos" in lines
    assert "baseos: 1 upgraded (rpm, 1 → 2, 1 package)" in lines
    assert "  upgraded  a.x86_64  1    2" in lines
    assert "  moved   nova  latest (0123456789ab)  latest (fedcba987654)" in lines


def test_lists_of_the_text_are_limited():
    lines = text_lines(large_difference(), 5)
    assert "  ... and 55 more" in lines
    assert len(lines) < 350


def test_equal_releases_are_reported_as_such():
    one = lock(name="one")
    difference = compare_locks(one, lock(name="two"), Reader())
    assert text_lines(difference)[0] == "Release two has the same content as one"
    text = comparison_markdown(difference)
    assert text.startswith("## Release two has the same content as one\n\nNo security advisories")
    assert "<details>" not in text


def test_a_repository_that_was_not_compared_has_the_reason():
    locks = [lock(packages={"rpm": {"a": repository(one)}}) for one in "12"]
    difference = compare_locks(*locks, Reader(fails="1"))
    assert "  not compared: 1: not found" in text_lines(difference)
    assert "| a | not compared | rpm" in comparison_markdown(difference)


def test_the_markdown_has_counts_first_and_a_table_for_each_part():
    text = comparison_markdown(small_difference())
    summary = "| packages | 0 | 0 | 1 | 0 | 0 | 0 |"
    parts = [summary, "| critical | RLSA-1 |", "| baseos | 1 upgraded |", "| moved | nova |"]
    parts.append("| upgraded | a.x86\\_64 | 1 | 2 |")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.count("<details>") == text.count("</details>") == 4


@pytest.mark.parametrize("length", [2000, 10_000, MARKDOWN_LENGTH])
def test_the_markdown_is_shortened_by_whole_parts(length):
    text = comparison_markdown(large_difference(), length)
    assert len(text) <= length
    assert "| packages |" in text
    assert text.count("<details>") == text.count("</details>")
    assert text.endswith("has all changes.\n")


def test_names_from_servers_are_text():
    difference = large_difference()
    difference["advisories"]["added"][0]["title"] = "\x1b[31m @admin https://evil.example/ | `x`"
    text = comparison_markdown(difference, 10**9)
    assert HOSTILE not in text
    assert "new-\\<script\\>" in text
    assert "@admin" not in text
    assert "https://evil" not in text
    assert "\x1b" not in text + "\n".join(text_lines(difference))


def test_the_report_has_no_line_feeds_within_a_line():
    assert not any("\n" in line for line in text_lines(large_difference(), 10**9))


def test_a_long_list_of_advisories_is_shortened_but_not_left_out():
    text = comparison_markdown(large_difference(), 8000)
    found = text[text.index("<b>Security advisories</b>: 60") :]
    found = found[: found.index("</details>")]
    assert found.count("| critical |") > 5
    assert "more\n\n" in found


def test_titles_are_text_of_html():
    name = "a_b<img>&"
    difference = small_difference()
    difference["packages"][0]["name"] = name
    assert "<summary><b>a_b&lt;img&gt;&amp;</b>" in comparison_markdown(difference)
