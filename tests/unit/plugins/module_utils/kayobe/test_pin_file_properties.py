# SPDX-License-Identifier: Apache-2.0
"""Updates of pins compared with PyYAML: only the given values change, all other bytes are kept.

Files are generated: valid ones in all supported styles, and random combinations of lines that are
difficult to parse. Such a combination may be rejected, but must not be read differently from YAML.
"""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.kayobe.pin_file import PinFileError, read_entries, with_added, with_values

FAMILY = re.compile("stackhpc_pulp_repo_(.+)_version")
NAMES = ["a", "b", "b_next", "rocky_9_baseos", "rocky_9_5_baseos", "ubuntu_noble", "z"]
KEYS = [f"stackhpc_pulp_repo_{name}_version" for name in NAMES]
STAMP = st.from_regex(r"20[0-9]{6}T[0-9]{6}", fullmatch=True)
VALUES = st.dictionaries(st.sampled_from(KEYS), STAMP, max_size=5)

PIN = st.one_of(
    STAMP.map(" {}".format),
    STAMP.map('  "{}"'.format),
    STAMP.map(" '{}'".format),
    st.sampled_from(["", " ", " ~", " null", ' ""', " ''", " 20261120", ' "{{ other }}"', " a b"]),
    st.sampled_from([" it's", ' a"b', " a#b", " http://x/y", " -1", " a: b"[:2], ' "a\\"b # c"']),
)
END_COMMENT = st.sampled_from(["", "", "  # why", " # 'quoted", ' # "', "   # a: b", " # ä {["])
COMMENT = st.sampled_from(["", "# x", "  # indented", "#", "# 'a", '# "', "# k: v", "   "])
OTHER = st.sampled_from(
    [
        "other: 5",
        "'quoted key': \"x # y\"",
        '"k: v": {a: [1, "]"], b: \'}\'}',
        "list:\n  - a\n  - b: 'c'\n    d: [x, y]",
        "bare:\n- a\n-   - b\n    - c",
        "nested:\n  deeper:\n    stackhpc_pulp_repo_a_version: 1\n  # remark\n  x: ''",
        "text: |\n  stackhpc_pulp_repo_a_version: 1\n  \"'[{ #\n\n    more",
        "folded: >-  # remark\n    'a\n    b\n\n",
        "kept: |+\n  a\n\n\n",
        "secret: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162",
        "anchored: &anchor x",
        "tagged: !unsafe '{{ x }}'",
        "list_of_texts:\n  - |\n   a: 'b\n  - >\n     \"\n  - c",
        "empty:",
        "<<: {merged: 1}",
        "url: https://example.com/a?b=c#d",
    ]
)


@st.composite
def valid_files(draw):
    """Generate files in styles that people and programs use."""
    parts = [f"{key}:{draw(PIN)}{draw(END_COMMENT)}" for key in draw(st.permutations(KEYS))]
    parts = parts[: draw(st.integers(0, len(parts)))]
    if draw(st.booleans()):
        parts.sort()
    others = draw(st.lists(OTHER, max_size=4, unique_by=lambda part: part.partition(":")[0]))
    for part in [*others, *draw(st.lists(COMMENT, max_size=5))]:
        place = draw(st.integers(0, len(parts)))
        parts.insert(place, part)
    head = draw(
        st.sampled_from(["", "---\n", "# first\n---  # document\n", "\ufeff", "\ufeff---\n"])
    )
    tail = draw(st.sampled_from(["", "\n", "\n...\n", "\n\n# end", "\n...  # end"]))
    text = head + "\n".join(parts) + tail
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


TRAPS = """\
a: 'x
a: "x
b: y'
b: y"
  'c
  "
c: [1,
  2]
]
d: {
}
e: |
e: >2
   x
 y
- z
- - 'q
f:
g: plain
    continued
  h: i
# '
  # "
j: 'k' # "
l: "m"#n
o: p'q
r: [s't, u]
v: [w 'x, y']
? k
: v
---
...
%YAML 1.1
\t
a:\tb
w: x\t# y
!t z: 1
&n m: 2
*n : 3
n: *n
n: !!str
n: !vault |
n: - a
n: ? a
k:v
k::  v
-k: v
n: |-1
n: |5 # x
n: | x
n: 'a''b'
n: 'a'b
n: "a\\
x\u2028y: 1
\x85
[a, #b
x: [a,#b]
x: [a#b]
]: c
x: {a: 'b', c}
- x: |
-   x: >
      t
stackhpc_pulp_repo_a_version: ''
stackhpc_pulp_repo_b_version:
<<: *n

 \x20
"a": 1
'a' : 2
'it''s': 3
"\\x61": 4
{a: 1}: b
[a]: b
a b: c
a #b: c
  - a: 'b
  - "c": d
  e: |+
  -\x20
  -
   - x: {a: b}  # }
x: @a
x: %a"""
LINE = st.sampled_from(TRAPS.split("\n"))
MIXED_FILES = st.tuples(st.lists(LINE, max_size=8), st.sampled_from(["", "\n"])).map(
    lambda given: "\n".join(given[0]) + given[1]
)

exhaustive = settings(max_examples=100, derandomize=True, deadline=None, database=None)


def loaded(text):
    """Return what YAML reads: all scalars as text, other keys as their representation."""
    content = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    return {key if isinstance(key, str) else repr(key): value for key, value in content.items()}


def check_bytes(before, after, keys):
    """Assert that all lines are equal except for the values of `keys`."""
    entries = {entry.number: entry for entry in read_entries(before) if entry.key in keys}
    old, new = (re.split(r"(?<=\n)", text) for text in (before, after))
    assert len(old) == len(new)
    for number, (old_line, line) in enumerate(zip(old, new), 1):
        entry = entries.get(number)
        if entry:
            end = old_line[entry.end :]
            assert line.startswith(old_line[: entry.start])
            assert line.endswith(end)
            assert len(line) - len(old_line) <= 18
        else:
            assert line == old_line


@exhaustive
@given(valid_files(), VALUES)
def test_only_the_given_values_change(text, values):
    entries = {entry.key: entry for entry in read_entries(text)}
    present = {key: value for key, value in values.items() if key in entries}
    after = with_values(text, values)
    if not entries:
        assert after == text
        return
    before = loaded(text)
    assert list(before) == list(entries)
    assert loaded(after) == {**before, **present}
    assert all(isinstance(yaml.safe_load(f"x: {value}")["x"], str) for value in present.values())
    check_bytes(text, after, present)


@exhaustive
@given(valid_files(), VALUES)
def test_exactly_the_added_keys_are_new(text, values):
    entries = read_entries(text)
    new = {key: value for key, value in values.items() if key not in {one.key for one in entries}}
    try:
        after = with_added(text, new, FAMILY)
    except PinFileError as error:
        if "end the file with a newline" in str(error):
            return
        raise
    before = loaded(text) if entries else {}
    assert (loaded(after) if new or entries else {}) == {**before, **new}
    other_lines = [
        line
        for line in re.split(r"(?<=\n)", after)
        if line.lstrip("\ufeff").split(":")[0] not in new
    ]
    assert "".join(other_lines).rstrip("\r\n").lstrip("\ufeff") == text.rstrip("\r\n").lstrip(
        "\ufeff"
    )
    assert after.endswith("\n") == text.endswith("\n") or not entries
    assert after.startswith("\ufeff") == text.startswith("\ufeff")
    keys = [one.key for one in entries if FAMILY.fullmatch(one.key)]
    if keys == sorted(keys):
        added = [one.key for one in read_entries(after) if FAMILY.fullmatch(one.key)]
        assert added == sorted(added)


@settings(exhaustive, max_examples=500)
@given(MIXED_FILES, VALUES)
def test_a_file_that_yaml_reads_differently_is_rejected(text, values):
    try:
        entries = read_entries(text)
        after = with_values(text, values)
        more = with_added(after, {"zz": "20261122T200001"}, FAMILY)
    except PinFileError:
        return
    try:
        before = loaded(text) if entries else {}
    except (yaml.YAMLError, TypeError, AttributeError):
        return  # invalid YAML or no mapping: Ansible rejects the file, too
    keys = {entry.key for entry in entries}
    assert keys == set(before)
    present = {key: value for key, value in values.items() if key in keys}
    assert (loaded(after) if entries else {}) == {**before, **present}
    assert loaded(more) == {**before, **present, "zz": "20261122T200001"}


@pytest.mark.parametrize("separator", ["\n", "\r\n"])
def test_a_file_of_realistic_size_keeps_every_other_byte(separator):
    lines = ["---", "# Written by a workflow"]
    lines += [
        f"stackhpc_pulp_repo_repo_{number:03}_version: 20261101T000000" for number in range(176)
    ]
    text = separator.join([*lines, ""])
    values = {
        f"stackhpc_pulp_repo_repo_{number:03}_version": "20261122T200001" for number in (0, 99)
    }
    after = with_values(text, values)
    assert loaded(after) == {**loaded(text), **values}
    check_bytes(text, after, values)
