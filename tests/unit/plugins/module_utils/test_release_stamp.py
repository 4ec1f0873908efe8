# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.stackhpc.release_train.plugins.module_utils.release_stamp import (
    StampError,
    from_pulp_time,
    is_stamp,
    newest,
    now_stamp,
    parse,
    stamp_of,
)


def test_a_stamp_is_a_time_in_utc():
    assert parse("20261120T200001") == datetime(2026, 11, 20, 20, 0, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "latest",
        "20261120",
        "20261120T2000",
        "20261120T200001Z",
        "20261120t200001",
        " 20261120T200001",
        "20261120T200001\n",
        "2026-11-20T20:00:01",
        "20261320T200001",
        "20260230T000000",
        "20261120T240000",
        "２０２６１１２０T200001",
        20261120200001,
        None,
        datetime(2026, 11, 20),
    ],
)
def test_what_is_not_a_stamp_is_refused_by_name(value):
    assert not is_stamp(value)
    with pytest.raises(StampError) as refused:
        parse(value)
    assert repr(value) in str(refused.value)


def test_now_is_the_second_of_the_clock_in_utc():
    assert now_stamp(lambda: 0.0) == "19700101T000000"
    assert now_stamp(lambda: 1795204801.999) == "20261120T200001"
    assert is_stamp(now_stamp())


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2026-11-20T20:00:01.123456Z", "20261120T200001"),
        ("2026-11-20T20:00:01.999999Z", "20261120T200001"),
        ("2026-11-20T20:00:01Z", "20261120T200001"),
        ("2026-11-20T20:00:01.1Z", "20261120T200001"),
        ("2026-11-20T20:00:01", "20261120T200001"),
        ("2026-11-20T20:00:01.5+00:00", "20261120T200001"),
        ("2026-11-20T23:30:00+02:00", "20261120T213000"),
        ("2026-12-31T23:30:00-0100", "20270101T003000"),
    ],
)
def test_times_of_pulp_become_stamps(text, stamp):
    assert from_pulp_time(text) == stamp


@pytest.mark.parametrize("text", ["", "now", "2026-11-20", "2026-02-30T00:00:00Z", None, 5])
def test_what_is_not_a_time_of_pulp_is_refused(text):
    with pytest.raises(StampError, match="not a time of Pulp"):
        from_pulp_time(text)


@pytest.mark.parametrize(
    ("name", "prefix", "stamp"),
    [
        ("rocky-9-baseos-20261120T200001", "rocky-9-baseos-", "20261120T200001"),
        ("mariadb-10.5-centos820261120T200001", "mariadb-10.5-centos8", "20261120T200001"),
        ("rocky/9/os/20261120T200001", "rocky/9/os/", "20261120T200001"),
        ("20261120T200001", "", "20261120T200001"),
        ("openhpc-2-updates-20261120T200001", "openhpc-2-", None),
        ("openhpc-2-updates-20261120T200001", "openhpc-2-updates-", "20261120T200001"),
        ("rocky-9-baseos-development", "rocky-9-baseos-", None),
        ("rocky-9-baseos-20261120T200001-ark", "rocky-9-baseos-", None),
        ("rocky-9-baseos-20261120T200001", "rocky-9-", None),
        ("rocky-9-baseos-", "rocky-9-baseos-", None),
        ("other", "rocky-9-baseos-", None),
    ],
)
def test_a_snapshot_name_is_its_whole_prefix_and_a_stamp(name, prefix, stamp):
    assert stamp_of(name, prefix) == stamp


def test_any_time_survives_the_way_through_a_name():
    chance = random.Random(1)
    for _attempt in range(500):
        moment = datetime(2020, 1, 1, tzinfo=timezone.utc) + timedelta(
            seconds=chance.randrange(10**9)
        )
        stamp = now_stamp(moment.timestamp)
        prefix = "".join(chance.choices("abc-_.20T16/", k=chance.randrange(30)))
        assert parse(stamp) == moment
        assert from_pulp_time(moment.isoformat()) == stamp
        assert stamp_of(prefix + stamp, prefix) == stamp


def test_stamps_sort_like_the_times_they_mean():
    chance = random.Random(2)
    moments = [1.5e9 + chance.randrange(10**9) for _attempt in range(200)]
    stamps = [now_stamp(lambda moment=moment: moment) for moment in moments]
    assert newest(stamps) == now_stamp(lambda: max(moments))


def test_the_newest_may_be_bounded_and_of_none_there_is_none():
    stamps = ["20261118T000000", "20261120T200001", "20261119T000000"]
    assert newest(stamps) == "20261120T200001"
    assert newest(stamps, until="20261120T200001") == "20261120T200001"
    assert newest(stamps, until="20261120T200000") == "20261119T000000"
    assert newest(stamps, until="20250101T000000") is None
    assert newest([]) is None
