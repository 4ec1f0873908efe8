# SPDX-License-Identifier: Apache-2.0
"""Publications of repository versions are created once, in their mode, and deleted when unused."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.objects.publication import manage_publications
from plugins.module_utils.pulp.errors import LostResponse
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.interruptions import INTERRUPTIONS, interrupted
from tests.unit.fake_pulp.pulp import FakePulp


def prepared() -> FakePulp:
    """Return a Pulp with RPM repositories, `a` with two versions, and the Deb repository `d`."""
    pulp = FakePulp()
    repository = pulp.add_repository("rpm", "a", "kernel 1-1")
    pulp.add_version(repository, "kernel 2-1")
    pulp.add_repository("rpm", "b", "kernel 1-1")
    pulp.add_repository("rpm", "empty")
    pulp.add_repository("deb", "d", "bash 1")
    return pulp


@pytest.fixture
def pulp():
    return prepared()


def item(repository: str = "a", **options: Any) -> dict[str, Any]:
    return {"repository": repository, "version": None, "state": "present", **options}


def publish(
    pulp: FakePulp, *items: dict[str, Any], check_mode: bool = False, **params: Any
) -> list[Result]:
    lists = {} if "deb" in params else {"rpm": list(items or [item()])}
    given = {"cleanup_duplicates": False, **lists, **params}
    return manage_publications(pulp.server(check_mode), given)[0]


def one(pulp: FakePulp, **options: Any) -> Result:
    """Publish a version of the repository `a`, and return the result."""
    (result,) = publish(pulp, item(**options))
    return result


def published(pulp: FakePulp) -> list[tuple[str, int]]:
    """Return repository and version of each publication."""
    names = {one["pulp_href"]: name for name, one in pulp.by_name("repositories/").items()}
    versions = [one["repository_version"] for one in pulp.store.within("publications/")]
    parts = [version.partition("versions/") for version in versions]
    return [(names[href], int(number.strip("/"))) for href, _word, number in parts]


def version(pulp: FakePulp, name: str = "a") -> str:
    return str(pulp.find("repositories/", name=name)["latest_version_href"])


# Creating


def test_the_latest_version_is_published(pulp):
    result = one(pulp)
    assert (result.error, result.action, result.after) == ("", "created", {"version": 2})
    (publication,) = pulp.store.within("publications/")
    assert result.more["publication"] == publication["pulp_href"]
    assert published(pulp) == [("a", 2)]


def test_a_numbered_version_is_published(pulp):
    assert one(pulp, version=1).more["version"] == 1
    assert published(pulp) == [("a", 1)]


def test_a_second_run_creates_nothing_and_finds_the_publication(pulp):
    first = one(pulp)
    pulp.requests.clear()
    again = one(pulp)
    assert (again.changed, again.more) == (False, first.more)
    assert pulp.writes == []


def test_repositories_are_read_in_one_request_and_publications_one_by_one(pulp):
    publish(pulp, item("a"), item("b"))
    pulp.requests.clear()
    publish(pulp, item("a"), item("b"))
    assert len(pulp.sent("GET", "^/pulp/api/v3/repositories/")) == 1
    assert len(pulp.sent("GET", "^/pulp/api/v3/publications/")) == 2


@pytest.mark.parametrize(
    ("mode", "path", "settings"),
    [
        (None, "deb/apt", (True, False)),
        ("simple", "deb/apt", (True, False)),
        ("structured", "deb/apt", (False, True)),
        ("simple_and_structured", "deb/apt", (True, True)),
        ("verbatim", "deb/verbatim", (None, None)),
    ],
)
def test_a_deb_repository_is_published_in_its_mode(pulp, mode, path, settings):
    (result,) = publish(pulp, deb=[item("d", mode=mode)])
    assert (result.error, result.after["mode"]) == ("", mode or "simple")
    (publication,) = pulp.store.within("publications/")
    assert f"/{path}/" in publication["pulp_href"]
    assert (publication.get("simple"), publication.get("structured")) == settings


def test_one_version_may_be_published_in_several_modes(pulp):
    modes = [item("d", mode=mode) for mode in ("simple", "verbatim", "structured")]
    assert [result.error for result in publish(pulp, deb=modes)] == ["", "", ""]
    assert len(published(pulp)) == 3
    assert not any(result.changed for result in publish(pulp, deb=modes))


def test_a_publication_that_mirrors_upstream_is_found_and_never_created(pulp):
    result = one(pulp, sync_policy="mirror_complete")
    assert "version 2 has no publication that mirrors upstream" in result.error
    assert "optimize: false" in result.error
    pulp.add_publication(version(pulp))
    mirroring = pulp.add_publication(version(pulp), checksum_type="unknown")
    pulp.add_publication(version(pulp))
    found = one(pulp, sync_policy="mirror_complete")
    assert (found.error, found.more["publication"]) == ("", mirroring["pulp_href"])
    assert pulp.writes == []


def test_a_lost_response_is_an_error_and_the_next_run_finds_the_publication(pulp):
    pulp.on("POST", "publications/", raises=LostResponse("broke"), carried_out=True)
    assert "broke" in one(pulp).error
    assert not one(pulp).changed
    assert published(pulp) == [("a", 2)]


def test_a_task_without_a_publication_is_an_error(pulp):
    pulp.on("POST", "publications/", ignored=True)
    assert "returned no publication" in one(pulp).error


def test_a_version_that_another_run_publishes_meanwhile_has_one_publication(pulp):
    others = []
    pulp.on("POST", "publications/", first=lambda: others.append(one(pulp)))
    result = one(pulp)
    assert (result.error, published(pulp)) == ("", [("a", 2)])
    assert result.more["publication"] == others[0].more["publication"]
    assert one(pulp).more["duplicates"] == []


# Errors


def test_a_failed_item_does_not_prevent_other_publications(pulp):
    pulp.on("POST", "publications/", fails="out of order")
    results = publish(
        pulp,
        item("nowhere"),
        item("b"),
        item("empty"),
        item("a", version=9),
        item("a"),
        item("a"),
    )
    errors = [result.error for result in results]
    assert "no such repository" in errors[0]
    assert "no content yet: sync it first" in errors[2]
    assert errors[3] == "there is no version 9, the latest is 2"
    assert "given twice" in errors[5]
    # The failed task was that of one of the two valid items.
    assert sorted(bool(errors[place]) for place in (1, 4)) == [False, True]
    assert len(published(pulp)) == 1


# Check mode


def test_check_mode_creates_nothing_and_reports_the_same(pulp):
    (planned,) = publish(pulp, check_mode=True)
    assert pulp.writes == []
    done = one(pulp)
    assert (planned.action, planned.after) == (done.action, done.after)
    assert planned.more["publication"] is None


def test_check_mode_of_a_repository_that_an_earlier_task_would_create_is_a_warning(pulp):
    server = pulp.server(check_mode=True)
    params = {"rpm": [item("nowhere")], "cleanup_duplicates": False}
    ((result,), _more) = manage_publications(server, params)
    assert (result.error, result.action, result.after) == ("", "created", {"version": "latest"})
    assert "no such repository" in server.report.warnings[0]


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_check_mode_does_not_warn_about_what_the_same_run_creates(pulp, name):
    pulp.add_repository("rpm", "empty")
    server = pulp.server(check_mode=True)
    params = {"rpm": [item(name), item("gone")], "planned": [name], "cleanup_duplicates": False}
    results, _more = manage_publications(server, params)
    assert [result.error for result in results] == ["", ""]
    [warning] = server.report.warnings
    assert "'gone'" in warning


# Duplicates


def test_duplicates_are_deleted_when_requested_and_the_served_one_is_kept(pulp):
    served = pulp.add_publication(version(pulp))["pulp_href"]
    others = [pulp.add_publication(version(pulp))["pulp_href"] for _number in range(2)]
    pulp.add_distribution("rpm", "served", publication=served)
    before = one(pulp)
    assert (before.changed, len(before.more["duplicates"])) == (False, 2)
    (planned,) = publish(pulp, check_mode=True, cleanup_duplicates=True)
    assert pulp.writes == []
    (result,) = publish(pulp, cleanup_duplicates=True)
    assert result.before == planned.before
    assert (result.action, result.more["publication"]) == ("deleted", served)
    assert sorted(result.before["duplicates"]) == sorted(others)
    assert published(pulp) == [("a", 2)]
    assert pulp.by_name("distributions/")["served"]["publication"] == served


# Deleting


def test_an_unused_publication_is_deleted(pulp):
    one(pulp)
    one(pulp, version=1)
    (result,) = publish(pulp, item(state="absent"))
    assert (result.error, result.action) == ("", "deleted")
    assert published(pulp) == [("a", 1)]
    assert not one(pulp, state="absent").changed


def test_only_the_publication_in_the_mode_of_the_item_is_deleted(pulp):
    publish(pulp, deb=[item("d", mode=mode) for mode in ("simple", "verbatim", "structured")])
    (result,) = publish(pulp, deb=[item("d", mode="simple", state="absent")])
    assert (result.error, len(published(pulp))) == ("", 2)
    assert not any(entry.get("simple") for entry in pulp.store.within("publications/"))


@pytest.mark.parametrize("field", ["publication", "repository", "repository_version"])
def test_a_publication_in_use_is_kept_and_its_distributions_are_reported(pulp, field):
    one(pulp)
    (publication,) = pulp.store.within("publications/")
    repository = pulp.find("repositories/", name="a")
    hrefs = {
        "publication": publication["pulp_href"],
        "repository": repository["pulp_href"],
        "repository_version": version(pulp),
    }
    pulp.add_distribution("rpm", "served", **{field: hrefs[field]})
    error = one(pulp, state="absent").error
    assert "version 2 is in use by the distributions served" in error
    assert published(pulp) == [("a", 2)]


@pytest.mark.parametrize("options", [{"repository": "nowhere"}, {"version": 9}])
def test_deleting_a_missing_publication_changes_nothing(pulp, options):
    (result,) = publish(pulp, item(state="absent", **options))
    assert (result.error, result.changed, pulp.writes) == ("", False, [])


# Interruptions


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_an_interrupted_run_is_completed_by_the_next_one(interruption):
    def run(pulp: FakePulp) -> str:
        try:
            results = publish(pulp, item("a"), item("b"))
            return "; ".join(result.error for result in results if result.error)
        except OperatorError as error:
            return str(error) or "failed"

    for pulp, error in interrupted(prepared, run, interruption):
        if not error:
            assert sorted(published(pulp)) == [("a", 2), ("b", 1)]
        assert run(pulp) == ""
        assert sorted(published(pulp)) == [("a", 2), ("b", 1)]


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_an_interrupted_deletion_is_completed_by_the_next_run(interruption):
    def prepare() -> FakePulp:
        pulp = prepared()
        for _number in range(3):
            pulp.add_publication(version(pulp))
        return pulp

    def run(pulp: FakePulp) -> str:
        try:
            return one(pulp, state="absent").error
        except OperatorError as error:
            return str(error) or "failed"

    for pulp, error in interrupted(prepare, run, interruption):
        assert error or published(pulp) == []
        assert run(pulp) == ""
        assert published(pulp) == []
