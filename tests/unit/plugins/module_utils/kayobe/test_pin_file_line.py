# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from plugins.module_utils.kayobe.pin_file import LineError, read_line


@pytest.mark.parametrize(
    ("content", "key", "value", "place"),
    [
        ("a: b", "a", "b", "b"),
        ("a: b c  # d", "a", "b c", "b c"),
        ("a: b#c", "a", "b#c", "b#c"),
        ("a:b: c", "a:b", "c", "c"),
        ("-a: -b", "-a", "-b", "-b"),
        ("a b: it's", "a b", "it's", "it's"),
        ("'it''s': 'b''c' # d", "it's", "b''c", "'b''c'"),
        ('"a: #": "b # \\"c"', "a: #", 'b # \\"c', '"b # \\"c"'),
        ("a: ''", "a", None, "''"),
        ("a: ~", "a", None, "~"),
        ("a:", "a", None, ""),
        ("a:  ", "a", None, "  "),
        ("a:  # b", "a", None, ""),
    ],
)
def test_a_line_has_a_key_and_a_value_with_its_position(content, key, value, place):
    line = read_line(content)
    assert (line.key, line.value, content[line.start : line.end]) == (key, value, place)
    assert line.refusal == ""
    assert not line.is_item


@pytest.mark.parametrize(
    ("content", "block"),
    [
        ("a: |", 0),
        ("  a: >-  # b", 2),
        ("- |2", 0),
        ("  -   a: |+", 6),
        ("  - - >", 4),
        ("a: !vault |", 0),
        ("a: b", -1),
    ],
)
def test_a_block_scalar_is_indented_from_its_key_or_dash(content, block):
    assert read_line(content).block == block


@pytest.mark.parametrize("content", ["- a", "  - - b: 'c'", "-", "- # c", "- {a: [b, ']']}"])
def test_items_of_lists_are_distinguished_from_keys(content):
    assert read_line(content).is_item


@pytest.mark.parametrize(
    ("value", "refusal"),
    [
        ("&a b", "has a tag or an anchor"),
        ("!a", "has a tag or an anchor"),
        ("*a", "is an alias"),
        ("{a: 'b}', c: [d]}", "is a list or a mapping"),
        ("[]  # a", "is a list or a mapping"),
        (">", "is a block scalar"),
    ],
)
def test_a_value_that_cannot_be_replaced_is_reported(value, refusal):
    assert read_line(f"k: {value}").refusal == refusal


@pytest.mark.parametrize(
    "content",
    [
        *("a: 'b", 'a: "b\\"', "a: 'b' c", 'a: "b"#c', "a: {b", "a: [b, #c]", "a: ['b]"),
        *("text", "a:\tb", "a: b\tc: d", "a: b: c", "? a", "a: - b", "a: @b", "a: %b", "a: | b"),
        *("&a b: c", "[a]: b", "{a: b}: c", "%YAML 1.1", '"\\x61": b', "- text: 'a"),
    ],
)
def test_continued_lines_and_invalid_yaml_are_rejected(content):
    with pytest.raises(LineError):
        read_line(content)
