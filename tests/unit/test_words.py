# SPDX-License-Identifier: Apache-2.0
"""The check of wording finds the words and phrases of its list, but not parts of words."""

from __future__ import annotations

import pytest

from scripts import words

RULES = words.read_rules(
    "# comment\n\nutilize, leverage -> use\nleverage of -> effect of\nin order to -> to\n"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nothing", []),
        ("one\nUtilize it", [(2, "use")]),
        ("the leverage of it", [(1, "effect of")]),
        ("read in\norder to write", [(1, "to")]),
        ("# in order\n# to write", [(1, "to")]),
        ("utilize_all, leverages, reutilize, utilize-all", []),
        ("leverage, and utilize", [(1, "use"), (1, "use")]),
    ],
)
def test_phrases_are_found_with_their_line_and_replacement(text, found):
    assert [(line, rule.instead) for line, rule in words.find_words(text, RULES)] == found


def test_each_rule_of_the_list_has_a_replacement():
    rules = words.read_rules(words.WORDS.read_text(encoding="utf-8"))
    assert [rule.phrase for rule in rules if not rule.instead or not rule.phrase] == []
    assert len({rule.phrase for rule in rules}) == len(rules)


def test_checked_and_allowed_paths_exist():
    names = [*words.CHECKED, *words.ALLOWED]
    assert [name for name in names if not (words.ROOT / name).exists()] == []
