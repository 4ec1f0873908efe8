# SPDX-License-Identifier: Apache-2.0
"""The report file, which is complete up to the last item of an interrupted run."""

from __future__ import annotations

import json
import os
import stat

import pytest

from plugins.module_utils.report.file import ReportFile, ReportFileError


def test_the_file_is_private_and_starts_again_with_the_first_line(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("of an earlier run\n")
    path.chmod(0o644)
    file = ReportFile(str(path))
    # Until then it can be read, because a retry may write to the report that it reads.
    assert path.read_text() == "of an earlier run\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    file.write({"a": 1})
    file.write({"b": 2})
    assert path.read_text() == '{"a": 1}\n{"b": 2}\n'


def test_the_report_of_an_earlier_task_is_kept_on_request(tmp_path):
    path = tmp_path / "report.json"
    ReportFile(str(path)).write({"a": 1})
    ReportFile(str(path), append=True).write({"b": 2})
    assert path.read_text() == '{"a": 1}\n{"b": 2}\n'


def test_two_runs_do_not_write_one_report(tmp_path):
    path = str(tmp_path / "report.json")
    first = ReportFile(path)
    with pytest.raises(ReportFileError, match="report_path '.*': another run is writing it"):
        ReportFile(path, append=True)
    assert first.write({"a": 1}) == ""
    del first
    ReportFile(path, append=True).write({"b": 2})
    assert (tmp_path / "report.json").read_text() == '{"a": 1}\n{"b": 2}\n'


def test_an_incomplete_line_of_a_killed_task_does_not_affect_the_next(tmp_path):
    path = tmp_path / "report.json"
    path.write_text('{"a": 1}\n{"b')
    ReportFile(str(path), append=True).write({"c": 3})
    assert path.read_text() == '{"a": 1}\n{"b\n{"c": 3}\n'
    path.write_text("")
    ReportFile(str(path), append=True).write({"c": 3})
    assert path.read_text() == '{"c": 3}\n'


def test_a_device_file_is_written_to_and_not_replaced():
    before = os.stat(os.devnull).st_mode
    assert ReportFile(os.devnull).write({"a": 1}) == ""
    assert os.stat(os.devnull).st_mode == before


def test_an_unwritable_path_is_reported(tmp_path):
    with pytest.raises(ReportFileError, match="progress_path '.*nowhere.*' cannot be written"):
        ReportFile(str(tmp_path / "nowhere" / "report.json"), option="progress_path")


def test_a_name_with_invalid_unicode_is_written(tmp_path):
    path = tmp_path / "report.json"
    ReportFile(str(path)).write({"name": "bad \udcff name"})
    assert json.loads(path.read_text())["name"].startswith("bad ")


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/stderr", "/dev/fd/1", "/proc/self/fd/2"])
def test_the_output_of_the_module_is_no_report(path):
    with pytest.raises(ReportFileError, match=f"report_path '{path}' is the output of the module"):
        ReportFile(path)
