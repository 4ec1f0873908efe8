# SPDX-License-Identifier: Apache-2.0
"""The check of wording finds words and phrases of its list, and nothing within other words."""

from __future__ import annotations

import pytest

from scripts import words

RULES = words.read_rules("# comment\n\ntell, say -> print\nsay of -> describe\nway out -> remedy\n")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nothing", []),
        ("one\nTell me", [(2, "print")]),
        ("what to say of it", [(1, "describe")]),
        ("a way\nout of it", [(1, "remedy")]),
        ("# the way\n# out", [(1, "remedy")]),
        ("tell_all, sayings, untell, tell-tale", []),
        ("say, and tell", [(1, "print"), (1, "print")]),
    ],
)
def test_words_are_found_with_their_line_and_what_to_write(text, found):
    assert [(line, rule.instead) for line, rule in words.find_words(text, RULES)] == found


def test_each_rule_of_the_list_has_something_to_write():
    rules = words.read_rules(words.WORDS.read_text(encoding="utf-8"))
    assert [rule.phrase for rule in rules if not rule.instead or not rule.phrase] == []
    assert len({rule.phrase for rule in rules}) == len(rules)


def test_what_is_checked_and_what_is_allowed_exists():
    names = [*words.CHECKED, *words.EVERYTHING, *words.ALLOWED]
    assert [name for name in names if not (words.ROOT / name).exists()] == []
