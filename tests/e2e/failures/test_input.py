# SPDX-License-Identifier: Apache-2.0
"""Invalid input, and names with special characters."""

from __future__ import annotations

import pytest

from tests.e2e.rig import Rig

pytestmark = pytest.mark.slow

SPECIAL_NAMES = {
    1: "Zürich, Größe & Co. (x86_64)",
    2: "日本語 リポジトリ",
    3: """it's "quoted", 100 % <b>bold</b>""",
}


def test_malformed_items_are_named_and_do_not_affect_the_others(rig: Rig) -> None:
    good, misspelt = rig.rpm(1), {**rig.rpm(2), "polcy": "on_demand"}
    wrong = {
        3: ({"base_path": 9}, "base_path must be text, not a number: put it in quotes"),
        4: ({"url": None}, "url is missing"),
        5: ({"sync_policy": "mirror"}, "sync_policy must be one of"),
    }
    items = [good, misspelt, *(rig.rpm(number, **change) for number, (change, _) in wrong.items())]
    items += [{**rig.rpm(6), "name": good["name"]}, "many/0007"]

    run = rig.run("package_sync", rpm_package_repos=items).failed()

    assert run.message.startswith("5 of 7 failed: ")
    for number, (_change, error) in wrong.items():
        assert run.errors[rig.rpm(number)["name"]].startswith(error)
    assert f"rpm_package_repos[5] repeats the name '{good['name']}'" in run.errors[good["name"]]
    assert "rpm_package_repos[6], which is not a mapping" in run.message
    assert (
        f"{misspelt['name']}: unknown key 'polcy', ignored (did you mean 'policy'?)" in run.output
    )
    repositories = rig.ark.list("repositories/", name__startswith=rig.prefix)
    assert {found["name"] for found in repositories} == {good["name"], misspelt["name"]}
    assert len(rig.ark.snapshots(rig.prefix)) == 2


def test_an_item_whose_newest_snapshot_cannot_be_read_fails_alone(rig: Rig) -> None:
    good, bad = rig.rpm(1), rig.rpm(2)
    rig.snapshot(good, bad)
    # Longer than the limit of a request.
    bad["distribution_name"] *= 300
    good["url"] = f"{rig.upstream.url}/many/0003/"

    run = rig.run("package_sync", rpm_package_repos=[good, bad]).failed()

    assert list(run.errors) == [bad["name"]]
    assert "its newest snapshot cannot be read" in run.errors[bad["name"]]
    assert run.of(good["name"])["changed"]


def test_a_module_rejects_and_names_a_misspelt_key(rig: Rig) -> None:
    item = {**rig.rpm(1), "polcy": "on_demand"}

    run = rig.run_module("package_snapshot", rpm=[item]).failed()

    assert "Unsupported parameters" in run.message
    assert "rpm.polcy" in run.message
    assert rig.ark.snapshots(rig.prefix) == []


def test_names_with_special_characters_are_synced_and_mirrored(rig: Rig) -> None:
    items = [
        {
            **rig.rpm(number),
            "name": f"{rig.prefix} {name}",
            "distribution_name": f"{rig.prefix} {name} ",
        }
        for number, name in SPECIAL_NAMES.items()
    ]
    stamps = rig.snapshot(*items)
    wanted = {"rpm_package_repos": items, "package_versions": stamps}

    playbooks = ("package_sync", "package_mirror", "package_promote")
    for playbook in playbooks[1:]:
        rig.run(playbook, **wanted).succeeded()

    assert [rig.run(playbook, **wanted).succeeded().changed for playbook in playbooks] == [0, 0, 0]
    for item in items:
        stamp = stamps[item["short_name"]]
        (found,) = rig.client.list("distributions/", base_path=f"{item['base_path']}{stamp}")
        assert found["name"] == f"{item['distribution_name']}{stamp}"
        repodata = rig.servers.client.content(found["base_path"], "repodata/repomd.xml")
        assert rig.servers.client.get(repodata)[0] == 200


def test_a_sync_with_a_missing_guard_writes_nothing(rig: Rig) -> None:
    items = [rig.rpm(1)]

    run = rig.run(
        "package_sync", rpm_package_repos=items, package_guard_development=f"{rig.prefix}-guard"
    ).failed()

    guard = f"there is no content guard '{rig.prefix}-guard', or user 'admin' may not see it: "
    assert run.message.startswith(f"{guard}create it first, or ask an administrator")
    assert rig.ark.list("repositories/", name__startswith=rig.prefix) == []


def test_a_guard_with_a_missing_group_fails_until_the_group_exists(rig: Rig) -> None:
    role = {"role": "core.rbaccontentguard_downloader", "groups": [f"{rig.prefix}-group"]}
    guards = [{"name": f"{rig.prefix}-guard", "roles": [role]}]

    run = rig.run("access_control", access_control_guards=guards).failed()

    error = f"there is no group {rig.prefix}-group: create it first"
    assert run.message == f"1 of 4 failed: {rig.prefix}-guard: {error}"
    assert rig.ark.list("contentguards/", name__startswith=rig.prefix) == []
    groups = [{"name": f"{rig.prefix}-group"}]
    rig.run(
        "access_control", access_control_guards=guards, access_control_groups=groups
    ).succeeded()


def test_a_promotion_with_a_missing_snapshot_writes_nothing(rig: Rig) -> None:
    good, bad = rig.rpm(1), rig.rpm(2)
    stamps = rig.snapshot(good)
    pins = {**stamps, bad["short_name"]: "20200101T000000"}

    run = rig.run("package_promote", rpm_package_repos=[good, bad], package_versions=pins).failed()

    snapshot = f"{bad['distribution_name']}20200101T000000"
    assert (
        f"nothing was promoted: snapshot '{snapshot}' of {bad['short_name']} does not exist"
        in run.message
    )
    assert [found["content_guard"] for found in rig.ark.snapshots(rig.prefix)] == [None]


def test_a_missing_snapshot_does_not_affect_other_mirrors(rig: Rig) -> None:
    good, bad = rig.rpm(1), rig.rpm(2)
    stamps = rig.snapshot(good, bad)
    wanted = {"rpm_package_repos": [good, bad]}
    wrong = {**stamps, bad["short_name"]: "20200101T000000"}

    run = rig.run("package_mirror", package_versions=wrong, **wanted).failed()

    assert list(run.errors) == [bad["name"]]
    error = run.errors[bad["name"]]
    assert "404" in error
    assert f"the source has no {bad['distribution_name']}20200101T000000, or user" in error
    assert len(rig.client.snapshots(rig.prefix)) == 1
    rig.run("package_mirror", package_versions=stamps, **wanted).succeeded()
    assert len(rig.client.snapshots(rig.prefix)) == 2


def test_a_malformed_pinned_item_stops_a_promotion_but_not_other_mirrors(rig: Rig) -> None:
    good, wrong = rig.rpm(1), rig.rpm(2)
    stamps = rig.snapshot(good, wrong)
    wrong["policy"] = "nightly"
    wanted = {"rpm_package_repos": [good, wrong], "package_versions": stamps}
    # A deprecated item is ignored if the active list has the same name.
    wanted["deprecated_rpm_package_repos"] = [{**good, "policy": "nightly"}]
    error = f"{wrong['name']}: policy must be one of"

    mirrored = rig.run("package_mirror", **wanted).failed()
    promoted = rig.run("package_promote", **wanted).failed()

    assert list(mirrored.errors) == [wrong["name"]]
    assert mirrored.message.startswith("1 of 2 failed: ")
    assert len(rig.client.snapshots(rig.prefix)) == 1
    assert "nothing was promoted: " in promoted.message
    assert f"'{wrong['short_name']}' is pinned, but {error}" in promoted.message
    assert [found["content_guard"] for found in rig.ark.snapshots(rig.prefix)] == [None, None]
    selected = {**wanted, "package_filter": good["short_name"]}
    assert rig.run("package_mirror", **selected).succeeded().changed == 0
    assert rig.run("package_promote", **selected).succeeded().changed == 1


def test_an_existing_repository_with_other_settings_is_adopted(rig: Rig) -> None:
    item = rig.rpm(1)
    elsewhere = {"url": f"{rig.upstream.url}/many/0002/", "policy": "on_demand"}
    mine = {"description": "kept by hand", "pulp_labels": {"owner": "somebody"}}
    rig.ark.post("repositories/rpm/rpm/", name=item["name"], **mine)
    rig.ark.post("remotes/rpm/rpm/", name=f"{item['name']}-remote", **elsewhere)

    rig.snapshot(item)

    repository = rig.ark.find("repositories/rpm/rpm/", item["name"])
    remote = rig.ark.find("remotes/rpm/rpm/", f"{item['name']}-remote")
    assert {key: repository[key] for key in mine} == mine
    assert (remote["url"], remote["policy"]) == (item["url"], "immediate")
    assert len(rig.ark.snapshots(rig.prefix)) == 1


def test_a_name_of_another_repository_type_fails_alone(rig: Rig) -> None:
    good, taken = rig.rpm(1), rig.rpm(2)
    rig.ark.post("repositories/file/file/", name=taken["name"])

    run = rig.run("package_sync", rpm_package_repos=[good, taken]).failed()

    assert list(run.errors) == [taken["name"]]
    assert "the name is taken by a repository of another kind" in run.errors[taken["name"]]
    rig.ark.delete(rig.ark.find("repositories/file/file/", taken["name"])["pulp_href"])
    rig.snapshot(good, taken)
