# SPDX-License-Identifier: Apache-2.0
"""The access of an account to each pin is reported with a remedy, in few requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plugins.module_utils.inventory.pins import Pin
from plugins.module_utils.inventory.repositories import PackageRepository
from plugins.module_utils.pulp.content_app import (
    ADMINISTRATOR,
    ANONYMOUS,
    AUTHENTICATED,
    REFUSED,
    UNKNOWN_ACCOUNT,
)
from plugins.module_utils.pulp.errors import LostResponse, PulpError, TLSError, Unreachable
from plugins.module_utils.release import access_check as release_access
from plugins.module_utils.release.access_check import check_access, metadata_paths
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.fake_pulp.registry import FakeContentApp
from tests.unit.plugins.module_utils.release.snapshots import item

STAMP, OTHER, NEWEST = "20260101T000000", "20260102T000000", "20260103T000000"
ARK = "https://ark.example.com"
NO_SELECTION = {
    f"{kind}_{what}": None for kind in ("rpm", "deb") for what in ("filter", "defaults")
}


@pytest.fixture
def check(monkeypatch):
    """Return a function that checks pins; `statuses`: short name -> HTTP status of its metadata."""

    def check(
        statuses: dict[str, int] | None = None,
        account: str = AUTHENTICATED,
        stamps: tuple[str, ...] = (),
        denial: str = AUTHENTICATED,
        username: str | None = "client1",
        **lists: Any,
    ) -> Any:
        names = statuses or {"a": 404}
        lists = lists or {"rpm": [item(name) for name in names]}
        pins = {one["short_name"]: STAMP for items in lists.values() for one in items}
        metadata = {
            f"{name}/{STAMP}/repodata/repomd.xml": statuses[name] for name in statuses or {}
        }
        content = FakeContentApp(metadata, account)
        content.denial = denial
        content.below = {"a/": [*stamps, "something"]}
        monkeypatch.setattr(release_access, "ContentApp", lambda _connection: content)
        password = "secret" if username else None
        pulp = FakePulp(pulp_url=ARK, username=username, password=password, concurrency=1)
        params = {
            **NO_SELECTION,
            **{"rpm": [], "deb": [], **lists},
            **{"package_filter": None, "sync_group": None, "retry": None},
            **{"package_versions": pins, "pins_strict": False},
            **{"container_tags": None, "container_namespace": "stackhpc"},
        }
        results, more = check_access(pulp.server(), params)
        return {one.more["short_name"]: one for one in results}, more, content

    return check


def test_served_snapshots_are_only_counted(check):
    results, more, content = check({"a": 200, "b": 200})
    assert [one.more["access"] for one in results.values()] == ["served", "served"]
    assert not any(one.error for one in results.values())
    assert more["lines"] == [f"2 pinned snapshots, user 'client1', {ARK}: 2 served"]
    assert len(content.requested) == 2


@pytest.mark.parametrize(
    ("given", "access", "message"),
    [
        (
            {"statuses": {"a": 403}},
            "forbidden",
            "user 'client1' may not read the snapshot: it is not promoted yet",
        ),
        ({"statuses": {"a": 403}, "account": ADMINISTRATOR}, "forbidden", "access_control"),
        (
            {"statuses": {"a": 403}, "account": ANONYMOUS, "username": None},
            "forbidden",
            "no account was given: set username and password",
        ),
        (
            {"statuses": {"a": 403}, "account": UNKNOWN_ACCOUNT},
            "forbidden",
            "it is not promoted yet",
        ),
        (
            {"statuses": {"a": 403}, "account": UNKNOWN_ACCOUNT, "denial": REFUSED},
            "wrong password",
            "does not know user 'client1' with this password",
        ),
        (
            {"statuses": {"a": 401}, "account": UNKNOWN_ACCOUNT, "denial": UNKNOWN_ACCOUNT},
            "unclear",
            "the password is wrong, or the account has no",
        ),
        ({"account": REFUSED}, "wrong password", "or the account is disabled. The operators"),
        ({"stamps": (OTHER,)}, "missing", f"the only one is {OTHER}: correct the pin"),
        ({"stamps": (NEWEST, OTHER)}, "missing", f"the newest of 2 is {NEWEST}: correct the pin"),
        ({}, "missing", "has no snapshot below a/: correct base_path"),
        ({"stamps": (STAMP,)}, "empty", "serves no repodata/repomd.xml: pin another stamp"),
        ({"statuses": {"a": 500}}, "failed", "responded with HTTP 500"),
    ],
)
def test_each_problem_has_an_access_value_and_a_remedy(check, given, access, message):
    results, more, _content = check(**given)
    assert results["a"].more["access"] == access
    assert results["a"].as_dict()["cause"] == access
    assert message in results["a"].error
    assert message in more["lines"][0]
    assert more["lines"][-1].endswith(f": 1 {access}")


def test_an_unknown_account_is_reported_once_without_further_requests(check):
    results, more, content = check({"a": 200, "b": 200, "c": 200}, account=REFUSED)
    assert {one.more["access"] for one in results.values()} == {"wrong password"}
    assert len(more["lines"]) == 2
    assert content.requested == []


def test_an_administrator_account_is_reported(check):
    _results, more, _content = check({"a": 200}, account=ADMINISTRATOR)
    assert "is an administrator" in more["lines"][0]


def test_a_long_list_of_problems_is_shortened(check):
    _results, more, _content = check({f"n{number:03}": 403 for number in range(60)})
    assert len(more["lines"]) == 41
    assert more["lines"][-2] == "... and 21 more, in the report"
    assert more["lines"][-1].endswith("60 forbidden")


def test_columns_are_aligned(check):
    _results, more, _content = check({"a": 403, "longer": 404})
    assert [line.index(STAMP) for line in more["lines"][:2]] == [8, 8]


def test_an_invalid_item_is_a_separate_problem(check):
    invalid = {**item("b"), "base_path": "/b"}
    results, more, _content = check(rpm=[item("a"), invalid])
    assert results["b"].more["access"] == "malformed"
    assert "base_path must end in '/'" in results["b"].error
    assert more["lines"][-1].endswith("1 missing, 1 malformed")


def test_both_signed_release_files_of_a_deb_repository_are_checked(check):
    _results, _more, content = check(deb=[item("d", distributions="noble noble-updates")])
    files = ("dists/noble/Release", "dists/noble/InRelease")
    assert content.requested == [f"d/{STAMP}/{file}" for file in files]


@pytest.mark.parametrize(
    ("content_type", "distributions", "files"),
    [
        ("rpm", None, ["repodata/repomd.xml"]),
        ("deb", "noble", ["dists/noble/Release", "dists/noble/InRelease"]),
        ("deb", "jammy-updates/caracal", ["dists/jammy-updates/caracal/Release"]),
        ("deb", "./", ["Release", "InRelease"]),
        ("deb", "stable/", ["stable/Release", "stable/InRelease"]),
        ("deb", None, [""]),
    ],
)
def test_the_checked_files_are_the_entry_points_of_the_metadata(content_type, distributions, files):
    repository = PackageRepository(content_type, "n", "n", "n-", "n/", distributions=distributions)
    assert metadata_paths(Pin(repository, STAMP))[: len(files)] == files


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (Unreachable(f"{ARK} cannot be reached: refused"), "cannot be reached: refused. Correct"),
        (LostResponse(f"{ARK} did not answer within 60 s"), "within 60 s. Correct its URL"),
        (TLSError("the certificate is not trusted: give ca_path"), "^the certificate"),
    ],
)
def test_an_unreachable_server_is_an_error_with_a_remedy(check, monkeypatch, error, message):
    def whoami(_self: FakeContentApp) -> str:
        raise error

    monkeypatch.setattr(FakeContentApp, "whoami", whoami)
    with pytest.raises(PulpError, match=message):
        check({"a": 200})


def test_the_screen_of_a_check_is_as_approved(check):
    served = {f"repository_{number}": 200 for number in range(40)}
    bad = {"epel_9": 403, "rocky_9_baseos": 404}
    _results, more, _content = check({**served, **bad})
    approved = Path(__file__).with_name("last_screen_of_access_check.txt")
    # Lines are not cut: terminals wrap them, and a log has them complete.
    assert "\n".join(more["lines"]) + "\n" == approved.read_text(encoding="utf-8")
