# SPDX-License-Identifier: Apache-2.0
"""The file of image tags, line by line."""

from __future__ import annotations

import pytest

from plugins.module_utils.kayobe.pin_file import PinFileError
from plugins.module_utils.kayobe.tag_file import read_keys, with_tag, without_base_distro

TEXT = """\
---
# What is deployed.
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


def test_a_tag_is_set_in_its_place_with_its_quotes():
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
def test_what_is_not_there_yet_is_sorted_in(key, distro, after):
    new = f"    {distro}: NEW\n" if key == "nova" else f"  {key}:\n    {distro}: NEW\n"
    assert with_tag(TEXT, key, distro, "NEW") == TEXT.replace(after, after + new, 1)


def test_where_keys_are_not_sorted_a_new_one_comes_last():
    text = TEXT.replace("nova", "zun")
    assert with_tag(text, "cinder", "rocky-9", "NEW") == text.replace(
        "u3\n", "u3\n  cinder:\n    rocky-9: NEW\n"
    )


def test_a_file_without_a_last_newline_and_one_without_keys_take_new_lines():
    assert with_tag("kolla_image_tags:\n  nova:\n    a: x", "nova", "b", "NEW") == (
        "kolla_image_tags:\n  nova:\n    a: x\n    b: NEW"
    )
    assert with_tag("kolla_image_tags:\n", "openstack", "rocky-9", "NEW") == (
        "kolla_image_tags:\n  openstack:\n    rocky-9: NEW\n"
    )


def test_a_distribution_goes_and_so_does_a_key_that_had_no_other():
    text, taken = without_base_distro(TEXT, "rocky-9", ["openstack"])
    assert taken == [("nova", "r2"), ("octavia", "r3")]
    assert text == TEXT.replace("  nova:\n    rocky-9: 'r2'\n", "").replace("    rocky-9: r3\n", "")
    assert without_base_distro(TEXT, "rocky-9", ["openstack", "nova", "octavia"]) == (TEXT, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\n", "the variable kolla_image_tags is missing"),
        ("kolla_image_tags: {}\n", "line 1: kolla_image_tags is not a mapping"),
        ("kolla_image_tags: x\n", "line 1: kolla_image_tags is not a mapping"),
        ("kolla_image_tags:\n  - nova\n", "line 2: '- nova': write each key"),
        ("kolla_image_tags:\n  nova: {rocky-9: r}\n", "line 2: 'nova: {rocky-9: r}': write"),
        ("kolla_image_tags:\n  nova: x\n", "line 2: 'nova: x': write each key"),
        ("kolla_image_tags:\n  nova: &n\n    a: x\n  cron: *n\n", "line 2.*line 4"),
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
def test_what_is_not_a_line_for_each_tag_is_refused_with_its_line(text, words):
    with pytest.raises(PinFileError, match=words):
        read_keys(text)
