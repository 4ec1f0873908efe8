# SPDX-License-Identifier: Apache-2.0
"""Results, their sum, and the file that a killed run leaves behind."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import InvalidItem
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import (
    Report,
    Result,
    failure_message,
    summarize,
)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_finished_item_is_in_the_file_at_once(tmp_path):
    path = tmp_path / "report.json"
    report = Report(2, str(path))
    assert lines(path) == []
    report.finish(Result("é, ü", "rpm", "created", True, seconds=1.23456, more={"stamp": "x"}))
    assert lines(path) == [
        {
            "number": 1,
            "of": 2,
            "name": "é, ü",
            "type": "rpm",
            "action": "created",
            "changed": True,
            "before": {},
            "after": {},
            "seconds": 1.23,
            "error": "",
            "stamp": "x",
        }
    ]


def test_a_warning_is_in_the_file_at_once_and_kept_once(tmp_path):
    report = Report(path=str(tmp_path / "report.json"))
    report.warn("a worker is gone")
    report.warn("a worker is gone")
    assert report.warnings == ["a worker is gone"]
    assert lines(tmp_path / "report.json") == [{"warning": "a worker is gone"}]


def test_lines_of_many_threads_stay_whole(tmp_path):
    path = tmp_path / "report.json"
    report = Report(200, str(path))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: report.finish(Result(f"{number}" * 99, "rpm")), range(200)))
    assert [line["number"] for line in lines(path)] == list(range(1, 201))


def test_the_file_is_private_and_begins_anew(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("of an earlier run\n")
    path.chmod(0o644)
    Report(0, str(path))
    assert path.read_text() == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_device_is_written_to_and_stays_as_it_is():
    before = os.stat(os.devnull).st_mode
    Report(1, os.devnull).finish(Result("a", "rpm"))
    assert os.stat(os.devnull).st_mode == before


def test_a_path_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InvalidItem, match="report_path '.*nowhere.*' cannot be written"):
        Report(1, str(tmp_path / "nowhere" / "report.json"))


def test_a_file_that_fails_later_is_a_warning_and_no_end(tmp_path):
    report = Report(2, str(tmp_path / "report.json"))
    (tmp_path / "report.json").unlink()
    (tmp_path / "report.json").mkdir()
    report.finish(Result("a", "rpm"))
    report.finish(Result("b", "rpm"))
    assert len(report.warnings) == 1
    assert "is incomplete" in report.warnings[0]


def test_a_name_that_is_no_unicode_is_written_all_the_same(tmp_path):
    report = Report(1, str(tmp_path / "report.json"))
    report.finish(Result("bad \udcff name", "rpm"))
    assert "bad" in lines(tmp_path / "report.json")[0]["name"]


def test_the_first_change_names_the_action_and_all_are_shown():
    result = Result("a", "rpm")
    result.note("created", {}, {"name": "a"})
    result.note("synced", {"version": 0}, {"version": 1})
    assert (result.action, result.changed) == ("created", True)
    assert (result.before, result.after) == ({"version": 0}, {"name": "a", "version": 1})


def test_every_item_is_counted_once():
    results = [
        Result("a", "rpm"),
        Result("b", "rpm", "created", True),
        Result("c", "rpm", "failed", True, error="no"),
        Result("d", "rpm", "skipped"),
    ]
    assert summarize(results) == {"ok": 1, "changed": 1, "failed": 1, "skipped": 1}


def test_the_message_names_each_failed_item():
    good, bad, worse = Result("a", "x"), Result("b", "x", error="no"), Result("c", "x", error="!")
    assert failure_message([good], "repository") == ""
    assert failure_message([bad], "repository") == "repository 'b': no"
    assert failure_message([good, bad, worse], "repository") == (
        "2 of 3 failed\nrepository 'b': no\nrepository 'c': !"
    )
