# SPDX-License-Identifier: Apache-2.0
"""Text and tables in Markdown."""

from __future__ import annotations

from plugins.module_utils.text import escape_markdown, markdown_table


def test_text_is_escaped_and_on_one_line():
    assert (
        escape_markdown("a_b *c*\n<d> | `e` # ~f") == "a\\_b \\*c\\* \\<d\\> \\| \\`e\\` \\# \\~f"
    )
    assert escape_markdown("x" * 1001) == "x" * 1000 + "…"
    assert escape_markdown(3) == "3"
    assert escape_markdown("&commat;admin &#64;admin") == "\\&commat;admin \\&\\#64;admin"


def test_what_a_server_sent_becomes_no_link_and_no_mention():
    text = escape_markdown("https://evil/x www.evil.org @admin me@evil.org")
    assert text == "https\\://evil/x www\\.evil.org @\u200badmin me@\u200bevil.org"


def test_a_table_without_rows_is_nothing():
    assert markdown_table("Failed", ("item",), []) == []
    assert markdown_table("New_ones", ("item", "why"), [("a", 1)]) == [
        "### New\\_ones",
        "| item | why |\n| --- | --- |\n| a | 1 |",
    ]
