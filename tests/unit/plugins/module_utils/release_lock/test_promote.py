# SPDX-License-Identifier: Apache-2.0
"""A release is promoted as a whole: preflight, order, results and a second run."""

from __future__ import annotations

import pytest

from plugins.module_utils.lock.evidence import Evidence, record_in_file
from plugins.module_utils.pulp.errors import InvalidItem, PulpError
from tests.unit.fake_pulp.content import set_tags
from tests.unit.plugins.module_utils.release_lock.ark import STAMP, TAG, Ark, digest


@pytest.fixture
def path(tmp_path):
    return tmp_path / "first.yml"


def test_everything_that_a_lock_names_is_promoted_and_the_lock_is_published(path):
    ark = Ark()
    lock = ark.write_lock(path)
    path.with_name("first.yml.asc").write_bytes(b"signature")
    results, more = ark.promote(path)
    assert set(ark.state["guards"].values()) == {"release"}
    assert ark.state["tags"] == {
        f"stackhpc/{name}": {TAG: digest(name)} for name in ("nova-api", "nova-compute")
    }
    assert set(ark.published) == {"first.yml", "first.yml.asc"}
    assert all(one.changed for one in results)
    assert [one.name for one in results] == [
        *("a", "b", "overcloud"),
        *(f"{name}:{TAG}" for name in ("nova-api", "nova-compute")),
        "releases",
    ]
    assert more["lines"][0] == f"a  {STAMP}  development -> release"
    assert more["lines"][3] == f"nova-api  {TAG}  no tag -> {digest('nova-api')[:19]}"
    assert more["answer"].startswith(f"release {lock['name']} is promoted: 2 package repositories")
    assert not ark.has_journal
    private = ark.pulp.store.within("distributions/container/")
    assert [one["private"] for one in private] == [True, True]


def test_a_second_run_changes_nothing(path):
    ark = Ark()
    ark.write_lock(path)
    ark.promote(path)
    before, count = ark.state, len(ark.pulp.writes)
    results, more = ark.promote(path)
    assert not any(one.changed for one in results)
    assert more["lines"] == [more["answer"]]
    assert "is promoted already" in more["answer"]
    assert ark.state == before
    writes = ark.pulp.writes[count:]
    assert {one.path.split("/")[0] for one in writes} == {"contentguards"}
    assert len(writes) == 2  # the lock of the server


def test_check_mode_reports_the_changes_and_makes_none(path):
    ark = Ark()
    ark.write_lock(path)
    results, more = ark.promote(path, check_mode=True)
    assert all(one.changed for one in results)
    assert results[-1].after["files"] == ["first.yml"]
    assert "would be promoted" in more["answer"]
    assert ark.pulp.writes == []


def test_all_problems_are_reported_together_and_nothing_is_written(path):
    ark = Ark(packages="b")
    ark.write_lock(path, images={"nova-api": {"other": digest("x")}, "nova-compute": {}})
    ark.wrong["b"] = "its packages differ from the lock"
    ark.pulp.store.remove(ark.guards["release"])
    repository = ark.pulp.find("repositories/", name="stackhpc-dev/nova-compute")
    set_tags(ark.pulp, repository["name"], {TAG: digest("moved")})
    with pytest.raises(InvalidItem) as raised:
        ark.promote(path, required_evidence=["smoke"])
    for part in (
        'evidence "smoke" is missing',
        f"b {STAMP}: its packages differ from the lock",
        f"a: the snapshot at a/{STAMP} does not exist",
        "there is no content guard 'release'",
        "stackhpc-dev/nova-api:other is missing instead of",
        f"stackhpc-dev/nova-compute:{TAG} is {digest('moved')} instead of",
    ):
        assert part in str(raised.value)
    assert {one.path.split("/")[0] for one in ark.pulp.writes} == {"contentguards"}


def test_a_disk_image_with_another_file_is_refused(path):
    ark = Ark()
    ark.write_lock(path)
    ark.wrong["overcloud"] = "overcloud.qcow2 differs from the lock"
    with pytest.raises(InvalidItem, match=rf"overcloud {STAMP}: overcloud\.qcow2 differs"):
        ark.promote(path)


def test_a_snapshot_that_was_deleted_is_one_problem(path):
    ark = Ark(packages="b", disk_images=())
    ark.write_lock(path)
    ark.wrong.update(a="not served: HTTP 404", overcloud="not served: HTTP 404")
    with pytest.raises(InvalidItem) as raised:
        ark.promote(path)
    assert str(raised.value) == (
        f"nothing was promoted: a: the snapshot at a/{STAMP} does not exist; "
        f"overcloud: the snapshot at overcloud/{STAMP} does not exist"
    )


def test_evidence_that_passed_is_accepted(path):
    ark = Ark()
    ark.write_lock(path)
    record_in_file(str(path), Evidence("smoke", "passed"), True)
    ark.promote(path, required_evidence=["smoke"])
    assert "first.yml" in ark.published


def test_evidence_that_is_added_later_replaces_the_published_lock(path):
    ark = Ark()
    ark.write_lock(path)
    ark.promote(path)
    record_in_file(str(path), Evidence("smoke", "passed"), True)
    ark.register(path)
    results, _more = ark.promote(path)
    assert [one.name for one in results if one.changed] == ["releases"]
    assert ark.contents[ark.published["first.yml"]] == path.read_bytes()


def test_another_release_with_the_same_name_is_refused(path):
    ark = Ark()
    ark.write_lock(path)
    ark.promote(path)
    ark.write_lock(path, packages="a")
    with pytest.raises(InvalidItem, match="another release is promoted with the name first"):
        ark.promote(path)
    ark.promote(path, force=True)
    assert ark.contents[ark.published["first.yml"]] == path.read_bytes()


def test_a_released_tag_moves_only_with_force(path):
    ark = Ark()
    ark.write_lock(path)
    set_tags(ark.pulp, "stackhpc/nova-api", {TAG: digest("old")})
    with pytest.raises(InvalidItem, match=f"stackhpc/nova-api:{TAG} would move"):
        ark.promote(path)
    ark.promote(path, force=True)
    assert ark.state["tags"]["stackhpc/nova-api"] == {TAG: digest("nova-api")}


def test_a_tag_that_is_released_is_not_needed_in_development(path):
    ark = Ark()
    ark.write_lock(path)
    ark.promote(path)
    set_tags(ark.pulp, "stackhpc-dev/nova-api", {})
    assert ark.error_of(path) == ""


def test_the_lock_of_a_release_that_failed_is_not_served_later(path):
    ark = Ark()
    ark.write_lock(path)
    ark.pulp.on("PATCH", "distributions/", fails="out of order")
    with pytest.raises(PulpError, match=r"^nothing was changed: .*out of order"):
        ark.promote(path)
    second = path.with_name("second.yml")
    ark.write_lock(second, name="second", packages="a")
    ark.promote(second)
    assert set(ark.published) == {"second.yml"}


def test_a_moved_tag_is_restored_if_a_later_change_fails(path):
    ark = Ark()
    ark.write_lock(path)
    set_tags(ark.pulp, "stackhpc/nova-api", {TAG: digest("old"), "kept": digest("kept")})
    before = ark.state
    ark.pulp.on("PATCH", "distributions/", fails="out of order")
    with pytest.raises(PulpError, match="^nothing was changed"):
        ark.promote(path, force=True)
    assert ark.state == before
    assert not ark.has_journal
