# SPDX-License-Identifier: Apache-2.0
"""All distributions are switched, or none."""

from __future__ import annotations

import os
import signal
import time
from math import inf
from typing import Any

import pytest

from plugins.module_utils.objects.switch import Switch, switch_all
from plugins.module_utils.pulp.errors import LostResponse, PulpError, ResponseError, Unreachable
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.report.report import Report, Result
from tests.unit.fake_pulp.pulp import FakePulp

pytestmark = pytest.mark.usefixtures("unignored_signals")

OUTAGES = [
    ResponseError(502, "Bad Gateway"),
    Unreachable("cannot be reached"),
    LostResponse("the connection broke"),
]
KIND = CONTENT_TYPES["rpm"].distribution


def pulp_with(names: str) -> FakePulp:
    """Return a Pulp with these distributions, which have the content guard `old`."""
    pulp = FakePulp(concurrency=1)
    hrefs = [pulp.add_guard(name)["pulp_href"] for name in ("old", "new", "other")]
    for name in names:
        pulp.add_distribution("rpm", name, content_guard=hrefs[0])
    return pulp


def guard(pulp: FakePulp, name: str) -> str:
    return str(pulp.find("contentguards/", name=name)["pulp_href"])


def guards(pulp: FakePulp) -> dict[str, str]:
    """Return the content guard of each distribution."""
    names = {one["pulp_href"]: name for name, one in pulp.by_name("contentguards/").items()}
    distributions = pulp.by_name("distributions/")
    return {name: names[one["content_guard"]] for name, one in distributions.items()}


def switches(pulp: FakePulp, names: str) -> list[Switch]:
    """Return the switches to the guard `new`, which create missing distributions."""
    distributions = pulp.by_name("distributions/rpm/rpm/")
    return [
        Switch(
            KIND,
            name,
            distributions.get(name),
            {"content_guard": guard(pulp, "new")}
            | ({} if name in distributions else {"base_path": name}),
            Result(name, "rpm"),
        )
        for name in names
    ]


def href(pulp: FakePulp, name: str) -> str:
    return str(pulp.find("distributions/", name=name)["pulp_href"])


@pytest.fixture
def lines(monkeypatch):
    """The items in the report."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(Report, "finish", lambda self, result: found.append(result.as_dict()))
    return found


def reject_write(pulp: FakePulp, name: str, **rule) -> None:
    """Let the next write to a distribution fail."""
    pulp.on("PATCH", href(pulp, name), raises=ResponseError(400, "no such guard"), **rule)


def test_all_are_switched_and_report_what_changed():
    pulp = pulp_with("abc")
    pending = switches(pulp, "abc")
    switch_all(pulp.server(), pending)
    assert guards(pulp) == {"a": "new", "b": "new", "c": "new"}
    assert [one.result.changed for one in pending] == [True, True, True]
    assert pending[0].result.before == {"content_guard": guard(pulp, "old")}


def test_a_second_run_writes_nothing():
    pulp = pulp_with("ab")
    switch_all(pulp.server(), switches(pulp, "ab"))
    pulp.requests.clear()
    again = switches(pulp, "ab")
    switch_all(pulp.server(), again)
    assert pulp.writes == []
    assert not any(one.result.changed for one in again)


def test_check_mode_writes_nothing_and_reports_what_would_change():
    pulp = pulp_with("a")
    pending = switches(pulp, "a")
    switch_all(pulp.server(check_mode=True), pending)
    assert guards(pulp) == {"a": "old"}
    assert pending[0].result.after == {"content_guard": guard(pulp, "new")}


def test_a_rejected_write_is_reported_and_the_others_are_rolled_back():
    pulp = pulp_with("abc")
    reject_write(pulp, "b")
    pending = switches(pulp, "abc")
    with pytest.raises(PulpError, match="b: no such guard"):
        switch_all(pulp.server(), pending)
    assert guards(pulp) == {"a": "old", "b": "old", "c": "old"}
    assert not any(one.result.changed for one in pending)


def test_a_failed_task_is_reported_and_the_others_are_rolled_back():
    pulp = pulp_with("abc")
    pulp.on("PATCH", pulp.find("distributions/", name="b")["pulp_href"], fails="out of order")
    with pytest.raises(PulpError, match="b: out of order"):
        switch_all(pulp.server(), switches(pulp, "abc"))
    assert guards(pulp) == {"a": "old", "b": "old", "c": "old"}


def test_changes_of_another_run_are_not_rolled_back():
    pulp = pulp_with("abc")
    other = guard(pulp, "other")
    reject_write(
        pulp, "c", first=lambda: pulp.find("distributions/", name="a").update(content_guard=other)
    )
    with pytest.raises(PulpError):
        switch_all(pulp.server(), switches(pulp, "abc"))
    assert guards(pulp) == {"a": "other", "b": "old", "c": "old"}


def test_a_write_that_has_no_effect_counts_as_failed():
    pulp = pulp_with("ab")
    pulp.on("PATCH", pulp.find("distributions/", name="b")["pulp_href"], ignored=True)
    with pytest.raises(PulpError, match="b: Pulp accepted the change but does not show it"):
        switch_all(pulp.server(), switches(pulp, "ab"))
    assert guards(pulp) == {"a": "old", "b": "old"}


def test_a_new_distribution_is_deleted_when_another_fails():
    pulp = pulp_with("b")
    reject_write(pulp, "b")
    with pytest.raises(PulpError):
        switch_all(pulp.server(), switches(pulp, "ab"))
    assert guards(pulp) == {"b": "old"}


def test_a_creation_with_a_lost_response_is_rolled_back_and_reported():
    pulp = pulp_with("b")
    pulp.on("POST", "distributions/", raises=LostResponse("the connection broke"), carried_out=True)
    with pytest.raises(PulpError, match="nothing was switched: a: the connection broke"):
        switch_all(pulp.server(), switches(pulp, "ab"))
    assert guards(pulp) == {"b": "old"}


def test_a_creation_that_may_still_be_carried_out_is_reported_as_unknown():
    pulp = pulp_with("b")
    pulp.on("POST", "distributions/", raises=LostResponse("the connection broke"))
    with pytest.raises(
        PulpError, match=r"Unknown whether switched: a \(the response .* was lost\)"
    ):
        switch_all(pulp.server(), switches(pulp, "ab"))
    assert guards(pulp) == {"b": "old"}


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_before_the_reading_back_is_waited_for(outage):
    pulp = pulp_with("ab")
    pulp.on("GET", "distributions/", raises=outage, times=4)
    todo = switches(pulp, "ab")
    switch_all(pulp.server(), todo)
    assert guards(pulp) == {"a": "new", "b": "new"}
    assert [one.result.changed for one in todo] == [True, True]


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("skip", [0, 1])
def test_an_outage_before_a_restoration_is_waited_for(outage, skip):
    pulp = pulp_with("abc")
    reject_write(pulp, "b")
    pulp.on("GET", "distributions/", raises=outage, times=4)
    # The first writes are the changes, the next one is a restoration.
    pulp.on("PATCH", "distributions/", raises=outage, skip=2 + skip, times=3)
    with pytest.raises(PulpError, match="nothing was switched: b: no such guard"):
        switch_all(pulp.server(), switches(pulp, "abc"))
    assert guards(pulp) == {"a": "old", "b": "old", "c": "old"}


def test_a_permanent_outage_before_the_reading_back_reports_each_item_as_unknown(lines):
    pulp = pulp_with("ab")
    pulp.on("GET", "distributions/", raises=ResponseError(502, "Bad Gateway"), times=inf)
    todo = switches(pulp, "abc")
    with pytest.raises(PulpError) as failure:
        switch_all(pulp.server(), todo)
    message = str(failure.value)
    assert "nothing was switched" not in message
    assert "cannot be read again: Bad Gateway" in message.splitlines()[0]
    assert "Unknown whether switched: a (it cannot be read: Bad Gateway" in message
    assert [one["name"] for one in lines] == ["a", "b", "c"]
    assert all("unknown whether it is switched: it cannot be read" in one["error"] for one in lines)
    pulp.rules.clear()
    again = switches(pulp, "abc")
    switch_all(pulp.server(), again)
    assert set(guards(pulp).values()) == {"new"}


def test_what_cannot_be_restored_is_named_and_reported_item_by_item(lines):
    pulp = pulp_with("abcd")
    reject_write(pulp, "b")
    pulp.on("PATCH", href(pulp, "d"), raises=ResponseError(403, "not allowed"), skip=1)
    with pytest.raises(PulpError) as failure:
        switch_all(pulp.server(), switches(pulp, "abcd"))
    assert guards(pulp) == {"a": "old", "b": "old", "c": "old", "d": "new"}
    assert str(failure.value).splitlines() == [
        "the change failed and was not completely rolled back: b: no such guard (HTTP 400)",
        "Still switched: d (not allowed (HTTP 403))",
        "Rolled back: a, b, c",
        "Run it again: it changes what differs",
    ]
    assert [one["error"] for one in lines] == [
        "rolled back, because others failed",
        "no such guard (HTTP 400)",
        "rolled back, because others failed",
        "still switched, could not be rolled back: not allowed (HTTP 403)",
    ]
    assert [one["changed"] for one in lines] == [False, False, False, True]


def test_many_names_of_what_is_as_before_are_shortened():
    names = "abcdefghijklmnop"
    pulp = pulp_with(names)
    reject_write(pulp, "b")
    pulp.on("PATCH", href(pulp, "d"), raises=ResponseError(403, "not allowed"), skip=1)
    with pytest.raises(PulpError, match="Rolled back: a, b, .*k and 5 more"):
        switch_all(pulp.server(), switches(pulp, names))


def interrupt(pulp: FakePulp, number: int, **rule: Any) -> None:
    """Interrupt the run at a change of the distributions, after this number of (`skip`)."""

    def signal_run() -> None:
        interruption = signal.getsignal(number).__self__
        os.kill(os.getpid(), number)
        while not interruption.requested:  # until the main thread has handled it
            time.sleep(0.001)

    pulp.on("PATCH", "distributions/", first=signal_run, **rule)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_rolls_back_what_it_changed(number, lines):
    pulp = pulp_with("abcd")
    interrupt(pulp, number, skip=1)
    with pytest.raises(PulpError, match="^nothing was switched: the run was interrupted$"):
        switch_all(pulp.server(), switches(pulp, "abcd"))
    assert set(guards(pulp).values()) == {"old"}
    assert [one["error"] for one in lines] == [
        "rolled back, because others failed",
        "rolled back, because others failed",
        "not changed, because others failed",
        "not changed, because others failed",
    ]


def test_a_run_that_is_interrupted_at_its_last_change_completes_all():
    pulp = pulp_with("abc")
    interrupt(pulp, signal.SIGINT, skip=2)
    switch_all(pulp.server(), switches(pulp, "abc"))
    assert set(guards(pulp).values()) == {"new"}


def test_a_run_that_is_interrupted_twice_ends_and_names_what_is_unknown():
    pulp = pulp_with("abcd")
    pulp.on("PATCH", href(pulp, "b"), polls=10**6)  # a task that waits for a worker
    interrupt(pulp, signal.SIGINT, skip=2)
    pulp.on("GET", "tasks/", first=lambda: os.kill(os.getpid(), signal.SIGINT), skip=3)
    with pytest.raises(PulpError) as failure:
        switch_all(pulp.server(), switches(pulp, "abcd"))
    assert str(failure.value).splitlines() == [
        "the change failed and was not completely rolled back: the run was interrupted; the run "
        "was interrupted twice, and did not wait for Pulp",
        "Unknown whether switched: a, b, c",
        "Not changed: d",
        "Run it again: it changes what differs",
    ]


def test_signals_are_handled_as_before_after_a_change():
    before = signal.getsignal(signal.SIGTERM)
    pulp = pulp_with("a")
    switch_all(pulp.server(), switches(pulp, "a"))
    assert signal.getsignal(signal.SIGTERM) == before
