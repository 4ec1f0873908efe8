# SPDX-License-Identifier: Apache-2.0
"""Tags that are copied or removed while the server fails for some time."""

from __future__ import annotations

from math import inf

import pytest

from plugins.module_utils.container.tag_copy import change_tags
from plugins.module_utils.pulp.errors import LostResponse, ResponseError, Unreachable
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.content import set_tags, tags_of
from tests.unit.fake_pulp.pulp import FakePulp

A, B = "sha256:aa", "sha256:bb"
ITEM = {"name": "released", "source": "dev", "tags": ["one"], "allow_missing": False}
OUTAGES = [
    ResponseError(502, "Bad Gateway"),
    Unreachable("cannot be reached"),
    LostResponse("the connection broke"),
]


@pytest.fixture
def pulp() -> FakePulp:
    """A Pulp with the repositories `dev`, with a tag, and `released`, without any."""
    pulp = FakePulp()
    set_tags(pulp, "dev", {"one": A})
    set_tags(pulp, "released", {"other": B})
    return pulp


def change(pulp: FakePulp, **more: object) -> Result:
    """The result of one item, by default a copy of an immutable tag."""
    item = {**ITEM, "immutable": True, "state": "present", **more}
    params = {"container": [item], "force": False, "late_retry_delay": -1}
    (result,), _more = change_tags(pulp.server(), params)
    return result


def fail_after(pulp: FakePulp, verb: str, outage: Exception, times: float) -> None:
    """Let this number of readings of tags fail after the first write of a kind."""

    def begin() -> None:
        pulp.on("GET", "repositories/|content/", raises=outage, times=times)

    pulp.on("POST", verb, meanwhile=begin)


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_after_a_copy_is_waited_for(pulp, outage):
    fail_after(pulp, "copy_tags/", outage, 5)
    result = change(pulp)
    assert (result.error, result.action) == ("", "copied")
    assert tags_of(pulp, "released") == {"one": A, "other": B}


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_after_a_removal_is_waited_for(pulp, outage):
    fail_after(pulp, "remove/", outage, 5)
    result = change(pulp, tags=["other"], source=None, state="absent")
    assert (result.error, result.action) == ("", "removed")


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_does_not_prevent_that_the_tag_of_another_run_is_restored(pulp, outage):
    def release() -> None:
        set_tags(pulp, "released", {"one": B, "other": B})
        pulp.on("", "", raises=outage, times=5)

    pulp.on("POST", "copy_tags/", meanwhile=release)
    result = change(pulp)
    assert "another run released other images as one" in result.error
    assert tags_of(pulp, "released")["one"] == B


def test_a_permanent_outage_after_a_copy_names_the_tags_and_the_next_run_verifies_them(pulp):
    fail_after(pulp, "copy_tags/", ResponseError(502, "Bad Gateway"), inf)
    result = change(pulp)
    assert result.error.startswith("Bad Gateway (HTTP 502)")
    assert "Pulp has changed these tags, which could not be verified: one" in result.error
    pulp.rules.clear()
    again = change(pulp)
    assert (again.error, again.changed) == ("", False)


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_copy_whose_answer_was_lost_is_repeated_until_the_outage_has_ended(pulp, carried_out):
    lost = {"raises": LostResponse("the connection broke"), "carried_out": carried_out}
    pulp.on("POST", "copy_tags/", **lost)
    pulp.on("POST", "copy_tags/", raises=Unreachable("cannot be reached"), times=4)
    result = change(pulp)
    assert (result.error, tags_of(pulp, "released")["one"]) == ("", A)
