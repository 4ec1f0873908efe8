# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import yaml

from plugins.plugin_utils.inventory.located_yaml import NotYamlError, line_of, load

TEXT = """\
---
items:
  - name: a
    on: yes
    # remark
    day: 2026-11-22

  - {name: b, nested: [1,
      2]}
"""


def test_values_are_those_of_yaml():
    assert load(TEXT).content == yaml.safe_load(TEXT)
    assert load("").content is None
    assert load("5").content == 5


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("items",), 2),
        (("items", 0), 3),
        (("items", 0, "day"), 6),
        (("items", 1, "nested"), 8),
        (("items", 1, "nested", 1), 9),
        (("items", 0, "missing"), 3),
        (("missing", 0), 1),
        ((), 1),
    ],
)
def test_every_node_has_a_line(place, line):
    assert line_of(load(TEXT).content, place) == line


def test_merged_keys_have_the_line_where_they_are_written():
    content = load("base: &base\n  a: 1\n  b: 2\nitem:\n  <<: *base\n  b: 3\n").content
    assert content["item"] == {"a": 1, "b": 3}
    assert line_of(content, ("item", "a")) == 2
    assert line_of(content, ("item", "b")) == 6


def test_encrypted_values_and_unknown_tags_count_as_templates():
    text = "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nb: !mine {c: d}\ne: [!x 1]\n"
    assert load(text).content == {"a": "{{ !vault }}", "b": "{{ !mine }}", "e": ["{{ !x }}"]}
    assert load("a: !unsafe 'b'\n").content == {"a": "b"}


def test_duplicate_keys_are_reported():
    loaded = load("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")
    assert loaded.content == {"a": 3, "b": {"c": 2}}
    assert sorted(loaded.repeated) == [(4, "c", 3), (5, "a", 1)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [\n", 2),
        ("a: b: c\n", 1),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: *b\n", 1),
        ("a\x00", 1),
        ("? [a]\n", 1),
    ],
)
def test_invalid_yaml_is_reported_with_its_line_number(text, line):
    with pytest.raises(NotYamlError, match="not YAML: ") as refused:
        load(text)
    assert refused.value.line == line
