# SPDX-License-Identifier: Apache-2.0
"""Run summaries: their titles, causes with advice, and identical failures."""

from __future__ import annotations

import json
import re

import pytest

from tests.e2e.rig import Rig
from tests.lab.playbook import plain_environment


def test_the_summary_of_an_update_is_that_of_the_update(rig: Rig) -> None:
    item = rig.rpm(1)
    repository = {"name": item["name"], "url": item["url"]}
    path = rig.directory / "summary.md"

    rig.run(
        "client_update",
        stackhpc_pulp_repository_rpm_repos=[repository],
        summary_path=str(path),
    ).succeeded()

    text = path.read_text(encoding="utf-8")
    assert "## client\\_update\n" in text
    assert "client\\_sync" not in text


def test_permanent_failures_have_their_cause_and_advice_and_are_not_retried(rig: Rig) -> None:
    url = f"{rig.upstream.url}/{rig.prefix}/builds/429/"
    deb = rig.deb(url=url)
    registry = {"name": f"{rig.prefix}/nova", "url": rig.upstream.url, "upstream_name": "x/429"}

    run = rig.run("package_sync", deb_package_repos=[deb]).failed()
    pushed = rig.run_module("pulp_repository", container=[registry], sync=True).failed()

    line = run.of(deb["name"])
    assert line["cause"] == "no Release file upstream"
    assert line["hint"].startswith("check url and distributions of the item")
    assert f"  => {line['cause']}: {line['hint']}" in run.output
    assert "retried at the end" not in run.output
    screen = run.output.rpartition(": Print run summary]")[2].partition("\nfatal: ")[0]
    assert "  => " in screen
    assert "(task " not in screen
    assert pushed.of(registry["name"])["cause"] == "404 from upstream"


def test_identical_failures_are_one_line_with_the_names(rig: Rig) -> None:
    rig.upstream.fault("many/", status=404)
    url = f"{rig.upstream.url}/many/0001/"
    items = [rig.rpm(number, url=url) for number in range(1, 6)]

    run = rig.run("package_sync", rpm_package_repos=items).failed()

    names = ", ".join(item["short_name"] for item in items)
    assert re.search(r"^  5 repositories: 404 from upstream: ", run.output, re.MULTILINE)
    assert names in " ".join(run.output.split())
    assert len(re.findall(r"^  => ", run.output, re.MULTILINE)) == 1
    assert {json.dumps(run.of(item["name"])["hint"]) for item in items} != {""}


def test_questions_end_with_their_answer(rig: Rig) -> None:
    items = [rig.rpm(1), rig.rpm(2)]
    rig.snapshot(items[0])
    wanted = {"rpm_package_repos": items}

    listed = rig.run("distribution_list", "-l", "ark1", **wanted).succeeded()
    queried = rig.run("package_query", **wanted).succeeded()

    end = listed.output.rpartition("TASK [")[2].splitlines()
    assert end[0].startswith("stackhpc.release_train.distribution : Show the answer]")
    result = next(place for place, line in enumerate(end) if line.startswith("ok: [ark1]"))
    shown = [line for line in end[1:result] if not line.startswith("task path: ")]
    assert items[0]["name"] in "".join(shown)
    assert max(map(len, shown)) <= 100
    end = queried.output.rpartition("TASK [")[2].splitlines()
    assert items[0]["short_name"] in "".join(end)
    assert end[0].startswith("stackhpc.release_train.package : Show the answer")


def test_a_job_of_github_gets_annotations_and_a_summary(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.upstream.fault("many/0001/", status=404)
    step = rig.directory / "step.md"
    monkeypatch.setattr(
        "tests.lab.playbook.plain_environment",
        lambda: {**plain_environment(), "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(step)},
    )

    run = rig.run("package_sync", rpm_package_repos=[rig.rpm(1)]).failed()

    (line,) = [line for line in run.output.splitlines() if line.startswith("::error ")]
    assert line.startswith("::error title=package_sync ark1::")
    assert "404 from upstream" in line
    assert "### Failed" in step.read_text(encoding="utf-8")
