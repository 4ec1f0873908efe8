# SPDX-License-Identifier: Apache-2.0
"""Stamps of new snapshots: Pulp's time, never in the future, each after the last."""

from __future__ import annotations

import time

import pytest

from plugins.module_utils.inventory.stamp import StampError, current_stamp
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.release.clock import new_stamp, stamp_after, warn_of_future_stamp
from tests.unit.fake_pulp.pulp import FakePulp


def test_the_default_is_the_time_of_the_server():
    pulp = FakePulp()
    pulp.clock_offset = 86400.0
    earliest = current_stamp(lambda: time.time() + 86400)
    assert earliest <= new_stamp(pulp.server(), None) <= current_stamp(lambda: time.time() + 86460)


def test_a_difference_that_a_response_may_take_is_no_difference():
    pulp = FakePulp()
    pulp.clock_offset = -4.0
    earliest = current_stamp()
    server = pulp.server()
    assert new_stamp(server, None) >= earliest
    assert server.report.warnings == []


@pytest.mark.parametrize(("ahead", "is_refused"), [(-3600, False), (200, False), (3600, True)])
def test_a_stamp_of_the_future_is_refused_beyond_a_few_minutes(ahead, is_refused):
    wanted = current_stamp(lambda: time.time() + ahead)
    server = FakePulp().server()
    if is_refused:
        with pytest.raises(
            InvalidItem, match=f"stamp {wanted} is in the future: .* Set an earlier"
        ):
            new_stamp(server, wanted)
    else:
        assert new_stamp(server, wanted) == wanted


def test_a_malformed_stamp_is_refused_without_a_request():
    pulp = FakePulp()
    with pytest.raises(StampError):
        new_stamp(pulp.server(), "tomorrow")
    assert pulp.requests == []


def test_the_stamp_after_another_one_is_a_second_later():
    assert stamp_after("20261231T235959") == "20270101T000000"


def test_only_a_newest_snapshot_of_the_future_is_a_warning_and_many_of_them_are_few():
    server = FakePulp().server()
    warn_of_future_stamp(server, "a", "20200101T000000", "20200101T000001")
    assert server.report.warnings == []
    for number in range(20):
        warn_of_future_stamp(server, f"r{number}", "20990101T000000", "20990101T000001")
    assert len(server.report.shown_warnings) == 4
