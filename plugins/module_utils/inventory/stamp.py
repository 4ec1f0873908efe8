# SPDX-License-Identifier: Apache-2.0
"""Stamps: the UTC second, ``YYYYMMDDTHHMMSS``, that a snapshot's name and base path end in.

Stamps are compared as text: their order as strings is their order in time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Callable

from ..errors import OperatorError

STAMP_FORMAT = "%Y%m%dT%H%M%S"
STAMP_PATTERN = "[0-9]{8}T[0-9]{6}"

_STAMP = re.compile(STAMP_PATTERN)
_BEGINNING = re.compile("[0-9]{4}([0-9]{2}([0-9]{2}(T[0-9]{2}([0-9]{2}([0-9]{2})?)?)?)?)?")
# What makes a stamp of any beginning: the first second of a leap year.
_SOME_STAMP = "20000101T000000"
_DAY_DIGITS, _SECOND_DIGITS = 8, 6
# pulpcore writes ISO 8601 with or without a fraction, always in UTC ("Z").
_PULP_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?"
)


class StampError(OperatorError):
    """A text is not a stamp, or not a time of Pulp's."""


def parse_stamp(stamp: object) -> datetime:
    """The time of a stamp, with time zone UTC.

    Raises StampError, naming the value, unless it is text of exactly the form
    ``YYYYMMDDTHHMMSS`` and a real time.
    """
    if not isinstance(stamp, str) or not _STAMP.fullmatch(stamp):
        raise StampError(f"{stamp!r} is not a stamp, expected YYYYMMDDTHHMMSS (UTC)")
    try:
        return datetime.strptime(stamp, STAMP_FORMAT).replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise StampError(f"{stamp!r} is not a stamp, no such date or time") from error


def is_stamp(value: object) -> bool:
    """Whether `value` is text that `parse` takes."""
    try:
        parse_stamp(value)
    except StampError:
        return False
    return True


def stamp_prefix(text: str) -> str:
    """A stamp, or what some begin with: its year, month, day, hour or minute, as it is.

    Raises StampError, naming the value.
    """
    if _BEGINNING.fullmatch(text) and is_stamp(text + _SOME_STAMP[len(text) :]):
        return text
    raise StampError(
        f"{text!r} is neither a stamp nor the beginning of one, expected YYYYMMDDTHHMMSS (UTC) or, "
        "of that, YYYY, YYYYMM, YYYYMMDD, YYYYMMDDTHH or YYYYMMDDTHHMM"
    )


def stamps_beginning_with(first: str) -> str:
    """A regular expression of all stamps that begin with `first`, as `beginning` takes it."""
    return first + _rest(len(first))


def stamps_not_after(first: str) -> str:
    """A regular expression of those that begin with `first`, and of all earlier ones."""
    return _bounded(first, lambda digit: f"[0-{digit - 1}]" if digit > 0 else "")


def stamps_not_before(first: str) -> str:
    """A regular expression of those that begin with `first`, and of all later ones."""
    return _bounded(first, lambda digit: f"[{digit + 1}-9]" if digit < 9 else "")


def _bounded(first: str, others: Callable[[int], str]) -> str:
    """Stamps differ from `first` in one of its digits for the first time, or begin with it."""
    choices = [stamps_beginning_with(first)]
    for place, sign in enumerate(first):
        digits = others(int(sign)) if sign.isdigit() else ""
        if digits:
            choices.append(first[:place] + digits + _rest(place + 1))
    return f"({'|'.join(choices)})"


def _rest(place: int) -> str:
    """A regular expression of what follows so many characters of a stamp."""
    if place > _DAY_DIGITS:
        return _digits(len(_SOME_STAMP) - place)
    return f"{_digits(_DAY_DIGITS - place)}T{_digits(_SECOND_DIGITS)}"


def _digits(number: int) -> str:
    return f"[0-9]{{{number}}}" if number else ""


def current_stamp(clock: Callable[[], float] = time.time) -> str:
    """The present second; `clock` gives seconds since 1970 as `time.time` does."""
    return datetime.fromtimestamp(int(clock()), tz=timezone.utc).strftime(STAMP_FORMAT)


def stamp_of_pulp_time(text: str) -> str:
    """The stamp of a time as Pulp's API writes it, ``2026-11-20T20:00:01.123456Z``.

    Fractions of a second are cut off; a time without a zone is UTC. Raises StampError.
    """
    found = _PULP_TIME.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise StampError(f"{text!r} is not a time of Pulp's, expected 2026-11-20T20:00:01.123456Z")
    day, second, zone = found.groups()
    offset = "+0000" if zone in (None, "Z") else zone.replace(":", "")
    try:
        moment = datetime.strptime(f"{day}T{second}{offset}", "%Y-%m-%dT%H:%M:%S%z")
    except ValueError as error:
        raise StampError(f"{text!r} is not a time of Pulp's, no such date or time") from error
    return moment.astimezone(timezone.utc).strftime(STAMP_FORMAT)


def stamp_of(name: str, prefix: str) -> str | None:
    """The stamp of the snapshot `name`, or None when it is no snapshot under `prefix`.

    `prefix` is a repository's `distribution_name` or `base_path`, whole. It is never looked
    for by its separator: prefixes may have none and may begin with one another
    (``openhpc-2-`` and ``openhpc-2-updates-``).
    """
    if not name.startswith(prefix):
        return None
    rest = name[len(prefix) :]
    return rest if is_stamp(rest) else None


def newest_stamp(stamps: Iterable[str], until: str | None = None) -> str | None:
    """The latest of `stamps`, not after the stamp `until` if that is given; None of none."""
    return max((stamp for stamp in stamps if until is None or stamp <= until), default=None)
