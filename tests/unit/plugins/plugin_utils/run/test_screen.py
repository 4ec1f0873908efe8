# SPDX-License-Identifier: Apache-2.0
"""The summary of a run; a typical one is compared with an approved text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from plugins.module_utils.report.cause_table import CAUSES
from plugins.plugin_utils.run.outcome import outcome_of
from plugins.plugin_utils.run.screen import (
    LINES,
    View,
    fleet_screen,
    stale_line,
    summary_screen,
)

# A terminal of 80 and of 120 columns, and a log without a terminal.
APPROVED = {
    80: "last_screen_of_172_80_columns.txt",
    120: "last_screen_of_172_120_columns.txt",
    150: "last_screen_of_172.txt",
}
COMMAND = (
    "ansible-playbook -i inventory stackhpc.release_train.package_sync -e package_retry=r.json"
)


def item(name, action="unchanged", error="", **more):
    changed = action not in ("unchanged", "failed", "skipped")
    fields = {"name": name, "type": "rpm", "action": action, "changed": changed, "error": error}
    return {**fields, "seconds": 1.0, "before": {}, "after": {}, **more}


def new(name, added=1, removed=1, notable=(), **more):
    return item(
        name,
        "synced",
        stamp="20261122T200001",
        packages_added=added,
        packages_removed=removed,
        packages_upgraded=min(added, removed),
        notable=list(notable),
        **more,
    )


def typical_run():
    """Return a run of 172 repositories: 3 failed, 9 have new snapshots, one of them flagged."""
    kernel = (
        "kernel 5.14.0-570.12.1.el9_6 -> 5.14.0-570.21.1.el9_6",
        "openssl 1:3.2.2-6 -> 1:3.2.2-7",
    )
    done = [
        new("rocky_9_appstream", 212, 187),
        new("rocky_9_baseos", 94, 31, kernel),
        new("rocky_10_baseos", 12, 3),
        new("epel_9", 41, 17),
        new("epel_10", 18, 2),
        new("ubuntu_noble_security", 37, 0, ("libc6 2.39-0ubuntu8.4 -> 2.39-0ubuntu8.5",)),
        new("docker_ce_el9", 5, 0, ("docker-ce 3:28.5.1-1.el9 -> 3:28.5.2-1.el9",)),
        new("opensearch_2_x", 1, 1),
        new("grafana", 2, 300, shrunk={"before": 700, "after": 402}),
    ]
    failed = [
        item(
            "rocky_9_extras",
            "failed",
            "404, message='Not Found', url='https://mirror.example.com/9/extras/repodata/repomd.xml'"
            " (task /pulp/api/v3/tasks/0197/)",
            cause="404 from upstream",
        ),
        item(
            "ceph_squid",
            "failed",
            "Response payload is not completed (task /pulp/api/v3/tasks/0198/)",
            cause="upstream closed the connection",
        ),
        item("rhel_9_baseos", "failed", "an error without a known cause"),
    ]
    unchanged = [item(f"unchanged_{number}") for number in range(160)]
    run = {
        "results": [*failed, *done, *unchanged],
        "failed_when_result": False,
        "msg": "3 of 172 failed",
        "selected": "selected 172 of 176",
        "stale": [{"name": "rocky_9_extras", "type": "rpm", "last": "2026-11-12"}],
        "storage": {"total": 2 << 40, "used": 1900 << 30, "free": 100 << 30, "low": True},
    }
    return outcome_of("ark", [run], 761)


@pytest.mark.parametrize("width", APPROVED)
def test_the_screen_of_a_run_is_as_approved(width):
    lines = summary_screen(typical_run(), "New snapshots", COMMAND, View(width, report=True))
    approved = Path(__file__).with_name(APPROVED[width])
    assert len(lines) <= LINES
    assert "\n".join(lines) + "\n" == approved.read_text(encoding="utf-8")


MISSING = "the sync succeeded, but these are missing: 2025.1. stackhpc/img-{n} does not have them"


def test_identical_failures_are_one_line_with_the_names():
    images = [
        {
            **item(f"stackhpc/img-{n}", "failed", MISSING.format(n=n), cause=UNKNOWN_TAG),
            "type": "container",
        }
        for n in range(14)
    ]
    lines = summary_screen(outcome_of("client", [{"results": images}]), "Synced")
    assert lines[1].startswith(f"  14 images: {UNKNOWN_TAG}: the sync succeeded, but these are")
    assert "<name> does not have them" in lines[1]
    assert lines[2].strip().startswith("stackhpc/img-0, stackhpc/img-1, ")
    assert len([line for line in lines if "=>" in line]) == 1


UNKNOWN_TAG = "content not found upstream"


def test_every_cause_has_a_hint_and_its_failures_are_together():
    causes = [cause.name for cause in CAUSES[:5]]
    failed = [
        item(f"{place}_{number}", "failed", f"error {number}", cause=cause)
        for number in range(8)
        for place, cause in enumerate(causes)
    ]
    lines = summary_screen(outcome_of("ark", [{"results": failed}]), "", view=View(150, True))
    hints = [line.split(":")[0] for line in lines if line.startswith("  => ")]
    assert hints == [f"  => {cause}" for cause in causes]
    assert len(lines) <= LINES
    counted = re.findall(r"and (\d+) more", " ".join(lines))
    assert sum(map(int, counted)) + sum(": error " in line for line in lines) == 40


@pytest.mark.parametrize("report", [True, False])
def test_a_report_is_mentioned_only_if_there_is_one(report):
    failed = [item(f"bad_{n}", "failed", f"error {n}") for n in range(40)]
    lines = summary_screen(outcome_of("ark", [{"results": failed}]), "", view=View(150, report))
    (rest,) = [line for line in lines if "... and " in line]
    assert rest.endswith(", in the report") is report


def test_two_objects_with_one_name_are_distinguished_by_their_types():
    made = [
        {**item("stackhpc", "created"), "type": "group"},
        {**item("stackhpc", "created"), "type": "container_namespace"},
    ]
    lines = summary_screen(outcome_of("ark", [{"results": made}], list_all=True), "Changed")
    assert [line.split("  ")[1] for line in lines[1:3]] == [
        "stackhpc (group)",
        "stackhpc (container namespace)",
    ]


def test_a_long_summary_fits_one_screen_with_failures_first():
    bad = [item(f"bad_{n}", "failed", "x" * 300, cause="disk full") for n in range(90)]
    allowed = [item(f"allowed_{n}", "failed", "x", allowed=True) for n in range(9)]
    good = [new(f"new_{n}", shrunk={"before": 9, "after": 1}) for n in range(90)]
    good.append(new("last", notable=["kernel 1 -> 2"]))
    stale = [{"name": f"old_{n}", "type": "rpm", "last": ""} for n in range(90)]
    run = {
        "results": [*bad, *allowed, *good],
        "stale": stale,
        "failed": True,
        "msg": "90 of 190 failed",
    }
    outcome = outcome_of("ark", [run], 1)

    lines = summary_screen(outcome, "New snapshots", COMMAND)

    assert len(lines) <= LINES
    assert max(map(len, lines)) <= 150
    assert lines[lines.index("New snapshots") + 1].startswith("  last ")
    assert any(line.startswith("  ... and ") for line in lines)
    assert lines[-1] == "90 failed, 9 allowed failures, 91 changed, 1 s"
    assert outcome.message.startswith("90 of 190 failed: bad_0 (disk full), ")
    assert outcome.message.endswith(" and 80 more")


def test_a_run_that_changed_nothing_is_one_line():
    outcome = outcome_of(
        "ark", [{"results": [item("a"), item("b")], "selected": "selected 2 of 2"}], 3
    )
    assert summary_screen(outcome, "New snapshots") == ["2 unchanged, selected 2 of 2, 3 s"]
    assert not outcome.has_failed


def test_check_mode_lists_what_would_change_without_the_stamps_of_today():
    results = [
        item("epel_10", "updated", stamp="20200101T000000", before={"remote": {"url": "a"}}),
        item("epel_9", "created", stamp=None, snapshot=None, after={"name": "EPEL 9"}),
        item("crb", "created", stamp="20261122T200001", snapshot="crb-20261122T200001"),
        item("shown", "updated", told="development -> release"),
        item("described", "updated", before={"description": "a"}, after={"description": "b"}),
        item("same"),
    ]
    outcome = replace(outcome_of("ark", [{"results": results}]), check_mode=True)
    assert summary_screen(outcome, "Would change") == [
        "Would change",
        "  epel_10    remote url",
        "  epel_9     created",
        "  crb        new snapshot 20261122T200001",
        "  shown      development -> release",
        "  described  description",
        "5 changed, 1 unchanged, 0 s, check mode: nothing was written",
    ]


def test_an_empty_snapshot_is_flagged_with_the_place_to_look():
    empty = {"before": 0, "after": 0, "advice": "check components of the item"}
    outcome = outcome_of("ark", [{"results": [new("a", shrunk=empty)]}])
    assert "  a: no packages; check components of the item" in summary_screen(outcome, "New")


def test_an_error_before_any_item_is_reported_with_its_message():
    run = {"results": [], "failed_when_result": False, "msg": "ark refused user 'admin':\nwrong"}
    outcome = outcome_of("ark", [run])
    assert summary_screen(outcome, "New snapshots", COMMAND) == [
        "Failed",
        "  ark refused user 'admin':",
        "  wrong",
        "nothing was done, 0 s",
    ]
    assert outcome.message == "ark refused user 'admin': wrong"


LOOKUP = "The lookup plugin 'stackhpc.release_train.kayobe_package_versions' failed: "


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        LOOKUP,
        "Task failed: Finalization of task args for 'stackhpc.release_train.x' failed: "
        f"Error while resolving value for 'package_versions': {LOOKUP}",
        LOOKUP.replace("lookup", "filter"),
        "An unhandled exception occurred while running the lookup plugin 'x'. Error was a <class "
        "'ansible.errors.AnsibleLookupError'>, original message: ",
    ],
)
def test_an_error_is_reported_completely_without_the_prefix_of_ansible(prefix):
    message = f"no package pins at '/nowhere': {'there is no such directory, ' * 8}look there"
    lines = summary_screen(outcome_of("ark", [{"failed": True, "msg": f"{prefix}{message}"}]), "")
    assert " ".join(" ".join(lines[1:-1]).split()) == message
    assert max(map(len, lines)) <= 150


def test_stale_repositories_are_listed_briefly_and_completely_in_the_report():
    stale = [{"name": f"rocky_{n}_appstream", "type": "rpm", "last": ""} for n in range(17)]
    outcome = outcome_of("ark", [{"results": [], "stale": stale}])
    line = stale_line(outcome, 150)
    assert len(line) <= 150
    assert line.startswith("Not synced for long, 17: rocky_0_appstream (never), ")
    assert line.endswith("_appstream (never) and 13 more")
    assert stale_line(outcome).endswith(", rocky_16_appstream (never)")


def test_failures_of_a_later_module_are_added():
    second = {
        "results": [item("channel", "failed", "no")],
        "msg": "no",
        "failed_when_result": False,
    }
    runs = [{"results": [item("a")]}, second]
    outcome = outcome_of("client", runs)
    assert outcome_of("client", [*runs, {"results": [item("b")]}], list_all=True).unchanged == 2
    assert (outcome.unchanged, outcome.message) == (1, "1 of 2 failed: channel: no")


def test_failed_hosts_are_listed_first():
    good = outcome_of("client1", [{"results": [item("a"), new("b")]}])
    down = outcome_of("client2", [{"failed": True, "msg": "http://client2 cannot be reached"}])
    assert fleet_screen([good, down], ["", ""]) == [
        "Pulps",
        "  client2  http://client2 cannot be reached",
        "  client1  1 changed, 1 unchanged",
        "2 Pulps: 1 failed, 1 ok",
    ]


def test_failures_of_later_modules_are_distinguished():
    bad, good = {"results": [item("a", "failed", "no")]}, {"results": [item("a")]}
    assert not outcome_of("client1", [bad, good]).failed_later
    assert outcome_of("client1", [good, bad]).failed_later


def test_an_error_is_reported_once():
    broken = {"failed": True, "msg": "Unsupported parameters"}
    assert outcome_of("ark", [broken, broken]).broken == ["Unsupported parameters"]


def promotion():
    """Return a promotion of 43 pins: 39 are of other sites, 3 change, of which 1 is the first."""
    since = "20261101T000000"
    kernel = ["kernel 5.14.0-570.12.1.el9_6 -> 5.14.0-570.21.1.el9_6", "openssl 1-6 -> 1-7"]

    def released(name, **more):
        told = "development -> release"
        return item(
            f"{name}-", "updated", short_name=name, stamp="20261122T200001", told=told, **more
        )

    results = [
        released(
            "epel_9",
            difference=f"+41 -17, 17 upgraded since {since}",
            packages_added=41,
            packages_removed=17,
            packages_upgraded=17,
            notable=[],
        ),
        released(
            "rocky_9_baseos",
            difference=f"+94 -31, 31 upgraded since {since}",
            packages_added=94,
            packages_removed=31,
            packages_upgraded=31,
            notable=kernel,
        ),
        released("docker_ce_el9"),
        item("rocky_10_baseos"),
    ]
    names = "beegfs_7_4, ceph_squid, cephtools"
    selected = f"selected 4 of 43 pins; 39 pins have no repository in this inventory: {names}, ..."
    return outcome_of("ark", [{"results": results, "selected": selected}], 5), "Released", ""


def client_update():
    """Return a client update with one failed sync, whose channel is no second failure."""
    missing = (
        "404, message='Not Found', url='https://ark.example.com/pulp/content/epel/9/20261122/'"
    )
    repositories = [
        item("EPEL 9", "failed", missing, cause="404 from upstream"),
        item("Rocky 9 BaseOS", "synced", packages_added=94, packages_removed=31),
    ]
    channels = [
        item("epel-9-development", "failed", "has no publication", depends_on="EPEL 9"),
        item("rocky-9-baseos-development", "updated", told="20261101T000000 -> 20261122T200001"),
    ]
    runs = [
        {"results": repositories, "failed_when_result": False, "msg": "1 of 2 failed"},
        {"results": channels, "failed_when_result": False, "msg": "1 of 2 failed"},
    ]
    command = "kayobe playbook run client_update.yml -e package_filter=^epel_9$"
    return outcome_of("seed", runs, 95, list_all=True), "Changed", command


@pytest.mark.parametrize("width", APPROVED)
@pytest.mark.parametrize("run", [promotion, client_update])
def test_the_screen_of_a_promotion_and_of_a_client_update_is_as_approved(run, width):
    outcome, heading, command = run()
    lines = summary_screen(outcome, heading, command, View(width, report=True))
    approved = Path(__file__).with_name(f"last_screen_of_{run.__name__}_{width}_columns.txt")
    assert len(lines) <= LINES
    assert "\n".join(lines) + "\n" == approved.read_text(encoding="utf-8")
