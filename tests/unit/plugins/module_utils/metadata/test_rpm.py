# SPDX-License-Identifier: Apache-2.0
"""repomd.xml, primary.xml and updateinfo.xml: what is read, and what is refused."""

from __future__ import annotations

import tracemalloc

import pytest

from plugins.module_utils.metadata import rpm
from plugins.module_utils.metadata.packages import MetadataError, Package
from plugins.module_utils.metadata.rpm import read_advisories, read_packages, read_root
from tests.unit.repository_metadata import (
    BLANK_ADVISORY,
    many_packages,
    primary_xml,
    repomd_xml,
    updateinfo_xml,
)

DIGITS = "0123456789abcdef" * 4
PACKAGE = Package("bash", "x86_64", "1:5.2-1.el9", f"sha256:{DIGITS}", 10, "Packages/b/bash.rpm")
EMPTY = b'<metadata packages="0"></metadata>'
ENTITIES = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


def without_texts(value):
    """Return the part of a test's name for a parameter: none for the text of a file."""
    return "" if isinstance(value, bytes) else None


def packages_of(text, size=1000):
    """Read a primary.xml in chunks."""
    chunks = (text[start : start + size] for start in range(0, len(text), size))
    return list(read_packages(chunks, "primary.xml"))


def advisories_of(text):
    """Read an updateinfo.xml in chunks."""
    return list(read_advisories((text[i : i + 100] for i in range(0, len(text), 100)), "u.xml"))


def with_element(element):
    """Return a primary.xml with one package that has one more element."""
    return primary_xml([PACKAGE]).replace(b"<packager/>", element)


def test_the_root_states_the_files():
    text = repomd_xml(
        {"primary": ("repodata/p.xml.gz", b"abc", b"abcdef"), "group": ("c", b"", b"")}
    )
    file = read_root(text).files["primary"]
    assert (file.path, file.size, file.open_size) == ("repodata/p.xml.gz", 3, 6)
    assert file.checksum.startswith("sha256:ba7816bf")
    assert list(read_root(text).files) == ["primary", "group"]


def test_sizes_in_the_root_are_optional():
    text = (
        '<repomd><data type="primary"><location href="p.xml"/>'
        f'<checksum type="sha">{DIGITS[:40]}</checksum></data></repomd>'
    )
    file = read_root(text.encode()).files["primary"]
    assert file == ("p.xml", f"sha1:{DIGITS[:40]}", None, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "invalid XML: no element found"),
        (b"<html></html>", "its root is <html> instead of <repomd>"),
        (b"<repomd></repomd>", "it lists no file of type primary"),
        (b"<repomd><data", "invalid XML: unclosed token"),
        (ENTITIES + b"<repomd/>", "it has a document type"),
        (b'<repomd><data type="primary"/></repomd>', "invalid path ''"),
        (
            repomd_xml({"primary": ("../p", b"", b"")}),
            "invalid path '../p': expected one below the repository",
        ),
        (
            repomd_xml({"primary": ("p", b"", b"")}).replace(b"<size>0", b"<size>-1"),
            "invalid size of primary '-1'",
        ),
        (
            repomd_xml({"primary": ("p", b"", b"")}).replace(b"e3b0c4", b""),
            "invalid checksum 'sha256:",
        ),
        (
            repomd_xml({"primary": ("p", b"", b"")}).replace(
                b"</repomd>", repomd_xml({"primary": ("q", b"", b"")}).partition(b'repo">')[2]
            ),
            "it lists type 'primary' more than once",
        ),
    ],
    ids=without_texts,
)
def test_a_root_that_is_not_as_expected_is_refused(text, reason):
    with pytest.raises(MetadataError, match="^repodata/repomd.xml: ") as raised:
        read_root(text)
    assert reason in str(raised.value)


def test_a_package_is_read():
    assert packages_of(primary_xml([PACKAGE], entries=3)) == [PACKAGE]


@pytest.mark.parametrize(
    ("parts", "version"),
    [
        (("0", "1", "2"), "1-2"),
        (("", "1", "2"), "1-2"),
        (("3", "1", "2"), "3:1-2"),
        (("0", "1", ""), "1"),
    ],
)
def test_the_epoch_0_is_left_out(parts, version):
    assert rpm.full_version(*parts) == version


def test_an_empty_repository_has_no_packages():
    assert packages_of(EMPTY) == []


def test_elements_of_the_same_names_elsewhere_are_ignored():
    more = b'<format><name>x</name><version ver="9" rel="9"/><location href="y"/></format>'
    assert packages_of(with_element(more)) == [PACKAGE]
    assert packages_of(with_element(b"<other><arch>x</arch><size package='9'/></other>")) == [
        PACKAGE
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (primary_xml([PACKAGE])[:-12], "invalid XML: no element found"),
        (primary_xml([PACKAGE])[:-12] + b"</x>", "invalid XML: mismatched tag"),
        (primary_xml([PACKAGE]) + b"more", "invalid XML: junk after document element"),
        (EMPTY.replace(b'"0"', b'"7"'), "it states 7 packages, but has none that can be read"),
        (ENTITIES + primary_xml([PACKAGE]).partition(b"\n")[2], "it has a document type"),
        (with_element(b"<a>" * 20 + b"</a>" * 20), "elements are nested more than 16 deep"),
        (with_element(b"<name>" + b"a" * 70_000 + b"</name>"), "a text is longer than 65536"),
        (with_element(b'<a b="' + b"a" * 2_000_000 + b'"/>'), "a tag or a comment is too long"),
        (with_element(b"<!--" + b"a" * 2_000_000 + b"-->"), "a tag or a comment is too long"),
        (with_element(b"<format>" + b"<a>" * 3_000_000), "an element <format> has more than"),
        (primary_xml([PACKAGE]).replace(b"<arch>x86_64</arch>", b""), "package bash has no arch"),
        (primary_xml([PACKAGE]).replace(b"<name>bash", b"<name>b h"), "invalid name of a package"),
        (
            primary_xml([PACKAGE]).replace(b'href="', b'href="/'),
            "expected one below the repository",
        ),
        (
            primary_xml([PACKAGE]).replace(b'package="10"', b'package=""'),
            "invalid size of a package",
        ),
        (primary_xml([PACKAGE]).replace(b'type="sha256"', b'type="x"'), "invalid checksum"),
        (b'<?xml version="1.0" encoding="no"?>' + EMPTY, "invalid XML: unknown encoding"),
    ],
    ids=without_texts,
)
def test_a_list_of_packages_that_is_not_as_expected_is_refused(text, reason):
    with pytest.raises(MetadataError, match=r"^primary\.xml: ") as raised:
        packages_of(text, 100_000)
    assert reason in str(raised.value)
    assert len(str(raised.value)) < 250


def test_comments_and_texts_that_are_not_needed_may_be_long():
    text = b"<description>" + b"a &amp; b\n" * 100_000 + b"</description>"
    assert packages_of(with_element(text), 64_000) == [PACKAGE]


def test_an_advisory_is_read():
    packages = (("bash", "x86_64", "1:5.2-1.el9"), ("zlib", "noarch", "1-1"))
    advisory = BLANK_ADVISORY._replace(cves=("CVE-2025-0001", "CVE-2025-12345"), packages=packages)
    assert advisories_of(updateinfo_xml([advisory, BLANK_ADVISORY])) == [advisory, BLANK_ADVISORY]


def test_an_advisory_has_each_package_and_cve_once():
    package, cve = ("bash", "x86_64", "5.2-1"), "CVE-2025-0001"
    advisory = BLANK_ADVISORY._replace(cves=(cve, cve, "RHBZ-1"), packages=(package, package))
    assert advisories_of(updateinfo_xml([advisory])) == [
        BLANK_ADVISORY._replace(cves=(cve,), packages=(package,))
    ]


def test_texts_of_an_advisory_are_one_bounded_line_without_control_characters():
    advisory = BLANK_ADVISORY._replace(title="a\n\u202eb " + "c" * 1000, severity="None")
    (found,) = advisories_of(updateinfo_xml([advisory]))
    assert found.title.startswith("a \\u202eb ccc")
    assert found.title.endswith("...")
    assert len(found.title) == 300
    assert found.severity == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (updateinfo_xml([BLANK_ADVISORY._replace(id="")]), "invalid id of an advisory ''"),
        (
            updateinfo_xml([BLANK_ADVISORY._replace(packages=(("a b", "x", "1-1"),))]),
            "invalid name",
        ),
        (updateinfo_xml([])[:-5], "invalid XML"),
        (primary_xml([]), "its root is <metadata> instead of <updates>"),
    ],
    ids=without_texts,
)
def test_advisories_that_are_not_as_expected_are_refused(text, reason):
    with pytest.raises(MetadataError, match=rf"^u\.xml: {reason}"):
        advisories_of(text)


def test_memory_does_not_grow_with_the_number_of_packages():
    text = primary_xml(many_packages(4000), entries=5)
    tracemalloc.start()
    try:
        chunks = (text[start : start + 64_000] for start in range(0, len(text), 64_000))
        count = sum(1 for _package in read_packages(chunks, "primary.xml"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 4000
    assert len(text) > 5_000_000
    assert peak < 1_000_000
