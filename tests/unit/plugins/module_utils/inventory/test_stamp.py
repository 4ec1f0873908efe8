# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import random
import re
from datetime import datetime, timedelta, timezone

import pytest

from plugins.module_utils.inventory.stamp import (
    STAMP_PATTERN,
    StampError,
    current_stamp,
    is_stamp,
    newest_stamp,
    parse_stamp,
    stamp_of,
    stamp_of_pulp_time,
    stamp_prefix,
    stamps_beginning_with,
    stamps_not_after,
    stamps_not_before,
)


def test_a_stamp_is_a_utc_time():
    assert parse_stamp("20261120T200001") == datetime(2026, 11, 20, 20, 0, 1, tzinfo=timezone.utc)


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
def test_an_invalid_stamp_is_rejected_with_its_name(value):
    assert not is_stamp(value)
    with pytest.raises(StampError) as refused:
        parse_stamp(value)
    assert repr(value) in str(refused.value)


def test_the_current_stamp_is_the_utc_time_in_seconds():
    assert current_stamp(lambda: 0.0) == "19700101T000000"
    assert current_stamp(lambda: 1795204801.999) == "20261120T200001"
    assert is_stamp(current_stamp())


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
    assert stamp_of_pulp_time(text) == stamp


@pytest.mark.parametrize("text", ["", "now", "2026-11-20", "2026-02-30T00:00:00Z", None, 5])
def test_an_invalid_time_of_pulp_is_rejected(text):
    with pytest.raises(StampError, match="not a time of Pulp"):
        stamp_of_pulp_time(text)


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
def test_a_snapshot_name_is_a_prefix_and_a_stamp(name, prefix, stamp):
    assert stamp_of(name, prefix) == stamp


def test_any_time_can_be_read_from_a_snapshot_name():
    rng = random.Random(1)
    for _attempt in range(500):
        moment = datetime(2020, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=rng.randrange(10**9))
        stamp = current_stamp(moment.timestamp)
        prefix = "".join(rng.choices("abc-_.20T16/", k=rng.randrange(30)))
        assert parse_stamp(stamp) == moment
        assert stamp_of_pulp_time(moment.isoformat()) == stamp
        assert stamp_of(prefix + stamp, prefix) == stamp


def test_stamps_sort_by_time():
    rng = random.Random(2)
    moments = [1.5e9 + rng.randrange(10**9) for _attempt in range(200)]
    stamps = [current_stamp(lambda moment=moment: moment) for moment in moments]
    assert newest_stamp(stamps) == current_stamp(lambda: max(moments))


def test_the_newest_stamp_may_have_a_bound_and_is_none_in_an_empty_list():
    stamps = ["20261118T000000", "20261120T200001", "20261119T000000"]
    assert newest_stamp(stamps) == "20261120T200001"
    assert newest_stamp(stamps, until="20261120T200001") == "20261120T200001"
    assert newest_stamp(stamps, until="20261120T200000") == "20261119T000000"
    assert newest_stamp(stamps, until="20250101T000000") is None
    assert newest_stamp([]) is None


PREFIX_LENGTHS = (4, 6, 8, 11, 13, 15)


@pytest.mark.parametrize("length", PREFIX_LENGTHS)
def test_a_prefix_of_a_stamp_ends_after_one_of_its_parts(length):
    text = "20261120T200001"[:length]
    assert stamp_prefix(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "2", "20261", "2026112", "20261120T", "20261120T2", "20261120T200"),
        *("2026-11-20", "20261120T200001Z", "latest", " 2026", "2026\n", "２０２６"),
        *("0000", "202613", "202600", "20260229", "20261131", "20261120T24", "20261120T2060"),
    ],
)
def test_an_invalid_prefix_is_rejected_with_its_name(text):
    with pytest.raises(StampError) as refused:
        stamp_prefix(text)
    assert repr(text) in str(refused.value)
    assert "YYYYMMDD" in str(refused.value)


def some_stamps(number):
    """Yield stamps that often have a common prefix, so that many are close to a bound."""
    rng = random.Random(number)
    for _attempt in range(number):
        yield current_stamp(lambda: 1.79e9 + rng.choice([1, 60, 3600, 86400]) * rng.randrange(99))


def test_the_pattern_of_a_prefix_matches_like_a_text_comparison():
    stamps = [*some_stamps(150), "20001231T235959", "20991231T235959", "20200101T000000"]
    for bound in stamps[::5]:
        for length in PREFIX_LENGTHS:
            prefix = bound[:length]
            patterns = [
                stamps_beginning_with(prefix),
                stamps_not_after(prefix),
                stamps_not_before(prefix),
            ]
            for stamp in stamps:
                expected = [
                    stamp.startswith(prefix),
                    stamp[:length] <= prefix,
                    stamp[:length] >= prefix,
                ]
                found = [bool(re.fullmatch(pattern, stamp)) for pattern in patterns]
                assert found == expected, (prefix, stamp)


@pytest.mark.parametrize("prefix", ["2026", "20261120", "20261120T200001"])
@pytest.mark.parametrize("pattern", [stamps_beginning_with, stamps_not_after, stamps_not_before])
@pytest.mark.parametrize("name", ["", "8", "20261120", "120200101T000000", "20200101T0000001"])
def test_a_pattern_matches_whole_stamps(pattern, prefix, name):
    assert not re.fullmatch(pattern(prefix), name)
    assert not re.fullmatch(STAMP_PATTERN, name)


def test_a_pattern_fits_into_a_request_line():
    assert (
        max(len(bound("20295959T595959")) for bound in (stamps_not_after, stamps_not_before)) < 450
    )
