# SPDX-License-Identifier: Apache-2.0
"""Distributions: content guards by name, and the order of distributions that refer to others."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.distribution import Guards, in_waves
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.report.report import Result


def waves(*items):
    """Return the names in each wave, and the errors; items are (name, referenced distribution)."""
    pairs = [(Result(name, "rpm"), {"distribution": source}) for name, source in items]
    found = [[result.name for result, _pair in wave] for wave in in_waves(pairs)]
    return found, [result.error for result, _pair in pairs]


def test_independent_items_are_in_one_wave():
    assert waves(("a", None), ("b", "elsewhere")) == ([["a", "b"]], ["", ""])


def test_an_item_follows_the_distribution_that_it_refers_to():
    found, errors = waves(
        ("production", "staging"), ("staging", "development"), ("development", "")
    )
    assert found == [["development"], ["staging"], ["production"]]
    assert errors == ["", "", ""]


def test_circular_references_are_errors_and_other_items_are_kept():
    found, errors = waves(("a", "b"), ("b", "a"), ("c", None))
    assert found == [["c"], ["a", "b"]]
    assert ["itself" in error for error in errors] == [True, True, False]


def test_a_content_guard_is_found_by_name_and_empty_text_means_none():
    guards = Guards([{"name": "release", "pulp_href": "/guards/1/"}], "user 'ci'")
    assert guards.href("release") == "/guards/1/"
    assert guards.href("") is None
    with pytest.raises(
        InvalidItem, match="there is no content guard 'nobody', or user 'ci' may not"
    ):
        guards.href("nobody")
