# SPDX-License-Identifier: Apache-2.0
"""The steps of the demo for container images and a disk image, from the build to a site."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

from ..oci_layout import Attached, Image, write_layout
from ..paths import LabError
from ..playbook import Run
from . import kayobe
from .fetch import curl, manifest_digest, podman_pull, registry
from .inventory import ACCOUNT, IMAGES, client_account
from .site import Pulp
from .walk import Walk, expect

PINS = {
    "rocky-9": "2025.1-rocky-9-20261101T000000",
    "ubuntu-noble": "2025.1-ubuntu-noble-20261101T000000",
}
TAGS = tuple(PINS.values())
DISK = "overcloud-rocky-9.qcow2"
VERSION = "2025.1-20261101T000000"
DISK_PATH = f"kayobe-images/2025.1/rocky/9/{VERSION}"
SIZE = 24 * 1024 * 1024

_DISK = {"openstack_release": "2025.1", "os_distribution": "rocky", "os_release": "9"}
_PUSH = """\
---
- name: Push built images
  hosts: ark
  gather_facts: false
  module_defaults:
    group/stackhpc.release_train.pulp: "{{ lookup('stackhpc.release_train.pulp_connection') }}"
  tasks:
    - name: Push each tag of each image, and signatures
      stackhpc.release_train.container_push:
        source: "oci:{{ layouts }}/{name}:{tag}"
        images: "{{ images }}"
"""


class Images:
    """The built images. `digests` is image -> tag -> digest, with the tags of signatures."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.directory = walk.site.directory / "images"
        self.digests = {name: self._build(name) for name in IMAGES}
        self.disk = self._build_disk()

    @property
    def signature(self) -> str:
        """The tag of the signature that belongs to the first tag of the last image."""
        return Attached(self.digests[IMAGES[-1]][TAGS[0]]).tag

    def push(self) -> Run:
        """Make container repositories private on Ark, then push images as a build does."""
        self.walk.play("container_access")
        playbook = self.directory / "push.yml"
        playbook.write_text(_PUSH, encoding="utf-8")
        images = [{"name": name, "tag": tag} for name, tags in self.digests.items() for tag in tags]
        variables = {"layouts": str(self.directory / "layouts"), "images": images}
        return self.walk.play(str(playbook), "-e", json.dumps(variables))

    def upload(self) -> Run:
        """Upload the disk image to Ark."""
        variables = {**_DISK, "image_path": str(self.disk.parent), "image_version": VERSION}
        return self.walk.play("image_upload", "-e", json.dumps(variables))

    def release(self) -> list[Run]:
        """Pin the tags and the version of the disk image, and promote them."""
        kayobe.write_image_pins(self.walk.site, PINS, {"rocky_9": VERSION})
        return [self.walk.play("container_promote"), self.walk.play("image_promote")]

    def mirror(self) -> list[Run]:
        """Mirror the container images and the disk image into the client's Pulp."""
        return [self.walk.play("container_mirror"), self.walk.play("image_mirror")]

    def pull(self) -> list[str]:
        """Pull an image from the client's Pulp with podman; return the lines to print.

        Raises LabError unless the image and its signature have the digests of the built ones.
        """
        name, client = IMAGES[-1], self.walk.site.client.as_user("")
        lines = []
        for tag in (TAGS[0], self.signature):
            wanted = self.digests[name][tag]
            found = manifest_digest(self.directory / "look", client, f"stackhpc/{name}", tag)
            expect(found, wanted, f"digest of {tag}")
        pulled = podman_pull(self.directory / "podman", client, f"stackhpc/{name}", TAGS[0])
        expect(pulled, self.digests[name][TAGS[0]], "digest of what podman pulled")
        lines.append(f"podman pull {registry(client)}/stackhpc/{name}:{TAGS[0]}")
        lines.append(f"{pulled}, as built; its signature was mirrored, too")
        return lines

    def fetch(self) -> str:
        """Download the disk image from the client's Pulp; raise LabError if it differs."""
        client = self.walk.site.client.as_user("")
        url = client.content(DISK_PATH, DISK)
        found = curl(client, url, self.directory / "fetched" / DISK)
        expect(found, sha256_of(self.disk), "SHA-256 of the fetched disk image")
        return f"curl {url}: {found[:16]}..., as built"

    def pullable(self, account: Pulp) -> bool:
        """Whether an account of Ark can pull the released images."""
        try:
            manifest_digest(self.directory / "look", account, f"stackhpc/{IMAGES[0]}", TAGS[0])
        except LabError:
            return False
        return True

    def pull_access(self) -> dict[str, bool]:
        """Whether the client's account and anonymous clients can pull from Ark."""
        site = self.walk.site
        return {
            ACCOUNT: self.pullable(client_account(site)),
            "anonymous": self.pullable(site.ark.as_user("")),
        }

    def _build(self, name: str) -> dict[str, str]:
        layout = self.directory / "layouts" / name
        digests = write_layout(layout, {tag: Image(f"{name} {tag}") for tag in TAGS})
        signature = Attached(digests[TAGS[0]])
        return {**digests, **write_layout(layout, {signature.tag: signature})}

    def _build_disk(self) -> Path:
        """Write a disk image of random bytes, because the collection does not read its content."""
        path = self.directory / "disk" / DISK
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(random.Random(DISK).randbytes(SIZE))
        return path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
