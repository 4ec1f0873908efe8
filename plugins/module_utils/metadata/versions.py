# SPDX-License-Identifier: Apache-2.0
"""The order of versions by the rules of RPM and of Debian.

`sort_key` converts a version to a text whose order by code points is the order of the versions, so
that many versions are sorted without a comparison in Python. Versions that the rules consider equal,
such as 1.0 and 1.00, have the same key.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# RPM, rpmvercmp in rpmio/rpmvercmp.c: at each position a tilde is before the end of the text, which
# is before a caret, which is before letters, which are before digits. All else only separates.
_RPM_TILDE, _RPM_END, _RPM_CARET, _RPM_LETTERS, _RPM_DIGITS = "\1", "\2", "\3", "\4", "\5"
_RPM_LETTERS_END = "\0"
_RPM_PARTS = re.compile(r"([0-9]+)|([a-zA-Z]+)|([~^])")
# RPM compares a version without a release with the version only, so it is before all releases.
_RPM_EVR = re.compile(r"(?:([0-9]*):)?(.*?)(?:-([^-]*))?", re.DOTALL)

# Debian, verrevcmp in lib/dpkg/version.c: parts of other characters and of digits alternate. In the
# former a tilde is before the end of the part, which is before letters, which are before all else.
_DEB_TILDE, _DEB_END, _DEB_OTHER = "\1", "\2", 128
_DEB_ZERO = "\2\0"
_DIGITS = re.compile(r"[0-9]+")
_DEB_CHARACTERS = {
    code: _DEB_TILDE if chr(code) == "~" else chr(code + _DEB_OTHER)
    for code in range(128)
    if not chr(code).isalnum()
}


def compare_rpm(first: str, second: str) -> int:
    """Compare `[epoch:]version[-release]`: -1, 0 or 1."""
    return _compare(rpm_key(first), rpm_key(second))


def compare_deb(first: str, second: str) -> int:
    """Compare `[epoch:]version[-revision]`: -1, 0 or 1."""
    return _compare(deb_key(first), deb_key(second))


def sort_key(content_type: str, version: str) -> str:
    """Return a text that sorts like the version; versions of other types sort as texts."""
    key = _KEYS.get(content_type)
    return key(version) if key else version


def rpm_key(version: str) -> str:
    """Return the sort key of `[epoch:]version[-release]`."""
    found = _RPM_EVR.fullmatch(version)
    epoch, number, release = found.groups() if found else (None, version, None)
    key = _number(epoch or "0") + _rpm_part(number)
    return key if release is None else key + _rpm_part(release)


def deb_key(version: str) -> str:
    """Return the sort key of `[epoch:]version[-revision]`."""
    epoch, colon, rest = version.partition(":")
    if not (colon and epoch.isascii() and epoch.isdigit()):
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    return _number(epoch) + _deb_part(upstream) + _deb_part(revision)


_KEYS: dict[str, Callable[[str], str]] = {"rpm": rpm_key, "deb": deb_key}


def _compare(first: str, second: str) -> int:
    return (first > second) - (first < second)


def _number(digits: str) -> str:
    """Return a key of a number of any length: the longer one is larger."""
    digits = digits.lstrip("0")
    return chr(len(digits)) + digits


def _rpm_part(text: str) -> str:
    key = []
    for digits, letters, sign in _RPM_PARTS.findall(text):
        if digits:
            key.append(_RPM_DIGITS + _number(digits))
        elif letters:
            key.append(_RPM_LETTERS + letters + _RPM_LETTERS_END)
        else:
            key.append(_RPM_TILDE if sign == "~" else _RPM_CARET)
    return "".join(key) + _RPM_END


def _deb_part(text: str) -> str:
    # A missing part counts as an empty one followed by 0, so 1a and 1a0 are equal, and so are "" and 0.
    if not text.strip("0"):
        return _DEB_ZERO
    key = _DIGITS.sub(_deb_number, text.translate(_DEB_CHARACTERS))
    return key + _DEB_ZERO if "0" <= text[-1] <= "9" else key + _DEB_ZERO + _DEB_ZERO


def _deb_number(found: re.Match[str]) -> str:
    digits = found[0].lstrip("0")
    return f"{_DEB_END}{chr(len(digits))}{digits}"
