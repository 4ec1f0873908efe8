# SPDX-License-Identifier: Apache-2.0
"""Streams of metadata files: their size and checksum are verified, and they are decompressed.

Nothing is read into memory as a whole, and no stream yields more bytes than its limit.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import selectors
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO, Any, NamedTuple, Protocol, cast

from .packages import MetadataError, shown_value

# Limits, whatever a repository states. The largest files in use have a tenth of this.
MAX_SIZE = 1024 * 1024 * 1024
MAX_OPEN_SIZE = 4 * MAX_SIZE

_PIECE_SIZE = 256 * 1024
# A decoder of a file that was compressed with the strongest settings needs about half of it.
_MEMORY_LIMIT = 128 * 1024 * 1024
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class MetadataFile(NamedTuple):
    """A file as the root of a repository states it.

    `checksum` is `<algorithm>:<hexadecimal digits>`. `size` is in bytes, `open_size` is that of the
    decompressed file; None if it is not stated.
    """

    path: str
    checksum: str
    size: int | None = None
    open_size: int | None = None

    @property
    def limit(self) -> int:
        """The largest size in bytes that is read."""
        return MAX_SIZE if self.size is None else min(self.size, MAX_SIZE)

    @property
    def open_limit(self) -> int:
        """The largest size of the decompressed file that is read."""
        return MAX_OPEN_SIZE if self.open_size is None else min(self.open_size, MAX_OPEN_SIZE)


class Decoder(Protocol):
    """A decompressor of the standard library: of lzma, bz2 and compression.zstd."""

    @property
    def eof(self) -> bool:
        """Whether the end of the compressed data was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether `decompress` has nothing to return without more data."""

    @property
    def unused_data(self) -> bytes:
        """What follows the compressed data."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most `max_length` decompressed bytes; the others are kept."""


class GzipDecoder:
    """The interface of the other decompressors for gzip."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(_GZIP_WINDOW)
        self._rest = b""
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the end of the compressed data was reached."""
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        """What follows the compressed data."""
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most `max_length` decompressed bytes; the others are kept."""
        piece = self._decoder.decompress(self._rest + data, max_length)
        self._rest = self._decoder.unconsumed_tail
        self.needs_input = not self._rest and len(piece) < max_length and not self.eof
        return piece


class Compression(NamedTuple):
    """A compression: its first bytes, the module and class that read it, and a program that does."""

    magic: bytes
    module: str
    decoder: Callable[[Any], Decoder]
    errors: Callable[[Any], tuple[type[Exception], ...]]
    program: str


COMPRESSIONS = (
    Compression(
        b"\x1f\x8b", "zlib", lambda module: GzipDecoder(), lambda module: (module.error,), "gzip"
    ),
    Compression(
        b"\xfd7zXZ\x00",
        "lzma",
        lambda module: module.LZMADecompressor(module.FORMAT_XZ, _MEMORY_LIMIT),
        lambda module: (module.LZMAError,),
        "xz",
    ),
    Compression(
        b"BZh", "bz2", lambda module: module.BZ2Decompressor(), lambda module: (OSError,), "bzip2"
    ),
    # Python has it since 3.14.
    Compression(
        b"\x28\xb5\x2f\xfd",
        "compression.zstd",
        lambda module: module.ZstdDecompressor(),
        lambda module: (module.ZstdError,),
        "zstd",
    ),
)
_LONGEST_MAGIC = max(len(compression.magic) for compression in COMPRESSIONS)


def verified(chunks: Iterable[bytes], file: MetadataFile, root: str) -> Iterator[bytes]:
    """Yield the bytes of a file as it was downloaded.

    At the end, raises MetadataError if its size or its checksum are not those that `root`, the path
    of the repository's root, states. The caller uses nothing of the file before.
    """
    algorithm, _colon, stated = file.checksum.partition(":")
    digest = hashlib.new(algorithm, usedforsecurity=False)
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > file.limit:
            raise _mismatch(file.path, f"it is larger than {file.limit} bytes", root)
        digest.update(chunk)
        yield chunk
    if file.size is not None and size != file.size:
        raise _mismatch(file.path, f"it has {size} bytes instead of {file.size}", root)
    if digest.hexdigest() != stated:
        raise _mismatch(file.path, f"its checksum is {algorithm}:{digest.hexdigest()}", root)


def open_stream(chunks: Iterable[bytes], name: str, limit: int = MAX_OPEN_SIZE) -> Iterator[bytes]:
    """Yield the decompressed bytes of a file: gzip, xz, bzip2, zstd or plain, by its first bytes.

    Raises MetadataError, naming the file, for damaged data, more than `limit` decompressed bytes, or
    a compression that this host cannot read.
    """
    rest = iter(chunks)
    head = b""
    for chunk in rest:
        head += chunk
        if len(head) >= _LONGEST_MAGIC:
            break
    pieces: Iterator[bytes] = chain([head] if head else [], rest)
    for compression in COMPRESSIONS:
        if head.startswith(compression.magic):
            pieces = _decompressed(compression, pieces, name)
            break
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise MetadataError(
                f"{name}: it has more than {limit} bytes when it is decompressed, which is more than "
                "the repository states or than is supported"
            )
        yield piece


def _mismatch(path: str, what: str, root: str) -> MetadataError:
    return MetadataError(
        f"{path}: {what}, which is not what {root} states: the download is damaged or the "
        "repository was changed meanwhile, run it again"
    )


def _decompressed(compression: Compression, chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    try:
        module = importlib.import_module(compression.module)
    except ImportError:
        return _from_program(compression.program, chunks, name)
    return _from_decoder(compression, module, chunks, name)


def _from_decoder(
    compression: Compression, module: Any, chunks: Iterator[bytes], name: str
) -> Iterator[bytes]:
    decoder = compression.decoder(module)
    errors: tuple[type[Exception], ...] = (*compression.errors(module), EOFError, ValueError)
    for chunk in chunks:
        data = chunk
        while data or not decoder.needs_input:
            if decoder.eof:
                # Padding, or another stream: `cat` of two compressed files is a compressed file.
                data = data.lstrip(b"\0")
                if not data:
                    break
                decoder = compression.decoder(module)
            try:
                piece = decoder.decompress(data, _PIECE_SIZE)
            except errors as error:
                raise _damaged(name, compression.program, str(error)) from error
            data = decoder.unused_data if decoder.eof else b""
            if piece:
                yield piece
    if not decoder.eof:
        raise _damaged(name, compression.program, "it ends too early")


def _damaged(name: str, program: str, reason: str) -> MetadataError:
    return MetadataError(
        f"{name}: invalid {program} data: {shown_value(reason.strip())}: the file or its download is "
        "damaged, run it again"
    )


def _from_program(program: str, chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    path = shutil.which(program)
    if not path:
        raise MetadataError(
            f"{name}: it is compressed with {program}, which this Python cannot read: install the "
            f"program {program} on the host that runs the module"
        )
    environment = {**os.environ, "LC_ALL": "C"}
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(
            [path, "-q", "-d", "-c"],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=messages,
            env=environment,
        )
        stdin, stdout = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        try:
            yield from _exchange(stdin, stdout, chunks)
            status = process.wait()
        finally:
            process.kill()
            process.wait()
            stdin.close()
            stdout.close()
        if status:
            messages.seek(0)
            reason = messages.read(_PIECE_SIZE).decode(errors="replace")
            raise _damaged(name, program, reason or f"{program} exited with {status}")


def _exchange(stdin: IO[bytes], stdout: IO[bytes], chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Write chunks to a program while its output is read, until it closes its output."""
    os.set_blocking(stdin.fileno(), False)
    pending: memoryview | None = memoryview(b"")
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        selector.register(stdin, selectors.EVENT_WRITE)
        while True:
            ready = {key.fileobj for key, _events in selector.select()}
            if stdout in ready:
                piece = os.read(stdout.fileno(), _PIECE_SIZE)
                if not piece:
                    break
                yield piece
            if stdin in ready and pending is not None:
                if not pending:
                    chunk = next(chunks, None)
                    pending = None if chunk is None else memoryview(chunk)
                pending = _write(stdin, pending)
                if pending is None:
                    selector.unregister(stdin)
                    stdin.close()
    # A program that found damaged data may wait for the end of them.
    stdin.close()
    # The checksum of a file is verified when all of it was read.
    for _chunk in chunks:
        pass


def _write(stdin: IO[bytes], pending: memoryview | None) -> memoryview | None:
    """Write as much as possible, and return the rest; None if there is nothing to write any more."""
    if pending is None:
        return None
    try:
        return pending[os.write(stdin.fileno(), pending) :]
    except BlockingIOError:
        return pending
    except BrokenPipeError:
        return None
