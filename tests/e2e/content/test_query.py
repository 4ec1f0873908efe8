# SPDX-License-Identifier: Apache-2.0
"""`package_query` finds snapshots; `distribution_list` shows what is served, and what pins it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.rig import Rig
from tests.lab.playbook import Run

MONDAY, TUESDAY, WEDNESDAY = (f"202611{day}T020000" for day in (16, 17, 18))
# Every write changes the number of objects in one of these lists.
ENDPOINTS = ("tasks/", "repositories/", "publications/", "distributions/", "contentguards/")


class Week:
    """Ark with two repositories: one has a snapshot of each day, the other only of Monday."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.often, self.once = rig.rpm(1, sync_group="often"), rig.rpm(4, sync_group="once")
        for number, stamp in enumerate((MONDAY, TUESDAY, WEDNESDAY), 1):
            often = {**self.often, "url": f"{rig.upstream.url}/many/{number:04}/"}
            lists = {"rpm_package_repos": [often, self.once]}
            rig.run("package_sync", "-e", f"package_stamp={stamp}", **lists).succeeded()

    @property
    def names(self) -> list[str]:
        """The short names of both."""
        return [self.often["short_name"], self.once["short_name"]]

    def query(self, *arguments: str, **variables: Any) -> Run:
        """Run package_query for both repositories, and check that it writes nothing."""
        lists = {"rpm_package_repos": [self.often, self.once], **variables}
        before = [self.rig.ark.get(endpoint, limit=1)["count"] for endpoint in ENDPOINTS]
        run = self.rig.run("package_query", *arguments, **lists)
        after = [self.rig.ark.get(endpoint, limit=1)["count"] for endpoint in ENDPOINTS]
        assert before == after
        return run

    def versions(self, **variables: Any) -> dict[str, str]:
        """Return the pins that package_query writes to a file."""
        path = self.rig.directory / "versions.yml"
        self.query(output_format="yaml", output_path=str(path), **variables).succeeded()
        return dict(yaml.safe_load(path.read_text("utf-8"))["package_versions"])

    def distribution(self, stamp: str) -> dict[str, Any]:
        """The snapshot of the first repository."""
        name = f"{self.often['distribution_name']}{stamp}"
        return self.rig.ark.find("distributions/rpm/rpm/", name)


@pytest.fixture
def week(rig: Rig) -> Week:
    """Take the snapshots of a week on Ark."""
    return Week(rig)


def test_the_newest_snapshots_and_those_of_earlier_days_are_found(week: Week) -> None:
    often, once = week.names
    assert week.versions() == {often: WEDNESDAY, once: MONDAY}
    assert week.versions(package_stamp_until="20261117") == {often: TUESDAY, once: MONDAY}
    # YAML reads this day as a number.
    assert week.versions(package_stamp=20261117) == {often: TUESDAY}
    assert week.versions(package_stamp=MONDAY) == {often: MONDAY, once: MONDAY}


def test_the_output_is_valid_input_of_other_playbooks(week: Week) -> None:
    rig, path = week.rig, week.rig.directory / "pins.json"
    lists = {"rpm_package_repos": [week.often, week.once]}
    planned = week.query("--check", output_format="json", output_path=str(path)).succeeded()
    assert (planned.changed, path.exists()) == (1, False)
    week.query(output_format="json", output_path=str(path)).succeeded()
    assert week.query(output_format="json", output_path=str(path)).succeeded().changed == 0
    for playbook in ("package_promote", "package_mirror"):
        rig.run(playbook, "-e", f"@{path}", **lists).succeeded()
    guard = rig.ark.get(week.distribution(WEDNESDAY)["content_guard"])["name"]
    assert guard == "release"
    assert len(rig.client.snapshots(rig.prefix)) == 2

    table = week.query().succeeded().output
    assert f"{week.names[0]}  rpm   {WEDNESDAY}  release  -" in table
    again = week.query("-e", "query=pins", "-e", f"@{path}").succeeded()
    assert {line["stamp"] for line in again.report} == {WEDNESDAY, MONDAY}
    rejected = week.query("-e", f"@{path}").failed()
    assert "Use query=pins" in rejected.message


def test_a_flagged_snapshot_is_skipped_until_it_is_named_or_released(week: Week) -> None:
    often, once = week.names
    week.rig.ark.post(
        f"{week.distribution(WEDNESDAY)['pulp_href']}set_label/",
        **{"key": "release_train_shrunk", "value": "3000"},
    )
    run = week.query().succeeded()
    assert f"{often}  rpm   {TUESDAY}" in run.output
    assert f"skipped {WEDNESDAY}, flagged" in run.output
    assert f"{often}: {WEDNESDAY} is skipped" in run.warnings[0]
    assert week.versions(package_stamp=WEDNESDAY, package_filter="_01$") == {often: WEDNESDAY}
    pins = {"package_versions": {often: WEDNESDAY}}
    lists = {"rpm_package_repos": [week.often]}
    week.rig.run("package_promote", "-e", json.dumps(pins), **lists).succeeded()
    assert week.versions() == {often: WEDNESDAY, once: MONDAY}


def test_a_missing_snapshot_is_reported_with_the_nearest_ones(week: Week) -> None:
    often, once = (item["name"] for item in (week.often, week.once))
    errors = week.query(package_stamp="20261116T120000").failed().errors
    assert f"nearest: {MONDAY} before it and {TUESDAY} after it" in errors[often]
    assert errors[once].endswith(f"nearest: {MONDAY} before it")
    later = week.query(package_stamp="20261119").failed().message
    assert "no snapshot at 20261119 of any repository, selected 2 of 2" in later
    assert "package_stamp_until=20261119 takes the newest up to then" in later
    assert (
        "is not a stamp or the prefix of one"
        in week.query(package_stamp="tomorrow").failed().message
    )


def test_a_malformed_item_does_not_hide_the_other_results(week: Week) -> None:
    broken = {**week.rig.rpm(2), "base_path": ""}
    path = week.rig.directory / "versions.yml"
    lists = {"rpm_package_repos": [week.often, week.once, broken], "output_path": str(path)}

    run = week.query(**lists).failed()

    assert f"package repository '{broken['name']}': " in run.message
    assert re.search(rf"^{week.often['short_name']} +rpm +{WEDNESDAY} ", run.output, re.M)
    assert not path.exists()


def test_sync_groups_are_listed_without_a_server(rig: Rig) -> None:
    path = rig.directory / "groups.json"
    rig.hosts["ark"]["ark1"] = {}
    lists = {"rpm_package_repos": [rig.rpm(1, sync_group="b"), rig.rpm(2, sync_group="a")]}
    lists["deb_package_repos"] = [rig.deb(sync_group="b")]
    options = ("-e", "query=groups", "-e", f"output_path={path}")
    printed = rig.run("package_query", *options, **lists).succeeded().output
    assert path.read_text("utf-8") == '["a", "b"]\n'
    assert '\n["a", "b"]\n' in printed
    no_group = {"rpm_package_repos": [rig.rpm(1)]}
    assert "set sync_group" in rig.run("package_query", *options, **no_group).failed().output


def _configuration(directory: Path, **stamps: str) -> Path:
    pins = [f"stackhpc_pulp_repo_{name}_version: {stamp}\n" for name, stamp in stamps.items()]
    (directory / "etc/kayobe").mkdir(parents=True)
    (directory / "etc/kayobe/pulp-repo-versions.yml").write_text("".join(pins), encoding="utf-8")
    return directory


def _serve_other_types(rig: Rig) -> None:
    """Serve files, Python packages and an image, and create a distribution that serves nothing."""
    for kind, endpoint in (("file", "file/file"), ("python", "python/python")):
        more = {"autopublish": True}
        created = rig.ark.post(f"repositories/{endpoint}/", name=f"{rig.prefix}-{kind}", **more)
        served = {"name": f"{rig.prefix}-{kind}", "base_path": f"{rig.prefix}/{kind}"}
        endpoint = endpoint.replace("python/python", "python/pypi")
        rig.ark.post(f"distributions/{endpoint}/", **served, repository=created["pulp_href"])
    image = f"{rig.prefix}/image"
    created = rig.ark.post("repositories/container/container/", name=image)
    served = {
        "name": image,
        "base_path": image,
        "repository": created["pulp_href"],
        "private": True,
    }
    rig.ark.post("distributions/container/container/", **served)
    empty = f"{rig.prefix}-empty"
    rig.ark.post("distributions/rpm/rpm/", name=empty, base_path=empty)


def test_distributions_are_listed_with_the_configurations_that_pin_them(week: Week) -> None:
    rig, (often, once) = week.rig, week.names
    _serve_other_types(rig)
    pins = {once: MONDAY, often: TUESDAY}
    lists = {"rpm_package_repos": [week.often], "deprecated_rpm_package_repos": [week.once]}
    rig.run("package_mirror", package_versions=pins, **lists).succeeded()
    stage = _configuration(rig.directory / "stage-config", **{often: WEDNESDAY, once: MONDAY})
    options = {
        **lists,
        "package_filter": rig.prefix,
        "kayobe_config_repo_path": str(_configuration(rig.directory / "prod-config", **pins)),
        "output_path": str(rig.directory / "list.json"),
        "output_format": "json",
    }
    more = {"distribution_list_pins": {"mine": {often: TUESDAY}}}
    rig.run("distribution_list", **options, **more).succeeded()

    ark, client = (
        {one["name"][len(rig.prefix) + 1 :]: one for one in json.loads(path.read_text("utf-8"))}
        for path in (rig.directory / "list.ark1.json", rig.directory / "list.client1.json")
    )
    keys = ("type", "content_guard", "serves", "version", "packages", "pinned_by")
    assert {name: tuple(one[key] for key in keys) for name, one in ark.items()} == {
        f"01-{MONDAY}": ("rpm", "development", "publication", 1, 3, []),
        f"01-{TUESDAY}": ("rpm", "development", "publication", 2, 3, ["prod-config", "mine"]),
        f"01-{WEDNESDAY}": ("rpm", "development", "publication", 3, 3, []),
        f"04-{MONDAY}": ("rpm", "development", "publication", 1, 3, ["prod-config"]),
        "empty": ("rpm", None, "nothing", None, None, []),
        "image": ("container", "private", "repository", 0, 0, []),
        "file": ("file", None, "repository", None, None, []),
        "python": ("python", None, "repository", None, None, []),
    }
    assert {name: one["packages"] for name, one in client.items()} == {
        f"01-{TUESDAY}": 3,
        f"04-{MONDAY}": 3,
    }

    both = {"distribution_list_configurations": [str(stage), options["kayobe_config_repo_path"]]}
    table = {**options, **both, "output_format": "table"}
    printed = rig.run("distribution_list", **table).succeeded().output
    assert "\n# ark1\n" in printed
    assert "\n# client1\n" in printed
    assert "stage-config, prod-config" in printed
    assert " nothing " in printed
    old = {**table, "distribution_list_guard": "none", "distribution_list_older_than": 100000}
    assert (
        "\nselected 0 of " in rig.run("distribution_list", "-l", "ark1", **old).succeeded().output
    )
    wrong = {**table, "distribution_list_guard": "relaese"}
    message = rig.run("distribution_list", "-l", "ark1", **wrong).failed().message
    assert "there is no content guard 'relaese', nearest: release" in message
