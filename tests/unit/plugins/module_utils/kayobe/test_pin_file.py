# SPDX-License-Identifier: Apache-2.0
"""Examples of updates of pins; test_pin_file_properties.py compares updates with PyYAML."""

from __future__ import annotations

import re

import pytest

from plugins.module_utils.kayobe.pin_file import PinFileError, read_entries, with_added, with_values

OLD, NEW = "20261101T000000", "20261122T200001"
FAMILY = re.compile("(.+)_version")


@pytest.mark.parametrize(
    ("line", "after"),
    [
        (f"a: {OLD}", f"a: {NEW}"),
        (f"a:   {OLD}   ", f"a:   {NEW}   "),
        (f"a : {OLD} # why", f"a : {NEW} # why"),
        (f'"a": {OLD}', f'"a": {NEW}'),
        (f"'a': '{OLD}'", f"'a': '{NEW}'"),
        (f'a: "{OLD}"  # "', f'a: "{NEW}"  # "'),
        ("a:", f"a: {NEW}"),
        ("a:   ", f"a: {NEW}"),
        ("a:   # why", f"a: {NEW}   # why"),
        ("a: ~  # why", f"a: {NEW}  # why"),
        ("a: null", f"a: {NEW}"),
        ("a: ''", f"a: '{NEW}'"),
        ('a: ""', f'a: "{NEW}"'),
        ("a: it's", f"a: {NEW}"),
        ('a: "{{ b }}"', f'a: "{NEW}"'),
        ("a: 2026", f"a: {NEW}"),
        ("\ufeffa: x", f"\ufeffa: {NEW}"),
    ],
)
def test_a_value_is_replaced_and_the_rest_of_its_line_is_kept(line, after):
    for end in ("", "\n", "\r\n"):
        assert with_values(f"{line}{end}", {"a": NEW, "b": NEW}) == f"{after}{end}"


@pytest.mark.parametrize("value", ["2025.1", "1", "yes", "release-1"])
def test_a_value_that_yaml_may_not_read_as_text_is_quoted(value):
    assert with_values("a: x\n", {"a": value}) == f'a: "{value}"\n'
    assert with_values("a: 'x'\n", {"a": value}) == f"a: '{value}'\n"


@pytest.mark.parametrize("value", ["a b", "a: b", "x #", "'", "", "-a", "ä"])
def test_an_invalid_pin_is_rejected(value):
    with pytest.raises(PinFileError, match="invalid pin"):
        with_values("a: x\n", {"a": value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &b x", "line 1: a has a tag or an anchor"),
        ("a: !vault |\n  6162\n", "line 1: a has a tag or an anchor"),
        ("a: *b", "line 1: a is an alias"),
        ("b: 1\na: {c: d}", "line 2: a is a list or a mapping"),
        ("a: [c]", "line 1: a is a list or a mapping"),
        ("a: |\n  text\n", "line 1: a is a block scalar"),
        ("a:\n  b: c\n", "line 1: a continues in line 2"),
        ("a:\n- b\n", "line 1: a continues in line 2"),
    ],
)
def test_a_value_that_cannot_be_replaced_is_an_error_only_for_a_given_key(text, message):
    with pytest.raises(PinFileError, match=message) as refused:
        with_values(text, {"a": NEW})
    assert "replace its value with a stamp" in str(refused.value)
    assert with_values(text, {"z": NEW}) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "line 1: the file is encrypted"),
        ("a: 1\nb: 2\n'a': 3\n", "line 3: a is already in line 1: remove one of them"),
        ("a: 'x\n", "line 1: 'a: 'x' continues in the next line"),
        ("a: [b,\n  c]\n", "line 1: 'a: .b,' continues in the next line"),
        ("a: b\n  c\n", "line 2: 'c' is neither 'key: value' nor a comment"),
        ("- a\n", "line 1: expected a single mapping of variables"),
        ("  a: b\n", "line 1: expected a single mapping of variables"),
        ("a: 1\n...\nb: 2\n", "line 3: expected a single mapping"),
        ("a: 1\n---\nb: 2\n", "line 2: '---' is neither"),
        ("a:\tb\n", "line 1: "),
        ("? a\n: b\n", "line 1: .* line 2: "),
    ],
)
def test_an_unsupported_file_is_rejected(text, message):
    with pytest.raises(PinFileError, match=message):
        with_values(text, {})


def test_all_problems_of_a_file_are_reported_at_once():
    with pytest.raises(PinFileError) as refused:
        with_values("a: &x 1\nb: 2\nc: [1]\n", {"a": NEW, "b": NEW, "c": NEW})
    assert str(refused.value).startswith("line 1: a has a tag")
    assert "; line 3: c is a list" in str(refused.value)


def test_lists_mappings_and_block_scalars_of_other_keys_are_skipped():
    text = "a: |\n  b: 1\n  # c\nd:\n  - e: 'x'\n  # f\nb: 2\n"
    entries = read_entries(text)
    assert [(entry.key, entry.number, entry.last) for entry in entries] == [
        *(("a", 1, 3), ("d", 4, 5), ("b", 7, 7))
    ]
    assert with_values(text, {"b": NEW}) == text.replace("b: 2", f"b: {NEW}")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "m_version: {}\n"),
        ("---\n", "---\nm_version: {}\n"),
        ("# only\n", "# only\nm_version: {}\n"),
        ("# only", "# only\nm_version: {}"),
        ("b_version: 'x'\nz_version: x\n", "b_version: 'x'\nm_version: '{}'\nz_version: x\n"),
        ("---\n# top\nz_version: x\n", "---\n# top\nm_version: {}\nz_version: x\n"),
        ("\ufeffz_version: x\n", "\ufeffm_version: {}\nz_version: x\n"),
        ("z_version: x\r\nb_version: x", "z_version: x\r\nb_version: x\r\nm_version: {}"),
        ("b_version: x\nother: 1\n", "b_version: x\nm_version: {}\nother: 1\n"),
        ("other: 1\n...\n", "other: 1\nm_version: {}\n...\n"),
        (
            "m_2_version: x\nm_3_version: x\nn_version: x\n",
            "m_2_version: x\nm_3_version: x\nm_version: {}\nn_version: x\n",
        ),
    ],
)
def test_a_new_key_is_inserted_in_order(text, after):
    assert with_added(text, {"m_version": NEW}, FAMILY) == after.format(NEW)


def test_keys_stay_sorted_by_name():
    text = "m_version: x\nm_2_version: x\nn_version: x\n"
    after = "m_version: x\nm_1_version: {0}\nm_2_version: x\nm_3_version: {0}\nn_version: x\n"
    new = {"m_3_version": NEW, "m_1_version": NEW}
    assert with_added(text, new, FAMILY) == after.format(NEW)


def test_a_key_is_not_added_twice():
    with pytest.raises(PinFileError, match="a_version already exists"):
        with_added("a_version: x\n", {"a_version": NEW}, FAMILY)


def test_no_key_is_added_after_a_block_scalar_without_a_final_newline():
    with pytest.raises(PinFileError, match="line 2: .* add a newline at the end"):
        with_added("a: |\n  x", {"b_version": NEW}, FAMILY)
