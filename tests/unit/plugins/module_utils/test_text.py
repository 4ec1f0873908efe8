# SPDX-License-Identifier: Apache-2.0
"""Tables for a terminal."""

from __future__ import annotations

from plugins.module_utils.text import text_table


def test_columns_fit_their_widest_cell_and_numbers_are_right_aligned():
    rows = [("rocky_9_baseos", 1200, "development"), ("epel", 7, "")]
    assert text_table(("NAME", "PACKAGES", "GUARD"), rows) == [
        "NAME            PACKAGES  GUARD",
        "rocky_9_baseos      1200  development",
        "epel                   7  -",
    ]


def test_a_table_without_rows_has_its_header():
    assert text_table(("NAME", "GUARD"), []) == ["NAME  GUARD"]


def test_a_row_is_one_line_with_any_values():
    assert text_table(("NAME", "NOTE"), [("a\nb\t c", None)]) == ["NAME   NOTE", "a b c  -"]


def test_a_column_with_text_and_numbers_is_left_aligned():
    lines = text_table(("VERSION",), [("latest",), (12,)])
    assert lines == ["VERSION", "latest", "12"]


def test_an_unknown_number_is_a_right_aligned_dash():
    assert text_table(("N",), [(None,), (100,)]) == ["  N", "  -", "100"]


def test_rows_may_be_an_iterator():
    assert text_table(("N",), iter([("a",)])) == ["N", "a"]
