# SPDX-License-Identifier: Apache-2.0
"""A green verdict can be trusted: what would mislead an operator is flagged, refused or named."""

from __future__ import annotations

from typing import Any

from tests.e2e.rig import Rig


def _channels(rig: Rig, *urls: str) -> dict[str, Any]:
    """Return the lists of a client with one repository, which is listed once for each address."""
    name, path = f"{rig.prefix}-channel", f"{rig.prefix}/channel"
    repositories = [{"name": name, "url": url, "policy": "on_demand"} for url in urls]
    development, production = (
        {"name": f"{name}-{channel}", "base_path": f"{path}/{channel}"}
        for channel in ("development", "production")
    )
    return {
        "stackhpc_pulp_repository_rpm_repos": repositories,
        "stackhpc_pulp_publication_rpm_development": [{"repository": name}] * len(urls),
        "stackhpc_pulp_distribution_rpm_development": [{**development, "repository": name}],
        "stackhpc_pulp_distribution_rpm_production": [
            {**production, "distribution": development["name"]}
        ],
    }


def test_a_snapshot_without_packages_is_flagged_skipped_and_not_released(rig: Rig) -> None:
    item = rig.deb(components="nosuch")
    good = rig.rpm(1)
    name, lists = item["short_name"], {"deb_package_repos": [item], "rpm_package_repos": [good]}

    run = rig.run("package_sync", **lists).succeeded()

    shrunk = run.of(item["name"])["shrunk"]
    assert (shrunk["before"], shrunk["after"]) == (0, 0)
    assert f"  {name}: no packages; check components, architectures and distributions" in run.output
    stamps = {line["short_name"]: line["stamp"] for line in run.report}

    asked = rig.run("package_query", **lists).succeeded()
    assert f"{name}: {stamps[name]} is skipped, because it has no packages" in asked.output

    pins = {"package_versions": stamps}
    refused = rig.run("package_promote", **lists, **pins).failed()
    assert f"of {name} has no packages: check components" in refused.message
    assert {one["content_guard"] for one in rig.ark.snapshots(rig.prefix)} == {
        _guard(rig, "development")
    }
    rig.run("package_promote", **lists, **pins, package_allow_empty=True).succeeded()
    assert {one["content_guard"] for one in rig.ark.snapshots(rig.prefix)} == {
        _guard(rig, "release")
    }


def test_after_a_clock_that_was_ahead_runs_continue_and_future_stamps_are_refused(rig: Rig) -> None:
    item, future = rig.rpm(1), "20990101T000000"
    refused = rig.run("package_sync", rpm_package_repos=[item], package_stamp=future).failed()
    assert f"stamp {future} is in the future: Pulp's clock is at 2" in refused.message
    assert rig.ark.snapshots(rig.prefix) == []

    rig.snapshot(item)
    (there,) = rig.ark.snapshots(rig.prefix)
    moved = {
        "name": f"{item['distribution_name']}{future}",
        "base_path": f"{rig.prefix}/01/{future}",
    }
    rig.ark.patch(there["pulp_href"], **moved)
    for second in (1, 2):
        item["url"] = f"{rig.upstream.url}/many/{second + 1:04}/"
        run = rig.run("package_sync", rpm_package_repos=[item]).succeeded()
        assert run.of(item["name"])["stamp"] == f"{future[:-1]}{second}"
        assert "the newest snapshot has a stamp in the future" in run.output


def test_check_mode_of_a_changed_address_names_it_and_no_stamp_of_today(rig: Rig) -> None:
    item = rig.rpm(1)
    stamp = rig.snapshot(item)[item["short_name"]]
    changed = {**item, "url": f"{rig.upstream.url}/many/0002/"}
    run = rig.run("package_sync", "--check", rpm_package_repos=[changed]).succeeded()
    assert f"Would change\n  {item['short_name']}  remote url\n" in run.output
    assert "check mode: nothing was written" in run.output
    assert f"{item['short_name']}  {stamp}" not in run.output


def test_access_control_keeps_the_descriptions_of_guards(rig: Rig) -> None:
    href = _guard(rig, "development")
    rig.ark.patch(href, description="of today's roles")
    assert rig.run("access_control").succeeded().changed == 0
    assert rig.ark.get(href)["description"] == "of today's roles"


def test_a_repository_that_is_not_synced_and_not_there_is_skipped_with_one_line(rig: Rig) -> None:
    items = [rig.rpm(1), *(rig.rpm(number, sync=False) for number in (2, 3))]
    names = ", ".join(item["short_name"] for item in items[1:])
    run = rig.run("package_sync", rpm_package_repos=items).succeeded()
    assert f"2 repositories with sync: false are not on this Pulp, skipped: {names}" in run.output
    assert "1 changed, 2 skipped" in run.output


def test_of_a_repository_that_a_client_lists_twice_the_last_is_served(rig: Rig) -> None:
    urls = [f"{rig.upstream.url}/many/{number:04}/" for number in (1, 2)]
    lists = _channels(rig, *urls)
    synced = rig.run("client_sync", **lists).succeeded()
    name = f"'{rig.prefix}-channel' is listed twice, as items 1 and 2, which differ in url"
    assert f"stackhpc_pulp_repository_rpm_repos (of the required items): {name}" in synced.output
    remote = rig.client.find("remotes/rpm/rpm/", f"{rig.prefix}-channel-remote")
    assert remote["url"] == urls[1]
    assert rig.run("client_promote", **lists).succeeded().changed == 1


def test_a_repository_that_cannot_be_synced_is_one_failure(rig: Rig) -> None:
    lists = _channels(rig, f"{rig.upstream.url}/nowhere/")
    run = rig.run("client_sync", **lists).failed()
    assert "\n1 failed, " in run.output
    assert "1 of 1 failed" in run.message
    assert "no content yet" not in run.message
    assert "no publication" not in run.message


def _guard(rig: Rig, name: str) -> str:
    return str(rig.ark.find("contentguards/core/rbac/", name)["pulp_href"])
