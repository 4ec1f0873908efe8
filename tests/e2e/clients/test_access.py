# SPDX-License-Identifier: Apache-2.0
"""A client comes and goes: its account on Ark, and what it is told that it can read there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from tests.e2e.play import Secret
from tests.e2e.rig import SPECIAL_PASSWORD, Rig
from tests.lab.playbook import Run

OLD = "20200101T000000"


@dataclass
class Client:
    """One client of a rig: its account on Ark, and what its site pins."""

    rig: Rig
    wanted: dict[str, Any] = field(default_factory=dict)
    password: str = SPECIAL_PASSWORD

    @property
    def name(self) -> str:
        return f"{self.rig.prefix}-site"

    def account(self, *arguments: str, **options: Any) -> Run:
        """Run access_control for this client, which has these options."""
        clients = [{"name": self.name, **options}]
        return self.rig.run("access_control", *arguments, release_train_clients=clients)

    def onboard(self, **options: Any) -> Run:
        """Give the client its account and its present password."""
        self.rig.secrets.append(Secret(self.name, self.password))
        return self.account(password=self.password, **options)

    def check(self, *arguments: str, **variables: Any) -> Run:
        """Run access_check at the client's site, as its Kayobe configuration would."""
        given = {
            "stackhpc_release_pulp_url": self.rig.servers.ark.url,
            "stackhpc_release_pulp_username": self.name,
            "stackhpc_release_pulp_password": self.password,
        }
        return self.rig.run("access_check", *arguments, **{**given, **self.wanted, **variables})


@pytest.fixture
def site(rig: Rig) -> Client:
    """A client that pins three repositories: one is released, one is not, one was never taken."""
    items = [rig.rpm(number) for number in (1, 2, 3)]
    released, kept, missing = (item["short_name"] for item in items)
    stamps = rig.snapshot(*items[:2], guard="development")
    promoted = {"rpm_package_repos": items, "package_versions": {released: stamps[released]}}
    rig.run("package_promote", **promoted).succeeded()
    pins = {released: stamps[released], kept: stamps[kept], missing: OLD}
    return Client(rig, {"rpm_package_repos": items, "package_versions": pins})


def _pasted(run: Run) -> dict[str, str]:
    """What an operator pastes of what was printed."""
    lines = [line for line in run.output.splitlines() if line.startswith("stackhpc_release_pulp_")]
    return yaml.safe_load("\n".join(lines)) or {}


def _access(run: Run) -> list[str]:
    """What came of each pin, in the order of their names."""
    return [line["access"] for line in sorted(run.report, key=lambda line: str(line["name"]))]


def test_a_client_is_onboarded_once_with_what_it_pastes(rig: Rig) -> None:
    client = Client(rig)

    planned = client.account("--check", password=SPECIAL_PASSWORD).succeeded()
    assert rig.ark.list("users/", username=client.name) == []
    first = client.onboard().succeeded()
    again = client.onboard().succeeded()

    assert planned.changed == first.changed == 1
    assert again.changed == 0
    assert _pasted(again) == {}
    assert _pasted(first) == {
        "stackhpc_release_pulp_url": rig.servers.ark.url,
        "stackhpc_release_pulp_username": client.name,
        "stackhpc_release_pulp_password": "{{ secrets_stackhpc_release_pulp_password }}",
    }
    (user,) = rig.ark.list("users/", username=client.name)
    assert [group["name"] for group in user["groups"]] == ["stackhpc"]


def test_a_client_is_shown_what_it_pastes_when_another_one_failed(rig: Rig) -> None:
    clients = [
        {"name": f"{rig.prefix}-{which}", "password": password}
        for which, password in (("good", SPECIAL_PASSWORD), ("bad", "Qz7"))
    ]
    rig.secrets += [Secret(client["name"], client["password"]) for client in clients]

    run = rig.run("access_control", release_train_clients=clients).failed()

    assert f"{rig.prefix}-bad: " in run.message
    assert _pasted(run)["stackhpc_release_pulp_username"] == f"{rig.prefix}-good"


def test_a_client_without_a_password_is_named_with_the_way_to_one(rig: Rig) -> None:
    run = Client(rig).account().failed()

    assert f"client '{rig.prefix}-site' has no account yet" in run.message
    assert "openssl rand -base64 24" in run.message
    assert rig.ark.list("users/", username=f"{rig.prefix}-site") == []


def test_an_account_in_two_lists_is_refused(rig: Rig) -> None:
    client = Client(rig)
    rig.secrets.append(Secret(client.name, SPECIAL_PASSWORD))
    twice = [{"username": client.name, "password": SPECIAL_PASSWORD}]
    run = rig.run(
        "access_control",
        access_control_users=twice,
        release_train_clients=[{"name": client.name}],
    ).failed()
    assert f"{client.name}: in access_control_users and in release_train_clients" in run.message


def test_the_check_has_a_word_for_each_pin_and_fails_if_one_is_not_served(site: Client) -> None:
    site.onboard().succeeded()

    run = site.check().failed()

    assert _access(run) == ["served", "forbidden", "missing"]
    assert "2 of 3 pins are not served to the account of client1" in run.message
    printed = run.output.splitlines()
    begins = list(site.wanted["package_versions"])
    (kept,) = [line for line in printed if line.startswith(f"{begins[1]}  ")]
    (missing,) = [line for line in printed if line.startswith(f"{begins[2]}  ")]
    assert f"forbidden  user '{site.name}' may not read the snapshot" in kept
    assert f"{OLD}  missing    " in missing
    assert "has no snapshot below" in missing
    assert not any(line.startswith(f"{begins[0]}  ") for line in printed)
    counts = f"3 pinned snapshots, user '{site.name}', {site.rig.servers.ark.url}: "
    assert f"{counts}1 served, 1 forbidden, 1 missing" in printed


def test_the_check_names_the_newest_stamp_where_the_pin_is_of_none(site: Client) -> None:
    site.onboard().succeeded()
    (name, stamp) = next(iter(site.wanted["package_versions"].items()))

    run = site.check(package_versions={name: OLD}).failed()

    assert _access(run) == ["missing"]
    assert f"the only one is {stamp}: correct the pin" in run.output


def test_the_check_succeeds_in_check_mode_too_when_all_is_served(site: Client) -> None:
    site.onboard(development=True).succeeded()
    filtered = {"package_filter": "_0[12]$"}

    for arguments in ([], ["--check"]):
        run = site.check(*arguments, **filtered).succeeded()
        assert _access(run) == ["served", "served"]
        assert run.changed == 0

    site.onboard().succeeded()
    assert _access(site.check(**filtered).failed()) == ["served", "forbidden"]


def test_a_rotated_password_is_a_wrong_one_until_it_arrives(site: Client) -> None:
    site.onboard().succeeded()
    site.rig.secrets.append(Secret(site.name, f"{SPECIAL_PASSWORD} 2"))
    assert site.account(password=f"{SPECIAL_PASSWORD} 2").succeeded().changed == 1

    run = site.check().failed()

    assert set(_access(run)) == {"wrong password"}
    words = f"does not know user '{site.name}' with this password: it is wrong"
    printed = [line for line in run.output.splitlines() if line.startswith("http")]
    assert len(printed) == 1
    assert words in printed[0]
    site.password = f"{SPECIAL_PASSWORD} 2"
    assert "served" in _access(site.check().failed())


def test_a_disabled_client_neither_pulls_nor_reads_until_it_returns(site: Client) -> None:
    site.onboard().succeeded()
    ark = site.rig.servers.ark.as_user(site.name, SPECIAL_PASSWORD)
    path = min(found["base_path"] for found in site.rig.ark.snapshots(site.rig.prefix))
    address = ark.content(path, "repodata/repomd.xml")
    assert ark.get(address)[0] == 200

    gone = site.account(state="absent").succeeded()

    assert f"# {site.name}: the account is disabled" in gone.output.splitlines()
    assert ark.get(address)[0] == 403
    assert ark.get(f"{ark.url}/pulp/api/v3/repositories/")[0] == 401
    assert set(_access(site.check().failed())) == {"wrong password"}
    assert site.account(state="absent").succeeded().changed == 0
    site.onboard().succeeded()
    assert ark.get(address)[0] == 200


def test_only_a_named_account_is_deleted(site: Client) -> None:
    other_user = {"username": f"{site.rig.prefix}-other", "password": SPECIAL_PASSWORD}
    site.rig.run("access_control", access_control_users=[other_user]).succeeded()
    site.onboard().succeeded()

    assert site.account(state="absent", purge=True).succeeded().changed == 1
    assert site.account(state="absent", purge=True).succeeded().changed == 0

    names = f"{site.name},{other_user['username']}"
    left = site.rig.ark.list("users/", username__in=names)
    assert [user["username"] for user in left] == [other_user["username"]]


def test_the_credentials_of_the_source_host_are_used_where_a_site_has_none(site: Client) -> None:
    keys = ("url", "username", "password")
    none = {f"stackhpc_release_pulp_{key}": "" for key in keys}

    run = site.check(**none, package_filter="_0[12]$").succeeded()

    assert _access(run) == ["served", "served"]
    assert f"user '{site.rig.servers.ark.username}' is an administrator" in run.output


def test_a_server_that_is_away_is_said_with_the_way_out(site: Client) -> None:
    site.rig.secrets.append(Secret(site.name, SPECIAL_PASSWORD))
    away = {"package_mirror_source_url": "http://127.0.0.1:1"}

    run = site.check(**away).failed()

    assert "http://127.0.0.1:1 cannot be reached" in run.message
    assert "Correct its URL, or check the network" in run.message


def test_several_clients_are_checked_in_one_run(site: Client) -> None:
    site.onboard(development=True).succeeded()
    site.rig.add_host("client", "client2", site.rig.servers.client)

    run = site.check(package_filter="_0[12]$").succeeded()

    assert run.output.count("2 pinned snapshots, user") >= 2


def test_a_promotion_shows_what_becomes_visible_before_it_is_made(site: Client) -> None:
    rig, names = site.rig, list(site.wanted["package_versions"])
    pins = {name: site.wanted["package_versions"][name] for name in names[:2]}
    wanted = {"rpm_package_repos": site.wanted["rpm_package_repos"], "package_versions": pins}

    planned = rig.run("package_promote", "--check", "--diff", **wanted).succeeded()

    url = rig.servers.ark.content(f"{rig.prefix}/02/{pins[names[1]]}")
    line = f"{names[1]}  {pins[names[1]]}  development -> release, 3 packages  {url}"
    printed = planned.output.splitlines()
    assert [one for one in printed if one.startswith(rig.prefix)] == [line]
    assert '-    "content_guard": "development"' in planned.output
    assert f'+    "visible": "3 packages at {url}"' in planned.output
    assert planned.changed == 1
    done = rig.run("package_promote", **wanted).succeeded()
    assert done.changed == 1
    assert f"{pins[names[1]]}  development -> release" in done.output
    assert rig.run("package_promote", "--check", "--diff", **wanted).succeeded().changed == 0


def test_a_site_that_does_not_say_where_to_read_from_is_told_how(site: Client) -> None:
    site.rig.hosts.pop("ark")

    run = site.rig.run("access_check", **site.wanted).failed()

    assert "The source Pulp is not defined: give stackhpc_release_pulp_url" in run.message


def test_pins_of_images_are_checked_with_those_of_packages(site: Client) -> None:
    site.onboard().succeeded()
    released = dict(list(site.wanted["package_versions"].items())[:1])

    run = site.check(package_versions=released, container_tags={"nova-api": "1"}).failed()

    assert _access(run) == ["missing image", "served"]
    (line,) = [line for line in run.output.splitlines() if line.startswith("nova-api")]
    assert "has no image of this name" in line
    assert "1 pinned image tag" in run.output
