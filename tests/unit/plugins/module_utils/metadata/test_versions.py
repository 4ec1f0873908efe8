# SPDX-License-Identifier: Apache-2.0
"""Examples of the order of versions. test_versions_properties.py compares it with rpm and dpkg."""

from __future__ import annotations

import pytest

from plugins.module_utils.metadata.versions import compare_deb, compare_rpm, sort_key

# In ascending order; versions in one tuple are equal.
RPM = [
    ("1.0~~", "0:1.0~~"),
    ("1.0~rc1",),
    ("1.0~rc1^git1",),
    ("1.0", "0:1.0", ":1.0", "1..0", "1.00", "1_0", "1.0."),
    ("1.0-1~beta",),
    ("1.0-1", "01.0-1"),
    ("1.0-1.el9",),
    ("1.0-1.el9_4",),
    ("1.0-1.el9_4.2",),
    ("1.0-1.el10",),
    ("1.0-10.el9",),
    ("1.0^",),
    ("1.0^20250101-1",),
    ("1.0a", "1.0.a"),
    ("1.0.1-1",),
    ("1.10-1",),
    ("20250101-1",),
    ("1:0.1-1",),
    ("2:0.1-1",),
    ("10:0.1-1",),
]
DEB = [
    ("1.0~~",),
    ("1.0~~a",),
    ("1.0~",),
    ("1.0~rc1-1",),
    ("1.0", "0:1.0", "1.0-0", "1.00", "01.0", "1.0-"),
    ("1.0-1~bpo1",),
    ("1.0-1", "1.0-01"),
    ("1.0-1ubuntu1",),
    ("1.0-1ubuntu1.10",),
    ("1.0-1+b1",),
    ("1.0-10",),
    ("1.0a", "1.0a0"),
    ("1.0+git1-1",),
    ("1.0-rc-1",),
    ("1.0.1",),
    ("1.10",),
    ("20250101",),
    ("1:0.1",),
    ("10:0.1",),
]


def pairs(order):
    """Yield each two versions with the expected result."""
    for left, firsts in enumerate(order):
        for right, seconds in enumerate(order):
            expected = (left > right) - (left < right)
            yield from ((one, two, expected) for one in firsts for two in seconds)


@pytest.mark.parametrize(("compare", "order"), [(compare_rpm, RPM), (compare_deb, DEB)])
def test_versions_have_the_order_of_their_distribution(compare, order):
    found = [(one, two, compare(one, two)) for one, two, _expected in pairs(order)]
    assert found == list(pairs(order))


@pytest.mark.parametrize(("content_type", "order"), [("rpm", RPM), ("deb", DEB)])
def test_sort_keys_have_the_same_order(content_type, order):
    keys = [{sort_key(content_type, version) for version in versions} for versions in order]
    assert [len(key) for key in keys] == [1] * len(order)
    assert sorted(keys, key=min) == keys


def test_versions_of_other_types_sort_as_texts():
    assert sort_key("python", "1.10") < sort_key("python", "1.9")


@pytest.mark.parametrize("compare", [compare_rpm, compare_deb])
def test_numbers_of_any_length_are_compared(compare):
    assert compare("1" * 900, "2" * 899) == 1
    assert compare("0" * 900 + "2", "1") == 1
