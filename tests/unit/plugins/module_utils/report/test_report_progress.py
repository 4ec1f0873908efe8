# SPDX-License-Identifier: Apache-2.0
"""Items in progress are reported after a while without output."""

from __future__ import annotations

import json
import time

from plugins.module_utils.report.file import ReportFile
from plugins.module_utils.report.report import Report, report_progress, task_progress

ARTIFACTS = {
    "code": "sync.downloading.artifacts",
    "message": "Downloading Artifacts",
    "state": "running",
    "done": 120,
    "total": None,
}
METADATA = {
    "code": "sync.downloading.metadata",
    "message": "Downloading Metadata Files",
    "state": "completed",
    "done": 6,
    "total": 6,
}


def test_the_progress_of_a_sync_is_its_number_of_artifacts():
    task = {"state": "running", "progress_reports": [ARTIFACTS, METADATA]}
    assert task_progress(task) == {
        "state": "running",
        "what": "artifacts",
        "done": 120,
        "total": None,
    }


def test_before_artifacts_the_progress_is_the_last_reported_message():
    progress = task_progress({"state": "running", "progress_reports": [METADATA]})
    assert (progress["what"], progress["done"], progress["total"]) == (
        "Downloading Metadata Files",
        6,
        6,
    )


def test_a_task_that_was_not_polled_yet_is_shown_as_started():
    assert task_progress({}) == {"state": "begun"}


def test_items_in_progress_are_reported_after_a_while_without_output(tmp_path):
    path = tmp_path / "progress.json"
    report = Report(progress=ReportFile(str(path)))
    report_progress(report, lambda: [("a", {"state": "waiting"})], interval=0.01)
    deadline = time.monotonic() + 30
    while not path.read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    line = json.loads(path.read_text().splitlines()[0])
    assert line == {"running": [{"name": "a", "state": "waiting"}]}


def test_an_urgent_warning_is_in_the_progress_and_in_the_report(tmp_path):
    report, progress = tmp_path / "report", tmp_path / "progress"
    written = Report([ReportFile(str(report))], ReportFile(str(progress)))
    written.warn_at_once("a worker is lost")
    assert {"urgent": "a worker is lost"} in map(json.loads, progress.read_text().splitlines())
    assert json.loads(report.read_text()) == {"warning": "a worker is lost"}
    assert written.shown_warnings == ["a worker is lost"]
