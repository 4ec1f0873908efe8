# SPDX-License-Identifier: Apache-2.0
"""What users write wrong, or write in their own language."""

from __future__ import annotations

import pytest

from tests.e2e.rig import Rig

pytestmark = pytest.mark.slow

STRANGE_NAMES = {
    1: "Zürich, Größe & Co. (x86_64)",
    2: "日本語 リポジトリ",
    3: """it's "quoted", 100 % <b>bold</b>""",
}


def test_malformed_items_fail_by_name_and_leave_the_others_alone(rig: Rig) -> None:
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
    for number, (_change, words) in wrong.items():
        assert run.errors[rig.rpm(number)["name"]].startswith(words)
    assert f"rpm_package_repos[5] repeats the name '{good['name']}'" in run.errors[good["name"]]
    assert "rpm_package_repos[6], which is not a mapping" in run.message
    assert (
        f"{misspelt['name']}: unknown key 'polcy', ignored (did you mean 'policy'?)" in run.output
    )
    there = rig.ark.list("repositories/", name__startswith=rig.prefix)
    assert {found["name"] for found in there} == {good["name"], misspelt["name"]}
    assert len(rig.ark.snapshots(rig.prefix)) == 2


def test_a_newest_snapshot_that_cannot_be_looked_for_fails_its_item_alone(rig: Rig) -> None:
    good, bad = rig.rpm(1), rig.rpm(2)
    rig.snapshot(good, bad)
    # Longer than any request may be.
    bad["distribution_name"] *= 300
    good["url"] = f"{rig.upstream.url}/many/0003/"

    run = rig.run("package_sync", rpm_package_repos=[good, bad]).failed()

    assert list(run.errors) == [bad["name"]]
    assert "its newest snapshot cannot be read" in run.errors[bad["name"]]
    assert run.of(good["name"])["changed"]


def test_a_misspelt_key_of_a_module_is_refused_by_name(rig: Rig) -> None:
    item = {**rig.rpm(1), "polcy": "on_demand"}

    run = rig.run_module("package_snapshot", rpm=[item]).failed()

    assert "Unsupported parameters" in run.message
    assert "rpm.polcy" in run.message
    assert rig.ark.snapshots(rig.prefix) == []


def test_names_of_any_language_go_all_the_way(rig: Rig) -> None:
    items = [
        {
            **rig.rpm(number),
            "name": f"{rig.prefix} {name}",
            "distribution_name": f"{rig.prefix} {name} ",
        }
        for number, name in STRANGE_NAMES.items()
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


def test_a_guard_that_does_not_exist_stops_a_sync_before_anything_is_written(rig: Rig) -> None:
    items = [rig.rpm(1)]

    run = rig.run(
        "package_sync", rpm_package_repos=items, package_guard_development=f"{rig.prefix}-guard"
    ).failed()

    assert run.message == f"there is no content guard '{rig.prefix}-guard': create it first"
    assert rig.ark.list("repositories/", name__startswith=rig.prefix) == []


def test_a_group_that_does_not_exist_fails_its_guard_and_heals_when_it_does(rig: Rig) -> None:
    role = {"role": "core.rbaccontentguard_downloader", "groups": [f"{rig.prefix}-group"]}
    guards = [{"name": f"{rig.prefix}-guard", "roles": [role]}]

    run = rig.run("access_control", access_control_guards=guards).failed()

    words = f"there is no group {rig.prefix}-group: create it first"
    assert run.message == f"1 of 4 failed: {rig.prefix}-guard: {words}"
    assert rig.ark.list("contentguards/", name__startswith=rig.prefix) == []
    groups = [{"name": f"{rig.prefix}-group"}]
    rig.run(
        "access_control", access_control_guards=guards, access_control_groups=groups
    ).succeeded()


def test_a_pin_without_a_snapshot_stops_a_promotion_before_anything_is_written(rig: Rig) -> None:
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


def test_a_pin_without_a_snapshot_fails_its_mirror_alone(rig: Rig) -> None:
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


def test_a_malformed_pinned_item_fails_its_mirror_alone_and_stops_a_promotion(rig: Rig) -> None:
    good, wrong = rig.rpm(1), rig.rpm(2)
    stamps = rig.snapshot(good, wrong)
    wrong["policy"] = "nightly"
    wanted = {"rpm_package_repos": [good, wrong], "package_versions": stamps}
    # A deprecated item is of no account where the active list has its name.
    wanted["deprecated_rpm_package_repos"] = [{**good, "policy": "nightly"}]
    words = f"{wrong['name']}: policy must be one of"

    mirrored = rig.run("package_mirror", **wanted).failed()
    promoted = rig.run("package_promote", **wanted).failed()

    assert list(mirrored.errors) == [wrong["name"]]
    assert mirrored.message.startswith("1 of 2 failed: ")
    assert len(rig.client.snapshots(rig.prefix)) == 1
    assert "nothing was promoted: " in promoted.message
    assert f"'{wrong['short_name']}' is pinned, but {words}" in promoted.message
    assert [found["content_guard"] for found in rig.ark.snapshots(rig.prefix)] == [None, None]
    chosen = {**wanted, "package_filter": good["short_name"]}
    assert rig.run("package_mirror", **chosen).succeeded().changed == 0
    assert rig.run("package_promote", **chosen).succeeded().changed == 1


def test_a_repository_that_was_there_with_other_settings_is_adopted(rig: Rig) -> None:
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


def test_a_name_that_another_kind_of_repository_has_fails_alone(rig: Rig) -> None:
    good, taken = rig.rpm(1), rig.rpm(2)
    rig.ark.post("repositories/file/file/", name=taken["name"])

    run = rig.run("package_sync", rpm_package_repos=[good, taken]).failed()

    assert list(run.errors) == [taken["name"]]
    assert "the name is taken by a repository of another kind" in run.errors[taken["name"]]
    rig.ark.delete(rig.ark.find("repositories/file/file/", taken["name"])["pulp_href"])
    rig.snapshot(good, taken)
