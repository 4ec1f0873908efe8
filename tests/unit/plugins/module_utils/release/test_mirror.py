# SPDX-License-Identifier: Apache-2.0
"""Mirrors: pinned snapshots are synced from another Pulp and served, each of them once."""

from __future__ import annotations

import time
from typing import Any

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.pulp.content_app import ContentApp
from plugins.module_utils.pulp.errors import Unreachable
from plugins.module_utils.release.mirror import MIRRORED_LABEL, mirror_packages
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.interruptions import INTERRUPTIONS, interrupted
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.plugins.module_utils.release.snapshots import item, served

OLD, NEW = "20260201T000000", "20260202T000000"
PACKAGES, UPGRADED = ["bash 1-1", "kernel 1-1"], ["bash 1-1", "kernel 2-1"]
PARAMS = {
    **dict.fromkeys(("rpm", "deb", "deprecated_rpm", "deprecated_deb", "rpm_defaults")),
    **dict.fromkeys(("deb_defaults", "rpm_mirror_defaults", "deb_mirror_defaults")),
    **dict.fromkeys(("rpm_filter", "deb_filter", "package_filter", "sync_group", "retry")),
    **dict.fromkeys(("source_password", "source_validate_certs", "source_ca_cert")),
    **{"source_url": "https://ark/", "source_username": None, "pins_strict": False},
    **{
        "source_content_path_prefix": "/pulp/content/",
        "repository_suffix": "",
        "distribution_suffix": "",
        "update_secrets": "always",
    },
    **{"retries": 0, "retry_delay": 0, "late_retry_delay": -1},
}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.fixture(autouse=True)
def served_by_source(monkeypatch):
    """Statuses of files of the source by path, 200 where none is set; they may be errors."""
    statuses: dict[str, Any] = {}

    def file_status(_app: ContentApp, path: str) -> int:
        status = statuses.get(path, 200)
        if isinstance(status, Exception):
            raise status
        return int(status)

    monkeypatch.setattr(ContentApp, "file_status", file_status)
    return statuses


def url(name: str, stamp: str) -> str:
    return f"https://ark/pulp/content/{name}/{stamp}"


def prepared(*names: str) -> FakePulp:
    """Return a Pulp, with another one upstream that has two snapshots of each repository."""
    pulp = FakePulp()
    for name in names or ("a",):
        pulp.upstream[url(name, OLD)] = PACKAGES
        pulp.upstream[url(name, NEW)] = UPGRADED
    return pulp


@pytest.fixture
def pulp():
    return prepared()


def mirror(
    pulp: FakePulp, pins: dict[str, str], check_mode: bool = False, **params: Any
) -> list[Result]:
    """Mirror the pinned snapshots, by default of RPM repositories."""
    lists = {} if "deb" in params else {"rpm": [item(name) for name in pins]}
    given = {**PARAMS, **lists, "package_versions": pins, **params}
    return mirror_packages(pulp.server(check_mode), given)[0]


def one(pulp: FakePulp, stamp: str = OLD, **params: Any) -> Result:
    """Mirror a snapshot of the repository `a`, and return the result."""
    (result,) = mirror(pulp, {"a": stamp}, **params)
    return result


# One snapshot


def test_a_pinned_snapshot_is_synced_and_served_without_a_content_guard(pulp):
    result = one(pulp)
    assert (result.error, result.action, result.more["sync"]) == ("", "created", "synced")
    assert result.more["base_path"] == f"a/{OLD}"
    assert served(pulp) == {f"a-{OLD}": PACKAGES}
    distribution = pulp.by_name("distributions/")[f"a-{OLD}"]
    assert (distribution["base_path"], distribution["content_guard"]) == (f"a/{OLD}", None)
    assert MIRRORED_LABEL in distribution["pulp_labels"]
    assert pulp.find("remotes/", name="Repository a-remote")["url"] == url("a", OLD)


def test_names_may_have_suffixes(pulp):
    one(pulp, repository_suffix=" (ark)", distribution_suffix="-ark")
    assert list(pulp.by_name("repositories/")) == ["Repository a (ark)"]
    assert list(served(pulp)) == [f"a-{OLD}-ark"]


def test_the_metadata_of_the_source_is_served(pulp):
    one(pulp)
    (publication,) = pulp.store.within("publications/")
    assert publication["checksum_type"] == "unknown"


@pytest.mark.parametrize(("mode", "path"), [(None, "deb/verbatim"), ("simple", "deb/apt")])
def test_a_deb_mirror_is_published_verbatim_by_default(pulp, mode, path):
    pulp.upstream[url("a", OLD)] = ["bash 1"]
    result = one(pulp, deb=[item(distributions="noble", **({"mode": mode} if mode else {}))])
    assert result.error == ""
    (publication,) = pulp.store.within("publications/")
    assert f"/{path}/" in publication["pulp_href"]
    assert pulp.by_name("distributions/")[f"a-{OLD}"]["publication"] == publication["pulp_href"]


def test_a_second_run_writes_nothing(pulp):
    one(pulp)
    pulp.requests.clear()
    result = one(pulp)
    assert (result.error, result.changed, pulp.writes) == ("", False, [])


def test_the_requests_of_a_second_run_do_not_grow_with_the_pins():
    counts = []
    for number in (1, 40):
        names = [f"r{index}" for index in range(number)]
        pulp, pins = prepared(*names), dict.fromkeys(names, OLD)
        assert not any(result.error for result in mirror(pulp, pins))
        pulp.requests.clear()
        mirror(pulp, pins)
        counts.append(len(pulp.requests))
    assert counts[0] == counts[1]


def test_the_next_snapshot_is_served_beside_the_older_one(pulp):
    one(pulp)
    one(pulp, NEW)
    assert served(pulp) == {f"a-{OLD}": PACKAGES, f"a-{NEW}": UPGRADED}


def test_an_older_pin_that_is_served_needs_no_sync(pulp):
    one(pulp)
    one(pulp, NEW)
    pulp.requests.clear()
    result = one(pulp)
    assert (result.error, result.changed, pulp.writes) == ("", False, [])
    assert pulp.find("remotes/", name="Repository a-remote")["url"] == url("a", NEW)


def test_an_older_pin_that_was_removed_is_synced_again(pulp):
    one(pulp)
    one(pulp, NEW)
    pulp.store.remove(pulp.find("distributions/", name=f"a-{OLD}")["pulp_href"])
    assert one(pulp).more["sync"] == "synced"
    assert served(pulp) == {f"a-{OLD}": PACKAGES, f"a-{NEW}": UPGRADED}


def test_a_distribution_at_the_base_path_is_used_with_any_name(pulp):
    pulp.add_distribution("rpm", "by hand", base_path=f"a/{OLD}")
    result = one(pulp)
    assert (result.error, result.more["snapshot"]) == ("", "by hand")
    assert served(pulp) == {"by hand": PACKAGES}


def test_a_content_guard_set_by_hand_is_removed(pulp):
    one(pulp)
    guard = pulp.add_guard("site")["pulp_href"]
    pulp.find("distributions/", name=f"a-{OLD}")["content_guard"] = guard
    result = one(pulp)
    assert (result.before, result.after) == ({"content_guard": "site"}, {"content_guard": None})
    assert pulp.by_name("distributions/")[f"a-{OLD}"]["content_guard"] is None


def test_the_remote_has_the_credentials_of_the_source(pulp):
    one(pulp, source_username="client", source_password="secret")
    remote = pulp.find("remotes/", name="Repository a-remote")
    assert remote["_secrets"] == {"username": "client", "password": "secret"}
    pulp.requests.clear()
    one(pulp, source_username="client", source_password="new", update_secrets="all")
    assert remote["_secrets"]["password"] == "new"


# Several snapshots


def test_a_failed_item_does_not_affect_other_items():
    pulp = prepared("a", "c")
    invalid = {"name": "broken", "short_name": "broken"}
    pins = {"a": OLD, "b": OLD, "c": OLD, "broken": OLD}
    results = mirror(pulp, pins, rpm=[item("a"), item("b"), item("c"), invalid])
    assert [bool(result.error) for result in results] == [False, True, False, True]
    assert served(pulp) == {f"a-{OLD}": PACKAGES, f"c-{OLD}": PACKAGES}


@pytest.mark.parametrize(("user", "message"), [(None, "public"), ("client", "'client'")])
def test_a_source_without_the_snapshot_is_an_error_with_causes(user, message):
    error = one(FakePulp(), source_username=user).error
    assert f"the source has no a-{OLD}" in error
    assert message in error


# Check mode


def test_check_mode_writes_nothing_and_reports_a_new_mirror(pulp):
    result = one(pulp, check_mode=True)
    assert (result.error, result.action, pulp.writes) == ("", "created", [])


def test_check_mode_of_the_next_snapshot_reports_its_distribution(pulp):
    one(pulp)
    pulp.requests.clear()
    result = one(pulp, NEW, check_mode=True)
    assert (result.error, result.changed, pulp.writes) == ("", True, [])
    assert served(pulp) == {f"a-{OLD}": PACKAGES}


@pytest.mark.parametrize("status", [401, 403, 404])
def test_check_mode_promises_nothing_that_the_source_does_not_serve(pulp, served_by_source, status):
    served_by_source[f"a/{OLD}/repodata/repomd.xml"] = status
    result = one(pulp, check_mode=True)
    assert result.error == f"the source has no a-{OLD}, or it is not public"
    assert (result.changed, pulp.writes) == (False, [])


def test_check_mode_warns_once_about_a_source_that_only_the_server_can_reach(
    pulp, served_by_source
):
    pulp.upstream[url("b", OLD)] = PACKAGES
    for name in "ab":
        served_by_source[f"{name}/{OLD}/repodata/repomd.xml"] = Unreachable("refused")
    server = pulp.server(True)
    given = {**PARAMS, "rpm": [item("a"), item("b")], "package_versions": {"a": OLD, "b": OLD}}
    results, _more = mirror_packages(server, given)
    assert [result.error for result in results] == ["", ""]
    assert server.report.warnings == [
        "it was not checked whether https://ark serves what is pinned: refused"
    ]


def test_a_run_does_not_ask_the_source_beforehand(pulp, served_by_source):
    served_by_source[f"a/{OLD}/repodata/repomd.xml"] = 404
    assert one(pulp).error == ""


def test_check_mode_after_a_run_reports_no_change(pulp):
    one(pulp)
    assert not one(pulp, check_mode=True).changed


# Publications, pinned sources


def test_a_synced_snapshot_is_served_without_another_sync(pulp):
    one(pulp)
    pulp.store.remove(pulp.find("distributions/", name=f"a-{OLD}")["pulp_href"])
    pulp.requests.clear()
    result = one(pulp)
    assert (result.error, result.more["sync"], pulp.sent("POST", "/sync/")) == ("", "pinned", [])
    assert served(pulp) == {f"a-{OLD}": PACKAGES}


def test_a_version_without_the_publication_of_its_source_is_an_error_with_a_remedy(pulp):
    one(pulp)
    (publication,) = pulp.store.within("publications/")
    pulp.store.remove(publication["pulp_href"])
    result = one(pulp)
    assert "no publication that mirrors upstream" in result.error
    assert "optimize: false" in result.error
    assert served(pulp) == {f"a-{OLD}": []}


# Another run at the same time


def test_a_sync_that_another_run_started_is_joined(pulp):
    one(pulp)
    repository = pulp.find("repositories/", name="Repository a")
    remote = pulp.find("remotes/", name="Repository a-remote")
    remote["url"] = url("a", NEW)
    pulp.on("POST", "/sync/", polls=3)
    body = {"remote": remote["pulp_href"], "sync_policy": "mirror_complete"}
    pulp.post(f"{repository['pulp_href']}sync/", body)
    pulp.requests.clear()
    result = one(pulp, NEW)
    assert (result.error, result.more["sync"]) == ("", "joined")
    assert pulp.sent("POST", "/sync/") == []
    assert served(pulp)[f"a-{NEW}"] == UPGRADED
    # The sync options of the other run are unknown.
    assert pulp.by_name("distributions/")[f"a-{NEW}"]["pulp_labels"] == {}


def test_two_concurrent_runs_create_one_mirror(pulp):
    pulp.on("POST", "/sync/", first=lambda: one(pulp))
    result = one(pulp)
    assert result.error == ""
    assert served(pulp) == {f"a-{OLD}": PACKAGES}


def test_a_remote_that_another_run_changed_during_the_sync_is_an_error(pulp):
    remote = {"url": url("a", NEW)}
    pulp.on(
        "POST",
        "/sync/",
        first=lambda: pulp.find("remotes/", name="Repository a-remote").update(remote),
    )
    assert "another run changed the remote during the sync" in one(pulp).error
    assert served(pulp) == {}


# Interruptions


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
@pytest.mark.parametrize("policy", ["mirror_complete", "additive"])
def test_an_interrupted_run_serves_all_or_nothing_and_the_next_one_completes_it(
    interruption, policy
):
    def run(pulp: FakePulp) -> str:
        try:
            return one(pulp, rpm=[item(sync_policy=policy)]).error
        except OperatorError as error:
            return str(error) or "failed"

    for pulp, error in interrupted(prepared, run, interruption):
        assert served(pulp) in ({}, {f"a-{OLD}": PACKAGES})
        if not error:
            assert served(pulp)
        assert run(pulp) == ""
        assert served(pulp) == {f"a-{OLD}": PACKAGES}


@pytest.mark.parametrize(
    ("prefix", "path"), [("/content/", "/content/"), ("a/b", "/a/b/"), ("/", "/")]
)
def test_the_content_app_of_the_source_may_have_another_path_prefix(pulp, prefix, path):
    pulp.upstream[f"https://ark{path}a/{OLD}"] = PACKAGES
    assert one(pulp, source_content_path_prefix=prefix).error == ""
    assert served(pulp) == {f"a-{OLD}": PACKAGES}
