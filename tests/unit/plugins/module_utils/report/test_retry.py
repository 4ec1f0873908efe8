# SPDX-License-Identifier: Apache-2.0
"""The items of a report that a retry processes."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from plugins.module_utils.report.file import ReportFile
from plugins.module_utils.report.retry import (
    RetryError,
    retry_text,
    select_unfinished,
    unfinished_items,
)

EXPECTED = {
    "expected": [
        {"type": "rpm", "name": "Good", "short_name": "good"},
        {"type": "rpm", "name": "Bad", "short_name": "bad"},
        {"type": "deb", "name": "not reached"},
    ]
}
GOOD = {"number": 1, "type": "rpm", "name": "Good", "short_name": "good", "error": ""}
BAD = {"number": 2, "type": "rpm", "name": "Bad", "short_name": "bad", "error": "no"}


@dataclass(frozen=True)
class Item:
    content_type: str
    short_name: str
    name: str = ""


def write_report(tmp_path, *lines, rest=""):
    path = tmp_path / "report.json"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + rest)
    return str(path)


def test_failed_and_unreached_items_are_left(tmp_path):
    path = write_report(tmp_path, EXPECTED, {"warning": "x"}, GOOD, BAD, rest='{"number": 3, "na')
    unfinished = unfinished_items(path)
    assert unfinished == {("rpm", "bad"), ("deb", "not reached")}
    items = [Item("rpm", "good"), Item("rpm", "bad"), Item("deb", "", "not reached")]
    assert select_unfinished(items, path) == items[1:]


def test_nothing_is_left_of_a_report_of_a_good_run(tmp_path):
    path = write_report(tmp_path, {"expected": EXPECTED["expected"][:1]}, GOOD)
    assert select_unfinished([Item("rpm", "good")], path) == []


def test_a_report_without_an_item_of_the_inventory_is_an_error(tmp_path):
    path = write_report(tmp_path, EXPECTED, GOOD)
    with pytest.raises(RetryError, match="is selected: bad, not reached; use a report of"):
        select_unfinished([Item("rpm", "good"), Item("deb", "bad")], path)


def test_items_of_check_mode_are_left(tmp_path):
    path = write_report(tmp_path, EXPECTED, {**GOOD, "check_mode": True}, BAD)
    assert ("rpm", "good") in unfinished_items(path)


@pytest.mark.parametrize("end", ["\u2028", "\x85", "\x0c", "\x1c"])
def test_messages_may_contain_unicode_line_separators(tmp_path, end):
    path = tmp_path / "report.json"
    ReportFile(str(path)).write(EXPECTED)
    more = ReportFile(str(path), append=True)
    more.write({**BAD, "error": f"a{end}b"})
    more.write(GOOD)
    assert unfinished_items(str(path)) == {("rpm", "bad"), ("deb", "not reached")}


@pytest.mark.parametrize("line", [{"expected": [1]}, {"expected": 1}, {"number": 1}, {"x": None}])
def test_lines_of_another_format_are_no_report(tmp_path, line):
    with pytest.raises(RetryError, match="is not a report"):
        unfinished_items(write_report(tmp_path, line))


def test_an_item_that_succeeded_in_a_retry_is_not_left(tmp_path):
    again = {**GOOD, "again": True, "error": "503"}
    del again["number"]
    assert ("rpm", "good") not in unfinished_items(write_report(tmp_path, EXPECTED, again, GOOD))


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "is not a report"), ("{}\nnot json\n{}\n", "line 2 is not JSON; set it to")],
)
def test_an_invalid_report_is_an_error(tmp_path, text, message):
    with pytest.raises(RetryError, match=message):
        unfinished_items(write_report(tmp_path, rest=text))


def test_a_missing_report_is_an_error():
    with pytest.raises(RetryError, match="'/nowhere/report' cannot be read: No such file"):
        unfinished_items("/nowhere/report")


def test_the_text_of_a_retry_counts_what_it_does_of_what_is_unfinished(tmp_path):
    path = write_report(tmp_path, EXPECTED, GOOD, BAD)
    assert retry_text(1, path) == f"retry of 1 of 2 unfinished items of {path}"
