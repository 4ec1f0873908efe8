# SPDX-License-Identifier: Apache-2.0
"""The order of random versions compared with the programs rpm and dpkg."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plugins.module_utils.metadata.versions import compare_deb, compare_rpm
from tests.lab.upstream.tools import require

PIECES = ["0", "00", "1", "01", "9", "10", "100", "20250101", "a", "ab", "b", "Z", "rc", "el9", "~"]
RPM_PIECES = [*PIECES, "^", ".", "..", "_", "+"]
DEB_PIECES = [*PIECES, ".", "+", "-", ":"]
# Lua in a macro of RPM; "%" would be expanded.
LUA = """%{lua:
local results = ""
for line in io.lines("PATH") do
  local blank = string.find(line, " ", 1, true)
  local first, second = string.sub(line, 1, blank - 1), string.sub(line, blank + 1)
  results = results .. rpm.vercmp(first, second) .. " "
end
print(results)}"""
SHELL = """while read -r first second; do
  if dpkg --compare-versions "$first" lt "$second"; then echo -1
  elif dpkg --compare-versions "$first" eq "$second"; then echo 0
  else echo 1; fi
done"""

# Each example runs a program for many pairs, so a failure is not made smaller.
many = settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


@st.composite
def version_pairs(draw, pieces):
    """Generate two versions that have most pieces in common."""
    common = st.lists(st.sampled_from(pieces), max_size=4)
    ends = st.lists(st.sampled_from(pieces), max_size=2)
    start, end = draw(common), draw(common)
    return tuple("".join([*start, *draw(ends), *end]) for _side in range(2))


@st.composite
def rpm_pairs(draw):
    """Generate two versions with or without epoch and release."""
    epochs = st.sampled_from(["", "", "0:", "1:", "10:"])
    versions = draw(version_pairs(RPM_PIECES))
    releases = draw(version_pairs(RPM_PIECES))
    return tuple(
        draw(epochs) + (version or "1") + (f"-{release}" if release else "")
        for version, release in zip(versions, releases)
    )


@st.composite
def deb_pairs(draw):
    """Generate two valid versions: they begin with a digit, and only an epoch precedes a colon."""
    epochs = st.sampled_from(["", "", "0:", "1:", "10:"])
    pairs = []
    for version in draw(version_pairs(DEB_PIECES)):
        upstream, dash, revision = version.rpartition("-")
        epoch = draw(epochs)
        if not epoch:
            upstream = upstream.replace(":", ".")
        pairs.append(f"{epoch}1{upstream}{dash if revision else ''}{revision.replace(':', '.')}")
    return tuple(pairs)


def expected_of_rpm(pairs, path):
    """Return the result of rpm for each pair."""
    path.write_text("".join(f"{first} {second}\n" for first, second in pairs))
    command = ["rpm", "--eval", LUA.replace("PATH", str(path))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return list(map(int, done.stdout.split()))


def expected_of_dpkg(pairs):
    """Return the result of dpkg for each pair."""
    text = "".join(f"{first} {second}\n" for first, second in pairs)
    done = subprocess.run(
        ["sh", "-c", SHELL], input=text, check=True, capture_output=True, text=True
    )
    assert done.stderr == "", done.stderr[:300]
    return list(map(int, done.stdout.split()))


@pytest.fixture(scope="module", autouse=True)
def _programs():
    """Install rpm if it is missing."""
    require("rpm", "dpkg")


@many
@given(st.lists(rpm_pairs(), min_size=30, max_size=50))
def test_the_order_is_that_of_rpm(tmp_path_factory, pairs):
    path = tmp_path_factory.getbasetemp() / "pairs"
    found = [(one, two, compare_rpm(one, two)) for one, two in pairs]
    expected = expected_of_rpm(pairs, path)
    assert found == [(one, two, result) for (one, two), result in zip(pairs, expected)]


@many
@given(st.lists(deb_pairs(), min_size=20, max_size=30))
def test_the_order_is_that_of_dpkg(pairs):
    found = [(one, two, compare_deb(one, two)) for one, two in pairs]
    expected = expected_of_dpkg(pairs)
    assert found == [(one, two, result) for (one, two), result in zip(pairs, expected)]
