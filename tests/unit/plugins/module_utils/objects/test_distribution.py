# SPDX-License-Identifier: Apache-2.0
"""Distributions: guards by name, and the order in which they take over from each other."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.distribution import Guards, in_waves
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.report.report import Result


def waves(*items):
    """(name, distribution that it takes over from) -> names, wave by wave, and errors."""
    work = [(Result(name, "rpm"), {"distribution": source}) for name, source in items]
    found = [[result.name for result, _pair in wave] for wave in in_waves(work)]
    return found, [result.error for result, _pair in work]


def test_items_that_need_no_other_go_together():
    assert waves(("a", None), ("b", "elsewhere")) == ([["a", "b"]], ["", ""])


def test_an_item_comes_after_the_one_that_it_takes_over_from():
    found, errors = waves(
        ("production", "staging"), ("staging", "development"), ("development", "")
    )
    assert found == [["development"], ["staging"], ["production"]]
    assert errors == ["", "", ""]


def test_items_that_wait_for_each_other_are_errors_and_hide_nothing():
    found, errors = waves(("a", "b"), ("b", "a"), ("c", None))
    assert found == [["c"], ["a", "b"]]
    assert ["itself" in error for error in errors] == [True, True, False]


def test_a_guard_is_known_by_its_name_and_empty_text_is_none():
    guards = Guards([{"name": "release", "pulp_href": "/guards/1/"}])
    assert guards.href("release") == "/guards/1/"
    assert guards.href("") is None
    with pytest.raises(InvalidItem, match="there is no content guard 'nobody'"):
        guards.href("nobody")
