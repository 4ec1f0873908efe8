# SPDX-License-Identifier: Apache-2.0
"""A table of a summary as Markdown."""

from __future__ import annotations

import pytest

from plugins.plugin_utils.run.markdown import SummaryTable


def answer(rows, failed=False):
    columns = ["short_name", "pinned_by"]
    return SummaryTable(
        "package_query", "ark_1", failed, "selected 2 of 9", "Snapshots", columns, rows
    )


def test_rows_are_a_table_with_the_given_columns():
    rows = [{"short_name": "a|b", "pinned_by": ["x", "y"], "other": 1}, {"short_name": None}]
    assert answer(rows).markdown == (
        "## package\\_query\n\n"
        "✅ **ark\\_1**: selected 2 of 9\n\n"
        "### Snapshots\n\n"
        "| short name | pinned by |\n| --- | --- |\n| a\\|b | x, y |\n|  |  |\n"
    )


def test_an_empty_answer_is_reported_without_a_table():
    assert answer([], failed=True).markdown == (
        "## package\\_query\n\n❌ **ark\\_1**: selected 2 of 9\n"
    )


@pytest.mark.parametrize(("number", "more"), [(1000, ""), (1003, "... and 3 more")])
def test_rows_beyond_the_limit_are_counted(number, more):
    text = answer([{"short_name": f"n{one}"} for one in range(number)]).markdown
    assert text.count("| n") == 1000
    assert text.rstrip().endswith(more or "| n999 |  |")
