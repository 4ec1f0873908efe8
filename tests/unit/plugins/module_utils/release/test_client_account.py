# SPDX-License-Identifier: Apache-2.0
"""Accounts of clients: their users, invalid clients, and the printed settings."""

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
SECRET = "a secret"


def pulp_with(*manage_users: str, staff: str = "") -> FakePulp:
    """Return a Pulp with these users; `staff` is an administrator."""
    pulp = FakePulp(pulp_url="https://ark.example.com/", password="admin's own")
    for name in (*manage_users, *filter(None, [staff])):
        add_user(pulp.store, name, is_staff=name == staff)
    return pulp


def client(name: str = "site", **options: Any) -> dict[str, Any]:
    defaults = {"password": None, "development": False, "purge": False, "state": "present"}
    return {"name": name, **defaults, **options}


def manage(
    monkeypatch: pytest.MonkeyPatch, pulp: FakePulp, *clients: dict[str, Any], **options: Any
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the requested users and the printed lines; `unchanged`: names of unchanged users."""
    users: list[dict[str, Any]] = []
    unchanged = options.pop("unchanged", ())

    def manage_users(
        _server: Server, params: dict[str, Any]
    ) -> tuple[list[Result], dict[str, Any]]:
        users.extend(params["users"])
        names = [item["username"] for item in params["users"]]
        return [Result(name, "user", changed=name not in unchanged) for name in names], {}

    monkeypatch.setattr(pulp_account, "manage_users", manage_users)
    report = options.pop("report", None) or Report()
    params = {"clients": clients, "client_url": "", "show": "changed", **GROUPS, **options}
    _results, more = manage_accounts(Server(pulp, report), params)  # type: ignore[arg-type]
    return users, more["lines"]


@pytest.mark.parametrize(
    ("options", "account", "user"),
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
def test_the_account_has_the_values_of_its_client(options, account, user):
    item = user_item(client(**options), account, GROUPS)
    assert {key: item[key] for key in user} == user
    assert item["username"] == "site"


def test_a_disabled_account_keeps_its_password():
    assert "password" not in user_item(client(state="absent", password=SECRET), {}, GROUPS)


def test_a_duplicate_group_counts_once():
    params = {"groups": ["released"], "development_groups": ["released", "early"]}
    assert user_item(client(development=True), {}, params)["groups"] == ["released", "early"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (client("new"), "client 'new' has no account yet, and no password.*openssl rand"),
        (client("new", password=""), "client 'new' has no account yet"),
        (client("admin", password=SECRET), "client 'admin' is the account that this run is logged"),
        (client("root", password=SECRET), "client 'root' is an administrator's account"),
        (client("root", state="absent"), "client 'root' is an administrator's account"),
        (
            client("new", password="change-me-too"),
            "client 'new' cannot have this password: .*openssl",
        ),
        (client("old", password="change-me"), "client 'old' cannot have this password: .*example"),
        (client("old", purge=True), "client 'old' has purge.*set state to absent"),
    ],
)
def test_invalid_clients_are_reported_with_a_remedy(monkeypatch, given, message):
    with pytest.raises(InvalidItem, match=f"no account was changed: {message}"):
        manage(monkeypatch, pulp_with("old", staff="root"), given)


def test_all_problems_are_reported_before_any_write(monkeypatch):
    with pytest.raises(InvalidItem, match=r"'one' .*; client 'two' "):
        manage(
            monkeypatch, pulp_with(), client("good", password=SECRET), client("one"), client("two")
        )


def test_an_existing_account_needs_no_password(monkeypatch):
    users, _lines = manage(monkeypatch, pulp_with("site"), client())
    assert users[0]["is_active"]


def test_the_printed_snippet_is_yaml_with_a_placeholder_for_the_password():
    comment, *lines = kayobe_settings("https://ark.example.com", "site: 1")
    assert comment.startswith("# site: 1: ")
    pairs = [line.partition(": ") for line in lines]
    # Values are JSON, which is also YAML.
    assert {key: json.loads(value) for key, _colon, value in pairs} == {
        "stackhpc_release_pulp_url": "https://ark.example.com",
        "stackhpc_release_pulp_username": "site: 1",
        "stackhpc_release_pulp_password": "{{ secrets_stackhpc_release_pulp_password }}",
    }


def test_only_changed_accounts_are_printed_by_default(monkeypatch):
    clients = client("a", password=SECRET), client("b"), client("c", state="absent")
    pulp = pulp_with("b", "c")
    _users, lines = manage(monkeypatch, pulp, *clients, unchanged=["b"])
    assert [line for line in lines if line.startswith("#")] == [
        kayobe_settings("https://ark.example.com", "a")[0],
        "# c: the account is disabled",
    ]
    assert 'stackhpc_release_pulp_url: "https://ark.example.com"' in lines
    assert SECRET not in "".join(lines)
    _users, lines = manage(monkeypatch, pulp, *clients, unchanged=["b"], show="all")
    assert any("# b: " in line for line in lines)


def test_client_url_overrides_the_printed_url(monkeypatch):
    url = "https://ark.for-clients.example.com"
    _users, lines = manage(monkeypatch, pulp_with("site"), client(), client_url=url)
    assert f'stackhpc_release_pulp_url: "{url}"' in lines


def test_a_deleted_account_is_reported_as_deleted(monkeypatch):
    _users, lines = manage(monkeypatch, pulp_with("site"), client(state="absent", purge=True))
    assert lines == ["# site: the account is deleted"]


def test_disabling_an_unknown_client_is_a_warning(monkeypatch):
    report = Report()
    absent = [client(name, state="absent") for name in ("site", "stie")]
    purged = client("long gone", state="absent", purge=True)
    manage(monkeypatch, pulp_with("site"), *absent, purged, report=report)
    assert len(report.warnings) == 1
    assert report.warnings[0].startswith("client 'stie' with state absent has no account on")
