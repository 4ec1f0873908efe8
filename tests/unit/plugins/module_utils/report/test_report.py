# SPDX-License-Identifier: Apache-2.0
"""Results, their summary, and the lines of the report file."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from plugins.module_utils.report.file import ReportFile
from plugins.module_utils.report.report import Report, Result, failure_message, summarize


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def report_to(path, **options):
    return Report([ReportFile(str(path), **options)])


def test_each_finished_item_is_in_the_file_at_once(tmp_path):
    path = tmp_path / "report.json"
    report = report_to(path)
    report.expect([Result("é, ü", "rpm", more={"short_name": "e"}), Result("b", "deb")])
    assert lines(path) == [
        {
            "expected": [
                {"type": "rpm", "name": "é, ü", "short_name": "e"},
                {"type": "deb", "name": "b"},
            ]
        }
    ]
    report.finish(Result("é, ü", "rpm", "created", True, seconds=1.23456, more={"stamp": "x"}))
    assert lines(path)[1:] == [
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


def test_a_failure_has_its_cause_and_whether_it_is_allowed(tmp_path):
    path = tmp_path / "report.json"
    error = "404, message='Not Found', url='http://x/' (task /t/)"
    report_to(path).finish(Result("a", "rpm", "failed", error=error, allowed=True))
    (line,) = lines(path)
    assert (line["error"], line["cause"], line["allowed"]) == (error, "404 from upstream", True)
    assert line["hint"].startswith("check the URL in a browser")


def test_a_cause_that_a_module_sets_has_no_hint_of_another_cause():
    result = Result("a", "rpm", error="404, message='x'", more={"cause": "not public"})
    assert result.as_dict()["cause"] == "not public"
    assert "hint" not in result.as_dict()


def test_an_item_that_is_retried_is_reported_and_not_counted(tmp_path):
    path = tmp_path / "report.json"
    report = report_to(path)
    result = Result("a", "rpm", error="503, message='x'")
    report.expect([result])
    report.postpone(result)
    result.error = ""
    report.finish(result)
    assert [(line.get("again"), line.get("number")) for line in lines(path)[1:]] == [
        (True, None),
        (None, 1),
    ]


def test_a_warning_is_in_the_file_at_once_and_kept_once(tmp_path):
    report = report_to(tmp_path / "report.json")
    report.warn("a worker is gone")
    report.warn("a worker is gone")
    assert report.warnings == ["a worker is gone"]
    assert lines(tmp_path / "report.json") == [{"warning": "a worker is gone"}]


def test_of_many_warnings_of_one_kind_few_are_reported_and_all_are_in_the_file(tmp_path):
    path = tmp_path / "report.jsonl"
    report = Report([ReportFile(str(path))])
    report.warn("another")
    for number in range(5):
        report.warn(f"{number} is missing. It would fail", "It would fail")
    assert report.shown_warnings == [
        "another",
        *(f"{number} is missing. It would fail" for number in range(3)),
        "2 more items: It would fail",
    ]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 6


def test_items_in_progress_are_reported_to_the_screen_only(tmp_path):
    kept, shown = tmp_path / "report.json", tmp_path / "progress.json"
    report = Report([ReportFile(str(kept))], ReportFile(str(shown)))
    report.running([{"name": "a", "state": "running"}])
    report.running([])
    report.finish(Result("a", "rpm"))
    assert [list(line)[0] for line in lines(kept)] == ["number"]
    assert [list(line)[0] for line in lines(shown)] == ["running", "number"]


def test_an_item_in_progress_has_the_name_of_its_finished_line(tmp_path):
    shown = tmp_path / "progress.json"
    report = Report((), ReportFile(str(shown)))
    report.expect([Result("Rocky Linux 9", "rpm", more={"short_name": "rocky_9"})])
    report.running([{"name": "Rocky Linux 9"}, {"name": "of another run"}])
    running = lines(shown)[-1]["running"]
    assert [one["name"] for one in running] == ["rocky_9", "of another run"]


def test_lines_of_many_threads_are_not_mixed(tmp_path):
    path = tmp_path / "report.json"
    report = report_to(path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: report.finish(Result(f"{number}" * 99, "rpm")), range(200)))
    assert [line["number"] for line in lines(path)] == list(range(1, 201))


def test_a_report_that_fails_later_is_one_warning_and_the_run_continues(tmp_path):
    report = report_to(tmp_path / "report.json")
    (tmp_path / "report.json").unlink()
    (tmp_path / "report.json").mkdir()
    report.finish(Result("a", "rpm"))
    report.finish(Result("b", "rpm"))
    assert len(report.warnings) == 1
    assert "is incomplete" in report.warnings[0]


def test_the_action_is_that_of_the_first_change_and_all_are_in_the_diff():
    result = Result("a", "rpm")
    result.add_change("created", {}, {"name": "a"})
    result.add_change("synced", {"version": 0}, {"version": 1})
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
    allowed = Result("e", "rpm", "failed", error="no", allowed=True)
    assert summarize([allowed]) == {"ok": 0, "changed": 0, "failed": 0, "skipped": 1}


def test_the_message_names_each_failed_item():
    good, bad, third = Result("a", "x"), Result("b", "x", error="no"), Result("c", "x", error="!")
    assert failure_message([good], "repository") == ""
    assert failure_message([Result("d", "x", error="no", allowed=True)], "repository") == ""
    assert failure_message([bad], "repository") == "repository 'b': no"
    assert failure_message([good, bad, third], "repository") == (
        "2 of 3 failed\nrepository 'b': no\nrepository 'c': !"
    )


def test_a_run_in_check_mode_marks_each_item(tmp_path):
    path = tmp_path / "report.json"
    report = Report([ReportFile(str(path))], check_mode=True)
    report.finish_all([Result("a", "rpm")])
    assert json.loads(path.read_text().splitlines()[1])["check_mode"] is True
