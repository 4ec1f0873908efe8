# SPDX-License-Identifier: Apache-2.0
"""Passwords that need quoting, are wrong, or change. Each run is checked not to print any."""

from __future__ import annotations

from typing import Any

from tests.e2e.play import Secret
from tests.e2e.rig import SPECIAL_PASSWORD, Rig

NEW_PASSWORD = SPECIAL_PASSWORD + " 2"


def _user(rig: Rig, password: str) -> dict[str, Any]:
    rig.secrets.append(Secret(f"{rig.prefix}-site", password))
    users = [{"username": f"{rig.prefix}-site", "password": password, "groups": ["stackhpc"]}]
    return {"access_control_users": users}


def _source(rig: Rig, password: str) -> dict[str, Any]:
    """Return the variables that make the client read from Ark as that user."""
    ark = rig.servers.ark.as_user(f"{rig.prefix}-site", password)
    rig.hosts["source"] = {}
    rig.add_host("source", "source1", ark)
    return {"release_train_source": "source1"}


def test_a_password_with_special_characters_is_set_idempotently(rig: Rig) -> None:
    rig.run("access_control", **_user(rig, SPECIAL_PASSWORD)).succeeded()

    assert rig.run("access_control", **_user(rig, SPECIAL_PASSWORD)).succeeded().changed == 0
    ark = rig.servers.ark.as_user(f"{rig.prefix}-site", SPECIAL_PASSWORD)
    assert ark.get(f"{ark.url}/pulp/api/v3/repositories/")[0] == 200


def test_a_password_with_special_characters_is_sent_to_upstream(rig: Rig) -> None:
    rig.upstream.fault("many/0001/", username="bob", password=SPECIAL_PASSWORD)
    wrong = rig.rpm(1, remote_username="bob", remote_password="not this one")
    rig.secrets += [Secret("bob", SPECIAL_PASSWORD), Secret("bob", "not this one")]

    run = rig.run("package_sync", rpm_package_repos=[wrong]).failed()
    assert "401" in run.errors[wrong["name"]]
    rig.snapshot({**wrong, "remote_password": SPECIAL_PASSWORD})

    (found,) = rig.ark.snapshots(rig.prefix)
    assert found["publication"]


def test_a_mirror_reports_an_outdated_password_and_adopts_the_new_one(rig: Rig) -> None:
    first, second = rig.rpm(1), rig.rpm(2)
    stamps = rig.snapshot(first, second)
    wanted = {"rpm_package_repos": [first, second], "package_versions": stamps}
    rig.run("package_promote", **wanted).succeeded()
    rig.run("access_control", **_user(rig, SPECIAL_PASSWORD)).succeeded()
    old, new = _source(rig, SPECIAL_PASSWORD), NEW_PASSWORD
    pins = {first["short_name"]: stamps[first["short_name"]]}
    rig.run("package_mirror", **{**wanted, **old, "package_versions": pins}).succeeded()

    assert rig.run("access_control", **_user(rig, new)).succeeded().changed == 1
    run = rig.run("package_mirror", **wanted, **old).failed()

    assert list(run.errors) == [second["name"]]
    assert (
        f"user '{rig.prefix}-site' may not read it with this password" in run.errors[second["name"]]
    )
    rig.run("package_mirror", **wanted, **_source(rig, new)).succeeded()
    assert len(rig.client.snapshots(rig.prefix)) == 2
    resent = {**wanted, **_source(rig, new), "package_update_secrets": "all"}
    assert rig.run("package_mirror", **resent).succeeded().of(first["name"])["changed"]
    assert rig.run("package_mirror", **resent).succeeded().changed == 0


def test_a_rotated_password_is_written_to_the_remotes_of_a_client(rig: Rig) -> None:
    item = rig.rpm(1)
    stamp = rig.snapshot(item)[item["short_name"]]
    rig.run(
        "package_promote", rpm_package_repos=[item], package_versions={item["short_name"]: stamp}
    ).succeeded()
    rig.run("access_control", **_user(rig, SPECIAL_PASSWORD)).succeeded()

    def sync(password: str) -> Any:
        repository = {
            "name": item["name"],
            "url": rig.servers.ark.content(f"{item['base_path']}{stamp}"),
            "policy": "on_demand",
            "sync_policy": "mirror_content_only",
            "remote_username": f"{rig.prefix}-site",
            "remote_password": password,
        }
        channel = {"repository": item["name"], "name": f"{rig.prefix}-development"}
        channel["base_path"] = f"{item['base_path']}development"
        return rig.run(
            "client_sync",
            "--diff",
            stackhpc_pulp_repository_rpm_repos=[repository],
            stackhpc_pulp_publication_rpm_development=[{"repository": item["name"]}],
            stackhpc_pulp_distribution_rpm_development=[channel],
        )

    sync(SPECIAL_PASSWORD).succeeded()
    assert sync(SPECIAL_PASSWORD).succeeded().changed == 0
    rig.run("access_control", **_user(rig, NEW_PASSWORD)).succeeded()
    assert sync(NEW_PASSWORD).succeeded().of(item["name"])["changed"]
    served = rig.servers.client.content(f"{item['base_path']}development", "Packages/")
    assert rig.servers.client.get(served)[0] == 200
