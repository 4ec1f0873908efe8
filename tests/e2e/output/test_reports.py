# SPDX-License-Identifier: Apache-2.0
"""What playbooks find is in a report and a summary, of which check mode writes neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.rig import Rig
from tests.lab.playbook import Run

OLD = "20200101T000000"


class Asking:
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
        """The names as they are written in Markdown."""
        return [name.replace("_", "\\_") for name in self.names]

    def run(self, playbook: str, *arguments: str, **variables: Any) -> Run:
        """Run a playbook about both that is to write a summary."""
        given = {"rpm_package_repos": self.items, "summary_path": str(self.summary), **variables}
        return self.rig.run(playbook, *arguments, **given)

    def told(self) -> str:
        """The summary, which the next run begins anew."""
        text = self.summary.read_text(encoding="utf-8")
        self.summary.unlink()
        return text


@pytest.fixture
def asking(rig: Rig) -> Asking:
    """Return what there is to ask for."""
    return Asking(rig)


def test_snapshots_are_told(asking: Asking) -> None:
    run = asking.run("package_query").succeeded()

    assert [line["stamp"] for line in run.report] == list(asking.stamps.values())
    text = asking.told()
    assert text.startswith("## package\\_query\n\n✅ **ark1**: selected 2 of 2\n\n### Snapshots\n")
    for row, stamp in zip(asking.rows, asking.stamps.values()):
        assert f"| {row} | rpm | {stamp} |  |  |\n" in text
    asking.run("package_query", "--check").succeeded()
    assert not asking.summary.exists()

    asking.run("package_query", package_stamp=OLD).failed()
    text = asking.told()
    assert text.startswith("## package\\_query\n\n❌ **ark1**: selected 2 of 2\n")
    for row in asking.rows:
        assert f"| {row} | rpm |  |  | there is no snapshot " in text
    run = asking.run("package_query", package_filter="^nothing").failed()
    assert f"❌ **ark1**: {run.message.split(':')[0]}".replace("_", "\\_") in asking.told()


def test_sync_groups_are_told(asking: Asking) -> None:
    run = asking.run("package_query", "-e", "query=groups").succeeded()

    assert [(line["name"], line["type"]) for line in run.report] == [
        ("a_b", "group"),
        ("c", "group"),
    ]
    assert "✅ **ark1**: 2 sync groups\n\n### Sync groups\n" in asking.told()


def test_distributions_are_told(asking: Asking) -> None:
    wanted = {"package_filter": f"^{asking.rig.prefix}"}
    run = asking.run("distribution_list", "-l", "ark1", **wanted).succeeded()

    assert sorted(line["stamp"] for line in run.report) == sorted(asking.stamps.values())
    assert {line["serves"] for line in run.report} == {"publication"}
    text = asking.told()
    for item, stamp in zip(asking.items, asking.stamps.values()):
        assert f"| rpm | {item['name']}-{stamp} | {item['base_path']}{stamp} |  | " in text
    run = asking.run("distribution_list", "-l", "ark1", "--check", **wanted).succeeded()
    assert not asking.summary.exists()

    asking.run("distribution_list", **wanted).succeeded()
    each = [asking.summary.with_name(f"summary.{host}.md") for host in ("ark1", "client1")]
    assert [path.exists() for path in each] == [True, True]


def test_what_a_client_cannot_read_is_told(asking: Asking) -> None:
    pins = {**asking.stamps, asking.names[1]: OLD}
    run = asking.run("access_check", package_versions=pins).failed()

    access = {line["short_name"]: line["access"] for line in run.report}
    assert access == dict(zip(asking.names, ("served", "missing")))
    text = asking.told()
    assert "❌ **client1**: 2 pinned snapshots, user " in text
    assert ": 1 served, 1 missing\n\n### Not served\n" in text
    assert f"| {asking.rows[1]} | {OLD} | missing | " in text
    assert asking.rows[0] not in text
    asking.run("access_check", package_versions=asking.stamps).succeeded()
    assert asking.told().rstrip().endswith(": 2 served")
    asking.run("access_check", package_versions={}, kayobe_config_repo_path="/nowhere").failed()
    assert "❌ **client1**: " in asking.told()


def test_what_became_of_pins_is_told(asking: Asking) -> None:
    wanted = {
        "kayobe_config_repo_path": str(asking.pins.parents[2]),
        "package_versions": asking.stamps,
    }
    ahead = asking.run("kayobe_update", "--check", **wanted).succeeded()
    assert ahead.changed == 1
    assert ahead.report == ()
    assert not Path(ahead.report_path).exists()
    assert not asking.summary.exists()

    run = asking.run("kayobe_update", **wanted).succeeded()

    first, second = asking.stamps.values()
    (updated, absent) = run.report
    assert (updated["action"], updated["before"], updated["after"]) == ("update", OLD, first)
    assert updated["changed"]
    assert absent["action"] == "absent"
    text = asking.told()
    assert text.startswith("## kayobe\\_update\n\n✅ **ark1**: ")
    assert ": selected 2 of 2: 1 updated, 1 not in the file\n\n### Pins\n" in text
    assert f"| {asking.rows[0]} | {OLD} | {first} | update |\n" in text
    assert f"| {asking.rows[1]} |  | {second} | absent |\n" in text
    no_stamp = {**wanted, "package_versions": {asking.names[0]: "no"}}
    asking.run("kayobe_update", **no_stamp).failed()
    text = asking.told()
    assert "❌ **ark1**: " in text
    assert f"'{asking.rows[0]}' is pinned to 'no': expected a stamp" in text


def test_what_is_wrong_with_an_inventory_is_told(asking: Asking) -> None:
    wrong = {**asking.items[0], "base_path": "no/end", "colour": "green"}
    path = asking.rig.directory / "vars.yml"
    path.write_text(json.dumps({"rpm_package_repos": [wrong]}), encoding="utf-8")
    wanted = {"inventory_validate_paths": [str(path)]}

    run = asking.run("inventory_validate", **wanted).failed()

    assert [bool(line["error"]) for line in run.report] == [True, False]
    assert {line["name"] for line in run.report} == {wrong["name"]}
    assert {Path(line["file"]).name for line in run.report} == {"vars.yml"}
    assert [line["severity"] for line in run.report] == ["error", "warning"]
    text = asking.told()
    assert "❌ **localhost**: 1 error, 1 warning: 1 repository in 1 file" in text
    assert "| error | " in text
    assert f"vars.yml | 1 | {wrong['name']} | base\\_path " in text
    ahead = asking.run("inventory_validate", "--check", **wanted).failed()
    assert not Path(ahead.report_path).exists()
    assert not asking.summary.exists()
