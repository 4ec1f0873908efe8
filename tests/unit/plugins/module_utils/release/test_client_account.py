# SPDX-License-Identifier: Apache-2.0
"""What a client's account is to be, what is refused, and what its operator pastes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.release import client_account as pulp_account
from plugins.module_utils.release.client_account import kayobe_settings, manage_accounts, user_item
from plugins.module_utils.report.report import Report, Result
from tests.unit.fake_pulp.accounts import add_user
from tests.unit.fake_pulp.pulp import FakePulp

GROUPS = {"groups": ["released"], "development_groups": ["early"]}
SECRET = "a secret of ours"


def pulp_with(*users: str, staff: str = "") -> FakePulp:
    """A Pulp with these users; `staff` is an administrator."""
    pulp = FakePulp(pulp_url="https://ark.example.com/", password="admin's own")
    for name in (*users, *filter(None, [staff])):
        add_user(pulp.store, name, is_staff=name == staff)
    return pulp


def client(name: str = "site", **options: Any) -> dict[str, Any]:
    defaults = {"password": None, "development": False, "purge": False, "state": "present"}
    return {"name": name, **defaults, **options}


def make(
    monkeypatch: pytest.MonkeyPatch, pulp: FakePulp, *clients: dict[str, Any], **options: Any
) -> tuple[list[dict[str, Any]], list[str]]:
    """The users asked for, and the lines that are told; `same` names what is unchanged."""
    asked: list[dict[str, Any]] = []
    same = options.pop("same", ())

    def users(_server: Server, params: dict[str, Any]) -> tuple[list[Result], dict[str, Any]]:
        asked.extend(params["users"])
        names = [item["username"] for item in params["users"]]
        return [Result(name, "user", changed=name not in same) for name in names], {}

    monkeypatch.setattr(pulp_account, "manage_users", users)
    report = options.pop("report", None) or Report()
    params = {"clients": clients, "client_url": "", "show": "changed", **GROUPS, **options}
    _results, more = manage_accounts(Server(pulp, report), params)  # type: ignore[arg-type]
    return asked, more["lines"]


@pytest.mark.parametrize(
    ("options", "there", "user"),
    [
        (
            {"password": SECRET},
            None,
            {"password": SECRET, "is_active": True, "groups": ["released"]},
        ),
        ({"development": True}, {}, {"groups": ["released", "early"], "password": None}),
        ({"password": ""}, {}, {"password": None}),
        ({"state": "absent"}, {}, {"is_active": False, "groups": [], "state": "present"}),
        ({"state": "absent"}, None, {"state": "absent"}),
        ({"state": "absent", "purge": True}, {}, {"state": "absent"}),
    ],
)
def test_an_account_is_what_its_client_is(options, there, user):
    made = user_item(client(**options), there, GROUPS)
    assert {key: made[key] for key in user} == user
    assert made["username"] == "site"


def test_an_account_that_is_disabled_keeps_its_password():
    assert "password" not in user_item(client(state="absent", password=SECRET), {}, GROUPS)


def test_a_group_that_is_named_twice_counts_once():
    params = {"groups": ["released"], "development_groups": ["released", "early"]}
    assert user_item(client(development=True), {}, params)["groups"] == ["released", "early"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (client("new"), "client 'new' has no account yet, and no password.*openssl rand"),
        (client("new", password=""), "client 'new' has no account yet"),
        (client("admin", password=SECRET), "client 'admin' is the account that this run is logged"),
        (client("root", password=SECRET), "client 'root' is an administrator's account"),
        (client("root", state="absent"), "client 'root' is an administrator's account"),
        (client("old", purge=True), "client 'old' has purge.*set state to absent"),
    ],
)
def test_what_cannot_be_is_named_with_the_way_out(monkeypatch, given, words):
    with pytest.raises(InvalidItem, match=f"no account was changed: {words}"):
        make(monkeypatch, pulp_with("old", staff="root"), given)


def test_all_problems_are_named_before_anything_is_written(monkeypatch):
    with pytest.raises(InvalidItem, match=r"'one' .*; client 'two' "):
        make(
            monkeypatch, pulp_with(), client("good", password=SECRET), client("one"), client("two")
        )


def test_an_account_that_is_there_needs_no_password(monkeypatch):
    asked, _lines = make(monkeypatch, pulp_with("site"), client())
    assert asked[0]["is_active"]


def test_what_is_pasted_is_yaml_with_a_placeholder_for_the_password():
    comment, *lines = kayobe_settings("https://ark.example.com", "site: 1")
    assert comment.startswith("# site: 1: ")
    told = [line.partition(": ") for line in lines]
    # Values are JSON, which YAML reads in the same way whatever is in them.
    assert {key: json.loads(value) for key, _colon, value in told} == {
        "stackhpc_release_pulp_url": "https://ark.example.com",
        "stackhpc_release_pulp_username": "site: 1",
        "stackhpc_release_pulp_password": "{{ secrets_stackhpc_release_pulp_password }}",
    }


def test_only_what_changed_is_reported_unless_all_is_requested(monkeypatch):
    clients = client("a", password=SECRET), client("b"), client("c", state="absent")
    pulp = pulp_with("b", "c")
    _asked, lines = make(monkeypatch, pulp, *clients, same=["b"])
    assert [line for line in lines if line.startswith("#")] == [
        kayobe_settings("https://ark.example.com", "a")[0],
        "# c: the account is disabled",
    ]
    assert 'stackhpc_release_pulp_url: "https://ark.example.com"' in lines
    assert SECRET not in "".join(lines)
    _asked, lines = make(monkeypatch, pulp, *clients, same=["b"], show="all")
    assert any("# b: " in line for line in lines)


def test_clients_may_reach_the_server_by_another_address(monkeypatch):
    url = "https://ark.for-clients.example.com"
    _asked, lines = make(monkeypatch, pulp_with("site"), client(), client_url=url)
    assert f'stackhpc_release_pulp_url: "{url}"' in lines


def test_a_deleted_account_is_reported_as_deleted(monkeypatch):
    _asked, lines = make(monkeypatch, pulp_with("site"), client(state="absent", purge=True))
    assert lines == ["# site: the account is deleted"]


def test_a_name_that_is_spelt_wrong_is_not_taken_for_an_account_that_is_disabled(monkeypatch):
    report = Report()
    absent = [client(name, state="absent") for name in ("site", "stie")]
    purged = client("long gone", state="absent", purge=True)
    make(monkeypatch, pulp_with("site"), *absent, purged, report=report)
    assert len(report.warnings) == 1
    assert report.warnings[0].startswith("client 'stie' with state absent has no account on")
