# SPDX-License-Identifier: Apache-2.0
"""Download images from a site's Pulp: container images with podman, disk images with curl."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import urllib.parse
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from ..debian import SYSTEM_DIRECTORIES
from ..paths import LabError, write_private
from .site import Pulp


def registry(pulp: Pulp) -> str:
    """Return the host and port of a Pulp, the name of its registry."""
    return urllib.parse.urlsplit(pulp.url).netloc


def manifest_digest(directory: Path, pulp: Pulp, image: str, tag: str) -> str:
    """Return the digest of `<image>:<tag>` of a Pulp, with its account, if it has one.

    Raises LabError with the output of skopeo.
    """
    reference = f"docker://{registry(pulp)}/{image}:{tag}"
    command = ["skopeo", "inspect", "--raw", *_access(pulp, directory), reference]
    return f"sha256:{hashlib.sha256(_run(command).encode()).hexdigest()}"


def podman_pull(directory: Path, pulp: Pulp, image: str, tag: str) -> str:
    """Pull `<image>:<tag>` from a Pulp, with its account, if it has one; return the digest.

    Raises LabError with the output of podman. Everything is stored below `directory`.
    """
    store = ["--root", str(directory / "root"), "--runroot", str(directory / "run")]
    podman = ["podman", *store, "--storage-driver", "vfs"]
    reference = f"{registry(pulp)}/{image}:{tag}"
    _run([*podman, "pull", "--quiet", *_access(pulp, directory), reference])
    return _run([*podman, "image", "inspect", "--format", "{{.Digest}}", reference]).strip()


def curl(pulp: Pulp, url: str, file: Path) -> str:
    """Download a file with the account of a Pulp, if it has one; return its SHA-256 in hex.

    Raises LabError with the output of curl.
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
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _access(pulp: Pulp, directory: Path) -> list[str]:
    """Return the options of skopeo and podman for credentials and certificates."""
    directory.mkdir(parents=True, exist_ok=True)
    login: dict[str, dict[str, str]] = {}
    if pulp.username:
        pair = b64encode(f"{pulp.username}:{pulp.password}".encode()).decode()
        login[registry(pulp)] = {"auth": pair}
    path = directory / "auth.json"
    write_private(path, json.dumps({"auths": login}))
    options = ["--authfile", str(path)]
    if not pulp.url.startswith("https"):
        options.append("--tls-verify=false")
    elif pulp.ca_path:
        certificates = directory / "certificates"
        certificates.mkdir(exist_ok=True)
        (certificates / "ca.crt").write_bytes(Path(pulp.ca_path).read_bytes())
        options += ["--cert-dir", str(certificates)]
    return options


def _run(command: Sequence[str], text: str = "") -> str:
    """Run a program with a text on stdin; return its output."""
    loopback = {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_DIRECTORIES}"
    done = subprocess.run(
        command,
        env={**os.environ, **loopback, "PATH": path, "LC_ALL": "C.UTF-8"},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LabError(f"{' '.join(command)}\n{done.stderr.strip()[-1500:]}")
    return done.stdout
