# SPDX-License-Identifier: Apache-2.0
"""Text and tables in Markdown."""

from __future__ import annotations

from plugins.plugin_utils.run.markdown import escape_markdown, markdown_table


def test_text_is_escaped_and_on_one_line():
    assert (
        escape_markdown("a_b *c*\n<d> | `e` # ~f") == "a\\_b \\*c\\* \\<d\\> \\| \\`e\\` \\# \\~f"
    )
    assert escape_markdown("x" * 1001) == "x" * 1000 + "…"
    assert escape_markdown(3) == "3"


def test_a_table_without_rows_is_empty():
    assert markdown_table("Failed", ("item",), []) == []
    assert markdown_table("New_ones", ("item", "why"), [("a", 1)]) == [
        "### New\\_ones",
        "| item | why |\n| --- | --- |\n| a | 1 |",
    ]
