# SPDX-License-Identifier: Apache-2.0
"""Repositories of any size for tests: files by path, and a server that is a function."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from plugins.module_utils.metadata.packages import Advisory, Package
from plugins.module_utils.metadata.source import MissingFile

CHUNK_SIZE = 64 * 1024
BLANK_ADVISORY = Advisory("A-1", "security", "Important", "A title", "2025-01-01 00:00:00", (), ())


class Site:
    """Files by path. `fetch` serves them as a repository does, and counts the requests."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.requests: list[str] = []

    def fetch(self, path: str, limit: int = 0) -> Iterator[bytes]:
        """Yield a file in chunks."""
        self.requests.append(path)
        if path not in self.files:
            raise MissingFile(f"{path}: HTTP 404")
        text = self.files[path]
        for start in range(0, len(text), CHUNK_SIZE):
            yield text[start : start + CHUNK_SIZE]


def many_packages(count: int, revision: int = 0, suffix: str = "") -> list[Package]:
    """Return packages in an unsorted order; each revision has other versions of every tenth one."""
    packages = []
    for number in range(count):
        place = number * 7919 % count
        change = revision if place % 10 == 0 else 0
        version = f"{place % 7}.{place % 11}.{change}-{place % 5}{suffix}"
        checksum = hashlib.sha256(f"{place} {version}".encode()).hexdigest()
        name = f"package-with-a-usual-name-{place // 2}"
        arch = ("x86_64", "noarch")[place % 2]
        location = f"Packages/p/{name}-{version}.{arch}.rpm"
        packages.append(Package(name, arch, version, f"sha256:{checksum}", 1000 + place, location))
    return packages


def primary_xml(packages: list[Package], entries: int = 0) -> bytes:
    """Return a primary.xml; each package has that many dependencies."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<metadata xmlns="http://linux.duke.edu/metadata/common" '
        f'xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="{len(packages)}">\n'
    ]
    for package in packages:
        algorithm, _colon, digits = package.checksum.partition(":")
        dependencies = "".join(
            f'<rpm:entry name="lib{number}.so.1()(64bit)" flags="EQ" epoch="0" ver="1.{number}"/>\n'
            for number in range(entries)
        )
        parts.append(
            f'<package type="rpm">\n  <name>{escape(package.name)}</name>\n'
            f"  <arch>{package.arch}</arch>\n  <version {rpm_attributes(package.version)}/>\n"
            f'  <checksum type="{algorithm}" pkgid="YES">{digits}</checksum>\n'
            f"  <summary>A &amp; B</summary>\n  <description>{'Words. ' * entries}</description>\n"
            '  <packager/>\n  <url>http://example.org</url>\n  <time file="1" build="1"/>\n'
            f'  <size package="{package.size}" installed="1" archive="1"/>\n'
            f"  <location href={quoteattr(package.location)}/>\n"
            "  <format>\n    <rpm:license>Apache-2.0</rpm:license>\n"
            f"    <rpm:provides>{dependencies}</rpm:provides>\n"
            f"    <rpm:requires>{dependencies}</rpm:requires>\n"
            "    <file>/usr/bin/name</file>\n  </format>\n</package>\n"
        )
    return "".join([*parts, "</metadata>\n"]).encode()


def rpm_attributes(version: str, names: tuple[str, str] = ("ver", "rel")) -> str:
    """Return `[epoch:]version-release` as the attributes of an element."""
    epoch, _colon, rest = version.rpartition(":")
    number, _dash, release = rest.rpartition("-")
    values = zip(("epoch", *names), (epoch or "0", number, release))
    return " ".join(f"{name}={quoteattr(value)}" for name, value in values)


def updateinfo_xml(advisories: list[Advisory]) -> bytes:
    """Return an updateinfo.xml."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<updates>\n']
    for one in advisories:
        packages = "".join(
            f"<package name={quoteattr(name)} {rpm_attributes(version, ('version', 'release'))} "
            f"arch={quoteattr(arch)}><filename>{escape(name)}.rpm</filename></package>"
            for name, arch, version in one.packages
        )
        references = "".join(
            f'<reference href="https://example.org" id={quoteattr(cve)} type="cve" title=""/>'
            for cve in one.cves
        )
        parts.append(
            f'<update from="a@example.org" status="final" type={quoteattr(one.type)} version="1">'
            f"<id>{escape(one.id)}</id><title>{escape(one.title)}</title>"
            f"<issued date={quoteattr(one.issued)}/><severity>{escape(one.severity)}</severity>"
            f"<description>{escape(one.title)}.</description><references>{references}</references>"
            f'<pkglist><collection short="x"><name>x</name>{packages}</collection></pkglist>'
            "</update>\n"
        )
    return "".join([*parts, "</updates>\n"]).encode()


def repomd_xml(files: dict[str, tuple[str, bytes, bytes]]) -> bytes:
    """Return a repomd.xml of files: by type, the path, the bytes and the decompressed bytes."""
    parts = ['<?xml version="1.0"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo">\n']
    for kind, (path, text, opened) in files.items():
        parts.append(
            f'<data type="{kind}"><checksum type="sha256">{sha256(text)}</checksum>'
            f'<open-checksum type="sha256">{sha256(opened)}</open-checksum>'
            f'<location href="{path}"/><timestamp>1</timestamp><size>{len(text)}</size>'
            f"<open-size>{len(opened)}</open-size></data>\n"
        )
    return "".join([*parts, "</repomd>\n"]).encode()


def rpm_site(
    packages: list[Package], advisories: list[Advisory] | None = None, entries: int = 0
) -> Site:
    """Return an RPM repository with gzip metadata; one without `advisories` has no updateinfo."""
    opened = {"primary": primary_xml(packages, entries)}
    if advisories is not None:
        opened["updateinfo"] = updateinfo_xml(advisories)
    files = {}
    for kind, text in opened.items():
        compressed = gzip.compress(text, 1, mtime=0)
        files[kind] = (f"repodata/{sha256(compressed)}-{kind}.xml.gz", compressed, text)
    site = {path: text for path, text, _opened in files.values()}
    return Site({**site, "repodata/repomd.xml": repomd_xml(files)})


def packages_text(packages: list[Package]) -> bytes:
    """Return a Packages file."""
    paragraphs = [
        f"Package: {one.name}\nArchitecture: {one.arch}\nVersion: {one.version}\n"
        "Priority: optional\nMaintainer: Somebody <a@example.org>\nInstalled-Size: 10\n"
        f"Depends: libc6 (>= 2.38)\nFilename: {one.location}\nSize: {one.size}\n"
        f"{ {'sha256': 'SHA256', 'sha1': 'SHA1', 'md5': 'MD5sum'}[one.checksum.split(':')[0]] }: "
        f"{one.checksum.split(':')[1]}\n"
        "Description: something\n with\n .\n Package: more lines\n"
        for one in packages
    ]
    return "\n".join(paragraphs).encode()


def release_text(indices: dict[str, bytes], fields: dict[str, str]) -> bytes:
    """Return a Release that lists files, by their path in the directory of the suite."""
    lines = [f"{name}: {value}" for name, value in fields.items()]
    for title, algorithm in (("MD5Sum", "md5"), ("SHA256", "sha256")):
        lines.append(f"{title}:")
        for path, text in indices.items():
            digits = hashlib.new(algorithm, text).hexdigest()
            lines.append(f" {digits} {len(text):>8} {path}")
    return "\n".join([*lines, ""]).encode()


def deb_site(suites: dict[str, dict[str, list[Package]]], plain: bool = False) -> Site:
    """Return a Debian repository: suite -> `<component>/binary-<arch>` -> packages.

    The Packages files are listed plain and with gzip, and served with gzip, or plain.
    """
    files = {}
    for suite, parts in suites.items():
        listed = {}
        for place, packages in parts.items():
            text = packages_text(packages)
            listed[f"{place}/Packages"] = text
            listed[f"{place}/Packages.gz"] = gzip.compress(text, 1, mtime=0)
            served = f"{place}/Packages" if plain else f"{place}/Packages.gz"
            files[f"dists/{suite}/{served}"] = listed[served]
        components = sorted({place.split("/")[0] for place in parts})
        architectures = sorted({place.rpartition("binary-")[2] for place in parts})
        fields = {
            "Origin": "Test",
            "Suite": suite,
            "Date": "Wed, 01 Jan 2025 00:00:00 GMT",
            "Components": " ".join(components),
            "Architectures": " ".join(architectures),
        }
        files[f"dists/{suite}/Release"] = release_text(listed, fields)
    return Site(files)


def sha256(text: bytes) -> str:
    """Return the hexadecimal SHA-256 digest."""
    return hashlib.sha256(text).hexdigest()
