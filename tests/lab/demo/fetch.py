# SPDX-License-Identifier: Apache-2.0
"""How a site fetches images from its Pulp: containers with podman, disk images with curl."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import urllib.parse
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from ..debian import SYSTEM_FOLDERS
from ..paths import LabError, write_private
from .site import Pulp


def registry(pulp: Pulp) -> str:
    """Host and port of a Pulp, which is how a registry is named."""
    return urllib.parse.urlsplit(pulp.url).netloc


def manifest_digest(folder: Path, pulp: Pulp, image: str, tag: str) -> str:
    """Return the digest of `<image>:<tag>` of a Pulp, as its user sees it, if it has one.

    Raises LabError with skopeo's own words.
    """
    reference = f"docker://{registry(pulp)}/{image}:{tag}"
    command = ["skopeo", "inspect", "--raw", *_access(pulp, folder), reference]
    return f"sha256:{hashlib.sha256(_run(command).encode()).hexdigest()}"


def podman_pull(folder: Path, pulp: Pulp, image: str, tag: str) -> str:
    """Pull `<image>:<tag>` from a Pulp, as its user if it has one; returns the digest.

    Raises LabError with podman's own words. Everything is stored below `folder`.
    """
    store = ["--root", str(folder / "root"), "--runroot", str(folder / "run")]
    podman = ["podman", *store, "--storage-driver", "vfs"]
    reference = f"{registry(pulp)}/{image}:{tag}"
    _run([*podman, "pull", "--quiet", *_access(pulp, folder), reference])
    return _run([*podman, "image", "inspect", "--format", "{{.Digest}}", reference]).strip()


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
    _run([*command, url], f'user = "{quoted}"\n')
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _access(pulp: Pulp, folder: Path) -> list[str]:
    """Return the options that name an account and say whom to trust, for skopeo and podman."""
    folder.mkdir(parents=True, exist_ok=True)
    login: dict[str, dict[str, str]] = {}
    if pulp.username:
        pair = b64encode(f"{pulp.username}:{pulp.password}".encode()).decode()
        login[registry(pulp)] = {"auth": pair}
    path = folder / "auth.json"
    write_private(path, json.dumps({"auths": login}))
    options = ["--authfile", str(path)]
    if not pulp.url.startswith("https"):
        options.append("--tls-verify=false")
    elif pulp.ca_path:
        certificates = folder / "certificates"
        certificates.mkdir(exist_ok=True)
        (certificates / "ca.crt").write_bytes(Path(pulp.ca_path).read_bytes())
        options += ["--cert-dir", str(certificates)]
    return options


def _run(command: Sequence[str], said: str = "") -> str:
    """Run a program, saying some words to it; returns what it prints."""
    loopback = {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}"
    done = subprocess.run(
        command,
        env={**os.environ, **loopback, "PATH": path, "LC_ALL": "C.UTF-8"},
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LabError(f"{' '.join(command)}\n{done.stderr.strip()[-1500:]}")
    return done.stdout
