# SPDX-License-Identifier: Apache-2.0
"""Released snapshots are withdrawn together, unless a configuration pins one of them."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.errors import InvalidItem, PulpError
from plugins.module_utils.release.withdraw import withdraw_packages
from tests.unit.fake_pulp.pulp import FakePulp

STAMP = "20260101T000000"


@pytest.fixture(name="pulp")
def filled():
    pulp = FakePulp()
    hrefs = {name: pulp.add_guard(name)["pulp_href"] for name in ("development", "release")}
    for name in ("epel", "rocky"):
        repository = pulp.add_repository("rpm", name, "bash 1-1")
        publication = pulp.add_publication(repository["latest_version_href"])["pulp_href"]
        made = {"publication": publication, "content_guard": hrefs["release"]}
        pulp.add_distribution("rpm", f"{name}-{STAMP}", **made)
    return pulp


def withdraw(pulp, versions=None, check_mode=False, **more):
    names = ("rpm_filter", "deb_filter", "package_filter", "sync_group", "deb", "pins")
    items = [
        {"name": name, "short_name": name, "base_path": f"{name}/", "distribution_name": f"{name}-"}
        for name in ("epel", "rocky")
    ]
    params = {
        **dict.fromkeys(names),
        "rpm": items,
        "package_versions": versions or {"epel": STAMP, "rocky": STAMP},
        "content_guard": "development",
        **more,
    }
    return withdraw_packages(pulp.server(check_mode), params)


def guards(pulp):
    names = {one["pulp_href"]: one["name"] for one in pulp.by_name("contentguards/").values()}
    return [names[one["content_guard"]] for one in pulp.by_name("distributions/").values()]


def test_all_get_the_guard_of_development(pulp):
    _results, more = withdraw(pulp)
    assert guards(pulp) == ["development", "development"]
    assert more["lines"][0] == f"epel  {STAMP}  release -> development"
    assert not any(result.changed for result in withdraw(pulp)[0])


def test_check_mode_changes_nothing(pulp):
    results, _more = withdraw(pulp, check_mode=True)
    assert [one.changed for one in results] == [True, True]
    assert guards(pulp) == ["release", "release"]


def test_one_that_is_not_named_is_not_changed(pulp):
    withdraw(pulp, {"rocky": STAMP}, pins={"site": {"epel": STAMP, "rocky": "20250101T000000"}})
    assert guards(pulp) == ["release", "development"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            {"pins": {"site": {"rocky": STAMP}, "test": {"rocky": STAMP}}},
            f"nothing was withdrawn: rocky {STAMP} is pinned by site, test",
        ),
        ({"versions": {"epel": "20250101T000000"}}, "nothing was withdrawn: snapshot 'epel-2025"),
        ({"versions": {"epel": STAMP, "rokcy": STAMP}}, "has the short name rokcy"),
        ({"versions": {"rokcy": STAMP}}, "nothing was withdrawn: package_versions: 'rokcy' is"),
        ({"versions": {"epel": "today"}}, "nothing was withdrawn: package_versions: 'epel' is"),
        ({"deb": [{"short_name": "noble"}], "versions": {"noble": STAMP}}, "'noble' is to be with"),
        ({"content_guard": "x"}, "nothing was withdrawn: there is no content guard 'x'"),
    ],
)
def test_it_is_refused_as_a_whole(pulp, options, error):
    with pytest.raises(InvalidItem, match=error):
        withdraw(pulp, **options)
    assert guards(pulp) == ["release", "release"]
    assert not [one for one in pulp.writes if one.path.startswith("distributions/")]


def test_a_failure_rolls_all_back(pulp):
    pulp.on("PATCH", "distributions/", skip=1, fails="out of order")
    with pytest.raises(PulpError, match="out of order"):
        withdraw(pulp)
    assert guards(pulp) == ["release", "release"]


def test_unknown_pins_of_all_configurations_are_one_warning(pulp):
    server = pulp.server()
    pulp.server = lambda _check_mode: server
    unknown = {f"old{number}": STAMP for number in range(12)}
    withdraw(pulp, pins={"site": unknown, "test": {**unknown, "epel": "20250101T000000"}})
    (warning,) = server.report.warnings
    assert warning.startswith(
        "pins of 'site', 'test': no package repository has the short name old0"
    )
    assert warning.endswith(" and 2 more")


def test_the_lock_names_a_withdrawal(pulp):
    held = []
    pulp.on("PATCH", "", first=lambda: held.extend(pulp.by_name("contentguards/").values()))
    withdraw(pulp)
    assert [one["description"][-16:] for one in held if one["description"]] == ["what=withdrawal]"]


def test_the_error_keeps_what_a_name_contains(pulp):
    names = {"content_guard": "nothing was promoted"}
    with pytest.raises(
        InvalidItem, match="withdrawn: there is no content guard 'nothing was promoted'"
    ):
        withdraw(pulp, **names)
