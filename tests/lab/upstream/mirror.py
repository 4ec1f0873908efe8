# SPDX-License-Identifier: Apache-2.0
"""Mirror lists and metalinks: lists of URLs that serve the same RPM repository."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from email.utils import formatdate
from pathlib import Path
from xml.sax.saxutils import escape

DEAD = "http://127.0.0.1:1/dead"
"""A mirror that refuses connections: nothing listens on port 1."""

HASHES = ("md5", "sha1", "sha256", "sha512")


def write_mirrorlist(root: Path, path: str, urls: Iterable[str]) -> Path:
    """Write a mirror list at `path` below `root`: a comment, then one base URL a line."""
    return _write(root / path, "\n".join(["# repo = test arch = x86_64", *urls, ""]))


def write_metalink(root: Path, path: str, repository: Path, urls: Iterable[str]) -> Path:
    """Write a metalink at `path` below `root` for `repodata/repomd.xml` of `repository`.

    `repository` is the directory of the repository: the metalink has the hashes of its current
    repomd.xml. `urls` are base URLs. The format is that of Fedora's MirrorManager
    (https://www.metalinker.org/, version 3.0).
    """
    repomd = repository / "repodata" / "repomd.xml"
    body = repomd.read_bytes()
    stamp = int(repomd.stat().st_mtime)
    hashes = [
        f'<hash type="{name}">{hashlib.new(name, body).hexdigest()}</hash>' for name in HASHES
    ]
    mirrors = [
        f'<url protocol="http" type="http" location="GB" preference="{max(1, 100 - index)}">'
        f"{escape(url.rstrip('/'))}/repodata/repomd.xml</url>"
        for index, url in enumerate(urls)
    ]
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<metalink version="3.0" xmlns="http://www.metalinker.org/" type="dynamic"',
        f'  pubdate="{formatdate(stamp, usegmt=True)}" generator="mirrormanager"',
        '  xmlns:mm0="http://fedorahosted.org/mirrormanager">',
        ' <files><file name="repomd.xml">',
        f"  <mm0:timestamp>{stamp}</mm0:timestamp><size>{len(body)}</size>",
        "  <verification>",
        *(f"   {line}" for line in hashes),
        '  </verification><resources maxconnections="1">',
        *(f"   {line}" for line in mirrors),
        "  </resources></file></files></metalink>",
        "",
    ]
    return _write(root / path, "\n".join(lines))


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.replace(path)
    return path
