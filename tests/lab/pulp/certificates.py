# SPDX-License-Identifier: Apache-2.0
"""Keys of a server: database encryption, token signature, and TLS with a private CA."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path

from .. import debian
from ..paths import LabError, write_private

# Python 3.13 verifies strictly: it requires key usage and key identifiers.
OPENSSL_CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {common_name}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
"""


def ensure_keys(directory: Path) -> None:
    """Create missing keys: database.key (urlsafe base64 of 32 bytes) and token.key/.pub (EC)."""
    directory.mkdir(parents=True, exist_ok=True)
    if not (directory / "database.key").exists():
        write_private(directory / "database.key", base64.urlsafe_b64encode(os.urandom(32)).decode())
    if not (directory / "token.pub").exists():
        _openssl(
            directory, "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "token.key"
        )
        _openssl(directory, "ec", "-in", "token.key", "-pubout", "-out", "token.pub")


def ensure_tls(directory: Path) -> None:
    """Create ca.pem and server.pem/.key for localhost and 127.0.0.1, unless they exist."""
    if (directory / "server.pem").exists():
        return
    _request(directory, "ca", "release train lab authority", "-x509", "-extensions", "authority")
    _request(directory, "server", "127.0.0.1", "-new")
    _openssl(
        directory, "x509", "-req", "-in", "server.pem", "-out", "server.pem", "-days", "3650",
        "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-extfile", "server.cnf", "-extensions", "server",
    )  # fmt: skip


def _request(directory: Path, name: str, common_name: str, *options: str) -> None:
    configuration = OPENSSL_CONFIGURATION.format(common_name=common_name)
    (directory / f"{name}.cnf").write_text(configuration)
    _openssl(
        directory, "req", "-config", f"{name}.cnf", "-newkey", "rsa:2048", "-nodes",
        "-days", "3650", "-keyout", f"{name}.key", "-out", f"{name}.pem", *options,
    )  # fmt: skip


def _openssl(directory: Path, *arguments: str) -> None:
    command = [str(debian.program("openssl")), *arguments]
    run = subprocess.run(
        command, cwd=directory, umask=0o077, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise LabError(f"openssl {arguments[0]}: {run.stderr.strip()}")
