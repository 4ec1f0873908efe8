# SPDX-License-Identifier: Apache-2.0
"""The report and the summary of playbooks, which check mode does not write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.rig import Rig
from tests.lab.playbook import Run

OLD = "20200101T000000"


class Reporting:
    """Two repositories on Ark, a Kayobe configuration that pins one of them, and a summary."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.items = [rig.rpm(1, sync_group="a_b"), rig.rpm(2, sync_group="c")]
        self.stamps = rig.snapshot(*self.items)
        self.summary = rig.directory / "summary.md"
        self.pins = rig.directory / "kayobe-config/etc/kayobe/pulp-repo-versions.yml"
        self.pins.parent.mkdir(parents=True)
        key = f"stackhpc_pulp_repo_{self.names[0]}_version"
        self.pins.write_text(f"{key}: {OLD}\n", encoding="utf-8")

    @property
    def names(self) -> list[str]:
        """Their short names."""
        return [item["short_name"] for item in self.items]

    @property
    def rows(self) -> list[str]:
        """The names in Markdown."""
        return [name.replace("_", "\\_") for name in self.names]

    def run(self, playbook: str, *arguments: str, **variables: Any) -> Run:
        """Run a playbook for both repositories with a summary."""
        given = {"rpm_package_repos": self.items, "summary_path": str(self.summary), **variables}
        return self.rig.run(playbook, *arguments, **given)

    def read_summary(self) -> str:
        """Return the summary and delete it, so that the next run creates its own."""
        text = self.summary.read_text(encoding="utf-8")
        self.summary.unlink()
        return text


@pytest.fixture
def reporting(rig: Rig) -> Reporting:
    """Return repositories with snapshots, and pins."""
    return Reporting(rig)


def test_snapshots_are_reported(reporting: Reporting) -> None:
    run = reporting.run("package_query").succeeded()

    assert [line["stamp"] for line in run.report] == list(reporting.stamps.values())
    text = reporting.read_summary()
    assert text.startswith("## package\\_query\n\n✅ **ark1**: selected 2 of 2\n\n### Snapshots\n")
    for row, stamp in zip(reporting.rows, reporting.stamps.values()):
        assert f"| {row} | rpm | {stamp} |  |  |\n" in text
    reporting.run("package_query", "--check").succeeded()
    assert not reporting.summary.exists()

    reporting.run("package_query", package_stamp=OLD).failed()
    text = reporting.read_summary()
    assert text.startswith("## package\\_query\n\n❌ **ark1**: selected 2 of 2\n")
    for row in reporting.rows:
        assert f"| {row} | rpm |  |  | there is no snapshot " in text
    run = reporting.run("package_query", package_filter="^nothing").failed()
    text = reporting.read_summary()
    assert f"❌ **ark1**: {run.message.split(':')[0]}".replace("_", "\\_") in text


def test_sync_groups_are_reported(reporting: Reporting) -> None:
    run = reporting.run("package_query", "-e", "query=groups").succeeded()

    assert [(line["name"], line["type"]) for line in run.report] == [
        ("a_b", "group"),
        ("c", "group"),
    ]
    assert "✅ **ark1**: 2 sync groups\n\n### Sync groups\n" in reporting.read_summary()


def test_distributions_are_reported(reporting: Reporting) -> None:
    wanted = {"package_filter": f"^{reporting.rig.prefix}"}
    run = reporting.run("distribution_list", "-l", "ark1", **wanted).succeeded()

    assert sorted(line["stamp"] for line in run.report) == sorted(reporting.stamps.values())
    assert {line["serves"] for line in run.report} == {"publication"}
    text = reporting.read_summary()
    for item, stamp in zip(reporting.items, reporting.stamps.values()):
        assert f"| rpm | {item['name']}-{stamp} | {item['base_path']}{stamp} |  | " in text
    run = reporting.run("distribution_list", "-l", "ark1", "--check", **wanted).succeeded()
    assert not reporting.summary.exists()

    reporting.run("distribution_list", **wanted).succeeded()
    each = [reporting.summary.with_name(f"summary.{host}.md") for host in ("ark1", "client1")]
    assert [path.exists() for path in each] == [True, True]


def test_inaccessible_pins_are_reported(reporting: Reporting) -> None:
    pins = {**reporting.stamps, reporting.names[1]: OLD}
    run = reporting.run("access_check", package_versions=pins).failed()

    access = {line["short_name"]: line["access"] for line in run.report}
    assert access == dict(zip(reporting.names, ("served", "missing")))
    text = reporting.read_summary()
    assert "❌ **client1**: 2 pinned snapshots, user " in text
    assert ": 1 served, 1 missing\n\n### Not served\n" in text
    assert f"| {reporting.rows[1]} | {OLD} | missing | " in text
    assert reporting.rows[0] not in text
    reporting.run("access_check", package_versions=reporting.stamps).succeeded()
    assert reporting.read_summary().rstrip().endswith(": 2 served")
    reporting.run("access_check", package_versions={}, kayobe_config_repo_path="/nowhere").failed()
    assert "❌ **client1**: " in reporting.read_summary()


def test_changed_pins_are_reported(reporting: Reporting) -> None:
    wanted = {
        "kayobe_config_repo_path": str(reporting.pins.parents[2]),
        "package_versions": reporting.stamps,
    }
    planned = reporting.run("kayobe_update", "--check", **wanted).succeeded()
    assert planned.changed == 1
    assert planned.report == ()
    assert not Path(planned.report_path).exists()
    assert not reporting.summary.exists()

    run = reporting.run("kayobe_update", **wanted).succeeded()

    first, second = reporting.stamps.values()
    updated, absent = (line for line in run.report if line["type"] == "pin")
    (compared,) = (line for line in run.report if line["type"] == "rpm")
    assert compared["stamp"] == first
    assert (updated["action"], updated["before"], updated["after"]) == ("update", OLD, first)
    assert updated["changed"]
    assert absent["action"] == "absent"
    text = reporting.read_summary()
    assert text.startswith("## kayobe\\_update\n\n✅ **ark1**: ")
    assert ": selected 2 of 2: 1 updated, 1 not in the file\n\n### Pins\n" in text
    assert f"| {reporting.rows[0]} | {OLD} | {first} | update |\n" in text
    assert f"| {reporting.rows[1]} |  | {second} | absent |\n" in text
    no_stamp = {**wanted, "package_versions": {reporting.names[0]: "no"}}
    reporting.run("kayobe_update", **no_stamp).failed()
    text = reporting.read_summary()
    assert "❌ **ark1**: " in text
    assert f"'{reporting.rows[0]}' is pinned to 'no': expected a stamp" in text


def test_errors_of_an_inventory_are_reported(reporting: Reporting) -> None:
    wrong = {**reporting.items[0], "base_path": "no/end", "colour": "green"}
    path = reporting.rig.directory / "vars.yml"
    path.write_text(json.dumps({"rpm_package_repos": [wrong]}), encoding="utf-8")
    wanted = {"inventory_validate_paths": [str(path)]}

    run = reporting.run("inventory_validate", **wanted).failed()

    assert [bool(line["error"]) for line in run.report] == [True, False]
    assert {line["name"] for line in run.report} == {wrong["name"]}
    assert {Path(line["file"]).name for line in run.report} == {"vars.yml"}
    assert [line["severity"] for line in run.report] == ["error", "warning"]
    text = reporting.read_summary()
    assert "❌ **localhost**: 1 error, 1 warning: 1 repository in 1 file" in text
    assert "| error | " in text
    assert f"vars.yml | 1 | {wrong['name']} | base\\_path " in text
    planned = reporting.run("inventory_validate", "--check", **wanted).failed()
    assert not Path(planned.report_path).exists()
    assert not reporting.summary.exists()
