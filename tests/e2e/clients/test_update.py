# SPDX-License-Identifier: Apache-2.0
"""`client_update`: a sync, and a promotion if it is requested and everything was synced."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.rig import Rig

PROMOTE = {"client_update_promote": True}


@pytest.fixture
def lists(rig: Rig) -> dict[str, list[dict[str, Any]]]:
    """Return the lists of a Kayobe configuration for one repository and its channels."""
    item = rig.rpm(1)
    name, prefix, path = item["name"], item["distribution_name"], item["base_path"]
    development, production = (
        {"name": f"{prefix}{channel}", "base_path": f"{path}{channel}"}
        for channel in ("development", "production")
    )
    return {
        "stackhpc_pulp_repository_rpm_repos": [{"name": name, "url": item["url"]}],
        "stackhpc_pulp_publication_rpm_development": [{"repository": name}],
        "stackhpc_pulp_distribution_rpm_development": [{**development, "repository": name}],
        "stackhpc_pulp_distribution_rpm_production": [
            {**production, "distribution": development["name"]}
        ],
    }


def _served(rig: Rig) -> dict[str, str]:
    """Return the publications that the channels serve, by channel."""
    return {
        found["name"].rpartition("-")[2]: found["publication"]
        for found in rig.client.snapshots(rig.prefix)
    }


def test_an_update_promotes_only_on_request(rig: Rig, lists: dict[str, Any]) -> None:
    rig.run("client_update", **lists).succeeded()
    assert set(_served(rig)) == {"development"}

    rig.run("client_update", **lists, **PROMOTE).succeeded()

    served = _served(rig)
    assert served["production"] == served["development"]
    assert rig.run("client_update", **lists, **PROMOTE).succeeded().changed == 0


def test_a_site_without_required_images_is_updated_and_promoted(
    rig: Rig, lists: dict[str, Any]
) -> None:
    images = [{"name": "not-here", "url": "http://127.0.0.1:1", "required": "False"}]
    lists["stackhpc_pulp_repository_container_repos"] = images

    rig.run("client_update", **lists, **PROMOTE).succeeded()

    assert set(_served(rig)) == {"development", "production"}
    images_only = rig.run("client_container_sync", **lists).failed()
    assert "There is nothing to sync" in images_only.message


def test_check_mode_predicts_sync_and_promotion_on_an_empty_client(
    rig: Rig, lists: dict[str, Any]
) -> None:
    planned = rig.run("client_update", "--check", "--diff", **lists, **PROMOTE).succeeded()
    assert _served(rig) == {}

    done = rig.run("client_update", **lists, **PROMOTE).succeeded()

    assert planned.changed == done.changed > 0
    assert f"+++ after: rpm {rig.prefix}-01-production" in planned.output


@pytest.mark.parametrize("clients", [1, 2])
def test_a_failed_sync_promotes_nothing(rig: Rig, lists: dict[str, Any], clients: int) -> None:
    rig.run("client_update", **lists, **PROMOTE).succeeded()
    before = _served(rig)
    (repository,) = lists["stackhpc_pulp_repository_rpm_repos"]
    changed = {**repository, "url": f"{rig.upstream.url}/many/0002/"}
    broken = {"name": f"{rig.prefix}-broken", "url": f"{rig.upstream.url}/not-there/"}
    wanted = {**lists, "stackhpc_pulp_repository_rpm_repos": [changed, broken]}
    if clients == 2:
        rig.add_host("client", "client2", rig.servers.ark)
        wanted["release_train_fleet"] = True

    run = rig.run("client_update", **wanted, **PROMOTE).failed()

    served = _served(rig)
    assert served["production"] == before["production"]
    assert served["development"] != before["development"]
    assert f"{rig.prefix}-broken" in "".join(run.messages.values())
