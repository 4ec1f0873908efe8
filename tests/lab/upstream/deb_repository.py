# SPDX-License-Identifier: Apache-2.0
"""Deb repositories: packages in `pool/`, and signed indices in `dists/`.

The format is that of https://wiki.debian.org/DebianRepository/Format.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Optional

from .deb import Deb, build_debs
from .key import Signer, public_key, signer
from .state import place, publish

HASHES = {"MD5Sum": "md5", "SHA1": "sha1", "SHA256": "sha256"}

Suites = Mapping[str, Mapping[str, Iterable[Deb]]]
"""Packages by suite (`noble-updates`) and component (`main`)."""


def publish_deb(
    root: Path,
    path: str,
    suites: Suites,
    *,
    architectures: Sequence[str] = ("amd64", "arm64"),
    origin: str = "Upstream",
    signed: bool = True,
    revision: int | None = None,
    valid_until: str = "",
    translations: bool = False,
) -> Path:
    """Publish a Deb repository at `path` below `root`; the same content gives the same bytes.

    `signed` adds `InRelease` and `Release.gpg`, signed with the key of `key.public_key()`. Returns
    the published path. `revision` is that of `state.publish`, `valid_until` is the field of Release
    files; `translations` adds descriptions of packages in English, as Debian and Ubuntu have them.
    """
    chosen = {
        suite: {name: sorted(debs, key=lambda deb: deb.filename) for name, debs in parts.items()}
        for suite, parts in suites.items()
    }
    keys = {
        suite: {name: [deb.key for deb in debs] for name, debs in parts.items()}
        for suite, parts in chosen.items()
    }
    signature = public_key().read_text() if signed else ""
    content = ["deb", keys, list(architectures), origin, signature, valid_until, translations]

    def write(directory: Path, at: int) -> None:
        pool = _fill_pool(directory, chosen)
        for suite, components in chosen.items():
            indices = _indices(components, architectures, pool)
            if translations:
                indices.update({f"{name}/i18n/Translation-en": b"\n" for name in components})
            dist = directory / "dists" / suite
            for name, text in indices.items():
                (dist / name).parent.mkdir(parents=True, exist_ok=True)
                (dist / name).write_bytes(text)
            release = _release(suite, components, architectures, origin, at, indices)
            if valid_until:
                release = f"Valid-Until: {valid_until}\n".encode() + release
            _write_release(dist, release, at, signer() if signed else None)

    return publish(root, path, content, write, revision)


def _fill_pool(
    directory: Path, chosen: Mapping[str, Mapping[str, Sequence[Deb]]]
) -> dict[tuple[str, Deb], str]:
    """Write all packages and return their paragraphs by component and package."""
    wanted = {
        (component, deb): f"pool/{component}/{deb.name[0]}/{deb.name}/{deb.filename}"
        for components in chosen.values()
        for component, debs in components.items()
        for deb in debs
    }
    files = build_debs({deb for _component, deb in wanted})
    paragraphs = {}
    for (component, deb), location in wanted.items():
        place(files[deb], directory / location)
        body = files[deb].read_bytes()
        paragraphs[component, deb] = (
            f"{deb.control}Filename: {location}\nSize: {len(body)}\n"
            f"MD5sum: {hashlib.md5(body).hexdigest()}\n"
            f"SHA1: {hashlib.sha1(body).hexdigest()}\n"
            f"SHA256: {hashlib.sha256(body).hexdigest()}\n"
        )
    return paragraphs


def _indices(
    components: Mapping[str, Sequence[Deb]],
    architectures: Sequence[str],
    paragraphs: Mapping[tuple[str, Deb], str],
) -> dict[str, bytes]:
    """Return the package indices of one suite, by their path in the suite's directory."""
    indices = {}
    for component, debs in components.items():
        for arch in architectures:
            chosen = [deb for deb in debs if deb.arch in (arch, "all")]
            text = "\n".join(paragraphs[component, deb] for deb in chosen).encode()
            path = f"{component}/binary-{arch}/Packages"
            indices[path] = text
            indices[f"{path}.gz"] = gzip.compress(text, mtime=0)
    return indices


def _release(
    suite: str,
    components: Iterable[str],
    architectures: Iterable[str],
    origin: str,
    at: int,
    indices: Mapping[str, bytes],
) -> bytes:
    fields = {
        "Origin": origin,
        "Label": origin,
        "Suite": suite,
        "Codename": suite,
        "Date": formatdate(at, usegmt=True),
        "Architectures": " ".join(architectures),
        "Components": " ".join(components),
        "Description": f"{origin} {suite}",
    }
    lines = [f"{name}: {value}" for name, value in fields.items()]
    for title, algorithm in HASHES.items():
        lines.append(f"{title}:")
        for path, body in sorted(indices.items()):
            lines.append(f" {hashlib.new(algorithm, body).hexdigest()} {len(body):>8} {path}")
    return "\n".join([*lines, ""]).encode()


def _write_release(dist: Path, release: bytes, at: int, key: Optional[Signer]) -> None:
    dist.mkdir(parents=True, exist_ok=True)
    (dist / "Release").write_bytes(release)
    if key:
        (dist / "InRelease").write_bytes(key.inline(release, at))
        (dist / "Release.gpg").write_bytes(key.detached(release, at))
