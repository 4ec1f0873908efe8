# SPDX-License-Identifier: Apache-2.0
"""All distributions are switched, or none."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.switch import Switch, switch_all
from plugins.module_utils.pulp.errors import LostResponse, PulpError, ResponseError
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.pulp import FakePulp

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


def reject_write(pulp: FakePulp, name: str, **rule) -> None:
    """Reject the next write to a distribution."""
    href = pulp.find("distributions/", name=name)["pulp_href"]
    pulp.on("PATCH", href, raises=ResponseError(400, "no such guard"), **rule)


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
    with pytest.raises(PulpError, match="could not be rolled back: a: the response .* was lost"):
        switch_all(pulp.server(), switches(pulp, "ab"))
    assert guards(pulp) == {"b": "old"}
