# SPDX-License-Identifier: Apache-2.0
"""The channels of a client, defined by the lists of a Kayobe configuration."""

from __future__ import annotations

from typing import Any

from tests.e2e.rig import Rig

_LISTS = (
    "repository_{}_repos",
    "publication_{}_development",
    "distribution_{}_development",
    "distribution_{}_production",
)


def _channels(rig: Rig, *numbers: int, **more: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the lists for repositories of the upstream, each with its own sync group."""
    lists: dict[str, list[dict[str, Any]]] = {}
    for number in numbers:
        item = rig.rpm(number)
        name, prefix, path = item["name"], item["distribution_name"], item["base_path"]
        development, production = (
            {"name": f"{prefix}{channel}", "base_path": f"{path}{channel}"}
            for channel in ("development", "production")
        )
        items = (
            {"name": name, "url": item["url"], "short_name": name, "sync_group": f"g{number}"},
            {"repository": name},
            {**development, "repository": name},
            {**production, "distribution": development["name"]},
        )
        for key, entry in zip(_LISTS, items):
            variable = f"stackhpc_pulp_{key.format('rpm')}"
            lists.setdefault(variable, []).append({**entry, **more})
    return lists


def _served(rig: Rig) -> set[str]:
    return {
        found["name"].removeprefix(f"{rig.prefix}-") for found in rig.client.snapshots(rig.prefix)
    }


def test_items_that_are_not_required_are_not_evaluated(rig: Rig) -> None:
    lists = _channels(rig, 1)
    for key, items in _channels(rig, 2, required="{{ 'False' }}").items():
        items[0]["url"] = "{{ a_variable_that_this_site_does_not_have }}"
        lists[key] += items

    rig.run("client_sync", **lists).succeeded()
    rig.run("client_promote", **lists).succeeded()

    assert _served(rig) == {"01-development", "01-production"}


def test_a_sync_group_selects_channels(rig: Rig) -> None:
    lists = _channels(rig, 1, 2)

    rig.run("client_sync", **lists, package_sync_group="g2").succeeded()
    rig.run("client_promote", **lists, package_sync_group="g2").succeeded()

    assert _served(rig) == {"02-development", "02-production"}
    wrong = rig.run("client_sync", **lists, package_sync_group="g3").failed()
    assert "groups: g1, g2" in wrong.message


def test_a_run_with_nothing_to_do_fails_and_names_the_lists(rig: Rig) -> None:
    assert "stackhpc_pulp_repository_rpm_repos" in rig.run("client_sync").failed().message
    not_here = _channels(rig, 1, required=False)
    run = rig.run("client_promote", **not_here).failed()
    assert "stackhpc_pulp_distribution_rpm_production" in run.message


def test_a_repository_is_deleted_after_its_production_channel(rig: Rig) -> None:
    lists = _channels(rig, 1)
    rig.run("client_sync", **lists).succeeded()
    rig.run("client_promote", **lists).succeeded()
    absent = _channels(rig, 1, state="absent")

    rejected = rig.run("client_sync", **absent).failed()
    assert f"{rig.prefix}-01-production" in rejected.errors[rig.rpm(1)["name"]]
    assert _served(rig) == {"01-production"}
    rig.run("client_promote", **absent).succeeded()
    rig.run("client_sync", **absent).succeeded()

    assert _served(rig) == set()
    assert rig.client.list("repositories/rpm/rpm/", name=rig.rpm(1)["name"]) == []
    assert rig.run("client_sync", **absent).succeeded().changed == 0
