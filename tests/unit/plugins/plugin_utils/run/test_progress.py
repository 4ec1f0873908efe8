# SPDX-License-Identifier: Apache-2.0
"""Lines that are printed during a run."""

from __future__ import annotations

import pytest

from plugins.plugin_utils.run.progress import duration, progress_line

ITEM = {
    "number": 57,
    "of": 172,
    "name": "Rocky Linux 9 BaseOS",
    "short_name": "rocky_9_baseos",
    "action": "synced",
    "changed": True,
    "seconds": 41.2,
    "error": "",
    "packages_added": 12,
    "packages_removed": 3,
}
UNCHANGED = {"action": "unchanged", "changed": False, "packages_added": 0, "packages_removed": 0}


@pytest.mark.parametrize(
    ("change", "text", "tone"),
    [
        ({}, "[ 57/172] rocky_9_baseos  +12 -3  41 s", "changed"),
        (UNCHANGED, "[ 57/172] rocky_9_baseos  unchanged  41 s", "ok"),
        (
            {"error": "404 ...", "cause": "404 from upstream"},
            "[ 57/172] rocky_9_baseos  FAILED 404 from upstream  41 s",
            "failed",
        ),
        (
            {"error": f"a\n{'b' * 200}", "allowed": True},
            f"[ 57/172] rocky_9_baseos  FAILED (allowed) a {'b' * 57} … {'b' * 38}  41 s",
            "failed",
        ),
        (
            {"action": "updated", "packages_added": 0, "packages_removed": 0, "check_mode": True},
            "[ 57/172] rocky_9_baseos  would be updated  41 s",
            "changed",
        ),
        ({"short_name": None}, "[ 57/172] Rocky Linux 9 BaseOS  +12 -3  41 s", "changed"),
        (
            {"error": "503", "cause": "upstream server error", "again": True},
            "          rocky_9_baseos  upstream server error: retried at the end",
            "info",
        ),
    ],
)
def test_an_item_is_printed_as_one_line(change, text, tone):
    assert progress_line({**ITEM, **change}) == (text, tone)


def test_a_progress_line_lists_running_items_and_their_progress():
    tasks = [
        {"name": "a", "state": "running", "what": "artifacts", "done": 5, "total": 9},
        {"name": "b", "state": "running", "what": "artifacts", "done": 5, "total": None},
        {"name": "c", "state": "begun"},
        {"name": "d", "state": "waiting"},
    ]
    assert progress_line({"running": tasks}) == (
        "... running: a (artifacts 5/9), b (artifacts 5), c, 1 waiting for a Pulp worker",
        "info",
    )
    many = [{"name": str(number), "state": "running"} for number in range(9)]
    text, _tone = progress_line({"running": many})
    assert text == "... running: 0, 1, 2, 3, 4, 5, 3 more"


@pytest.mark.parametrize("line", [{"warning": "x"}, {"expected": []}])
def test_other_lines_of_a_report_are_not_shown(line):
    assert progress_line(line) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.6, "1 min 0 s"), (761, "12 min 41 s"), (10930, "3 h 2 min")],
)
def test_a_duration_is_readable(seconds, text):
    assert duration(seconds) == text


def test_a_warning_that_cannot_wait_is_shown():
    assert progress_line({"urgent": "a worker\nis lost"}) == (
        "WARNING: a worker is lost",
        "warning",
    )
    assert progress_line({"warning": "later"}) is None
