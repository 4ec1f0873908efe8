# SPDX-License-Identifier: Apache-2.0
"""`kayobe_update` writes stamps to the pins of a Kayobe configuration."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.e2e.rig import Rig
from tests.lab.playbook import Run, play

OLD, NEW = "20200101T000000", "20261122T200001"
PINS = f"""\
---
# Tested together.
stackhpc_pulp_repo_epel_9_version: {OLD}  # comment
stackhpc_pulp_repo_rocky_9_baseos_version: "{OLD}"   # quoted
stackhpc_pulp_repo_ubuntu_noble_version:
"""

Update = Callable[..., Run]


def configuration(directory: Path, text: str) -> Path:
    """Create a Kayobe configuration with these pins; returns the file."""
    path = directory / "kayobe-config" / "etc" / "kayobe" / "pulp-repo-versions.yml"
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode())
    return path


@pytest.fixture
def update(tmp_path: Path) -> Update:
    """Return a function that runs the playbook with an inventory of one group, `ark`."""
    directory = tmp_path / "inventory"
    directory.mkdir()
    (directory / "hosts").write_text("[ark]\nark1\n", encoding="utf-8")

    def run(versions: Mapping[str, str], *arguments: str, hosts: str = "") -> Run:
        if hosts:
            (directory / "hosts").write_text(hosts, encoding="utf-8")
        given = {
            "package_versions": dict(versions),
            "kayobe_config_repo_path": str(tmp_path / "kayobe-config"),
        }
        options = ["-i", "hosts", "-e", json.dumps(given), *arguments]
        played = play(directory, "kayobe_update", *options)
        assert "Traceback" not in played.output, played.output
        return played

    return run


def test_stamps_are_written_to_a_configuration_and_promoted_from_it(rig: Rig) -> None:
    items = [rig.rpm(1), rig.rpm(2), rig.rpm(3)]
    stamps = rig.snapshot(*items, guard="development")
    keys = [f"stackhpc_pulp_repo_{item['short_name']}_version" for item in items]
    text = f"---\n# tested\n{keys[0]}: {OLD}  # first\n{keys[1]}:\nother: {{a: 1}}\n"
    path = configuration(rig.directory, text)
    wanted = {"rpm_package_repos": items, "kayobe_config_repo_path": str(path.parents[2])}

    run = rig.run("kayobe_update", package_versions=stamps, kayobe_update_add=True, **wanted)

    run.succeeded()
    first, second, third = (stamps[item["short_name"]] for item in items)
    assert path.read_text() == (
        f"---\n# tested\n{keys[0]}: {first}  # first\n{keys[1]}: {second}\n{keys[2]}: {third}\n"
        "other: {a: 1}\n"
    )
    again = rig.run("kayobe_update", package_versions=stamps, **wanted).succeeded()
    assert again.changed == 0
    assert "selected 3 of 3: 3 unchanged" in again.output
    promoted = rig.run("package_promote", **wanted).succeeded()
    assert {one["short_name"]: one["stamp"] for one in promoted.report} == stamps
    assert promoted.changed == 1


def test_stamps_default_to_the_newest_snapshots_on_ark(rig: Rig) -> None:
    items = [rig.rpm(1), rig.rpm(2)]
    first = rig.snapshot(*items, guard="development")
    lines = [f"stackhpc_pulp_repo_{name}_version: {OLD}\n" for name in first]
    path = configuration(rig.directory, "".join(lines))
    wanted = {"rpm_package_repos": items, "kayobe_config_repo_path": str(path.parents[2])}

    planned = rig.run("kayobe_update", "--check", **wanted).succeeded()
    assert planned.changed == 1
    assert path.read_text() == "".join(lines)
    rig.run("kayobe_update", **wanted).succeeded()
    newest = "".join(line.replace(OLD, stamp) for line, stamp in zip(lines, first.values()))
    assert path.read_text() == newest

    missing = rig.run("kayobe_update", package_stamp=NEW[:8] + "T999999", **wanted).failed()
    assert "Traceback" not in missing.output
    assert path.read_text() == newest


def test_sync_group_and_filter_select_pins(rig: Rig) -> None:
    items = [rig.rpm(1, sync_group="one"), rig.rpm(2, sync_group="two")]
    names = [item["short_name"] for item in items]
    lines = [f"stackhpc_pulp_repo_{name}_version: {OLD}\n" for name in names]
    path = configuration(rig.directory, "".join(lines))
    wanted = {
        "rpm_package_repos": items,
        "kayobe_config_repo_path": str(path.parents[2]),
        "package_versions": dict.fromkeys(names, NEW),
    }

    rig.run("kayobe_update", package_sync_group="two", **wanted).succeeded()
    assert path.read_text() == lines[0] + lines[1].replace(OLD, NEW)

    rejected = rig.run("kayobe_update", package_filter="^rocky", **wanted).failed()
    assert "package_filter: '^rocky' matches none of 2 names" in rejected.output
    unknown = {**wanted, "package_versions": {f"{names[0]}x": NEW, names[0]: NEW}}
    strict = rig.run("kayobe_update", pins_strict=True, **unknown).failed()
    assert f"'{names[0]}x' is pinned, but no package repository has that" in strict.output
    rig.run("kayobe_update", **unknown).succeeded()
    assert path.read_text() == "".join(lines).replace(OLD, NEW)


def test_stamps_are_printed_before_and_after_and_check_mode_writes_nothing(
    update: Update, tmp_path: Path
) -> None:
    path = configuration(tmp_path, PINS)
    versions = {"epel_9": "20190101T000000", "rocky_9_baseos": NEW, "ubuntu_noble": NEW, "new": NEW}

    planned = update(versions, "--check", "--diff")

    assert path.read_bytes() == PINS.encode()
    assert planned.status == 0
    assert planned.changed == 1
    assert f'-stackhpc_pulp_repo_rocky_9_baseos_version: "{OLD}"   # quoted\n' in planned.output
    assert f'+stackhpc_pulp_repo_rocky_9_baseos_version: "{NEW}"   # quoted\n' in planned.output
    assert " # Tested together.\n" in planned.output
    done = update(versions)
    for message in (
        f"epel_9          {OLD} -> 20190101T000000   OLDER than before\n",
        f"rocky_9_baseos  {OLD} -> {NEW}\n",
        f"ubuntu_noble    (none)          -> {NEW}\n",
        f"new             (none)          -> {NEW}   not in the file: set kayobe_update_add=",
        "1 updated, 1 to an OLDER stamp, 1 filled, 1 not in the file",
    ):
        assert message in planned.output
        assert message in done.output
    assert path.read_text() == PINS.replace(
        f"epel_9_version: {OLD}", "epel_9_version: 20190101T000000"
    ).replace(f'"{OLD}"', f'"{NEW}"').replace("noble_version:\n", f"noble_version: {NEW}\n")


def test_symbolic_link_file_mode_and_other_content_are_kept(update: Update, tmp_path: Path) -> None:
    text = "\ufeff" + PINS.replace("\n", "\r\n").rstrip() + "  # no end"
    path = configuration(tmp_path, text)
    real = tmp_path / "elsewhere.yml"
    path.rename(real)
    real.chmod(0o640)
    path.symlink_to(real)

    assert update({"rocky_9_baseos": NEW}).changed == 1

    assert path.is_symlink()
    assert os.readlink(path) == str(real)
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert real.read_bytes() == text.replace(f'"{OLD}"', f'"{NEW}"').encode()
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        *("elsewhere.yml", "inventory", "kayobe-config")
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            f"stackhpc_pulp_repo_epel_9_version: {OLD}",
            "epel_9_version is already in line 3: remove",
        ),
        ("stackhpc_pulp_repo_a_version: &a x", "line 6: stackhpc_pulp_repo_a_version has a tag or"),
        ("stackhpc_pulp_repo_a_version: {b: c}", "is a list or a mapping: replace its value"),
        ("stackhpc_pulp_repo_a_version: |\n  x", "is a block scalar"),
        ("stackhpc_pulp_repo_a_version: !vault |\n  6162", "has a tag or an anchor"),
        ("other: 'a\n  b'", "line 6: 'other: 'a' continues in the next line"),
    ],
)
def test_a_file_that_cannot_be_edited_safely_is_not_changed(
    update: Update, tmp_path: Path, line: str, message: str
) -> None:
    path = configuration(tmp_path, f"{PINS}{line}\n")
    played = update({"rocky_9_baseos": NEW, "a": NEW})
    assert played.status == 2
    assert message in played.output
    assert f"{path}: line 6" in played.output
    assert path.read_text() == f"{PINS}{line}\n"


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        ({"epel_9": "2026-11-22"}, "'epel_9' is pinned to '2026-11-22': expected a stamp"),
        ({"epel_9": ""}, "'epel_9' has no stamp: expected a stamp"),
    ],
)
def test_a_malformed_stamp_is_rejected(
    update: Update, tmp_path: Path, versions: dict[str, str], message: str
) -> None:
    path = configuration(tmp_path, PINS)
    played = update({"rocky_9_baseos": NEW, **versions})
    assert played.status == 2
    assert message in played.output
    assert path.read_text() == PINS


def test_the_file_is_updated_once_for_any_target_hosts(update: Update, tmp_path: Path) -> None:
    path = configuration(tmp_path, PINS)
    targets = {
        "[seed]\nseed0\n": [],
        "localhost ansible_connection=local\n[seed]\nseed0\n": [],
        "[ark]\nark1\nark2\n": ["-e", "release_train_fleet=true"],
        "[ark]\nark1\n[client]\nclient1\n": ["-l", "ark1"],
    }
    for hosts, arguments in targets.items():
        path.write_text(PINS, encoding="utf-8")
        played = update({"rocky_9_baseos": NEW}, *arguments, hosts=hosts)
        assert played.status == 0, played.output
        assert played.changed == 1
        assert len(re.findall(r"^rocky_9_baseos  ", played.output, re.MULTILINE)) == 1
        assert f'"{NEW}"' in path.read_text()


def test_a_missing_configuration_is_reported_with_advice(update: Update, tmp_path: Path) -> None:
    played = update({"rocky_9_baseos": NEW})
    assert played.status == 2
    assert f"at '{tmp_path}/kayobe-config': the directory does not exist" in played.output
    assert "kayobe_config_repo_path" in played.output


def test_the_packages_of_the_old_and_the_new_snapshot_are_compared(rig: Rig) -> None:
    item = rig.rpm(1)
    name = item["short_name"]
    old = rig.snapshot(item, guard="development")[name]
    other = {"url": rig.rpm(2)["url"], "sync_policy": "mirror_complete"}
    new = rig.snapshot({**item, **other}, guard="development")[name]
    path = configuration(rig.directory, f"stackhpc_pulp_repo_{name}_version: {old}\n")
    wanted = {"rpm_package_repos": [item], "kayobe_config_repo_path": str(path.parents[2])}

    planned = rig.run("kayobe_update", "--check", **wanted).succeeded()
    assert re.search(rf"{name}.*\+\d.* since {old}", planned.output)
    run = rig.run("kayobe_update", **wanted).succeeded()
    assert re.search(rf"{name}.*\+\d.* since {old}", run.output)
    assert new in path.read_text()
    again = rig.run("kayobe_update", **wanted).succeeded()
    assert f"since {old}" not in again.output


def test_pins_are_written_if_the_snapshots_cannot_be_compared(rig: Rig) -> None:
    item = rig.rpm(1)
    (stamp,) = rig.snapshot(item, guard="development").values()
    line = f"stackhpc_pulp_repo_{item['short_name']}_version: "
    path = configuration(rig.directory, f"{line}{OLD}\n")
    wanted = {"rpm_package_repos": [item], "kayobe_config_repo_path": str(path.parents[2])}

    run = rig.run("kayobe_update", package_versions={item["short_name"]: stamp}, **wanted)

    run.succeeded()
    assert path.read_text() == f"{line}{stamp}\n"
    assert f"no snapshot {OLD} to compare with" in run.output
