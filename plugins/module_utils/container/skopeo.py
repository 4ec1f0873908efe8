# SPDX-License-Identifier: Apache-2.0
"""Copy images with skopeo, and interpret its error messages."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR

from ..pulp.connection import Connection
from ..pulp.errors import AuthenticationError, InvalidItem, LostResponse, PulpError
from ..report.causes import without_names
from .registry import image_path, registry_host

_PREFIX = "release-train-push-"
# Another run may not have locked its new directory yet.
_MIN_STALE_AGE = 10.0
# Transports of sources; see containers-transports(5).
TRANSPORTS = ("docker-daemon", "oci", "oci-archive", "docker-archive")

_FATAL = re.compile(r'level=fatal msg="((?:[^"\\]|\\.)*)"')
_WRONG_PASSWORD = re.compile(r"invalid username/password", re.IGNORECASE)
_NO_PERMISSION = re.compile(r"unauthorized|authentication required|denied|forbidden", re.IGNORECASE)
_SOURCE = re.compile(
    r"initializing source|Error parsing image name|determining manifest MIME type|reading manifest"
)
# Sources whose digest is known before they are pushed.
_OCI = ("oci:", "oci-archive:")
_TRANSIENT = re.compile(
    r"connection (refused|reset)|broken pipe|\bEOF\b|time(d )?out|TLS handshake|no such host|"
    r"too ?many ?requests|throttled|\b429\b|server closed|use of closed network connection",
    re.IGNORECASE,
)
_SERVER_ERROR = re.compile(r"\bstatus(?: code)?:? (50[0234])\b|Internal Server Error|Bad Gateway")
# While Pulp creates the version of another push, it does not find the blobs of that push. A manifest
# that it refuses has a reason instead of the second "manifest invalid".
_INTERRUPTED = re.compile(
    r"blob (upload )?unknown|blob upload invalid|manifest invalid: manifest invalid", re.IGNORECASE
)


@dataclass(frozen=True)
class Skopeo:
    """skopeo for one Pulp; `directory` holds the credentials and certificates that it uses."""

    program: str
    directory: Path
    connection: Connection

    def copy_command(self, source: str, name: str, tag: str, digest_file: str) -> list[str]:
        """Return the command that pushes `source` to a tag and writes the digest to a file."""
        connection = self.connection
        verified = connection.validate_certs and connection.pulp_url.startswith("https:")
        certificates = self.directory / "certificates"
        path = image_path(connection, name)
        return [
            *(self.program, "copy", "--all", "--quiet"),
            # Otherwise skopeo may reuse a layer that exists with another compression.
            *(("--preserve-digests",) if source.startswith(_OCI) else ()),
            *("--dest-authfile", str(self.directory / "auth.json")),
            f"--dest-tls-verify={str(verified).lower()}",
            *(("--dest-cert-dir", str(certificates)) if certificates.exists() else ()),
            *("--digestfile", digest_file),
            source,
            f"docker://{registry_host(connection)}/{path}:{tag}",
        ]

    def copy(self, source: str, name: str, tag: str) -> str:
        """Push `source` to a tag of an image; returns the digest that the tag points to.

        Raises InvalidItem for the source, AuthenticationError, LostResponse for transient failures,
        and PulpError.
        """
        with tempfile.NamedTemporaryFile(dir=self.directory, prefix="digest-") as digest:
            self._run(self.copy_command(source, name, tag, digest.name), source, name)
            return Path(digest.name).read_text(encoding="ascii").strip()

    def read(self, source: str) -> bytes:
        """Return the manifest, or the index, of a source, byte for byte."""
        return self._run([self.program, "inspect", "--raw", source], source, "")

    def _run(self, command: Sequence[str], source: str, name: str) -> bytes:
        limit = self.connection.task_timeout
        try:
            completed = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=_environment(),
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PulpError(f"skopeo did not finish after task_timeout ({limit:g} s)") from None
        if completed.returncode:
            raise self._failure(_error_message(completed.stderr), source, name)
        return completed.stdout

    def _failure(self, message: str, source: str, name: str) -> PulpError:
        base, who = self.connection.pulp_url, f"user '{self.connection.username}'"
        if _SOURCE.search(message) or not name:
            return InvalidItem(f"the source {source} cannot be read: {message}")
        if _WRONG_PASSWORD.search(message):
            return AuthenticationError(f"the registry of {base} refused {who}: {message}")
        if _NO_PERMISSION.search(message):
            return push_denied(self.connection, name, message)
        status = _SERVER_ERROR.search(without_names(message))
        if status:
            return LostResponse(
                f"{base} could not carry out the push (HTTP {status[1] or 500}): {message}"
            )
        if _TRANSIENT.search(without_names(message)):
            return LostResponse(f"the connection to {base} broke: {message}")
        if _INTERRUPTED.search(message):
            return LostResponse(
                f"Pulp does not find all blobs of the image, which another push may bring: {message}"
            )
        return PulpError(f"skopeo failed to push the image: {message}")


@contextmanager
def skopeo_for(connection: Connection) -> Iterator[Skopeo]:
    """Provide skopeo for one Pulp, with temporary files of credentials and certificates.

    Raises InvalidItem if it is not installed.
    """
    program = shutil.which("skopeo")
    if not program:
        raise InvalidItem(
            f"skopeo is not installed on {socket.gethostname()}, which pushes the images: "
            "install the package 'skopeo' (apt-get install skopeo, dnf install skopeo)"
        )
    _remove_stale_directories()
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name, _locked(name):
        _write_credentials(Path(name) / "auth.json", connection)
        _write_certificates(Path(name) / "certificates", connection)
        yield Skopeo(program, Path(name), connection)


@contextmanager
def _locked(directory: str) -> Iterator[None]:
    """Lock a directory until the end of the run, however that ends."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _remove_stale_directories() -> None:
    """Delete what killed runs of this user left: their directories have credentials, and no lock."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = path.lstat()
            age = time.time() - status.st_mtime
            if status.st_uid != os.getuid() or not S_ISDIR(status.st_mode) or age < _MIN_STALE_AGE:
                continue
            with _locked(str(path)):
                shutil.rmtree(path)


def push_denied(connection: Connection, name: str, message: str) -> AuthenticationError:
    """Return the error of an account that may not push an image."""
    return AuthenticationError(
        f"user '{connection.username}' may not push {name} to {connection.pulp_url}: add the "
        "user to a group that may push to the namespace (pulp_container_namespace). Pulp's response: "
        f"{message}"
    )


def digest_of(manifest: bytes) -> str:
    """Return the digest of a manifest in a registry."""
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _write_credentials(path: Path, connection: Connection) -> None:
    """Write a file in the format of containers-auth.json(5), with mode 0600."""
    auths = {}
    if connection.username:
        pair = f"{connection.username}:{connection.password or ''}"
        encoded = base64.b64encode(pair.encode("utf-8", "surrogateescape")).decode()
        auths[registry_host(connection)] = {"auth": encoded}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"auths": auths}, file)


def _write_certificates(directory: Path, connection: Connection) -> None:
    """Link the CA bundle and the client certificate under the names of containers-certs.d(5)."""
    authority = connection.ca_path or os.environ.get("REQUESTS_CA_BUNDLE")
    files = {"ca.crt": authority, "client.cert": connection.client_cert}
    files["client.key"] = connection.client_key or connection.client_cert
    for name, file in files.items():
        if file:
            directory.mkdir(mode=0o700, exist_ok=True)
            (directory / name).symlink_to(Path(file).absolute())


def _environment() -> dict[str, str]:
    """Return the environment without the collection's own settings, which hold a password."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith("RELEASE_TRAIN_")}
    return {**kept, "LC_ALL": "C.UTF-8"}


def _error_message(output: bytes) -> str:
    text = output.decode("utf-8", "replace").strip()
    quoted = _FATAL.findall(text)
    if not quoted:
        return " ".join(text.splitlines()[-1:]) or "it gave no reason"
    try:
        return str(json.loads(f'"{quoted[-1]}"'))
    except ValueError:
        return str(quoted[-1])
