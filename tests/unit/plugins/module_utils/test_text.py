# SPDX-License-Identifier: Apache-2.0
"""Tables that are read on a screen."""

from __future__ import annotations

from plugins.module_utils.text import text_table


def test_columns_are_as_wide_as_their_widest_cell_and_numbers_are_right():
    rows = [("rocky_9_baseos", 1200, "development"), ("epel", 7, "")]
    assert text_table(("NAME", "PACKAGES", "GUARD"), rows) == [
        "NAME            PACKAGES  GUARD",
        "rocky_9_baseos      1200  development",
        "epel                   7  -",
    ]


def test_without_rows_there_is_the_header():
    assert text_table(("NAME", "GUARD"), []) == ["NAME  GUARD"]


def test_a_row_is_one_line_whatever_its_values_hold():
    assert text_table(("NAME", "NOTE"), [("a\nb\t c", None)]) == ["NAME   NOTE", "a b c  -"]


def test_a_column_with_words_among_its_numbers_is_one_of_words():
    lines = text_table(("VERSION",), [("latest",), (12,)])
    assert lines == ["VERSION", "latest", "12"]


def test_a_number_that_is_not_known_is_a_dash_at_the_right():
    assert text_table(("N",), [(None,), (100,)]) == ["  N", "  -", "100"]


def test_rows_may_be_read_once_only():
    assert text_table(("N",), iter([("a",)])) == ["N", "a"]
