# SPDX-License-Identifier: Apache-2.0
"""Digests of packages, and values of metadata that are refused."""

from __future__ import annotations

import hashlib
import random

import pytest

from plugins.module_utils.metadata.packages import (
    MetadataError,
    packages_digest,
    read_checksum,
    read_location,
    read_size,
    read_word,
)
from tests.unit.repository_metadata import many_packages

SHA256 = "0123456789abcdef" * 4


def test_the_digest_is_that_of_the_sorted_lines():
    first, second = sorted(many_packages(2))
    text = "".join(
        f"{one.name}\t{one.arch}\t{one.version}\t{one.checksum}\n" for one in (first, second)
    )
    expected = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    assert packages_digest([second, first]) == (2, expected)


def test_the_digest_depends_on_neither_order_nor_location_nor_repetition():
    packages = many_packages(50)
    moved = [one._replace(location="elsewhere.rpm") for one in packages[:10]]
    shuffled = [*packages, *moved]
    random.Random(1).shuffle(shuffled)
    assert packages_digest(shuffled) == packages_digest(packages)


@pytest.mark.parametrize("field", ["name", "arch", "version", "checksum"])
def test_the_digest_depends_on_each_part_of_the_identity(field):
    packages = many_packages(3)
    changed = [packages[0]._replace(**{field: "other"}), *packages[1:]]
    assert packages_digest(changed) != packages_digest(packages)


def test_no_packages_have_a_digest():
    assert packages_digest([]) == (0, f"sha256:{hashlib.sha256(b'').hexdigest()}")


@pytest.mark.parametrize("text", ["", "a b", "a\tb", "a\nb", "\x1b[31m", "a\u202eb", "a" * 2000])
def test_words_that_would_break_a_line_are_refused(text):
    with pytest.raises(MetadataError, match=r"^p.xml: invalid name '") as raised:
        read_word(text, "name", "p.xml")
    assert len(str(raised.value)) < 150
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Packages/a.rpm", "Packages/a.rpm"),
        ("./a.deb", "a.deb"),
        ("a/./b c.rpm", "a/b c.rpm"),
        ("a..b/c", "a..b/c"),
    ],
)
def test_locations_are_paths_below_the_repository(text, path):
    assert read_location(text, "p.xml") == path


@pytest.mark.parametrize(
    "text", ["", ".", "/etc/passwd", "../a.rpm", "a/../../b", "a\nb", "a" * 5000]
)
def test_other_locations_are_refused(text):
    with pytest.raises(MetadataError, match="expected one below the repository"):
        read_location(text, "p.xml")


@pytest.mark.parametrize(
    ("algorithm", "digits", "checksum"),
    [
        ("sha256", SHA256, f"sha256:{SHA256}"),
        ("SHA256", SHA256.upper(), f"sha256:{SHA256}"),
        ("sha", SHA256[:40], f"sha1:{SHA256[:40]}"),
        ("md5", SHA256[:32], f"md5:{SHA256[:32]}"),
        ("sha512", SHA256 * 2, f"sha512:{SHA256 * 2}"),
    ],
)
def test_checksums_name_their_algorithm(algorithm, digits, checksum):
    assert read_checksum(algorithm, digits, "p.xml") == checksum


@pytest.mark.parametrize(
    ("algorithm", "digits"),
    [("sha256", SHA256[1:]), ("sha256", "g" * 64), ("crc", "00"), ("", ""), ("sha1", SHA256)],
)
def test_invalid_checksums_are_refused(algorithm, digits):
    with pytest.raises(MetadataError, match=r"p\.xml: invalid checksum"):
        read_checksum(algorithm, digits, "p.xml")


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "²", "1" * 40])
def test_invalid_sizes_are_refused(text):
    with pytest.raises(MetadataError, match=r"p\.xml: invalid size"):
        read_size(text, "size", "p.xml")
