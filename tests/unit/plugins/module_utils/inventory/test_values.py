# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from plugins.module_utils.inventory.values import (
    REMOTE_KEYS,
    SECRET_KEYS,
    ItemValueError,
    boolean,
    integer,
    mapping_list,
    nonempty_text,
    one_of,
    seconds,
    secret_values,
    text,
    without_omitted,
    words,
)
from plugins.module_utils.pulp.types import CONTENT_TYPES, kind_of


class _OmitType:
    """Has the name of the class in ansible-core 2.19 and later."""


def test_null_and_an_omit_placeholder_mean_not_set():
    item = {
        "name": "A",
        "url": None,
        "policy": "__omit_place_holder__0123456789abcdef",
        "mirror": _OmitType(),
        "ca_cert": "",
        "sync": False,
    }
    assert without_omitted(item) == {"name": "A", "ca_cert": "", "sync": False}


@pytest.mark.parametrize(
    ("convert", "value", "result"),
    [
        (text, "", ""),
        (text, "zażółć, (x) ", "zażółć, (x) "),
        (nonempty_text, "a", "a"),
        (boolean, True, True),
        (boolean, "true", True),
        (boolean, "True", True),
        (boolean, " Yes ", True),
        (boolean, 1, True),
        (boolean, "False", False),
        (boolean, "no", False),
        (boolean, 0, False),
        (integer, 2, 2),
        (integer, "2", 2),
        (integer, " 10\n", 10),
        (seconds, 2, 2.0),
        (seconds, "2.5", 2.5),
        (words, "main  universe\n", "main universe"),
        (words, ["main", " universe "], "main universe"),
        (words, (), ""),
        (mapping_list, [{"a": "b"}], [{"a": "b"}]),
        (one_of("a", "b"), "b", "b"),
    ],
)
def test_values_are_converted(convert, value, result):
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
        (nonempty_text, "  ", "is empty"),
        (boolean, "maybe", "must be true or false, not 'maybe'"),
        (boolean, 2, "must be true or false, not 2"),
        (integer, "two", "must be a whole number, not 'two'"),
        (integer, 2.5, "must be a whole number, not 2.5"),
        (integer, True, "must be a whole number, not True"),
        (seconds, "soon", "must be a number of seconds, not 'soon'"),
        (words, [1], "must be words or a list of words, not a list"),
        (words, {"a": 1}, "must be words or a list of words, not a mapping"),
        (mapping_list, ["a"], "must be a list of mappings"),
        (mapping_list, 5, "must be a list of mappings"),
        (one_of("a", "b"), "c", "must be one of a, b, not 'c'"),
        (one_of("a", "b"), ["a"], "must be one of a, b, not ['a']"),
    ],
)
def test_a_value_of_the_wrong_type_is_rejected_with_a_message(convert, value, problem):
    with pytest.raises(ItemValueError) as refused:
        convert(value)
    assert str(refused.value) == problem


def test_secrets_are_found_below_their_keys_at_any_depth():
    items = [{"name": "a", "remote_password": "p", "headers": [{"X-Token": "t", "Count": 2}]}]
    defaults = {"client_key": "k", "ca_cert": "c", "proxy_password": ""}
    params = {"rpm": items, "deb_defaults": defaults}
    assert set(secret_values(params)) == {"p", "t", "2", "k"}


def test_the_options_of_a_remote_are_those_of_every_content_type():
    remotes = [kind_of("remote", name).fields for name in CONTENT_TYPES]
    shared = set.intersection(*({spec.option for spec in fields} for fields in remotes))
    assert set(REMOTE_KEYS) == shared - {"url", "policy"}
    secret = {spec.option for fields in remotes for spec in fields if spec.no_log}
    assert secret == SECRET_KEYS
