# SPDX-License-Identifier: Apache-2.0
"""Metadata of RPM repositories: repomd.xml, primary.xml and updateinfo.xml.

They are read by streaming with expat. A document type, and so every entity, is refused, and depth,
text and each token are bounded. https://github.com/rpm-software-management/createrepo_c has the
schemas in doc/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar
from xml.parsers import expat

from ..text import printable
from .compression import MetadataFile
from .packages import (
    Advisory,
    MetadataError,
    Package,
    read_checksum,
    read_location,
    read_size,
    read_word,
    shown_value,
)

ROOT_PATH = "repodata/repomd.xml"
PRIMARY, UPDATEINFO = "primary", "updateinfo"

_MAX_DEPTH = 16
_MAX_TEXT = 64 * 1024
# Bytes of one token, such as a tag with its attributes, that expat has to keep.
_MAX_TOKEN = 1024 * 1024
# Bytes of an element that is skipped, so without a limit of its depth. Those of packages with
# thousands of dependencies have a tenth of it.
_MAX_SKIPPED = 8 * 1024 * 1024
_MAX_FILES = 1000
_MAX_ADVISORY_PACKAGES = 100_000
_MAX_REFERENCES = 10_000
_MAX_TITLE = 300
_CVE = re.compile(r"CVE-\d{4}-\d{4,10}")

Attributes = Mapping[str, str]
_Item = TypeVar("_Item")


class RepositoryRoot(NamedTuple):
    """What repomd.xml states: its files by type, such as `primary` and `updateinfo`."""

    files: dict[str, MetadataFile]


def read_root(text: bytes, source: str = ROOT_PATH) -> RepositoryRoot:
    """Read repomd.xml. Raises MetadataError, also if it lists no primary.xml."""
    root = RepositoryRoot(dict(_Repomd(source).read([text])))
    if PRIMARY not in root.files:
        raise MetadataError(f"{source}: it lists no file of type {PRIMARY}")
    return root


def read_packages(chunks: Iterable[bytes], source: str) -> Iterator[Package]:
    """Yield the packages of a decompressed primary.xml. Raises MetadataError."""
    return _Primary(source).read(chunks)


def read_advisories(chunks: Iterable[bytes], source: str) -> Iterator[Advisory]:
    """Yield the advisories of a decompressed updateinfo.xml. Raises MetadataError."""
    return _UpdateInfo(source).read(chunks)


def full_version(epoch: str, version: str, release: str) -> str:
    """Return `[epoch:]version-release`, without the epoch 0."""
    prefix = "" if epoch in ("", "0") else f"{epoch}:"
    return f"{prefix}{version}-{release}" if release else f"{prefix}{version}"


class _Document(Generic[_Item]):
    """A document that is read by streaming.

    `texts` are the tags whose text is needed by `_closed`. `skipped` is the tag of an element whose
    content is parsed without a call for each of its tags, which is several times as fast.
    """

    root = ""
    texts: frozenset[str] = frozenset()
    skipped = ""

    def __init__(self, source: str) -> None:
        self.source = source
        self._items: list[_Item] = []
        self._depth = 0
        self._text: list[str] = []
        self._text_size = 0
        self._skipped_from = -1
        self._parser: Any = None

    def read(self, chunks: Iterable[bytes]) -> Iterator[_Item]:
        """Yield the items. Raises MetadataError for a document that is not as expected."""
        parser = self._parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._refuse_document_type
        size = 0
        try:
            for chunk in chunks:
                size += len(chunk)
                self._parse(chunk, False)
                self._check_sizes(size, len(chunk))
                yield from self._taken()
            self._parse(b"", True)
            self._finished()
            yield from self._taken()
        finally:
            # The handlers are bound methods: without this the memory is released much later.
            self._parser = None

    def _check_sizes(self, size: int, chunk_size: int) -> None:
        """Raise an error for a part that is too long in the first `size` bytes."""
        if size - self._parser.CurrentByteIndex > _MAX_TOKEN + chunk_size:
            raise self._error("a tag or a comment is too long")
        if self._skipped_from >= 0 and size - self._skipped_from > _MAX_SKIPPED + chunk_size:
            raise self._error(f"an element <{self.skipped}> has more than {_MAX_SKIPPED} bytes")

    def _taken(self) -> list[_Item]:
        items, self._items = self._items, []
        return items

    def _parse(self, chunk: bytes, is_final: bool) -> None:
        try:
            self._parser.Parse(chunk, is_final)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise self._error(f"invalid XML: {shown_value(str(error))}") from error

    def _error(self, reason: str) -> MetadataError:
        return MetadataError(f"{self.source}: {reason}")

    def _refuse_document_type(self, *_declaration: Any) -> None:
        raise self._error("it has a document type, which metadata of a repository never have")

    def _start(self, tag: str, attributes: Attributes) -> None:
        depth = self._depth = self._depth + 1
        if depth > _MAX_DEPTH:
            raise self._error(f"elements are nested more than {_MAX_DEPTH} deep")
        if depth == 1 and tag != self.root:
            raise self._error(f"its root is <{shown_value(tag)}> instead of <{self.root}>")
        if tag in self.texts:
            self._text, self._text_size = [], 0
            self._parser.CharacterDataHandler = self._add_text
        elif tag == self.skipped:
            self._skipped_from = self._parser.CurrentByteIndex
            self._parser.StartElementHandler = None
            self._parser.EndElementHandler = self._end_skipped
        self._opened(depth, tag, attributes)

    def _end_skipped(self, tag: str) -> None:
        if tag == self.skipped:
            self._skipped_from = -1
            self._parser.StartElementHandler = self._start
            self._parser.EndElementHandler = self._end
            self._end(tag)

    def _end(self, tag: str) -> None:
        text = ""
        if tag in self.texts:
            self._parser.CharacterDataHandler = None
            text = "".join(self._text).strip()
            self._text = []
        self._closed(self._depth, tag, text)
        self._depth -= 1

    def _add_text(self, text: str) -> None:
        self._text_size += len(text)
        if self._text_size > _MAX_TEXT:
            raise self._error(f"a text is longer than {_MAX_TEXT} characters")
        self._text.append(text)

    def _opened(self, depth: int, tag: str, attributes: Attributes) -> None:
        raise NotImplementedError

    def _closed(self, depth: int, tag: str, text: str) -> None:
        raise NotImplementedError

    def _finished(self) -> None:
        """Check the whole document."""


class _Repomd(_Document["tuple[str, MetadataFile]"]):
    root = "repomd"
    texts = frozenset({"checksum", "size", "open-size"})

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._type = ""
        self._fields: dict[str, str] = {}
        self._types: set[str] = set()

    def _opened(self, depth: int, tag: str, attributes: Attributes) -> None:
        if depth == 2 and tag == "data":
            self._type, self._fields = attributes.get("type", ""), {}
        elif depth == 3 and tag == "checksum":
            self._fields["algorithm"] = attributes.get("type", "")
        elif depth == 3 and tag == "location":
            self._fields["href"] = attributes.get("href", "")

    def _closed(self, depth: int, tag: str, text: str) -> None:
        if depth == 3 and tag in self.texts:
            self._fields[tag] = text
        elif depth == 2 and tag == "data":
            self._items.append((self._type, self._file()))
            if self._type in self._types or len(self._types) >= _MAX_FILES:
                raise self._error(f"it lists type '{shown_value(self._type)}' more than once")
            self._types.add(self._type)

    def _file(self) -> MetadataFile:
        fields, source = self._fields, self.source
        sizes = [
            read_size(fields[tag], f"size of {shown_value(self._type)}", source)
            if fields.get(tag)
            else None
            for tag in ("size", "open-size")
        ]
        return MetadataFile(
            read_location(fields.get("href", ""), source),
            read_checksum(fields.get("algorithm", ""), fields.get("checksum", ""), source),
            *sizes,
        )


class _Primary(_Document[Package]):
    root = "metadata"
    texts = frozenset({"name", "arch", "checksum"})
    skipped = "format"

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._fields: dict[str, str] = {}
        self._stated = 0
        self._count = 0
        self._words = _Words(source)

    def _opened(self, depth: int, tag: str, attributes: Attributes) -> None:
        if depth != 3:
            if depth == 2:
                self._fields = {}
            elif depth == 1:
                self._stated = read_size(attributes.get("packages", "0"), "count", self.source)
            return
        fields = self._fields
        if tag == "version":
            epoch, release = attributes.get("epoch", ""), attributes.get("rel", "")
            fields[tag] = full_version(epoch, attributes.get("ver", ""), release)
        elif tag == "checksum":
            fields["algorithm"] = attributes.get("type", "")
        elif tag == "location":
            fields[tag] = attributes.get("href", "")
        elif tag == "size":
            fields[tag] = attributes.get("package", "")

    def _closed(self, depth: int, tag: str, text: str) -> None:
        if depth == 3:
            if tag in self.texts:
                self._fields[tag] = text
        elif depth == 2 and tag == "package":
            self._count += 1
            self._items.append(self._package())

    def _package(self) -> Package:
        fields, source = self._fields, self.source
        try:
            return Package(
                read_word(fields["name"], "name of a package", source),
                self._words.read(fields["arch"], "architecture"),
                read_word(fields["version"], "version", source),
                read_checksum(fields["algorithm"], fields["checksum"], source),
                read_size(fields["size"], "size of a package", source),
                read_location(fields["location"], source),
            )
        except KeyError as error:
            name = shown_value(fields.get("name", f"number {self._count}"))
            raise self._error(f"package {name} has no {error.args[0]}") from error

    def _finished(self) -> None:
        if self._stated and not self._count:
            raise self._error(f"it states {self._stated} packages, but has none that can be read")


class _UpdateInfo(_Document[Advisory]):
    root = "updates"
    texts = frozenset({"id", "title", "severity"})

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._fields: dict[str, str] = {}
        self._cves: set[str] = set()
        self._packages: set[tuple[str, str, str]] = set()
        self._words = _Words(source)
        self._elements: dict[str, Callable[[Attributes], None]] = {
            "issued": self._read_issued,
            "reference": self._read_reference,
            "package": self._read_package,
        }

    def _opened(self, depth: int, tag: str, attributes: Attributes) -> None:
        if depth == 2:
            self._fields = {"type": attributes.get("type", "")}
            self._cves, self._packages = set(), set()
        elif tag in self._elements:
            self._elements[tag](attributes)

    def _read_issued(self, attributes: Attributes) -> None:
        self._fields["issued"] = attributes.get("date", "")

    def _read_reference(self, attributes: Attributes) -> None:
        cve = attributes.get("id", "").upper()
        if _CVE.fullmatch(cve):
            self._cves.add(cve)
        if len(self._cves) > _MAX_REFERENCES:
            raise self._error(f"an advisory has more than {_MAX_REFERENCES} references")

    def _read_package(self, attributes: Attributes) -> None:
        read = self._words.read
        version = full_version(
            attributes.get("epoch", ""),
            attributes.get("version", ""),
            attributes.get("release", ""),
        )
        self._packages.add((
            read(attributes.get("name", ""), "name of a package"),
            read(attributes.get("arch", ""), "architecture"),
            read(version, "version"),
        ))  # fmt: skip
        if len(self._packages) > _MAX_ADVISORY_PACKAGES:
            raise self._error(f"an advisory has more than {_MAX_ADVISORY_PACKAGES} packages")

    def _closed(self, depth: int, tag: str, text: str) -> None:
        if depth == 3 and tag in self.texts:
            self._fields[tag] = text
        elif depth == 2 and tag == "update":
            fields = {tag: _one_line(text) for tag, text in self._fields.items()}
            severity = fields.get("severity", "")
            self._items.append(
                Advisory(
                    read_word(fields.get("id", ""), "id of an advisory", self.source),
                    fields["type"].lower(),
                    "" if severity.lower() == "none" else severity,
                    fields.get("title", ""),
                    fields.get("issued", ""),
                    tuple(sorted(self._cves)),
                    tuple(sorted(self._packages)),
                )
            )


class _Words:
    """Words of one document; each is checked and stored once."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._words: dict[str, str] = {}

    def read(self, text: str, what: str) -> str:
        """Return a word. Raises MetadataError."""
        word = self._words.get(text)
        if word is None:
            word = self._words[text] = read_word(text, what, self._source)
        return word


def _one_line(text: str) -> str:
    """Return a text for people as one line of limited length, without control characters."""
    line = printable(" ".join(text[: 4 * _MAX_TITLE].split()))
    return line if len(line) <= _MAX_TITLE else f"{line[: _MAX_TITLE - 3]}..."
