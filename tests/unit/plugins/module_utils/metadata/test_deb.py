# SPDX-License-Identifier: Apache-2.0
"""Release, InRelease and Packages: what is read, and what is refused."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from plugins.module_utils.metadata.deb import read_packages, read_release, select_indices
from plugins.module_utils.metadata.packages import MetadataError, Package
from tests.unit.repository_metadata import packages_text, release_text

DIGITS = "0123456789abcdef" * 4
PACKAGE = Package("bash", "amd64", "1:5.2-1", f"sha256:{DIGITS}", 10, "pool/main/b/bash.deb")
PATH = "dists/noble/Release"
FIELDS = {
    "Date": "Wed, 01 Jan 2025 00:00:00 UTC",
    "Valid-Until": "Wed, 08 Jan 2025 01:00:00 +0100",
    "Components": "main universe",
    "Architectures": "all amd64 arm64",
}
PLACES = [
    f"{component}/binary-{arch}"
    for component in ("main", "universe")
    for arch in ("amd64", "arm64", "all")
]
FILES = {
    f"{place}/Packages{suffix}": place.encode() * (3 if suffix else 9)
    for place in (*PLACES, "main/debian-installer/binary-amd64")
    for suffix in ("", ".xz", ".gz")
}
RELEASE = release_text(
    {**FILES, "main/Contents-amd64.gz": b"", "main/source/Sources.gz": b""}, FIELDS
)


def without_texts(value):
    """Return the part of a test's name for a parameter: none for the text of a file."""
    return "" if isinstance(value, bytes) else None


def packages_of(text, size=100):
    """Read a Packages file in chunks."""
    return list(read_packages((text[i : i + size] for i in range(0, len(text), size)), "Packages"))


def places(release, *selection):
    """Return the directories of the selected Packages files."""
    return [f"{one.component}/binary-{one.arch}" for one in select_indices(release, *selection)]


def test_a_release_states_its_packages_files():
    release = read_release(RELEASE, PATH)
    files = {(one.component, one.arch): one.files for one in release.indices}["main", "amd64"]
    base = "dists/noble/main/binary-amd64/Packages"
    assert [file.path for file in files] == [f"{base}.gz", f"{base}.xz", base]
    assert {file.open_size for file in files} == {len(b"main/binary-amd64") * 9}
    assert files[0].size == len(b"main/binary-amd64") * 3
    assert files[0].checksum.startswith("sha256:")


def test_a_release_states_its_times():
    release = read_release(RELEASE, PATH)
    assert release.date == datetime(2025, 1, 1, tzinfo=timezone.utc)
    assert release.valid_until == datetime(2025, 1, 8, tzinfo=timezone.utc)
    assert read_release(release_text(FILES, {}), PATH).valid_until is None


def test_a_signed_release_is_the_same_without_its_signature():
    signed = (
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n- -Dash: escaped\n"
        + RELEASE
        + b"-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"
    )
    assert read_release(signed, PATH) == read_release(RELEASE, PATH)
    with pytest.raises(MetadataError, match="the text or its signature is incomplete"):
        read_release(signed.partition(b"-----BEGIN PGP SIGNATURE")[0], PATH)


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        ((), sorted(PLACES)),
        ((["main"],), ["main/binary-all", "main/binary-amd64", "main/binary-arm64"]),
        ((["main"], ["amd64"]), ["main/binary-all", "main/binary-amd64"]),
        (((), ["arm64"]), [place for place in sorted(PLACES) if "amd64" not in place]),
        ((["main", "extra"], ["amd64", "s390x"]), ["main/binary-all", "main/binary-amd64"]),
        ((["updates/main"], ["amd64"]), ["main/binary-all", "main/binary-amd64"]),
    ],
)
def test_components_and_architectures_are_selected(selection, chosen):
    assert places(read_release(RELEASE, PATH), *selection) == chosen


@pytest.mark.parametrize(
    "changes",
    [{"No-Support-for-Architecture-all": "Packages"}, {"Architectures": "amd64 arm64"}],
)
def test_packages_for_all_architectures_are_read_once(changes):
    release = read_release(release_text(FILES, {**FIELDS, **changes}), PATH)
    assert places(release, ["main"], ["amd64"]) == ["main/binary-amd64"]
    assert places(release, ["main"]) == ["main/binary-amd64", "main/binary-arm64"]


def test_a_selection_without_any_file_is_an_error():
    with pytest.raises(MetadataError, match=r"no Packages file of extra amd64.*'main universe'"):
        select_indices(read_release(RELEASE, PATH), ["extra"], ["amd64"])


def test_a_flat_repository_has_one_packages_file():
    text = release_text(
        {"Packages": b"abc", "Packages.gz": b"ab", "main/binary-x/Packages": b""}, {}
    )
    release = read_release(text, "sub/Release")
    (index,) = select_indices(release, ["main"], ["amd64"])
    assert [file.path for file in index.files] == ["sub/Packages.gz", "sub/Packages"]
    assert read_release(text, "Release").indices[0].files[1].path == "Packages"


def test_a_flat_repository_that_pulp_publishes_ignores_components():
    text = release_text(
        {"flat-repo-component/binary-amd64/Packages": b""}, {"Components": "flat-repo-component"}
    )
    release = read_release(text, "dists/flat-repo/Release")
    assert places(release, ["main"], ["amd64"]) == ["flat-repo-component/binary-amd64"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "it lists no files with SHA256 or SHA512"),
        (b"<html>", "it lists no files with SHA256 or SHA512"),
        (RELEASE.replace(b"SHA256", b"SHA1"), "it lists no files with SHA256"),
        (RELEASE + b" x\n", "invalid line in SHA256: ' x'"),
        (RELEASE.replace(b"Wed, 01 Jan 2025", b"Yesterday"), "invalid date 'Yesterday"),
        (RELEASE + b" 00 1 main/binary-amd64/Packages\n", "invalid checksum 'sha256:00'"),
        (RELEASE + f" {DIGITS} -1 Packages\n".encode(), "invalid size of a file '-1'"),
        (RELEASE + f" {DIGITS} 1 ../binary-x/Packages\n".encode(), "invalid path 'dists/noble/../"),
    ],
    ids=without_texts,
)
def test_a_release_that_is_not_as_expected_is_refused(text, reason):
    with pytest.raises(MetadataError, match="^dists/noble/Release: ") as raised:
        read_release(text, PATH)
    assert reason in str(raised.value)


def test_packages_are_read():
    packages = [PACKAGE, PACKAGE._replace(name="zlib", arch="all")]
    assert packages_of(packages_text(packages)) == packages


def test_an_empty_file_has_no_packages():
    assert packages_of(b"") == packages_of(b"\n\n\n") == []


def test_names_of_fields_are_case_insensitive_and_checksums_may_be_others():
    text = packages_text([PACKAGE]).replace(b"SHA256", b"sha256").replace(b"Package:", b"PACKAGE :")
    assert packages_of(text) == [PACKAGE]
    old = PACKAGE._replace(checksum=f"md5:{DIGITS[:32]}")
    assert packages_of(packages_text([old])) == [old]
    both = packages_text([PACKAGE]) + f"MD5sum: {DIGITS[:32]}\n".encode()
    assert packages_of(both) == [PACKAGE]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"Package: a\nVersion: 1\n\n", "a package has no checksum: 'Package: a"),
        (packages_text([PACKAGE]).replace(b"Size:", b"Sizes:"), "a package has no size"),
        (packages_text([PACKAGE]).replace(b"amd64", b"am d64"), "invalid architecture 'am d64'"),
        (packages_text([PACKAGE]).replace(b"pool/", b"/"), "expected one below the repository"),
        (packages_text([PACKAGE]).replace(b"1:5.2", b"1\xff"), "a field is not UTF-8"),
        (packages_text([PACKAGE]).replace(b"e: 10", b"e: x"), "invalid size of a package"),
        (b"<html>\n<head>" + b"x" * 200, "a package has no checksum: '<html>"),
        (b"a" * 5_000_000, "a paragraph is longer than"),
    ],
    ids=without_texts,
)
def test_packages_that_are_not_as_expected_are_refused(text, reason):
    with pytest.raises(MetadataError, match="^Packages: ") as raised:
        packages_of(text, 100_000)
    assert reason in str(raised.value)
    assert len(str(raised.value)) < 250
