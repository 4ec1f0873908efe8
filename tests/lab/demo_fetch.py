# SPDX-License-Identifier: Apache-2.0
"""How a site fetches images from its Pulp: containers with podman, disk images with curl."""

from __future__ import annotations

import hashlib
import os
import subprocess
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from .demo_site import Pulp
from .pulp_debian import SYSTEM_FOLDERS
from .pulp_paths import LabError, write_private


def registry(pulp: Pulp) -> str:
    """Host and port of a Pulp, which is how a registry is named."""
    return urllib.parse.urlsplit(pulp.url).netloc


def podman_pull(folder: Path, pulp: Pulp, image: str, tag: str) -> str:
    """Pull `<image>:<tag>` from a Pulp, as its user if it has one; returns the digest.

    Raises LabError with podman's own words. Everything is stored below `folder`.
    """
    store = ["--root", str(folder / "root"), "--runroot", str(folder / "run")]
    podman = ["podman", *store, "--storage-driver", "vfs"]
    reference = f"{registry(pulp)}/{image}:{tag}"
    pull = [*podman, "pull", "--quiet", *_trust(pulp, folder)]
    if pulp.username:
        login = folder / "auth.json"
        login.parent.mkdir(parents=True, exist_ok=True)
        write_private(login, "{}")
        words = ["login", "--authfile", str(login), "--username", pulp.username]
        _run([*podman, *words, "--password-stdin", *_trust(pulp, folder), registry(pulp)], pulp)
        pull += ["--authfile", str(login)]
    _run([*pull, reference])
    shown = [*podman, "image", "inspect", "--format", "{{.Digest}}", reference]
    return _run(shown).strip()


def curl(pulp: Pulp, url: str, file: Path) -> str:
    """Fetch a file, as the user of a Pulp if it has one; returns its SHA-256 in hex.

    Raises LabError with curl's own words.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    command = ["curl", "--fail", "--silent", "--show-error", "--output", str(file)]
    if pulp.ca_path:
        command += ["--cacert", pulp.ca_path]
    if pulp.username:
        command += ["--config", "-"]
    quoted = f"{pulp.username}:{pulp.password}".replace("\\", "\\\\").replace('"', '\\"')
    _run([*command, url], said=f'user = "{quoted}"\n')
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _trust(pulp: Pulp, folder: Path) -> list[str]:
    """How podman is to verify a server: not at all where there is no TLS."""
    if not pulp.url.startswith("https"):
        return ["--tls-verify=false"]
    if not pulp.ca_path:
        return []
    certificates = folder / "certificates"
    certificates.mkdir(parents=True, exist_ok=True)
    (certificates / "ca.crt").write_bytes(Path(pulp.ca_path).read_bytes())
    return ["--cert-dir", str(certificates)]


def _run(command: Sequence[str], pulp: Optional[Pulp] = None, said: str = "") -> str:
    """Run a program, saying the user's password or other words to it; returns what it prints."""
    loopback = {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}"
    done = subprocess.run(
        command,
        env={**os.environ, **loopback, "PATH": path, "LC_ALL": "C.UTF-8"},
        input=pulp.password if pulp else said,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LabError(f"{' '.join(command)}\n{done.stderr.strip()[-1500:]}")
    return done.stdout
