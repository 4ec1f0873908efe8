# SPDX-License-Identifier: Apache-2.0
"""Sync, query and promotion warn about snapshots whose metadata expires."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.errors import ResponseError
from plugins.module_utils.release.health import EXPIRY_LABEL, expiry_of
from plugins.module_utils.release.promote import promote_packages
from plugins.module_utils.release.query import query_packages
from plugins.module_utils.release.snapshot import snapshot_packages
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.plugins.module_utils.release import snapshots, test_snapshot

STAMP = test_snapshot.STAMP
LATER, SOONER = "2026-02-08T20:11:06Z", "2026-02-07T20:11:06Z"
FIELD = {
    LATER: "Date: Sun, 01 Feb 2026 20:11:06 UTC\nValid-Until: Sun, 08 Feb 2026 20:11:06 UTC\n",
    SOONER: "Valid-Until: Sat, 07 Feb 2026 21:11:06 +0100\n",
    "never": "Suite: noble\n",
}
ADVICE = 'hosts without Acquire::Check-Valid-Until "false"'


@pytest.fixture
def pulp():
    return test_snapshot.prepared()


def item(**options):
    suites = {"distributions": "stable-security stable", "mode": "verbatim"}
    return test_snapshot.item(**{**suites, **options})


def url(pulp: FakePulp, suite: str, file: str = "Release") -> str:
    root = pulp.server().client.connection.pulp_url
    return f"{root}/pulp/content/a/{STAMP}/dists/{suite}/{file}"


def take(pulp: FakePulp, check_mode=False, **options):
    """Take a snapshot; return its result, and the warnings."""
    server = pulp.server(check_mode)
    params = {**test_snapshot.PARAMS, "deb": [item(**options)]}
    ((result,), _more) = snapshot_packages(server, params)
    return result, server.report.warnings


def labels(pulp: FakePulp):
    return pulp.by_name("distributions/")[f"a-{STAMP}"]["pulp_labels"]


def expiring(pulp: FakePulp, content) -> None:
    """Take a snapshot that expires."""
    content.files[url(pulp, "stable")] = FIELD["never"]
    content.files[url(pulp, "stable-security")] = FIELD[LATER]
    take(pulp)


@pytest.mark.parametrize("file", ["Release", "InRelease"])
def test_a_sync_warns_and_records_when_the_first_suite_expires(pulp, content, file):
    content.files[url(pulp, "stable")] = FIELD[SOONER]
    content.files[url(pulp, "stable-security", file)] = FIELD[LATER]
    result, (warning,) = take(pulp)
    assert result.error == ""
    assert result.more["valid_until"] == SOONER
    assert labels(pulp) == {EXPIRY_LABEL: SOONER}
    assert f"a {STAMP} on {SOONER}" in warning
    assert ADVICE in warning


def test_the_next_sync_warns_without_another_request(pulp, content):
    expiring(pulp, content)
    content.requests.clear()
    result, (warning,) = take(pulp)
    assert (result.changed, content.requests) == (False, [])
    assert LATER in warning


def test_a_snapshot_that_does_not_expire_is_read_once(pulp, content):
    content.files[url(pulp, "stable")] = FIELD["never"]
    result, warnings = take(pulp)
    assert ("valid_until" in result.more, warnings) == (False, [])
    assert labels(pulp) == {EXPIRY_LABEL: "never"}
    content.requests.clear()
    take(pulp)
    assert content.requests == []


def test_an_earlier_snapshot_without_a_record_is_read(pulp, content):
    take(pulp)
    assert labels(pulp) == {}
    content.files[url(pulp, "stable")] = FIELD[LATER]
    result, _warnings = take(pulp, check_mode=True)
    assert ("valid_until" in result.more, labels(pulp)) == (False, {})
    result, _warnings = take(pulp)
    assert (result.changed, result.more["valid_until"]) == (False, LATER)


def test_an_error_is_a_warning_and_the_next_sync_reads_it_again(pulp, content):
    content.files[url(pulp, "stable-security")] = ResponseError(403, "no permission to read it")
    result, (warning,) = take(pulp)
    assert (result.error, labels(pulp)) == ("", {})
    reason = "no permission to read it (HTTP 403)"
    assert warning == f"a: cannot read whether metadata of {STAMP} expires: {reason}"
    expiring(pulp, content)
    assert labels(pulp) == {EXPIRY_LABEL: LATER}


def test_metadata_that_pulp_creates_is_not_read(pulp, content):
    content.files[url(pulp, "stable")] = FIELD[LATER]
    _result, warnings = take(pulp, mode="structured")
    assert (content.requests, warnings) == ([], [])


def test_a_query_shows_the_date_and_warns(pulp, content):
    expiring(pulp, content)
    names = ("rpm", "deprecated_rpm", "deprecated_deb", "rpm_filter", "deb_filter", "sync_group")
    others = ("package_filter", "stamp", "stamp_until", "package_versions")
    params = {"deb": [item()], "pins_strict": False, "content_guard": "development"}
    server = pulp.server()
    ((result,), more) = query_packages(server, {**dict.fromkeys((*names, *others)), **params})
    assert result.more["valid_until"] == LATER
    assert more["lines"][-1].endswith("expires 2026-02-08")
    (warning,) = server.report.warnings
    assert f"a {STAMP} on {LATER}" in warning


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_promotion_warns(pulp, content, check_mode):
    expiring(pulp, content)
    keys = ("filter", "defaults")
    params = {
        **{f"{kind}_{what}": None for kind in ("rpm", "deb") for what in keys},
        **{"deb": [item()], "rpm": [], "package_versions": {"a": STAMP}},
        **{"package_filter": None, "sync_group": None, "retry": None, "pins_strict": False},
        **{"content_guard": "release", "allow_empty": False},
    }
    server = pulp.server(check_mode)
    ((result,), _more) = promote_packages(server, params)
    assert (result.error, result.more["valid_until"]) == ("", LATER)
    (warning,) = server.report.warnings
    assert f"a {STAMP} on {LATER}" in warning
    assert ADVICE in warning


def test_many_snapshots_are_one_warning_that_names_the_first(pulp, content):
    names = [f"r{number:02}" for number in range(30)]
    root = pulp.server().client.connection.pulp_url
    items = []
    for name in names:
        pulp.upstream[test_snapshot.URL.format(name)] = test_snapshot.PACKAGES
        address = test_snapshot.URL.format(name)
        one = snapshots.item(name, url=address, distributions="stable", mode="verbatim")
        items.append(one)
        content.files[f"{root}/pulp/content/{name}/{STAMP}/dists/stable/Release"] = FIELD[LATER]
    server = pulp.server()
    snapshot_packages(server, {**test_snapshot.PARAMS, "deb": items})
    (warning,) = server.report.warnings
    assert "r00 " in warning
    assert ", 10 more later. " in warning


def test_a_label_that_is_not_a_date_is_ignored():
    assert expiry_of({EXPIRY_LABEL: LATER}) == LATER
    assert [expiry_of(one) for one in (None, {}, {EXPIRY_LABEL: "x" * 9000})] == ["", "", ""]
