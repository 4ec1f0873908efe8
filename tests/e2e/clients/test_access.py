# SPDX-License-Identifier: Apache-2.0
"""Accounts of clients on Ark, and `access_check`, which reports what a client can read there."""

from __future__ import annotations

import re
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
    """One client of a rig: its account on Ark, and the pins of its site."""

    rig: Rig
    wanted: dict[str, Any] = field(default_factory=dict)
    password: str = SPECIAL_PASSWORD

    @property
    def name(self) -> str:
        return f"{self.rig.prefix}-site"

    def account(self, *arguments: str, **options: Any) -> Run:
        """Run access_control for this client with these options."""
        clients = [{"name": self.name, **options}]
        return self.rig.run("access_control", *arguments, release_train_clients=clients)

    def onboard(self, **options: Any) -> Run:
        """Create the account of the client, or set its current password."""
        self.rig.secrets.append(Secret(self.name, self.password))
        return self.account(password=self.password, **options)

    def check(self, *arguments: str, **variables: Any) -> Run:
        """Run access_check at the client's site, with the variables of its Kayobe configuration."""
        given = {
            "stackhpc_release_pulp_url": self.rig.servers.ark.url,
            "stackhpc_release_pulp_username": self.name,
            "stackhpc_release_pulp_password": self.password,
        }
        return self.rig.run("access_check", *arguments, **{**given, **self.wanted, **variables})


@pytest.fixture
def site(rig: Rig) -> Client:
    """Return a client with three pins: of a released, an unreleased and a missing snapshot."""
    items = [rig.rpm(number) for number in (1, 2, 3)]
    released, unreleased, missing = (item["short_name"] for item in items)
    stamps = rig.snapshot(*items[:2], guard="development")
    promoted = {"rpm_package_repos": items, "package_versions": {released: stamps[released]}}
    rig.run("package_promote", **promoted).succeeded()
    pins = {released: stamps[released], unreleased: stamps[unreleased], missing: OLD}
    return Client(rig, {"rpm_package_repos": items, "package_versions": pins})


def _printed_variables(run: Run) -> dict[str, str]:
    """Return the printed variables that an operator pastes into a configuration."""
    lines = [line for line in run.output.splitlines() if line.startswith("stackhpc_release_pulp_")]
    return yaml.safe_load("\n".join(lines)) or {}


def _access(run: Run) -> list[str]:
    """Return the result of each pin, sorted by name."""
    return [line["access"] for line in sorted(run.report, key=lambda line: str(line["name"]))]


def test_a_new_client_gets_an_account_and_variables_to_paste(rig: Rig) -> None:
    client = Client(rig)

    planned = client.account("--check", password=SPECIAL_PASSWORD).succeeded()
    assert rig.ark.list("users/", username=client.name) == []
    first = client.onboard().succeeded()
    again = client.onboard().succeeded()

    assert planned.changed == first.changed == 1
    assert again.changed == 0
    assert _printed_variables(again) == {}
    assert _printed_variables(first) == {
        "stackhpc_release_pulp_url": rig.servers.ark.url,
        "stackhpc_release_pulp_username": client.name,
        "stackhpc_release_pulp_password": "{{ secrets_stackhpc_release_pulp_password }}",
    }
    (user,) = rig.ark.list("users/", username=client.name)
    assert [group["name"] for group in user["groups"]] == ["stackhpc"]


def test_variables_to_paste_are_printed_although_another_client_failed(rig: Rig) -> None:
    clients = [
        {"name": f"{rig.prefix}-{which}", "password": password}
        for which, password in (("good", SPECIAL_PASSWORD), ("bad", "Qz7"))
    ]
    rig.secrets += [Secret(client["name"], client["password"]) for client in clients]

    run = rig.run("access_control", release_train_clients=clients).failed()

    assert f"{rig.prefix}-bad: " in run.message
    assert _printed_variables(run)["stackhpc_release_pulp_username"] == f"{rig.prefix}-good"


def test_a_new_client_without_a_password_fails_with_advice(rig: Rig) -> None:
    run = Client(rig).account().failed()

    assert f"client '{rig.prefix}-site' has no account yet" in run.message
    assert "openssl rand -base64 24" in run.message
    assert rig.ark.list("users/", username=f"{rig.prefix}-site") == []


def test_an_account_in_two_lists_is_rejected(rig: Rig) -> None:
    client = Client(rig)
    rig.secrets.append(Secret(client.name, SPECIAL_PASSWORD))
    twice = [{"username": client.name, "password": SPECIAL_PASSWORD}]
    run = rig.run(
        "access_control",
        access_control_users=twice,
        release_train_clients=[{"name": client.name}],
    ).failed()
    assert f"{client.name}: in access_control_users and in release_train_clients" in run.message


def test_access_check_reports_each_pin_and_fails_if_one_is_not_served(site: Client) -> None:
    site.onboard().succeeded()

    run = site.check().failed()

    assert _access(run) == ["served", "forbidden", "missing"]
    assert "2 of 3 pins are not served to the account of client1" in run.message
    printed = run.output.splitlines()
    names = list(site.wanted["package_versions"])
    (unreleased,) = [line for line in printed if line.startswith(f"{names[1]}  ")]
    (missing,) = [line for line in printed if line.startswith(f"{names[2]}  ")]
    assert f"forbidden  user '{site.name}' may not read the snapshot" in unreleased
    assert f"{OLD}  missing    " in missing
    assert "has no snapshot below" in missing
    assert not any(line.startswith(f"{names[0]}  ") for line in printed)
    counts = f"3 pinned snapshots, user '{site.name}', {site.rig.servers.ark.url}: "
    assert f"{counts}1 served, 1 forbidden, 1 missing" in printed


def test_access_check_suggests_the_newest_stamp_for_a_missing_one(site: Client) -> None:
    site.onboard().succeeded()
    (name, stamp) = next(iter(site.wanted["package_versions"].items()))

    run = site.check(package_versions={name: OLD}).failed()

    assert _access(run) == ["missing"]
    assert f"the only one is {stamp}: correct the pin" in run.output


def test_access_check_succeeds_when_all_pins_are_served(site: Client) -> None:
    site.onboard(development=True).succeeded()
    filtered = {"package_filter": "_0[12]$"}

    for arguments in ([], ["--check"]):
        run = site.check(*arguments, **filtered).succeeded()
        assert _access(run) == ["served", "served"]
        assert run.changed == 0

    site.onboard().succeeded()
    assert _access(site.check(**filtered).failed()) == ["served", "forbidden"]


def test_access_check_reports_an_outdated_password(site: Client) -> None:
    site.onboard().succeeded()
    site.rig.secrets.append(Secret(site.name, f"{SPECIAL_PASSWORD} 2"))
    assert site.account(password=f"{SPECIAL_PASSWORD} 2").succeeded().changed == 1

    run = site.check().failed()

    assert set(_access(run)) == {"wrong password"}
    error = f"does not know user '{site.name}' with this password: it is wrong"
    printed = [line for line in run.output.splitlines() if line.startswith("http")]
    assert len(printed) == 1
    assert error in printed[0]
    site.password = f"{SPECIAL_PASSWORD} 2"
    assert "served" in _access(site.check().failed())


def test_a_disabled_client_has_no_access_until_it_is_enabled_again(site: Client) -> None:
    site.onboard().succeeded()
    ark = site.rig.servers.ark.as_user(site.name, SPECIAL_PASSWORD)
    path = min(found["base_path"] for found in site.rig.ark.snapshots(site.rig.prefix))
    address = ark.content(path, "repodata/repomd.xml")
    assert ark.get(address)[0] == 200

    disabled = site.account(state="absent").succeeded()

    assert f"# {site.name}: the account is disabled" in disabled.output.splitlines()
    assert ark.get(address)[0] == 403
    assert ark.get(f"{ark.url}/pulp/api/v3/repositories/")[0] == 401
    assert set(_access(site.check().failed())) == {"wrong password"}
    assert site.account(state="absent").succeeded().changed == 0
    site.onboard().succeeded()
    assert ark.get(address)[0] == 200


def test_purge_deletes_only_the_named_account(site: Client) -> None:
    other_user = {"username": f"{site.rig.prefix}-other", "password": SPECIAL_PASSWORD}
    site.rig.run("access_control", access_control_users=[other_user]).succeeded()
    site.onboard().succeeded()

    assert site.account(state="absent", purge=True).succeeded().changed == 1
    assert site.account(state="absent", purge=True).succeeded().changed == 0

    names = f"{site.name},{other_user['username']}"
    left = site.rig.ark.list("users/", username__in=names)
    assert [user["username"] for user in left] == [other_user["username"]]


def test_credentials_default_to_those_of_the_source_host(site: Client) -> None:
    keys = ("url", "username", "password")
    none = {f"stackhpc_release_pulp_{key}": "" for key in keys}

    run = site.check(**none, package_filter="_0[12]$").succeeded()

    assert _access(run) == ["served", "served"]
    assert f"user '{site.rig.servers.ark.username}' is an administrator" in run.output


def test_an_unreachable_source_is_reported_with_advice(site: Client) -> None:
    site.rig.secrets.append(Secret(site.name, SPECIAL_PASSWORD))
    unreachable = {"package_mirror_source_url": "http://127.0.0.1:1"}

    run = site.check(**unreachable).failed()

    assert "http://127.0.0.1:1 cannot be reached" in run.message
    assert "Correct its URL, or check the network" in run.message


def test_one_run_checks_several_clients(site: Client) -> None:
    site.onboard(development=True).succeeded()
    site.rig.add_host("client", "client2", site.rig.servers.client)

    run = site.check(package_filter="_0[12]$").succeeded()

    assert run.output.count("2 pinned snapshots, user") >= 2


def test_a_dry_run_of_a_promotion_shows_what_becomes_visible(site: Client) -> None:
    rig, names = site.rig, list(site.wanted["package_versions"])
    pins = {name: site.wanted["package_versions"][name] for name in names[:2]}
    wanted = {"rpm_package_repos": site.wanted["rpm_package_repos"], "package_versions": pins}

    planned = rig.run("package_promote", "--check", **wanted).succeeded()
    compared = rig.run("package_promote", "--check", "--diff", **wanted).succeeded()

    url = rig.servers.ark.content(f"{rig.prefix}/02/{pins[names[1]]}")
    line = f"{names[1]}  {pins[names[1]]}  development -> release, 3 packages  {url}"
    shown = re.compile(rf"^ *{names[1]}  .*", re.MULTILINE)  # also in the run summary
    assert shown.findall(planned.output) == [line]
    assert '-    "content_guard": "development"' in compared.output
    assert f'+    "visible": "3 packages at {url}"' in compared.output
    assert not shown.findall(compared.output)
    assert planned.changed == compared.changed == 1
    done = rig.run("package_promote", **wanted).succeeded()
    assert done.changed == 1
    assert f"{pins[names[1]]}  development -> release" in done.output
    assert rig.run("package_promote", "--check", "--diff", **wanted).succeeded().changed == 0


def test_a_missing_source_is_reported_with_advice(site: Client) -> None:
    site.rig.hosts.pop("ark")

    run = site.rig.run("access_check", **site.wanted).failed()

    assert "The source Pulp is not defined: give stackhpc_release_pulp_url" in run.message


def test_access_check_covers_pins_of_images_and_packages(site: Client) -> None:
    site.onboard().succeeded()
    released = dict(list(site.wanted["package_versions"].items())[:1])

    run = site.check(package_versions=released, container_tags={"nova-api": "1"}).failed()

    assert _access(run) == ["missing image", "served"]
    (line,) = [line for line in run.output.splitlines() if line.startswith("nova-api")]
    assert "has no image of this name" in line
    assert "1 pinned image tag" in run.output
