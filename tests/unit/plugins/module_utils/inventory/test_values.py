# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from plugins.module_utils.inventory.values import (
    ItemValueError,
    filled_text,
    flag,
    given,
    one_of,
    records,
    seconds,
    text,
    whole_number,
    words,
)


class _OmitType:
    """Named as in ansible-core 2.19 and later."""


def test_null_and_leftover_omit_mean_not_given():
    item = {
        "name": "A",
        "url": None,
        "policy": "__omit_place_holder__0123456789abcdef",
        "mirror": _OmitType(),
        "ca_cert": "",
        "sync": False,
    }
    assert given(item) == {"name": "A", "ca_cert": "", "sync": False}


@pytest.mark.parametrize(
    ("convert", "value", "result"),
    [
        (text, "", ""),
        (text, "zażółć, (x) ", "zażółć, (x) "),
        (filled_text, "a", "a"),
        (flag, True, True),
        (flag, "true", True),
        (flag, "True", True),
        (flag, " Yes ", True),
        (flag, 1, True),
        (flag, "False", False),
        (flag, "no", False),
        (flag, 0, False),
        (whole_number, 2, 2),
        (whole_number, "2", 2),
        (whole_number, " 10\n", 10),
        (seconds, 2, 2.0),
        (seconds, "2.5", 2.5),
        (words, "main  universe\n", "main universe"),
        (words, ["main", " universe "], "main universe"),
        (words, (), ""),
        (records, [{"a": "b"}], [{"a": "b"}]),
        (one_of("a", "b"), "b", "b"),
    ],
)
def test_values_become_what_is_meant(convert, value, result):
    converted = convert(value)
    assert converted == result
    assert type(converted) is type(result)


@pytest.mark.parametrize(
    ("convert", "value", "problem"),
    [
        (text, 9, "must be text, not a number: put it in quotes"),
        (text, 2025.1, "must be text, not a number: put it in quotes"),
        (text, True, "must be text, not a boolean: put it in quotes"),
        (text, ["a"], "must be text, not a list"),
        (text, {"a": 1}, "must be text, not a mapping"),
        (filled_text, "  ", "is empty"),
        (flag, "maybe", "must be true or false, not 'maybe'"),
        (flag, 2, "must be true or false, not 2"),
        (whole_number, "two", "must be a whole number, not 'two'"),
        (whole_number, 2.5, "must be a whole number, not 2.5"),
        (whole_number, True, "must be a whole number, not True"),
        (seconds, "soon", "must be a number of seconds, not 'soon'"),
        (words, [1], "must be words or a list of words, not a list"),
        (words, {"a": 1}, "must be words or a list of words, not a mapping"),
        (records, ["a"], "must be a list of mappings"),
        (records, 5, "must be a list of mappings"),
        (one_of("a", "b"), "c", "must be one of a, b, not 'c'"),
        (one_of("a", "b"), ["a"], "must be one of a, b, not ['a']"),
    ],
)
def test_a_value_of_another_kind_is_refused_in_words(convert, value, problem):
    with pytest.raises(ItemValueError) as refused:
        convert(value)
    assert str(refused.value) == problem
