# SPDX-License-Identifier: Apache-2.0
"""All distributions are switched, or none."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.objects.switch import Switch, switch_all
from plugins.module_utils.pulp.errors import LostResponse, PulpError, ResponseError
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.report.report import Report, Result

KIND = CONTENT_TYPES["rpm"].distribution
OLD, NEW, OTHER = "/guards/old/", "/guards/new/", "/guards/other/"


class Shelf:
    """A Pulp in memory: distributions by href, some of which refuse to be written."""

    class connection:  # noqa: N801, the client's attribute
        concurrency = 1
        task_timeout = 5.0

    uses_basic_auth = False
    request_count = 0

    def __init__(self, names: str, refusing: str = "", deaf: str = "", lossy: str = "") -> None:
        self.refusing, self.deaf, self.lossy = refusing, deaf, lossy
        self.held = {f"/d/{name}/": self.entry(name) for name in names}
        self.writes = 0
        self.meanwhile: dict[str, str] = {}

    @staticmethod
    def entry(name: str) -> dict[str, Any]:
        return {"pulp_href": f"/d/{name}/", "name": name, "content_guard": OLD}

    def list(self, _path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = (params.get("pulp_id__in") or params["name__in"]).split(",")
        return [dict(one) for one in self.held.values() if one["name"] in wanted]

    def patch(self, href: str, body: dict[str, Any]) -> dict[str, Any]:
        name = self.held[href]["name"]
        if name in self.refusing and body["content_guard"] == NEW:
            for other, guard in self.meanwhile.items():
                self.held[f"/d/{other}/"]["content_guard"] = guard
            raise ResponseError(400, "no such guard")
        self.writes += 1
        if name not in self.deaf:
            self.held[href].update(body)
        return self.held[href]

    def post(self, _path: str, body: dict[str, Any]) -> dict[str, Any]:
        href = f"/d/{body['name']}/"
        self.held[href] = {"pulp_href": href, "content_guard": None, **body}
        if body["name"] in self.lossy:
            raise LostResponse("the connection broke")
        return self.held[href]

    def delete(self, href: str) -> None:
        del self.held[href]

    def guards(self) -> dict[str, str]:
        return {one["name"]: one["content_guard"] for one in self.held.values()}


def switches(shelf: Shelf, names: str) -> list[Switch]:
    return [
        Switch(
            KIND,
            name,
            dict(shelf.held[f"/d/{name}/"]) if f"/d/{name}/" in shelf.held else None,
            {"content_guard": NEW},
            Result(name, "rpm"),
        )
        for name in names
    ]


def run(shelf: Shelf, todo: list[Switch], check_mode: bool = False) -> None:
    switch_all(Server(shelf, Report(), check_mode), todo)  # type: ignore[arg-type]


def test_all_are_switched_and_say_what_changed():
    shelf = Shelf("abc")
    todo = switches(shelf, "abc")
    run(shelf, todo)
    assert shelf.guards() == {"a": NEW, "b": NEW, "c": NEW}
    assert [one.result.changed for one in todo] == [True, True, True]
    assert todo[0].result.before == {"content_guard": OLD}


def test_a_second_run_writes_nothing():
    shelf = Shelf("ab")
    run(shelf, switches(shelf, "ab"))
    shelf.writes = 0
    again = switches(shelf, "ab")
    run(shelf, again)
    assert shelf.writes == 0
    assert not any(one.result.changed for one in again)


def test_check_mode_writes_nothing_and_says_what_would_change():
    shelf = Shelf("a")
    todo = switches(shelf, "a")
    run(shelf, todo, check_mode=True)
    assert shelf.guards() == {"a": OLD}
    assert todo[0].result.after == {"content_guard": NEW}


def test_one_refused_write_puts_back_the_others_and_is_named():
    shelf = Shelf("abc", refusing="b")
    todo = switches(shelf, "abc")
    with pytest.raises(PulpError, match="b: no such guard"):
        run(shelf, todo)
    assert shelf.guards() == {"a": OLD, "b": OLD, "c": OLD}
    assert not any(one.result.changed for one in todo)


def test_what_somebody_else_wrote_meanwhile_is_not_put_back():
    shelf = Shelf("abc", refusing="c")
    shelf.meanwhile = {"a": OTHER}
    with pytest.raises(PulpError):
        run(shelf, switches(shelf, "abc"))
    assert shelf.guards() == {"a": OTHER, "b": OLD, "c": OLD}


def test_a_write_that_does_not_show_counts_as_failed():
    shelf = Shelf("ab", deaf="b")
    with pytest.raises(PulpError, match="b: Pulp took the change and does not show it"):
        run(shelf, switches(shelf, "ab"))
    assert shelf.guards() == {"a": OLD, "b": OLD}


def test_a_new_distribution_goes_again_when_another_fails():
    shelf = Shelf("b", refusing="b")
    with pytest.raises(PulpError):
        run(shelf, switches(shelf, "ab"))
    assert shelf.guards() == {"b": OLD}


def test_a_creation_whose_answer_was_lost_goes_again_and_is_told():
    shelf = Shelf("b", lossy="a")
    with pytest.raises(PulpError, match="could not be put back: a: the answer .* was lost"):
        run(shelf, switches(shelf, "ab"))
    assert shelf.guards() == {"b": OLD}
