# SPDX-License-Identifier: Apache-2.0
"""The output of a run: progress, causes of failures, and the run summary."""

from __future__ import annotations

import json
import re
import shlex
import time
from pathlib import Path
from typing import Any

from tests.e2e.rig import Rig
from tests.lab.upstream.rpm import Rpm, build_rpms
from tests.lab.upstream.rpm_repository import publish_rpm

MANY = 30


def test_each_item_is_printed_when_it_ends(rig: Rig) -> None:
    items = [rig.rpm(number) for number in range(1, 7)]
    rig.upstream.fault("many/0003/repodata/", status=404)

    run = rig.run("package_sync", rpm_package_repos=items).failed()

    shown = re.findall(r"^\[(\d)/6\] (\S+)  (.*)  \d+ s$", run.output, re.M)
    assert [int(number) for number, _name, _result in shown] == [1, 2, 3, 4, 5, 6]
    results = {name: result for _number, name, result in shown}
    assert results[rig.rpm(3)["short_name"]] == "FAILED 404 from upstream"
    assert results[rig.rpm(1)["short_name"]] == "+3 -0"
    left = {path.name for path in Path(run.report_path).parent.iterdir()}
    assert left == {"inventory.yml", "output", "report"}
    # They are printed while the module runs, not after it.
    assert run.output.index("[1/6] ") < run.output.index("[6/6] ")

    again = rig.run("package_sync", rpm_package_repos=items[:1]).succeeded()
    assert f"[1/1] {items[0]['short_name']}  unchanged  " in again.output


def test_a_transient_failure_is_retried_at_the_end(rig: Rig) -> None:
    # More failures than attempts before the retry at the end, including retries by Pulp.
    rig.upstream.fault("many/0001/repodata/repomd.xml", status=503, times=5)
    items = [rig.rpm(1, max_retries=0), rig.rpm(2)]
    settings = {"retries": 0, "late_retry_delay": 2}

    run = rig.run_module("package_snapshot", rpm=items, content_guard="", **settings)

    assert run.succeeded().of(items[0]["name"])["number"] == 2
    assert f"{items[0]['short_name']}  upstream server error: retried at the end" in run.output


def test_an_allowed_failure_is_reported_and_does_not_fail_the_run(rig: Rig) -> None:
    rig.upstream.fault("many/0001/", status=404)
    items = [rig.rpm(1, allow_failure=True), rig.rpm(2)]

    run = rig.run("package_sync", rpm_package_repos=items).succeeded()

    assert run.of(items[0]["name"])["cause"] == "404 from upstream"
    assert "1 allowed failure" in run.output


def test_a_retry_continues_a_killed_run_from_its_report(rig: Rig) -> None:
    items = [rig.rpm(1 + number % 20) for number in range(20)]
    items += [
        {**rig.rpm(1 + number), **_renamed(rig.rpm(1 + number))} for number in range(MANY - 20)
    ]
    play = rig.start("package_sync", rpm_package_repos=items)
    deadline = time.monotonic() + 120
    while play.reported().count('"number"') < 8 and time.monotonic() < deadline:
        time.sleep(0.2)
    play.kill()
    report = play.directory / "report"

    lines = [json.loads(line) for line in report.read_text().splitlines()]
    done = {line["name"] for line in lines if "number" in line and not line["error"]}
    assert 8 <= len(done) < MANY
    snapshots = {found["name"] for found in rig.ark.snapshots(rig.prefix)}
    assert {line["snapshot"] for line in lines if "number" in line} <= snapshots

    retry = rig.run("package_sync", rpm_package_repos=items, package_retry=str(report)).succeeded()

    assert {line["name"] for line in retry.report} == {item["name"] for item in items} - done
    assert len(rig.ark.snapshots(rig.prefix)) == MANY
    nothing = rig.run(
        "package_sync", rpm_package_repos=items, package_retry=str(play.directory / "retry")
    ).failed()
    assert "cannot be read" in nothing.message


def test_package_changes_are_printed_and_a_shrunken_snapshot_is_flagged(rig: Rig) -> None:
    plain = [Rpm(f"{rig.prefix}-{letter}") for letter in "abcde"]
    item = rig.rpm(1, url=f"{rig.upstream.url}/{rig.prefix}/changing/")
    _publish(rig, [Rpm("openssl", "3.0"), *plain])
    rig.snapshot(item)

    _publish(rig, [Rpm("openssl", "3.1"), *plain])
    upgraded = rig.run("package_sync", rpm_package_repos=[item]).succeeded()

    name = item["short_name"]
    assert f"[1/1] {name}  +1 -1  " in upgraded.output
    stamp = upgraded.of(item["name"])["stamp"]
    assert f"  {name}  {stamp}  +1 -1, 1 upgraded: openssl 3.0-1 -> 3.1-1\n" in upgraded.output
    assert "1 changed, selected 1 of 1" in upgraded.output

    for left in (2, 1):  # the second one is compared with the last snapshot that was not shrunken
        _publish(rig, plain[:left])
        shrunk = rig.run("package_sync", rpm_package_repos=[item]).succeeded()
        assert shrunk.of(item["name"])["shrunk"] == {"before": 6, "after": left}
        assert f"  {name}: {left} packages instead of 6, " in shrunk.output
        assert _newest(rig)["pulp_labels"] == {"release_train_shrunk": "6"}

    _publish(rig, plain)
    rig.run("package_sync", rpm_package_repos=[item]).succeeded()
    assert _newest(rig)["pulp_labels"] == {}


def test_repositories_without_a_recent_sync_are_listed(rig: Rig) -> None:
    synced, never = rig.rpm(1), rig.rpm(2)
    selected = {"rpm_package_repos": [synced, never], "package_filter": f"^{synced['short_name']}$"}

    run = rig.run("package_sync", **selected).succeeded()

    assert f"Not synced for long, 1: {never['short_name']} (never)\n" in run.output
    rig.snapshot(never)
    again = rig.run("package_sync", **selected).succeeded()
    assert "Not synced for long" not in again.output
    assert re.search(r"^Storage of Pulp: \d+(\.\d)? \w+ of .* free", again.output, re.M)


def test_the_markdown_summary_lists_failures_and_new_snapshots(rig: Rig) -> None:
    rig.upstream.fault("many/0001/", status=404)
    items = [rig.rpm(1), rig.rpm(2)]
    path = rig.directory / "summary.md"

    run = rig.run("package_sync", rpm_package_repos=items, summary_path=str(path)).failed()

    text = path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    short = [item["short_name"].replace("_", "\\_") for item in items]
    assert f"| {short[0]} | 404 from upstream | " in text
    assert f"| {short[1]} | {run.of(items[1]['name'])['stamp']} +3 -0 |" in text
    (command,) = re.findall(r"^(ansible-playbook .*)$", text, re.M)
    assert command in run.output
    failed = re.escape(items[0]["short_name"])
    assert shlex.split(command)[-2:] == ["-e", f"package_filter=^({failed})$"]


def test_the_retry_command_repeats_the_selection_and_check_mode(rig: Rig) -> None:
    items = [rig.rpm(1, sync_group="g", base_path=""), rig.rpm(2, sync_group="g")]
    given = ("--check", "-e", "package_sync_group=g", "-e", "unknown_token=hidden")

    run = rig.run("package_sync", *given, rpm_package_repos=items).failed()

    (command,) = re.findall(r"^  (ansible-playbook .*)$", run.output, re.M)
    failed = f"package_filter=^({re.escape(items[0]['short_name'])})$"
    wanted = ["-e", failed, "-e", "package_sync_group=g", "--check"]
    assert shlex.split(command)[-5:] == wanted
    # A retry does not skip items of a dry run.
    retry = {"rpm_package_repos": [items[1]], "package_retry": run.report_path}
    assert rig.run("package_sync", **retry).succeeded().of(items[1]["name"])["changed"]
    nothing = rig.run("package_sync", rpm_package_repos=[rig.rpm(3)], package_retry=run.report_path)
    assert f"is selected: {items[0]['short_name']}" in nothing.failed().message


def test_running_items_are_printed_at_intervals(rig: Rig) -> None:
    rig.upstream.fault("many/0001/repodata/repomd.xml", delay=35.0, times=1)
    item = rig.rpm(1)

    run = rig.run("package_sync", rpm_package_repos=[item]).succeeded()

    progress, end = run.output.index("... running: "), run.output.index("[1/1] ")
    assert progress < end
    assert run.output[progress:end].startswith(f"... running: {item['short_name']}")


def _renamed(item: dict[str, Any]) -> dict[str, Any]:
    """Return the names of a second repository with the same upstream."""
    return {
        "name": f"{item['name']}-b",
        "short_name": f"{item['short_name']}_b",
        "distribution_name": f"{item['name']}-b-",
        "base_path": f"{item['base_path'].rstrip('/')}-b/",
    }


def _publish(rig: Rig, packages: list[Rpm]) -> None:
    """Replace the packages of the upstream of one test."""
    build_rpms(packages)
    publish_rpm(Path(rig.upstream.root), f"{rig.prefix}/changing", packages)


def _newest(rig: Rig) -> dict[str, Any]:
    """Return the newest snapshot of one test."""
    return max(rig.ark.snapshots(rig.prefix), key=lambda found: str(found["name"]))
