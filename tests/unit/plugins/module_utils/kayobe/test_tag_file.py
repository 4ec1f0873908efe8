# SPDX-License-Identifier: Apache-2.0
"""The file of image tags is read and edited line by line."""

from __future__ import annotations

import pytest

from plugins.module_utils.kayobe.pin_file import PinFileError
from plugins.module_utils.kayobe.tag_file import (
    aliases_of,
    read_keys,
    with_tag,
    without_base_distro,
)

TEXT = """\
---
# Deployed tags.
other: 1
kolla_image_tags:
  openstack:  # default
    rocky-9: "r1"  # why
    ubuntu-noble: u1

  # Fixes a bug.
  nova:
    rocky-9: 'r2'
  octavia:
    rocky-9: r3
    ubuntu-noble: u3
after: {a: 1}
"""


def test_keys_and_their_tags_are_read_with_their_lines():
    found = read_keys(TEXT)
    assert [(one.name, one.number, one.last) for one in found] == [
        ("openstack", 5, 7),
        ("nova", 10, 11),
        ("octavia", 12, 14),
    ]
    assert [(tag.base_distro, tag.value, tag.quote) for tag in found[0].tags] == [
        ("rocky-9", "r1", '"'),
        ("ubuntu-noble", "u1", ""),
    ]


def test_a_tag_is_replaced_and_keeps_its_quotes():
    assert with_tag(TEXT, "openstack", "rocky-9", "NEW") == TEXT.replace('"r1"', '"NEW"')
    assert with_tag(TEXT, "octavia", "ubuntu-noble", "NEW") == TEXT.replace("u3", "NEW")
    empty = TEXT.replace(" u3", "")
    assert with_tag(empty, "octavia", "ubuntu-noble", "NEW") == TEXT.replace("u3", "NEW")


@pytest.mark.parametrize(
    ("key", "distro", "after"),
    [
        ("nova", "ubuntu-noble", "    rocky-9: 'r2'\n"),
        ("nova", "debian-trixie", "  nova:\n"),
        ("cinder", "rocky-9", "    ubuntu-noble: u1\n"),
        ("nova_compute", "rocky-9", "    rocky-9: 'r2'\n"),
        ("zun", "rocky-9", "    ubuntu-noble: u3\n"),
    ],
)
def test_new_keys_and_tags_are_inserted_in_order(key, distro, after):
    new = f"    {distro}: NEW\n" if key == "nova" else f"  {key}:\n    {distro}: NEW\n"
    assert with_tag(TEXT, key, distro, "NEW") == TEXT.replace(after, after + new, 1)


def test_a_new_key_is_appended_to_unsorted_keys():
    text = TEXT.replace("nova", "zun")
    assert with_tag(text, "cinder", "rocky-9", "NEW") == text.replace(
        "u3\n", "u3\n  cinder:\n    rocky-9: NEW\n"
    )


def test_lines_are_added_to_a_file_without_a_final_newline_or_keys():
    assert with_tag("kolla_image_tags:\n  nova:\n    a: x", "nova", "b", "NEW") == (
        "kolla_image_tags:\n  nova:\n    a: x\n    b: NEW"
    )
    assert with_tag("kolla_image_tags:\n", "openstack", "rocky-9", "NEW") == (
        "kolla_image_tags:\n  openstack:\n    rocky-9: NEW\n"
    )


def test_a_key_is_removed_with_its_last_distribution():
    text, removed = without_base_distro(TEXT, "rocky-9", ["openstack"])
    assert removed == [("nova", "r2"), ("octavia", "r3")]
    assert text == TEXT.replace("  nova:\n    rocky-9: 'r2'\n", "").replace("    rocky-9: r3\n", "")
    assert without_base_distro(TEXT, "rocky-9", ["openstack", "nova", "octavia"]) == (TEXT, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n", "the variable kolla_image_tags is missing"),
        ("kolla_image_tags: {}\n", "line 1: kolla_image_tags is not a mapping"),
        ("kolla_image_tags: x\n", "line 1: kolla_image_tags is not a mapping"),
        ("kolla_image_tags:\n  - nova\n", "line 2: '- nova': write each key"),
        ("kolla_image_tags:\n  nova: {rocky-9: r}\n", "line 2: 'nova: {rocky-9: r}': write"),
        ("kolla_image_tags:\n  nova: x\n", "line 2: 'nova: x': write each key"),
        ("kolla_image_tags:\n  cron: *n\n", "line 2: the anchor n is not defined above"),
        ("kolla_image_tags:\n  nova: &n\n    a: x\n  cron: *n\n    b: x\n", "line 5: 'b: x'"),
        (
            "kolla_image_tags:\n  nova: &n\n    a: x\n  cron: &n\n    a: x\n",
            "line 4.*defined above",
        ),
        ("kolla_image_tags:\n  nova: &n\n    a: x\n  cron:\n    <<: *n\n", "line 5"),
        (
            "kolla_image_tags:\n  nova:\n    a: x\n  nova:\n    a: x\n",
            "line 4: duplicate key nova",
        ),
        (
            "kolla_image_tags:\n  nova:\n    a: x\n    a: y\n",
            "line 4: duplicate base distribution a",
        ),
        (
            "kolla_image_tags:\n  nova:\n      a: x\n    b: y\n",
            "'b: y' is indented neither",
        ),
        ("kolla_image_tags:\n  nova:\n    a: x\n b: y\n", "'b: y' is indented neither"),
        ("kolla_image_tags:\n  nova:\n    a: |\n      x\n", "is not a mapping: write each key"),
    ],
)
def test_any_other_format_is_rejected_with_its_line(text, message):
    with pytest.raises(PinFileError, match=message):
        read_keys(text)


ANCHORS = """\
kolla_image_tags:
  openstack: &openstack  # default
    rocky-9: r1
    ubuntu-noble: u1
  nova: &rebuilt
    rocky-9: r2
    ubuntu-noble: u2
  neutron: *rebuilt  # as nova
  bifrost: *openstack
"""


def test_a_tag_is_set_at_a_key_with_an_anchor_and_everything_else_is_kept():
    keys = read_keys(ANCHORS)
    assert aliases_of(keys, "nova") == ["neutron"]
    assert aliases_of(keys, "neutron") == []
    assert with_tag(ANCHORS, "openstack", "rocky-9", "NEW") == ANCHORS.replace("r1", "NEW")
    assert with_tag(ANCHORS, "nova", "ubuntu-noble", "NEW") == ANCHORS.replace("u2", "NEW")
    assert with_tag(ANCHORS, "zun", "rocky-9", "NEW").startswith(ANCHORS)


def test_an_alias_has_no_tags_of_its_own():
    with pytest.raises(PinFileError, match="line 8: neutron is an alias of another key"):
        with_tag(ANCHORS, "neutron", "rocky-9", "NEW")


def test_aliases_lose_a_base_distribution_with_the_key_that_they_repeat():
    text, removed = without_base_distro(ANCHORS, "rocky-9", ["openstack"])
    assert text == ANCHORS.replace("    rocky-9: r2\n", "")
    assert removed == [("nova", "r2"), ("neutron", "r2")]
    with pytest.raises(PinFileError, match="line 5: neutron repeats the tags of nova"):
        without_base_distro(ANCHORS, "rocky-9", ["openstack", "nova"])
    with pytest.raises(PinFileError, match="line 5: neutron repeats the tags of nova"):
        without_base_distro(text, "ubuntu-noble", ["openstack"])
