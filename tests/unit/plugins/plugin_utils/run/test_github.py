# SPDX-License-Identifier: Apache-2.0
"""Annotations and summaries for jobs of GitHub Actions."""

from __future__ import annotations

from plugins.plugin_utils.run.github import (
    is_github_job,
    job_annotations,
    summary_paths,
    without_commands,
)
from plugins.plugin_utils.run.outcome import Outcome

JOB = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "/tmp/step"}


def failed(number, cause=""):
    error = f"error {number}, 5 % of it\nis: lost"
    return {"name": f"n{number}", "type": "rpm", "error": error, "cause": cause}


def test_each_failure_is_an_annotation_with_its_advice():
    outcome = Outcome("ark", failed=[failed(1, "404 from upstream")], broken=["it is down"])
    assert job_annotations("package_sync", [outcome]) == [
        "::error title=package_sync ark::it is down",
        "::error title=package_sync ark::n1: 404 from upstream: error 1, 5 %25 of it is: lost => "
        "check the URL in a browser and correct it; upstream may also require credentials",
    ]


def test_there_are_at_most_10_annotations():
    lines = job_annotations("a: b", [Outcome("ark", failed=[failed(n) for n in range(20)])])
    assert len(lines) == 10
    assert lines[0].startswith("::error title=a%3A b ark::n0: ")
    assert lines[-1].endswith("::11 more failures, see the run summary")


def test_the_summary_of_the_job_is_written_without_being_asked_for():
    assert summary_paths(None, JOB) == ["/tmp/step"]
    assert summary_paths("/tmp/own", JOB) == ["/tmp/own", "/tmp/step"]
    assert summary_paths("/tmp/../tmp/step", JOB) == ["/tmp/../tmp/step"]
    assert summary_paths("/tmp/own", {}) == ["/tmp/own"]
    assert summary_paths(None, {"GITHUB_STEP_SUMMARY": "/tmp/step"}) == []
    assert not is_github_job({})


def test_texts_of_servers_are_no_commands():
    assert without_commands("  ::error::x") == "  : :error: :x"
    assert without_commands("a::b") == "a::b"
