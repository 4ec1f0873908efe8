# SPDX-License-Identifier: Apache-2.0
"""Stamps: a time in UTC, ``YYYYMMDDTHHMMSS``, at the end of a snapshot's name and base path.

Stamps are compared as strings: their alphabetical order is their order in time.
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
_PREFIX = re.compile("[0-9]{4}([0-9]{2}([0-9]{2}(T[0-9]{2}([0-9]{2}([0-9]{2})?)?)?)?)?")
# Completes a prefix to a stamp: the first second of a leap year.
_EXAMPLE = "20000101T000000"
_DAY_DIGITS, _SECOND_DIGITS = 8, 6
# pulpcore writes ISO 8601 in UTC ("Z"), with or without a fraction.
_PULP_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?"
)


class StampError(OperatorError):
    """A text that is not a stamp, or not a time of Pulp's API."""


def parse_stamp(stamp: object) -> datetime:
    """Return the time of a stamp, with time zone UTC.

    Raises StampError, naming the value, unless it is a string of the format ``YYYYMMDDTHHMMSS`` and
    an existing time.
    """
    if not isinstance(stamp, str) or not _STAMP.fullmatch(stamp):
        raise StampError(f"{stamp!r} is not a stamp: expected YYYYMMDDTHHMMSS (UTC)")
    try:
        return datetime.strptime(stamp, STAMP_FORMAT).replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise StampError(f"{stamp!r} is not a stamp: the date or time does not exist") from error


def is_stamp(value: object) -> bool:
    """Return whether `value` is a valid stamp."""
    try:
        parse_stamp(value)
    except StampError:
        return False
    return True


def stamp_prefix(text: str) -> str:
    """Validate the prefix of a stamp up to year, month, day, hour, minute or second; return it.

    Raises StampError, naming the value.
    """
    if _PREFIX.fullmatch(text) and is_stamp(text + _EXAMPLE[len(text) :]):
        return text
    raise StampError(
        f"{text!r} is not a stamp or the prefix of one: expected YYYYMMDDTHHMMSS (UTC), YYYY, "
        "YYYYMM, YYYYMMDD, YYYYMMDDTHH or YYYYMMDDTHHMM"
    )


def stamps_beginning_with(prefix: str) -> str:
    """Return a regular expression of the stamps with a prefix (see `stamp_prefix`)."""
    return prefix + _rest(len(prefix))


def stamps_not_after(prefix: str) -> str:
    """Return a regular expression of the stamps with a prefix, and of all earlier ones."""
    return _bounded(prefix, lambda digit: f"[0-{digit - 1}]" if digit > 0 else "")


def stamps_not_before(prefix: str) -> str:
    """Return a regular expression of the stamps with a prefix, and of all later ones."""
    return _bounded(prefix, lambda digit: f"[{digit + 1}-9]" if digit < 9 else "")


def _bounded(prefix: str, others: Callable[[int], str]) -> str:
    """Return a regular expression of the stamps with a prefix, and of those that first differ from
    it in a digit that `others` matches."""
    choices = [stamps_beginning_with(prefix)]
    for index, character in enumerate(prefix):
        digits = others(int(character)) if character.isdigit() else ""
        if digits:
            choices.append(prefix[:index] + digits + _rest(index + 1))
    return f"({'|'.join(choices)})"


def _rest(length: int) -> str:
    """Return a regular expression of what follows the first `length` characters of a stamp."""
    if length > _DAY_DIGITS:
        return _digits(len(_EXAMPLE) - length)
    return f"{_digits(_DAY_DIGITS - length)}T{_digits(_SECOND_DIGITS)}"


def _digits(number: int) -> str:
    return f"[0-9]{{{number}}}" if number else ""


def current_stamp(clock: Callable[[], float] = time.time) -> str:
    """Return the stamp of the current time; `clock` returns seconds since 1970, as time.time."""
    return datetime.fromtimestamp(int(clock()), tz=timezone.utc).strftime(STAMP_FORMAT)


def stamp_of_pulp_time(text: str) -> str:
    """Return the stamp of a time in the format of Pulp's API, ``2026-11-20T20:00:01.123456Z``.

    Fractions of a second are truncated; a time without time zone is UTC. Raises StampError.
    """
    found = _PULP_TIME.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise StampError(f"{text!r} is not a time of Pulp: expected 2026-11-20T20:00:01.123456Z")
    day, second, zone = found.groups()
    offset = "+0000" if zone in (None, "Z") else zone.replace(":", "")
    try:
        moment = datetime.strptime(f"{day}T{second}{offset}", "%Y-%m-%dT%H:%M:%S%z")
    except ValueError as error:
        raise StampError(
            f"{text!r} is not a time of Pulp: the date or time does not exist"
        ) from error
    return moment.astimezone(timezone.utc).strftime(STAMP_FORMAT)


def stamp_of(name: str, prefix: str) -> str | None:
    """Return the stamp of a snapshot, None if `name` is not `prefix` and a stamp.

    `prefix` is the complete `distribution_name` or `base_path` of a repository. Names cannot be
    split at a separator: prefixes may have none, and one may be the prefix of another
    (``openhpc-2-`` and ``openhpc-2-updates-``).
    """
    if not name.startswith(prefix):
        return None
    rest = name[len(prefix) :]
    return rest if is_stamp(rest) else None


def newest_stamp(stamps: Iterable[str], until: str | None = None) -> str | None:
    """Return the newest of `stamps`, not after `until` if it is given; None without any."""
    return max((stamp for stamp in stamps if until is None or stamp <= until), default=None)
