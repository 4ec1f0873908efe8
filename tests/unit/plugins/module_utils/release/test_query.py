# SPDX-License-Identifier: Apache-2.0
"""Queries: the newest snapshot, one with an exact stamp, of a day, or up to a day."""

from __future__ import annotations

import pytest

from plugins.module_utils.inventory.pins import PinError
from plugins.module_utils.inventory.selection import NothingSelectedError
from plugins.module_utils.inventory.stamp import StampError
from plugins.module_utils.pulp.errors import InvalidItem, ResponseError
from plugins.module_utils.release.changes import SHRUNK_LABEL
from plugins.module_utils.release.query import query_packages
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.plugins.module_utils.release.snapshots import item

MONDAY, NOON, TUESDAY = "20261116T020000", "20261116T120000", "20261117T020000"


def snapshot(short_name, stamp, guard="development", before=None, publication="/p/"):
    labels = {SHRUNK_LABEL: before} if before else {}
    fields = {"base_path": f"{short_name}/{stamp}", "publication": publication}
    return {"name": f"{short_name}-{stamp}", "guard": guard, "pulp_labels": labels, **fields}


def ark_with(*snapshots):
    """Return a Pulp with these snapshots; queries for those of `bad` fail."""
    pulp = FakePulp()
    guards = {name: pulp.add_guard(name)["pulp_href"] for name in ("development", "release")}
    for one in snapshots:
        fields = {**one, "content_guard": guards.get(one["guard"])}
        del fields["guard"]
        pulp.add_distribution("rpm", **fields)
    pulp.on("GET", "name__regex=.bad", raises=ResponseError(500, "out of order"))
    return pulp.server()


def request_count(ark):
    """Return the number of queries for snapshots."""
    return len(ark.client.sent("GET", "distributions/"))


def query(ark, *short_names, **more):
    names = ("deb", "deprecated_rpm", "deprecated_deb", "rpm_filter", "deb_filter", "sync_group")
    more_names = ("package_filter", "stamp", "stamp_until", "package_versions")
    given = {
        "rpm": [item(name) for name in short_names],
        "pins_strict": False,
        "content_guard": "development",
    }
    return query_packages(ark, {**dict.fromkeys((*names, *more_names)), **given, **more})


def ark_of_two_days():
    return ark_with(*(snapshot(name, stamp) for name in "ab" for stamp in (MONDAY, NOON, TUESDAY)))


@pytest.mark.parametrize(
    ("options", "stamp"),
    [
        ({}, TUESDAY),
        ({"stamp": MONDAY}, MONDAY),
        ({"stamp": "20261116"}, NOON),
        ({"stamp": "20261116T02"}, MONDAY),
        ({"stamp": "2026"}, TUESDAY),
        ({"stamp_until": "20261116"}, NOON),
        ({"stamp_until": "20261116T115959"}, MONDAY),
        ({"stamp_until": NOON}, NOON),
        ({"stamp_until": "20270101"}, TUESDAY),
    ],
)
def test_the_newest_matching_snapshot_is_selected(options, stamp):
    ark = ark_of_two_days()
    results, more = query(ark, "a", "b", **options)
    assert more["versions"] == {"a": stamp, "b": stamp}
    assert (more["selected"], more["without"], more["flagged"]) == ("selected 2 of 2", [], [])
    assert (request_count(ark), ark.report.warnings) == (2, [])
    first = results[0]
    assert (first.name, first.action, first.changed) == ("Repository a", "unchanged", False)
    assert first.more == {
        "short_name": "a",
        "stamp": stamp,
        "snapshot": f"a-{stamp}",
        "base_path": f"a/{stamp}",
        "content_guard": "development",
        "packages_before": None,
    }


def test_the_table_has_a_line_for_each_repository():
    ark = ark_with(snapshot("a", MONDAY, "release"), snapshot("b", MONDAY, None))
    assert query(ark, "a", "b", "c")[1]["lines"] == [
        "SHORT NAME  TYPE  STAMP            GUARD    NOTE",
        "a           rpm   20261116T020000  release  -",
        "b           rpm   20261116T020000  -        -",
        "c           rpm   none             -        -",
    ]


def test_a_snapshot_without_packages_is_skipped_and_says_where_to_look():
    ark = ark_with(snapshot("a", MONDAY), snapshot("a", NOON, before="0"))
    _results, more = query(ark, "a")
    assert more["versions"] == {"a": MONDAY}
    (warning,) = ark.report.warnings
    assert "has no packages: check url of the item" in warning
    assert "flagged: no packages" in query(ark, "a", stamp=NOON)[1]["lines"][1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "no snapshot of b"),
        (
            {"stamp": "20261116"},
            "no snapshot at 20261116 of b; "
            "package_stamp_until=20261116 takes the newest up to then",
        ),
        ({"stamp_until": "20261116"}, "no snapshot up to 20261116 of b"),
    ],
)
def test_a_repository_without_a_snapshot_is_a_warning_if_others_have_one(options, message):
    ark = ark_with(snapshot("a", MONDAY), snapshot("b-updates", MONDAY))
    results, more = query(ark, "a", "b", **options)
    assert more["versions"] == {"a": MONDAY}
    assert (more["without"], results[1].action, results[1].error) == (["b"], "skipped", "")
    assert ark.report.warnings == [message]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "no snapshot of any repository, selected 2 of 2, or user 'admin' may not see it"),
        ({"stamp": "2025"}, "package_stamp_until=2025 takes"),
        ({"stamp_until": "2025"}, "no snapshot up to 2025 of any"),
    ],
)
def test_no_snapshot_of_any_repository_is_an_error(options, message):
    with pytest.raises(InvalidItem, match=message):
        query(ark_with(snapshot("a", "20200101T000000", publication=None)), "a", "b", **options)


def test_a_missing_stamp_is_reported_with_the_nearest_ones():
    ark = ark_of_two_days()
    results, more = query(ark, "a", "c", stamp="20261116T110000")
    assert more["versions"] == {}
    assert results[0].error.endswith(f"; nearest: {MONDAY} before it and {NOON} after it")
    assert results[0].error.startswith("there is no snapshot 'a-20261116T110000' that serves")
    assert results[1].error.endswith("; the repository has no snapshot")
    assert "a           rpm   failed" in more["lines"][1]
    assert ark.report.warnings == []


def test_a_distribution_without_content_is_no_snapshot():
    ark = ark_with(snapshot("a", MONDAY), snapshot("a", TUESDAY, publication=None))
    assert query(ark, "a")[1]["versions"] == {"a": MONDAY}
    results, _more = query(ark, "a", stamp=TUESDAY)
    assert results[0].error.endswith(f"nearest: {MONDAY} before it")


def test_a_shrunk_snapshot_is_skipped_and_reported():
    stamps = [f"2026111{day}T020000" for day in range(1, 7)]
    flagged = [snapshot("a", stamp, before="3000") for stamp in stamps[1:]]
    ark = ark_with(snapshot("a", stamps[0]), *flagged)
    results, more = query(ark, "a")
    assert more["versions"] == {"a": stamps[0]}
    assert [one["stamp"] for one in more["flagged"]] == stamps[:0:-1]
    assert more["flagged"][0] == {
        "short_name": "a",
        "stamp": stamps[5],
        "packages_before": "3000",
    }
    assert len(ark.report.warnings) == 5
    assert f"a: {stamps[5]} is skipped" in ark.report.warnings[0]
    assert "3000 packages before it" in ark.report.warnings[0]
    assert f"skipped {stamps[5]}, flagged; " in more["lines"][1]


@pytest.mark.parametrize(
    ("guard", "options"), [("development", {"stamp": TUESDAY}), ("release", {}), (None, {})]
)
def test_a_shrunk_snapshot_is_selected_by_its_stamp_or_if_it_is_released(guard, options):
    ark = ark_with(snapshot("a", MONDAY), snapshot("a", TUESDAY, guard, before="3000"))
    results, more = query(ark, "a", **options)
    assert (more["versions"], more["flagged"]) == ({"a": TUESDAY}, [])
    assert results[0].more["packages_before"] == "3000"
    assert "flagged: 3000 packages before" in more["lines"][1]
    assert ark.report.warnings == []


@pytest.mark.parametrize(("guard", "stamp"), [(None, MONDAY), ("release", TUESDAY)])
def test_without_a_development_guard_a_snapshot_without_one_is_not_released(guard, stamp):
    ark = ark_with(snapshot("a", MONDAY, None), snapshot("a", TUESDAY, guard, before="3000"))
    assert query(ark, "a", content_guard="")[1]["versions"] == {"a": stamp}


def test_skipped_snapshots_are_warnings_if_nothing_is_left():
    ark = ark_with(snapshot("a", MONDAY, before="3000"))
    with pytest.raises(InvalidItem, match="there is no snapshot"):
        query(ark, "a")
    assert f"a: {MONDAY} is skipped" in ark.report.warnings[0]


def test_pins_are_queried_by_stamp_for_deprecated_repositories_too():
    ark = ark_of_two_days()
    pins = {"a": MONDAY, "b": TUESDAY, "gone": TUESDAY}
    results, more = query(ark, "a", package_versions=pins, deprecated_rpm=[item("b")])
    assert more["versions"] == {"a": MONDAY, "b": TUESDAY}
    text = "selected 2 of 3 pins; 1 pin has no repository in this inventory: gone"
    assert (more["unknown_pins"], more["selected"]) == (["gone"], text)
    assert [result.error for result in results] == ["", ""]


def test_deprecated_repositories_are_not_queried_without_pins():
    assert query(ark_of_two_days(), "a", deprecated_rpm=[item("b")])[1]["versions"] == {
        "a": TUESDAY
    }


@pytest.mark.parametrize(
    ("options", "problem", "message"),
    [
        ({"stamp": "yesterday"}, StampError, "'yesterday' is not a stamp or the prefix"),
        ({"stamp_until": "2026-11-20"}, StampError, "YYYYMMDD"),
        ({"stamp": "2026", "stamp_until": "2026"}, InvalidItem, "set one of them"),
        (
            {"stamp": "2026", "package_versions": {"a": MONDAY}},
            InvalidItem,
            "pins have stamps already",
        ),
        ({"package_versions": {}}, PinError, "there are no package pins"),
        ({"package_filter": "nobody"}, NothingSelectedError, "matches none of 1 names"),
    ],
)
def test_an_invalid_query_is_rejected_before_any_request(options, problem, message):
    ark = ark_of_two_days()
    with pytest.raises(problem, match=message):
        query(ark, "a", **options)
    assert ark.client.requests == []


def test_a_failed_repository_does_not_affect_the_others():
    broken = {"name": "broken", "short_name": "broken"}
    results, more = query(ark_of_two_days(), rpm=[item("bad"), broken, item("a")])
    assert more["versions"] == {"a": TUESDAY}
    assert [result.error.partition(" ")[0] for result in results] == [
        "out",
        "",
        "distribution_name",
    ]
    assert (results[0].action, results[2].name) == ("failed", "broken")


def test_snapshots_are_compared_with_those_of_other_pins():
    pulp = FakePulp()
    pulp.add_guard("development")
    for name in "abc":
        repository = pulp.add_repository("rpm", name)
        for stamp, version in ((MONDAY, "1-1"), (NOON, "2-1")):
            href = pulp.add_version(repository, f"kernel {version}", "bash 1-1")["pulp_href"]
            publication = pulp.add_publication(href)["pulp_href"]
            path = f"{name}/{stamp}"
            pulp.add_distribution("rpm", f"{name}-{stamp}", base_path=path, publication=publication)
    pins = {"a": MONDAY, "b": NOON, "c": TUESDAY, "other": MONDAY}
    results, answer = query(pulp.server(), "a", "b", "c", compare_with=pins)
    assert answer["differences"] == [
        f"a  +1 -1, 1 upgraded since {MONDAY}: kernel 1-1 -> 2-1",
        f"c  no snapshot {TUESDAY} to compare with",
    ]
    assert results[0].reported["changes"]["upgraded"][0]["before"] == "1-1"
    assert "difference" not in results[1].more
