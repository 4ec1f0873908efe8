# SPDX-License-Identifier: Apache-2.0
"""Distributions are listed with their repository, age and pins, and selected by filters."""

from __future__ import annotations

import json

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.objects.distribution import Guards
from plugins.module_utils.objects.listing import ListedDistribution
from plugins.module_utils.release import listing as release_listing
from plugins.module_utils.release.listing import show_distributions
from plugins.module_utils.report.file import ReportFile
from plugins.module_utils.report.report import Report
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.plugins.module_utils.release.snapshots import item

OLD, NEW, NOW = "20261001T000000", "20261120T000000", 1795219200.0  # 21 November 2026, 00:00 UTC
HOUR_AGO = "2026-11-20T23:00:00.5Z"


def listed(name, base_path, guard="", content_type="rpm", **fields):
    values = {"created": HOUR_AGO, "serves": "publication", "source": "/p/", **fields}
    return ListedDistribution(content_type, name, base_path, guard, **values)


SERVED = [
    listed(f"rocky-{OLD}", f"rocky/{OLD}", "release"),
    listed(f"rocky-{NEW}", f"rocky/{NEW}", "development"),
    listed(f"epel-{OLD}-ark", f"epel/{OLD}"),
    listed("rocky-development", "rocky/development"),
    listed(f"gone-{OLD}", f"elsewhere/{OLD}"),
    listed(f"noble-{NEW}", f"noble/{NEW}", "release", "deb"),
    listed("kolla/nova", "stackhpc/nova", "private", "container", serves="repository"),
    listed("empty", "some/where", serves="nothing"),
]


@pytest.fixture(autouse=True)
def served(monkeypatch):
    """Replace the server by SERVED, and return the distributions whose content was read."""
    read_entries = []

    def read(server, chosen):
        read_entries[:] = chosen
        for one in chosen:
            one.repository = None if one.serves == "nothing" else "A repository"
            one.version = 7 if one.serves == "publication" else None
            one.packages = one.version and 1234

    guards = Guards([{"name": name, "pulp_href": name} for name in ("release", "development", "x")])
    monkeypatch.setattr(release_listing, "read_all_guards", lambda server: guards)
    monkeypatch.setattr(release_listing, "list_distributions", lambda server, guards: list(SERVED))
    monkeypatch.setattr(release_listing, "read_served", read)
    monkeypatch.setattr(release_listing.time, "time", lambda: NOW)
    return read_entries


def show(server=None, **more):
    names = ("rpm_filter", "deb_filter", "package_filter", "sync_group", "guard", "older_than")
    given = {
        "rpm": [item("rocky", sync_group="rocky"), item("epel"), item("unserved")],
        "deb": [item("noble")],
        "deprecated_rpm": [item("gone"), item("rocky", base_path="other/")],
        "deprecated_deb": None,
        "pins": None,
    }
    return show_distributions(
        server or FakePulp().server(), {**dict.fromkeys(names), **given, **more}
    )[1]


def names(**more):
    return [one["name"] for one in show(**more)["distributions"]]


def test_a_distribution_is_assigned_to_a_repository_by_path_or_name():
    found = show()["distributions"]
    assert [(one["short_name"], one["stamp"], one["days"]) for one in found] == [
        ("rocky", OLD, 51),
        ("rocky", NEW, 1),
        ("epel", OLD, 51),
        ("rocky", None, 0),
        ("gone", OLD, 51),
        ("noble", NEW, 1),
        (None, None, 0),
        (None, None, 0),
    ]


def test_the_result_has_the_documented_keys():
    assert show()["distributions"][0] == {
        "type": "rpm",
        "name": f"rocky-{OLD}",
        "base_path": f"rocky/{OLD}",
        "content_guard": "release",
        "serves": "publication",
        "repository": "A repository",
        "version": 7,
        "packages": 1234,
        "created": HOUR_AGO,
        "days": 51,
        "short_name": "rocky",
        "stamp": OLD,
        "pinned_by": [],
    }


def test_snapshots_are_separate_for_each_type():
    found = show(deb=[item("rocky")], rpm=[], deprecated_rpm=[])["distributions"]
    assert [one["short_name"] for one in found] == [None] * len(SERVED)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({}, range(8)),
        ({"package_filter": "^rocky$"}, [0, 1, 3]),
        ({"package_filter": "nova gone"}, [4, 6]),
        ({"package_filter": "unserved"}, []),
        ({"rpm_filter": "epel"}, [2, 5, 6]),
        ({"rpm_filter": "epel", "deb_filter": "noble"}, [2, 5, 6]),
        ({"sync_group": "rocky"}, [0, 1, 3]),
        ({"guard": "release"}, [0, 5]),
        ({"guard": "x"}, []),
        ({"guard": "none"}, [2, 3, 4, 7]),
        ({"guard": "private"}, [6]),
        ({"older_than": 1}, [0, 2, 4]),
        ({"older_than": 0.5}, [0, 1, 2, 4, 5]),
        ({"older_than": 0}, range(8)),
        ({"older_than": 51, "guard": "release"}, []),
        ({"older_than": 50.9, "guard": "release", "package_filter": "rocky"}, [0]),
    ],
)
def test_distributions_must_match_all_filters_and_only_these_are_read(served, selection, expected):
    expected_names = [SERVED[index].name for index in expected]
    assert names(**selection) == expected_names
    assert [one.name for one in served] == expected_names
    assert show(**selection)["selected"] == f"selected {len(expected_names)} of 8"


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"package_filter": "rokcy"}, "'rokcy' matches none of .* nearest: rocky"),
        ({"sync_group": "suse"}, "in group 'suse', groups: rocky"),
        ({"guard": "relaese"}, "no content guard 'relaese', nearest: release"),
        ({"guard": "12"}, "no content guard '12', expected development, none, private, release, x"),
        ({"pins": {"prod": {"rocky": "newest"}}}, "pins of 'prod': 'rocky' is pinned to 'newest'"),
        ({"pins": {"prod": "rocky"}}, "pins of 'prod': expected a mapping"),
    ],
)
def test_invalid_options_are_errors(selection, message):
    with pytest.raises(OperatorError, match=message):
        show(**selection)


def test_snapshots_show_which_configurations_pin_them():
    server = FakePulp().server()
    pins = {
        "prod": {"rocky": OLD, "noble": NEW, "other": OLD},
        "stage": {"rocky": OLD, "epel": OLD, "gone": NEW},
    }
    found = show(server, pins=pins)["distributions"]
    assert {one["name"]: one["pinned_by"] for one in found if one["pinned_by"]} == {
        f"rocky-{OLD}": ["prod", "stage"],
        f"epel-{OLD}-ark": ["stage"],
        f"noble-{NEW}": ["prod"],
    }
    assert server.report.warnings == [
        "pins of 'prod': no package repository has the short name other"
    ]


def test_pins_of_an_inventory_without_repositories_are_one_short_warning():
    server = FakePulp().server()
    stamps = {f"repository_{number:02}": OLD for number in range(43)}
    lists = {"rpm": [], "deb": [], "deprecated_rpm": []}
    assert len(show(server, pins={"prod": stamps}, **lists)["distributions"]) == 8
    [warning] = server.report.warnings
    assert warning.endswith("repository_08, repository_09 and 33 more")


def test_an_invalid_item_is_a_warning_and_the_others_are_assigned():
    server = FakePulp().server()
    found = show(server, rpm=[{"name": "broken"}, item("rocky")])["distributions"]
    assert found[0]["short_name"] == "rocky"
    assert server.report.warnings[0].startswith("broken: short_name is missing")


def test_the_table_marks_empty_distributions_and_those_of_repositories():
    lines = show(package_filter="nova empty")["lines"]
    assert lines == [
        "TYPE       NAME        GUARD    VERSION  PACKAGES  DAYS  PINNED BY",
        "container  kolla/nova  private  latest   -            0  -",
        "rpm        empty       -        nothing  -            0  -",
    ]


def test_the_table_fits_100_columns_and_keeps_the_stamps(monkeypatch):
    long = "cloudlinux-10-appstream-source-with-a-long-name-of-a-distribution-"
    more = [listed(f"{long}{number}-{OLD}", f"a/{number}", "development") for number in range(3)]
    monkeypatch.setattr(release_listing, "list_distributions", lambda *_given: [*SERVED, *more])
    labels = {f"configuration-number-{number}": {"rocky": OLD} for number in range(5)}
    lines = show(pins=labels)["lines"]
    assert max(map(len, lines)) <= 100
    assert len([line for line in lines if f"…-{OLD}" in line]) == 3


def test_the_report_has_each_distribution_that_is_shown(tmp_path):
    path, server = tmp_path / "report", FakePulp().server()
    server.report = Report([ReportFile(str(path))])
    shown = show(server, guard="release")["distributions"]
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["name"] for line in lines[0]["expected"]] == [one["name"] for one in shown]
    assert [{key: line[key] for key in one} for line, one in zip(lines[1:], shown)] == shown
    assert [(line["number"], line["of"], line["changed"]) for line in lines[1:]] == [
        (1, 2, False),
        (2, 2, False),
    ]
