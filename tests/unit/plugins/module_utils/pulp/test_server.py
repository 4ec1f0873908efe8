# SPDX-License-Identifier: Apache-2.0
"""Objects are reconciled despite lost responses and concurrent runs, and reported once."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.errors import (
    Conflict,
    InvalidItem,
    LostResponse,
    PulpError,
    ResponseError,
    TaskFailed,
)
from plugins.module_utils.pulp.planner import HIDDEN
from plugins.module_utils.pulp.server import ReconcileOptions, Server, version_tuple
from plugins.module_utils.pulp.types import Field, Kind
from plugins.module_utils.report.report import Report
from tests.unit.fake_pulp.pulp import FakePulp

THINGS = "remotes/file/file/"
KIND = Kind("thing", THINGS, (Field("url"), Field("password", secret=True)))
UNIQUE = ResponseError(400, "name: This field must be unique.")


def pulp_with(*things: dict[str, str], version: str = "3.123.1", tasks: bool = False) -> FakePulp:
    """Return a Pulp with these things; with `tasks` all writes to them are tasks."""
    pulp = FakePulp(version)
    for paths in pulp.in_tasks.values():
        paths[:] = [THINGS] if tasks else []
    for thing in things:
        pulp.add(THINGS, **thing)
    return pulp


def reconcile(pulp, name="a", check_mode=False, send_secrets=True, **wanted):
    current = pulp.by_name(THINGS).get(name)
    options = ReconcileOptions(send_secrets)
    return pulp.server(check_mode).reconcile(KIND, name, wanted, current, options)


def writes(pulp: FakePulp) -> list[tuple[str, dict[str, str]]]:
    """Return method and body of each write."""
    return [(one.method, one.content) for one in pulp.writes]


# Creating


@pytest.mark.parametrize("tasks", [False, True])
def test_a_missing_object_is_created_and_its_secrets_are_not_shown(tasks):
    pulp = pulp_with(tasks=tasks)
    outcome = reconcile(pulp, url="u", password="p")
    assert (outcome.change.action, outcome.changed) == ("create", True)
    assert outcome.current["url"] == "u"
    assert outcome.current["pulp_href"] == pulp.find(THINGS, name="a")["pulp_href"]
    assert "password" not in outcome.current
    assert writes(pulp) == [("POST", {"name": "a", "url": "u", "password": "p"})]


def test_a_creation_with_a_lost_response_is_found_and_reported():
    pulp = pulp_with()
    pulp.on("POST", THINGS, raises=LostResponse("broke"), carried_out=True)
    outcome = reconcile(pulp, url="u")
    assert (outcome.current["url"], outcome.changed) == ("u", True)
    assert [method for method, _body in writes(pulp)] == ["POST"]


def test_a_creation_that_never_arrived_is_retried():
    pulp = pulp_with()
    pulp.on("POST", THINGS, raises=LostResponse("broke"))
    assert reconcile(pulp, url="u").changed
    assert [method for method, _body in writes(pulp)] == ["POST", "POST"]


def test_a_lost_creation_that_is_still_in_progress_is_found_later():
    pulp = pulp_with(tasks=True)
    pulp.on("POST", THINGS, raises=LostResponse("broke"))
    pulp.on("POST", THINGS, skip=1, first=lambda: pulp.add(THINGS, name="a", url="u"))
    outcome = reconcile(pulp, url="u")
    assert (outcome.current["url"], outcome.changed) == ("u", True)


def test_responses_that_are_always_lost_are_an_error():
    pulp = pulp_with()
    pulp.on("POST", THINGS, raises=LostResponse("broke"), times=9)
    with pytest.raises(LostResponse, match="broke"):
        reconcile(pulp, url="u")
    assert len(pulp.writes) == 3


def create_first(pulp: FakePulp, url: str, tasks: bool) -> None:
    """Let another run create the thing `a` just before this one."""
    when = "meanwhile" if tasks else "first"
    pulp.on("POST", THINGS, **{when: lambda: pulp.add(THINGS, name="a", url=url)})


@pytest.mark.parametrize("tasks", [False, True])
def test_an_equal_object_of_another_run_is_unchanged(tasks):
    pulp = pulp_with(tasks=tasks)
    create_first(pulp, "u", tasks)
    outcome = reconcile(pulp, url="u")
    assert (outcome.current["url"], outcome.changed) == ("u", False)


def test_a_different_object_of_another_run_is_updated():
    pulp = pulp_with()
    create_first(pulp, "other", tasks=False)
    assert reconcile(pulp, url="u").changed
    assert pulp.find(THINGS, name="a")["url"] == "u"


@pytest.mark.parametrize("tasks", [False, True])
def test_a_different_object_of_another_run_is_kept_if_updates_are_off(tasks):
    pulp = pulp_with(tasks=tasks)
    create_first(pulp, "other", tasks)
    options = ReconcileOptions(may_change=False)
    with pytest.raises(Conflict, match="another run created 'a' meanwhile"):
        pulp.server().reconcile(KIND, "a", {"url": "u"}, None, options)
    assert pulp.find(THINGS, name="a")["url"] == "other"


def test_a_server_error_for_a_name_that_another_run_created_is_no_failure():
    pulp = pulp_with()
    pulp.on("POST", THINGS, raises=ResponseError(500, "Server Error"), carried_out=True)
    outcome = pulp.server().reconcile(KIND, "a", {"url": "u"}, None)
    assert (outcome.current["url"], outcome.changed) == ("u", False)


def test_a_name_of_an_invisible_object_is_an_error_of_pulp():
    pulp = pulp_with()
    pulp.on("POST", THINGS, raises=UNIQUE)
    with pytest.raises(ResponseError, match="must be unique"):
        reconcile(pulp, url="u")
    assert len(pulp.writes) == 1


def test_a_rejected_creation_is_an_error_of_pulp_although_the_name_exists():
    pulp = pulp_with()
    pulp.on("POST", THINGS, raises=ResponseError(400, "url: Enter a valid URL."), carried_out=True)
    with pytest.raises(ResponseError, match="Enter a valid URL"):
        reconcile(pulp, url="u")


def test_a_task_without_a_created_object_is_an_error():
    pulp = pulp_with(tasks=True)
    pulp.on("POST", THINGS, ignored=True)
    with pytest.raises(PulpError, match="did not report a thing"):
        reconcile(pulp, url="u")


@pytest.mark.parametrize("name", [" a", "a ", "a\n"])
def test_a_name_that_pulp_would_trim_is_rejected(name):
    pulp = pulp_with()
    with pytest.raises(InvalidItem, match="leading or trailing spaces"):
        reconcile(pulp, name, url="u")
    assert pulp.writes == []


# Changing


@pytest.mark.parametrize("tasks", [False, True])
def test_differences_are_updated(tasks):
    pulp = pulp_with({"name": "a", "url": "old"}, tasks=tasks)
    outcome = reconcile(pulp, url="new")
    assert (outcome.change.before, outcome.change.after) == ({"url": "old"}, {"url": "new"})
    assert (outcome.changed, outcome.current["url"]) == (True, "new")


def test_an_equal_object_is_not_written():
    pulp = pulp_with({"name": "a", "url": "u"})
    assert not reconcile(pulp, url="u").changed
    assert pulp.writes == []


@pytest.mark.parametrize(
    ("version", "before", "changed"),
    [("3.123.1", "old", True), ("3.123.1", "p", False), ("3.43.1", "old", False)],
)
def test_a_new_secret_is_a_change_if_the_server_reports_it(version, before, changed):
    pulp = pulp_with({"name": "a", "password": before}, version=version, tasks=True)
    outcome = reconcile(pulp, password="p")
    assert writes(pulp) == [("PATCH", {"password": "p"})]
    assert outcome.changed is changed
    assert "password" not in outcome.current
    after = {"secrets": f"{HIDDEN} (new)"} if changed else {}
    assert outcome.change.after == after


def test_secrets_are_not_sent_if_send_secrets_is_off():
    pulp = pulp_with({"name": "a", "password": "old"})
    assert not reconcile(pulp, send_secrets=False, password="p").changed
    assert pulp.writes == []


@pytest.mark.parametrize(("things", "action"), [([], "create"), ([{"name": "a"}], "update")])
def test_check_mode_reports_and_does_not_write(things, action):
    pulp = pulp_with(*things)
    outcome = reconcile(pulp, check_mode=True, url="u")
    assert (outcome.change.action, outcome.changed) == (action, True)
    assert (outcome.current or {}).get("url") == ("u" if things else None)
    assert pulp.writes == []


# Deleting, and the status of the server


def test_an_object_that_another_run_deleted_is_deleted():
    pulp = pulp_with({"name": "a"}, tasks=True)
    href = pulp.find(THINGS, name="a")["pulp_href"]
    pulp.on("DELETE", href, fails="Thing matching query does not exist.")
    pulp.server().delete(href, "a")
    assert writes(pulp) == [("DELETE", {})]


def test_a_missing_object_is_deleted_already():
    pulp = pulp_with()
    pulp.server().delete("/pulp/api/v3/remotes/file/file/9/", "a")
    assert writes(pulp) == [("DELETE", {})]


def test_a_failed_deletion_is_an_error_of_pulp():
    pulp = pulp_with({"name": "a"}, tasks=True)
    pulp.on("DELETE", THINGS, fails="protected")
    with pytest.raises(TaskFailed, match="protected"):
        pulp.server().delete(pulp.find(THINGS, name="a")["pulp_href"], "a")


def test_the_status_is_read_once():
    pulp = FakePulp()
    server = pulp.server()
    assert server.has_version("core", "3.90")
    assert not server.has_version("ostree", "2.0")
    assert len(pulp.sent("GET", "status/")) == 1


def test_a_server_that_is_too_old_is_an_error_with_the_required_version():
    with pytest.raises(InvalidItem, match="^labels requires core 3.200 or later"):
        FakePulp().server().require_version("core", "3.200", "labels")


@pytest.mark.parametrize(
    ("configured", "least", "most", "writes"), [(None, 4, 16, 4), (1, 1, 1, 1), (9, 9, 9, 9)]
)
def test_the_concurrency_is_configured_or_derived_from_the_workers(configured, least, most, writes):
    server = FakePulp(concurrency=configured).server()
    limit = server.task_concurrency()
    assert (limit.minimum, limit.maximum, server.write_concurrency()) == (least, most, writes)


def test_all_threads_share_one_watcher_with_its_own_count_of_polls():
    server = Server(pulp_with(tasks=True), Report())
    assert server.statistics == {"requests": 0, "polls": 0, "tasks": 0}
    assert server.watcher is server.watcher
    server.reconcile(KIND, "a", {"url": "u"}, None)
    assert server.statistics["tasks"] == 1


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3.123.1", (3, 123, 1)),
        ("3.44.0.dev1", (3, 44, 0)),
        ("3.44.0rc1", (3, 44, 0)),
        ("3", (3,)),
        ("", ()),
    ],
)
def test_versions_are_compared_as_numbers(text, numbers):
    assert version_tuple(text) == numbers


def test_an_activity_without_a_task_is_in_progress_while_it_lasts():
    server = FakePulp().server()
    with server.activity("a push"):
        assert server.in_progress() == [("a push", {})]
    assert server.in_progress() == []
