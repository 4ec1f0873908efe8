# SPDX-License-Identifier: Apache-2.0
"""skopeo, which copies images: how it is called, and what its complaints mean."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..pulp.connection import Connection
from ..pulp.errors import AuthenticationError, InvalidItem, LostResponse, PulpError
from .registry import image_path, registry_host

# Where images can be taken from; see containers-transports(5).
TRANSPORTS = ("docker-daemon", "oci", "oci-archive", "docker-archive")

_FATAL = re.compile(r'level=fatal msg="((?:[^"\\]|\\.)*)"')
_WRONG_PASSWORD = re.compile(r"invalid username/password", re.IGNORECASE)
_NO_RIGHT = re.compile(r"unauthorized|authentication required|denied|forbidden", re.IGNORECASE)
_SOURCE = re.compile(
    r"initializing source|Error parsing image name|determining manifest MIME type|reading manifest"
)
# Sources that have a digest before they are pushed.
_OCI = ("oci:", "oci-archive:")
_TRANSIENT = re.compile(
    r"connection (refused|reset)|broken pipe|\bEOF\b|time(d )?out|TLS handshake|no such host|"
    r"too ?many ?requests|throttled|\b429\b|\b50[0234]\b|Internal Server Error|Bad Gateway|"
    r"server closed|use of closed network connection",
    re.IGNORECASE,
)
# While Pulp makes a version of what another push brought, that is neither there nor on its way. What
# it never takes has a reason instead of the second "manifest invalid".
_OVERTAKEN = re.compile(
    r"blob (upload )?unknown|blob upload invalid|manifest invalid: manifest invalid", re.IGNORECASE
)


@dataclass(frozen=True)
class Skopeo:
    """skopeo with what it needs for one Pulp, in `folder`: credentials and certificates."""

    program: str
    directory: Path
    connection: Connection

    def copy_command(self, source: str, name: str, tag: str, digest_file: str) -> list[str]:
        """The arguments that push `source` to a tag; the digest will be in the file."""
        connection = self.connection
        verified = connection.validate_certs and connection.pulp_url.startswith("https:")
        certificates = self.directory / "certificates"
        path = image_path(connection, name)
        return [
            *(self.program, "copy", "--all", "--quiet"),
            # Otherwise skopeo may take a layer that is there in another compression instead.
            *(("--preserve-digests",) if source.startswith(_OCI) else ()),
            *("--dest-authfile", str(self.directory / "auth.json")),
            f"--dest-tls-verify={str(verified).lower()}",
            *(("--dest-cert-dir", str(certificates)) if certificates.exists() else ()),
            *("--digestfile", digest_file),
            source,
            f"docker://{registry_host(connection)}/{path}:{tag}",
        ]

    def copy(self, source: str, name: str, tag: str) -> str:
        """Push `source` to a tag of an image; returns the digest of what the tag now points to.

        Raises AuthenticationError, LostResponse for what may pass, and PulpError for the rest.
        """
        with tempfile.NamedTemporaryFile(dir=self.directory, prefix="digest-") as digest:
            self._run(self.copy_command(source, name, tag, digest.name), source, name)
            return Path(digest.name).read_text(encoding="ascii").strip()

    def read(self, source: str) -> bytes:
        """The manifest, or the index, of a source, byte for byte."""
        return self._run([self.program, "inspect", "--raw", source], source, "")

    def _run(self, command: Sequence[str], source: str, name: str) -> bytes:
        limit = self.connection.task_timeout
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=_environment(),
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PulpError(f"skopeo was not done after task_timeout, {limit:g} s") from None
        if done.returncode:
            raise self._failure(_complaint(done.stderr), source, name)
        return done.stdout

    def _failure(self, words: str, source: str, name: str) -> PulpError:
        base, who = self.connection.pulp_url, f"user '{self.connection.username}'"
        if _SOURCE.search(words) or not name:
            return InvalidItem(f"the source {source} cannot be read: {words}")
        if _WRONG_PASSWORD.search(words):
            return AuthenticationError(f"the registry of {base} refused {who}: {words}")
        if _NO_RIGHT.search(words):
            return push_denied(self.connection, name, words)
        if _TRANSIENT.search(words):
            return LostResponse(f"the connection to {base} broke: {words}")
        if _OVERTAKEN.search(words):
            return LostResponse(
                f"Pulp does not find all of it, as if it came by another push: {words}"
            )
        return PulpError(f"skopeo could not push it: {words}")


@contextmanager
def skopeo_for(connection: Connection) -> Iterator[Skopeo]:
    """skopeo, ready for one Pulp; what was written for it goes in the end. Raises InvalidItem where
    it is not installed."""
    program = shutil.which("skopeo")
    if not program:
        raise InvalidItem(
            f"skopeo is not installed on {socket.gethostname()}, where images are pushed from: "
            "install the package 'skopeo' (apt-get install skopeo, dnf install skopeo)"
        )
    with tempfile.TemporaryDirectory(prefix="release-train-push-") as name:
        _write_credentials(Path(name) / "auth.json", connection)
        _write_certificates(Path(name) / "certificates", connection)
        yield Skopeo(program, Path(name), connection)


def push_denied(connection: Connection, name: str, words: str) -> AuthenticationError:
    """The error that says that the account may not push an image."""
    return AuthenticationError(
        f"user '{connection.username}' may not push {name} to {connection.pulp_url}: put it into a group "
        f"that may push to the namespace (pulp_container_namespace). Pulp said: {words}"
    )


def digest_of(manifest: bytes) -> str:
    """The digest by which a registry knows a manifest."""
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _write_credentials(path: Path, connection: Connection) -> None:
    """An auth file as containers-auth.json(5) has it, which its owner alone may read."""
    auths = {}
    if connection.username:
        pair = f"{connection.username}:{connection.password or ''}"
        encoded = base64.b64encode(pair.encode("utf-8", "surrogateescape")).decode()
        auths[registry_host(connection)] = {"auth": encoded}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"auths": auths}, file)


def _write_certificates(directory: Path, connection: Connection) -> None:
    """Authorities and a client's certificate under the names of containers-certs.d(5)."""
    authority = connection.ca_path or os.environ.get("REQUESTS_CA_BUNDLE")
    files = {"ca.crt": authority, "client.cert": connection.client_cert}
    files["client.key"] = connection.client_key or connection.client_cert
    for name, file in files.items():
        if file:
            directory.mkdir(mode=0o700, exist_ok=True)
            (directory / name).symlink_to(Path(file).absolute())


def _environment() -> dict[str, str]:
    """Ours, without our own settings, of which one is a password."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith("RELEASE_TRAIN_")}
    return {**kept, "LC_ALL": "C.UTF-8"}


def _complaint(output: bytes) -> str:
    text = output.decode("utf-8", "replace").strip()
    quoted = _FATAL.findall(text)
    if not quoted:
        return " ".join(text.splitlines()[-1:]) or "it did not say why"
    try:
        return str(json.loads(f'"{quoted[-1]}"'))
    except ValueError:
        return str(quoted[-1])
