# SPDX-License-Identifier: Apache-2.0
"""Write container images without a build tool: OCI layouts, OCI archives, Docker archives.

The same image always has the same bytes, and so the same digest. The formats are those of the OCI
image specification 1.0 and of `docker save`. `python3 -m tests.lab.oci_layout DIRECTORY` writes
sample images for tests, and prints their paths and digests.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
SIGNATURE = "application/vnd.dev.cosign.simplesigning.v1+json"
ATTESTATION = "application/vnd.dsse.envelope.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
ATTACHED = {"sig": SIGNATURE, "att": ATTESTATION, "": BUNDLE}

Descriptor = dict[str, Any]


@dataclass(frozen=True)
class Image:
    """An image with one layer: a file with `text`, and `size` random bytes, if not 0.

    With several `architectures` it is a multi-arch image: an index with a manifest for each.
    """

    text: str
    size: int = 0
    architectures: tuple[str, ...] = ("amd64",)


@dataclass(frozen=True)
class Attached:
    """What cosign attaches to an image: a signature (`sig`), an attestation (`att`), or a bundle of
    cosign 3 (empty). `digest` is that of the image."""

    digest: str
    kind: str = "sig"

    @property
    def tag(self) -> str:
        """Its tag: `sha256-<hexadecimal digits>.sig`."""
        return f"{self.digest.replace(':', '-')}.{self.kind}".rstrip(".")


Content = Union[Image, Attached]


def write_layout(directory: Path, tags: Mapping[str, Content]) -> dict[str, str]:
    """Write an OCI layout with these tags into `directory`; return the digest of each tag.

    Existing content of the directory is kept; an existing tag is moved.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    index = directory / "index.json"
    listed = json.loads(index.read_text())["manifests"] if index.exists() else []
    manifests = {_tag(entry): entry for entry in listed}
    for tag, content in tags.items():
        entry = _write_content(directory, content)
        manifests[tag] = {**entry, "annotations": {"org.opencontainers.image.ref.name": tag}}
    written = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(manifests.values())}
    index.write_text(json.dumps(written))
    return {tag: str(manifests[tag]["digest"]) for tag in tags}


def write_oci_archive(path: Path, tags: Mapping[str, Content]) -> dict[str, str]:
    """Write an OCI layout as one tar file; return the digest of each tag."""
    with tempfile.TemporaryDirectory(prefix="oci-layout-") as name:
        digests = write_layout(Path(name), tags)
        with tarfile.open(path, "w") as archive:
            for file in sorted(Path(name).rglob("*")):
                if file.is_file():
                    _add(archive, str(file.relative_to(name)), file.read_bytes())
    return digests


def write_docker_archive(path: Path, references: Mapping[str, Image]) -> None:
    """Write an archive as `docker save` does: references such as `nova-api:2025.1` -> images.

    It has one architecture of an image, the first. It has no digest, because the program that
    reads it creates the manifest.
    """
    listed = []
    with tarfile.open(path, "w") as archive:
        for reference, image in references.items():
            layer = _layer(image, image.architectures[0])
            config = _config(image.architectures[0], layer)
            names = [f"{_hex(config)}.json", f"{_hex(layer)}/layer.tar"]
            for member, data in zip(names, (config, layer)):
                _add(archive, member, data)
            listed.append({"Config": names[0], "RepoTags": [reference], "Layers": names[1:]})
        _add(archive, "manifest.json", json.dumps(listed).encode())


def write_samples(directory: Path) -> dict[str, Any]:
    """Write images for tests: a layout, an OCI archive and a Docker archive.

    The layout has the tags `first`, `second`, `multi` (two architectures), `part` (the first of
    these two), the signature of `multi` and an attestation of `part`; the OCI archive has `first`
    and `multi`; the Docker archive has `sample:first`, with the content of `first`. Returns their
    paths, `signature` and `attestation` (their tags) and `digests` (tag -> digest).
    """
    images = {
        "first": Image("first"),
        "second": Image("second"),
        "multi": Image("multi", architectures=("amd64", "arm64")),
        "part": Image("multi"),
    }
    layout, archive, docker = directory / "layout", directory / "oci.tar", directory / "docker.tar"
    digests = write_layout(layout, images)
    attached = Attached(digests["multi"]), Attached(digests["part"], "att")
    digests.update(write_layout(layout, {one.tag: one for one in attached}))
    signature, attestation = (one.tag for one in attached)
    write_oci_archive(archive, {tag: images[tag] for tag in ("first", "multi")})
    write_docker_archive(docker, {"sample:first": images["first"]})
    paths = {"layout": str(layout), "oci_archive": str(archive), "docker_archive": str(docker)}
    tags = {"signature": signature, "attestation": attestation}
    return {**paths, **tags, "digests": digests}


def _tag(entry: Descriptor) -> str:
    return str(entry["annotations"]["org.opencontainers.image.ref.name"])


def _write_content(directory: Path, content: Content) -> Descriptor:
    if isinstance(content, Attached):
        payload = {"critical": {"image": {"docker-manifest-digest": content.digest}}}
        layer = _write(directory, ATTACHED[content.kind], json.dumps(payload).encode())
        config = {"architecture": "", "os": "", "rootfs": {"type": "layers", "diff_ids": []}}
        manifest = _write_manifest(directory, json.dumps(config).encode(), layer)
        return manifest if content.kind else _write_index(directory, [manifest])
    entries = [
        {
            **_write_image(directory, content, architecture),
            "platform": {"architecture": architecture, "os": "linux"},
        }
        for architecture in content.architectures
    ]
    if len(entries) == 1:
        return entries[0]
    return _write_index(directory, entries)


def _write_index(directory: Path, entries: list[Descriptor]) -> Descriptor:
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
    return _write(directory, INDEX, json.dumps(index).encode())


def _write_image(directory: Path, image: Image, architecture: str) -> Descriptor:
    layer = _layer(image, architecture)
    packed = _write(directory, LAYER, gzip.compress(layer, mtime=0))
    return _write_manifest(directory, _config(architecture, layer), packed)


def _write_manifest(directory: Path, config: bytes, layer: Descriptor) -> Descriptor:
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _write(directory, CONFIG, config),
        "layers": [layer],
    }
    return _write(directory, MANIFEST, json.dumps(manifest).encode())


def _write(directory: Path, media_type: str, data: bytes) -> Descriptor:
    blob = directory / "blobs" / "sha256" / _hex(data)
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{blob.name}", "size": len(data)}


def _layer(image: Image, architecture: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as layer:
        _add(layer, "image.txt", f"{image.text} {architecture}\n".encode())
        if image.size:
            noise = random.Random(f"{image.text} {architecture}").getrandbits(8 * image.size)
            _add(layer, "noise.bin", noise.to_bytes(image.size, "big"))
    return packed.getvalue()


def _config(architecture: str, layer: bytes) -> bytes:
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Cmd": ["/image.txt"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_hex(layer)}"]},
    }
    return json.dumps(config).encode()


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o644
    archive.addfile(member, io.BytesIO(data))


def _hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    print(json.dumps(write_samples(Path(sys.argv[1]).absolute()), indent=2))
