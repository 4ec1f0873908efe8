# SPDX-License-Identifier: Apache-2.0
"""Reconciling one object: writes that heal, and what is told of them."""

from __future__ import annotations

from types import SimpleNamespace

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
from plugins.module_utils.pulp.server import Server, version_tuple
from plugins.module_utils.pulp.types import Field, Kind
from plugins.module_utils.report.report import Report

KIND = Kind("thing", "things/", (Field("url"), Field("password", secret=True)))
UNIQUE = ResponseError(400, "name: This field must be unique.")


class Shelf:
    """A Pulp in memory that keeps things by name. `faults` come before what is asked for.

    `tasks`: writes become tasks. A fault is an error, and whether the write is done all the same.
    """

    uses_basic_auth = False
    request_count = 0

    def __init__(self, *things, version="3.123.1", tasks=False):
        self.connection = SimpleNamespace(concurrency=None, task_timeout=10)
        self.things = {
            thing["name"]: {"pulp_href": f"/{thing['name']}/", **thing} for thing in things
        }
        self.version = version
        self.tasks = tasks
        self.faults = []
        self.writes = []
        self.status_reads = 0

    def get(self, path, params=None):
        if path != "status/":
            return self.things[path.strip("/")]
        self.status_reads += 1
        versions = [{"component": "core", "version": self.version}]
        return {"versions": versions, "online_workers": [{}, {}]}

    def list(self, path, params=None):
        if path == "tasks/":
            return [self.task(name) for name in params["pulp_id__in"].split(",")]
        return [self.things[name] for name in params["name__in"].split(",") if name in self.things]

    def task(self, name):
        task = {"pulp_href": f"/tasks/{name}/", "state": "completed"}
        if name.startswith("failed:"):
            return {**task, "state": "failed", "error": {"description": name[7:]}}
        return {**task, "created_resources": [f"/pulp/api/v3/things/{name}/"]}

    def post(self, path, body):
        self.writes.append(("POST", dict(body)))
        error, done = self.faults.pop(0) if self.faults else (None, True)
        name = body["name"]
        taken = name in self.things
        if done and not taken:
            self.things[name] = {
                "pulp_href": f"/{name}/",
                **{key: value for key, value in body.items() if key != "password"},
            }
        if error:
            raise error
        if self.tasks:
            return {"task": f"/tasks/{'failed:not unique' if taken else name}/"}
        if taken:
            raise UNIQUE
        return self.things[name]

    def patch(self, href, body):
        self.writes.append(("PATCH", dict(body)))
        name = href.strip("/")
        public = {key: value for key, value in body.items() if key != "password"}
        self.things[name] = {**self.things[name], **public}
        return {"task": "/tasks/patched/"} if self.tasks else {}

    def delete(self, href):
        self.writes.append(("DELETE", href))
        return {"task": "/tasks/failed:Thing matching query does not exist./"}


def reconcile(shelf, name="a", check_mode=False, send_secrets=True, **wanted):
    server = Server(shelf, Report(), check_mode)
    return server.reconcile(KIND, name, wanted, shelf.things.get(name), send_secrets)


# Creating


@pytest.mark.parametrize("tasks", [False, True])
def test_a_thing_that_is_missing_is_created_without_telling_secrets(tasks):
    shelf = Shelf(tasks=tasks)
    outcome = reconcile(shelf, url="u", password="p")
    assert (outcome.change.action, outcome.changed) == ("create", True)
    assert outcome.current["url"] == "u"
    assert outcome.current["pulp_href"].endswith("/a/")
    assert "password" not in outcome.current
    assert shelf.writes == [("POST", {"name": "a", "url": "u", "password": "p"})]


def test_a_creation_whose_answer_was_lost_is_found_and_ours():
    shelf = Shelf()
    shelf.faults = [(LostResponse("broke"), True)]
    outcome = reconcile(shelf, url="u")
    assert (outcome.current["url"], outcome.changed) == ("u", True)
    assert [method for method, _body in shelf.writes] == ["POST"]


def test_a_creation_that_never_arrived_is_sent_again():
    shelf = Shelf()
    shelf.faults = [(LostResponse("broke"), False)]
    assert reconcile(shelf, url="u").changed
    assert [method for method, _body in shelf.writes] == ["POST", "POST"]


def test_a_lost_creation_that_was_still_under_way_is_found_in_the_end():
    shelf = Shelf(tasks=True)
    lists = iter([[], None])
    shelf.faults = [(LostResponse("broke"), True)]
    read, look = shelf.list, lambda path, params: next(lists) if path == "things/" else None
    shelf.list = lambda path, params=None: (
        read(path, params) if (found := look(path, params)) is None else found
    )
    outcome = reconcile(shelf, url="u")
    assert (outcome.current["url"], outcome.changed) == ("u", True)


def test_answers_that_are_lost_for_ever_are_an_error():
    shelf = Shelf()
    shelf.faults = [(LostResponse("broke"), False)] * 9
    with pytest.raises(LostResponse, match="broke"):
        reconcile(shelf, url="u")
    assert len(shelf.writes) == 3


@pytest.mark.parametrize("tasks", [False, True])
def test_what_another_run_created_meanwhile_is_taken_when_it_is_as_wanted(tasks):
    shelf = Shelf({"name": "a", "url": "u"}, tasks=tasks)
    server = Server(shelf, Report())
    outcome = server.reconcile(KIND, "a", {"url": "u"}, None)
    assert (outcome.current["url"], outcome.changed) == ("u", False)


def test_what_another_run_created_otherwise_is_changed():
    shelf = Shelf({"name": "a", "url": "other"})
    outcome = Server(shelf, Report()).reconcile(KIND, "a", {"url": "u"}, None)
    assert outcome.changed
    assert shelf.things["a"]["url"] == "u"


@pytest.mark.parametrize("tasks", [False, True])
def test_what_another_run_created_otherwise_stays_where_it_may_not_change(tasks):
    shelf = Shelf({"name": "a", "url": "other"}, tasks=tasks)
    with pytest.raises(Conflict, match="another run made 'a' meanwhile"):
        Server(shelf, Report()).reconcile(KIND, "a", {"url": "u"}, None, may_change=False)
    assert shelf.things["a"]["url"] == "other"


def test_a_server_that_fails_over_a_name_that_another_run_took_is_no_failure():
    shelf = Shelf()
    shelf.faults = [(ResponseError(500, "Server Error"), True)]
    outcome = Server(shelf, Report()).reconcile(KIND, "a", {"url": "u"}, None)
    assert (outcome.current["url"], outcome.changed) == ("u", False)


def test_a_name_that_something_unseen_has_is_pulps_error():
    shelf = Shelf()
    shelf.faults = [(UNIQUE, False)]
    with pytest.raises(ResponseError, match="must be unique"):
        reconcile(shelf, url="u")
    assert len(shelf.writes) == 1


def test_a_refusal_is_pulps_error_though_the_name_is_there():
    shelf = Shelf()
    shelf.faults = [(ResponseError(400, "url: Enter a valid URL."), True)]
    with pytest.raises(ResponseError, match="Enter a valid URL"):
        reconcile(shelf, url="u")


def test_a_task_that_created_nothing_is_an_error():
    shelf = Shelf(tasks=True)
    shelf.task = lambda name: {"pulp_href": f"/tasks/{name}/", "state": "completed"}
    with pytest.raises(PulpError, match="says nothing of a thing"):
        reconcile(shelf, url="u")


@pytest.mark.parametrize("name", [" a", "a ", "a\n"])
def test_a_name_that_pulp_would_trim_is_refused(name):
    shelf = Shelf()
    with pytest.raises(InvalidItem, match="begins or ends with a blank"):
        reconcile(shelf, name, url="u")
    assert shelf.writes == []


# Changing


@pytest.mark.parametrize("tasks", [False, True])
def test_what_differs_is_changed(tasks):
    shelf = Shelf({"name": "a", "url": "old"}, tasks=tasks)
    outcome = reconcile(shelf, url="new")
    assert (outcome.change.before, outcome.change.after) == ({"url": "old"}, {"url": "new"})
    assert (outcome.changed, outcome.current["url"]) == (True, "new")


def test_what_is_as_wanted_is_not_written():
    shelf = Shelf({"name": "a", "url": "u"})
    assert not reconcile(shelf, url="u").changed
    assert shelf.writes == []


@pytest.mark.parametrize(
    ("version", "tasks", "changed"),
    [("3.123.1", True, True), ("3.123.1", False, False), ("3.43.1", True, False)],
)
def test_whether_a_secret_was_new_is_the_servers_word_where_it_has_one(version, tasks, changed):
    there = {"name": "a", "hidden_fields": [{"name": "password", "is_set": True}]}
    shelf = Shelf(there, version=version, tasks=tasks)
    outcome = reconcile(shelf, password="p")
    assert shelf.writes == [("PATCH", {"password": "p"})]
    assert outcome.changed is changed
    assert "password" not in outcome.current
    after = {"secrets": f"{HIDDEN} (new)"} if changed else {}
    assert outcome.change.after == after


def test_secrets_stay_at_home_when_asked_to():
    there = {"name": "a", "hidden_fields": [{"name": "password", "is_set": True}]}
    shelf = Shelf(there)
    assert not reconcile(shelf, send_secrets=False, password="p").changed
    assert shelf.writes == []


@pytest.mark.parametrize(("things", "action"), [([], "create"), ([{"name": "a"}], "update")])
def test_check_mode_tells_and_does_not_write(things, action):
    shelf = Shelf(*things)
    outcome = reconcile(shelf, check_mode=True, url="u")
    assert (outcome.change.action, outcome.changed) == (action, True)
    assert (outcome.current or {}).get("url") == ("u" if things else None)
    assert shelf.writes == []


# Deleting, and what the server is


def test_what_another_run_deleted_meanwhile_is_deleted():
    shelf = Shelf({"name": "a"})
    Server(shelf, Report()).delete("/a/", "a")
    assert shelf.writes == [("DELETE", "/a/")]


def test_a_deletion_that_failed_is_pulps_error():
    shelf = Shelf({"name": "a"})
    shelf.delete = lambda href: {"task": "/tasks/failed:protected/"}
    with pytest.raises(TaskFailed, match="protected"):
        Server(shelf, Report()).delete("/a/", "a")


def test_the_status_is_read_once():
    shelf = Shelf()
    server = Server(shelf, Report())
    assert server.has_version("core", "3.90")
    assert not server.has_version("rpm", "3.0")
    assert shelf.status_reads == 1


def test_a_server_that_is_too_old_is_told_what_is_needed():
    with pytest.raises(InvalidItem, match="^labels needs core 3.200 or later"):
        Server(Shelf(), Report()).require_version("core", "3.200", "labels")


@pytest.mark.parametrize(
    ("chosen", "least", "most", "writes"), [(None, 4, 16, 4), (1, 1, 1, 1), (9, 9, 9, 9)]
)
def test_the_user_or_the_workers_decide_how_much_happens_at_once(chosen, least, most, writes):
    shelf = Shelf()
    shelf.connection.concurrency = chosen
    server = Server(shelf, Report())
    limit = server.task_concurrency()
    assert (limit.minimum, limit.maximum, server.write_concurrency()) == (least, most, writes)


def test_all_threads_share_one_watcher_which_is_counted_by_itself():
    shelf = Shelf(tasks=True)
    server = Server(shelf, Report())
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
def test_versions_are_compared_by_their_numbers(text, numbers):
    assert version_tuple(text) == numbers


def test_what_is_no_task_is_under_way_while_it_lasts():
    server = Server(Shelf(), Report())
    with server.activity("a push"):
        assert server.in_progress() == [("a push", {})]
    assert server.in_progress() == []
