# SPDX-License-Identifier: Apache-2.0
"""Streams of compressed files: every compression, damaged data, limits, and checksums."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import random
import subprocess
import sys

import pytest

from plugins.module_utils.metadata import compression
from plugins.module_utils.metadata.compression import MetadataFile, open_stream, verified
from plugins.module_utils.metadata.packages import MetadataError
from tests.lab.upstream.tools import require

TEXT = b"<package/>\n" * 100_000 + random.Random(1).randbytes(300_000)


def zstd(text):
    """Compress with the program zstd."""
    require("zstd")
    done = subprocess.run(["zstd", "-q", "-c"], input=text, check=True, capture_output=True)
    return done.stdout


COMPRESS = {"gzip": gzip.compress, "xz": lzma.compress, "bzip2": bz2.compress, "zstd": zstd}


def chunks_of(text, size=50_000):
    """Yield a text in chunks."""
    for start in range(0, len(text), size):
        yield text[start : start + size]


def read(text, size=50_000, **options):
    """Return the decompressed text."""
    return b"".join(open_stream(chunks_of(text, size), "p.xml", **options))


@pytest.fixture(params=["module", "program"])
def reader(request, monkeypatch):
    """Read with Python's modules, and, as if they were missing, with programs."""
    if request.param == "program":

        def missing(name):
            raise ImportError(name)

        monkeypatch.setattr(compression.importlib, "import_module", missing)
    return request.param


@pytest.mark.parametrize("name", COMPRESS)
@pytest.mark.usefixtures("reader")
def test_every_compression_is_read(name):
    assert read(COMPRESS[name](TEXT)) == TEXT


@pytest.mark.parametrize("name", COMPRESS)
def test_several_streams_in_one_file_are_read_in_turn(name):
    compress = COMPRESS[name]
    assert read(compress(b"one") + compress(b"two") + compress(TEXT)) == b"onetwo" + TEXT


@pytest.mark.parametrize("name", ["gzip", "xz", "bzip2"])
def test_padding_with_zeros_is_ignored(name):
    assert read(COMPRESS[name](TEXT) + bytes(60_000)) == TEXT


@pytest.mark.parametrize("name", COMPRESS)
@pytest.mark.usefixtures("reader")
def test_a_truncated_file_is_an_error(name):
    text = COMPRESS[name](TEXT)
    with pytest.raises(MetadataError, match=rf"^p\.xml: invalid {name} data: .+"):
        read(text[:-9])


@pytest.mark.parametrize("name", ["gzip", "xz", "bzip2"])
def test_other_data_after_the_end_are_an_error(name):
    with pytest.raises(MetadataError, match=f"invalid {name} data"):
        read(COMPRESS[name](TEXT) + b"other data")


@pytest.mark.parametrize("name", COMPRESS)
@pytest.mark.usefixtures("reader")
def test_damaged_data_are_an_error(name):
    text = bytearray(COMPRESS[name](TEXT))
    text[20:2000] = bytes(1980)
    with pytest.raises(MetadataError, match=f"invalid {name} data"):
        read(bytes(text))


@pytest.mark.parametrize("name", COMPRESS)
@pytest.mark.usefixtures("reader")
def test_no_more_than_the_limit_is_decompressed(name):
    bomb = COMPRESS[name](bytes(20_000_000))
    pieces = []
    with pytest.raises(MetadataError, match=r"p\.xml: it has more than 1000000 bytes"):
        pieces.extend(open_stream(chunks_of(bomb), "p.xml", 1_000_000))
    assert sum(map(len, pieces)) <= 1_000_000
    assert read(COMPRESS[name](bytes(1_000_000)), limit=1_000_000) == bytes(1_000_000)


def test_a_missing_program_is_named(monkeypatch):
    text = zstd(TEXT)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MetadataError, match="install the program zstd on the host that runs"):
        read(text)


def test_an_abandoned_stream_ends_its_program(monkeypatch):
    started = []
    popen = subprocess.Popen

    def remember(*arguments, **options):
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(compression.subprocess, "Popen", remember)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    stream = open_stream(chunks_of(zstd(TEXT * 10)), "p.xml")
    assert next(stream)
    stream.close()
    assert started[0].returncode is not None


@pytest.mark.parametrize("name", COMPRESS)
@pytest.mark.usefixtures("reader")
def test_an_error_of_the_download_is_raised_as_it_is(name):
    def broken():
        yield COMPRESS[name](TEXT)[:1000]
        raise OSError("connection lost")

    with pytest.raises(OSError, match="connection lost"):
        b"".join(open_stream(broken(), "p.xml"))


def stated(text, **changes):
    """Return what a root states about a file."""
    checksum = f"sha256:{hashlib.sha256(text).hexdigest()}"
    return MetadataFile("p.xml", checksum, len(text))._replace(**changes)


@pytest.mark.parametrize("changes", [{}, {"size": None}])
def test_a_file_as_stated_is_passed_on(changes):
    assert b"".join(verified(chunks_of(TEXT), stated(TEXT, **changes), "root")) == TEXT


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha512"])
def test_other_checksums_are_verified(algorithm):
    file = stated(TEXT, checksum=f"{algorithm}:{hashlib.new(algorithm, TEXT).hexdigest()}")
    assert b"".join(verified(chunks_of(TEXT), file, "root")) == TEXT


@pytest.mark.parametrize(
    ("text", "changes", "reason"),
    [
        (TEXT + b"x", {}, f"it is larger than {len(TEXT)} bytes"),
        (TEXT[:-1], {}, f"it has {len(TEXT) - 1} bytes instead of {len(TEXT)}"),
        (TEXT[:-1] + b"x", {}, "its checksum is sha256:"),
        (TEXT[:-1], {"size": None}, "its checksum is sha256:"),
    ],
)
def test_a_file_that_is_not_as_stated_is_an_error(text, changes, reason):
    with pytest.raises(MetadataError, match=rf"^p\.xml: {reason}.* is not what root states"):
        b"".join(verified(chunks_of(text), stated(TEXT, **changes), "root"))


def test_a_file_without_a_stated_size_is_limited(monkeypatch):
    monkeypatch.setattr(compression, "MAX_SIZE", 1000)
    with pytest.raises(MetadataError, match="it is larger than 1000 bytes"):
        b"".join(verified(chunks_of(TEXT, 100), stated(TEXT, size=None), "root"))


def test_a_size_that_a_repository_states_does_not_raise_a_limit(monkeypatch):
    text = b"x" * 2000
    large = MetadataFile("a", f"sha256:{hashlib.sha256(text).hexdigest()}", 10**17, 10**17)
    monkeypatch.setattr(compression, "MAX_SIZE", 1000)
    monkeypatch.setattr(compression, "MAX_OPEN_SIZE", 1500)
    with pytest.raises(MetadataError, match="it is larger than 1000 bytes"):
        list(verified([text], large, "root"))
    assert (large.limit, large.open_limit) == (1000, 1500)
    assert (large._replace(size=3).limit, large._replace(open_size=4).open_limit) == (3, 4)
