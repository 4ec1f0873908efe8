# SPDX-License-Identifier: Apache-2.0
"""Updates of tags compared with PyYAML: only the given tags change, all other lines are kept."""

from __future__ import annotations

import re

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.kayobe.image_pins import TagUpdate, update_container_image_tags

DISTROS = ["rocky-9", "rocky-10", "ubuntu-noble"]
KEYS = ["openstack", "cinder", "nova", "nova_compute", "zun"]
STAMP = st.from_regex(r"20[0-9]{6}T[0-9]{6}", fullmatch=True)
END_COMMENT = st.sampled_from(["", "", "  # why", " # 'quoted", ' # "', " # ä {["])
COMMENT = st.sampled_from(["", "# x", "  # indented: y", "      # deep", "   "])
QUOTE = st.sampled_from(["", '"', "'"])

exhaustive = settings(max_examples=100, derandomize=True, deadline=None, database=None)


@st.composite
def files(draw):
    """Generate tag files in styles that people and programs use."""
    key_indent = " " * draw(st.integers(1, 4))
    lines = draw(st.sampled_from([[], ["---"], ["other: {a: 1}"], ["list:", "- a", "# b"]]))
    lines = [*lines, f"kolla_image_tags:{draw(END_COMMENT)}"]
    for key in draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1)):
        lines += draw(st.lists(COMMENT, max_size=1))
        lines.append(f"{key_indent}{key}:{draw(END_COMMENT)}")
        for distro in draw(st.lists(st.sampled_from(DISTROS), unique=True, min_size=1)):
            quote = draw(QUOTE)
            tag = f"{quote}2025.1-{distro}-{draw(STAMP)}{quote}"
            lines += draw(st.lists(COMMENT, max_size=1))
            lines.append(f"{key_indent * 2}{distro}: {tag}{draw(END_COMMENT)}")
    lines += draw(st.sampled_from([[], ["after: 1"], ["# end"], ["text: |", "  nova:", "    a"]]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(lines) + draw(st.sampled_from(["", end]))


def other_lines(text):
    """Return the lines that are neither key nor tag, without a final empty line."""
    lines = re.split(r"\r?\n", text)
    return [line for line in lines if line and not re.match(r"\s+[\w-]+:", line)]


@exhaustive
@given(
    files(),
    st.sampled_from(DISTROS),
    STAMP,
    st.lists(st.sampled_from(KEYS), unique=True, max_size=2),
    st.booleans(),
)
def test_only_the_given_tags_change(text, distro, stamp, keys, reset):
    tag = f"2025.1-{distro}-{stamp}"
    before = yaml.safe_load(text)
    update = TagUpdate(tag, keys, reset, add=True)
    after, changes = update_container_image_tags(text, update)
    expected = {key: dict(values) for key, values in before["kolla_image_tags"].items()}
    changed_keys = keys or ["openstack"]
    for key in changed_keys:
        expected.setdefault(key, {})[distro] = tag
    if reset:
        for key in [one for one in expected if one not in [*changed_keys, "openstack"]]:
            expected[key].pop(distro, None)
            if not expected[key]:
                del expected[key]
    assert yaml.safe_load(after) == {**before, "kolla_image_tags": expected}
    assert other_lines(after) == other_lines(text)
    if not any(one.changed for one in changes):
        assert after == text
    new = [line for line in after.splitlines(keepends=True) if line not in text]
    assert len(new) <= 1 + 2 * len(changed_keys)
    again, changes = update_container_image_tags(after, update)
    assert again == after
    assert not any(one.changed for one in changes)
