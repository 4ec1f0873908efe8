# SPDX-License-Identifier: Apache-2.0
"""The test key that signs repositories."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from .tools import EPOCH, exclusive, require, run, state_directory

OWNER = "Test upstream <upstream@example.org>"


class Signer:
    """Signs with the key `secret` (armored, no passphrase), in a temporary key ring.

    Signatures are reproducible: their time is a parameter, and RSA signatures have no random part.
    """

    def __init__(self, secret: Path | None) -> None:
        require("gpg")
        # Not in the cache: the path of gpg-agent's socket has at most 107 bytes.
        self.home = Path(tempfile.mkdtemp(prefix="upstream-gpg-"))
        if secret:
            self._gpg(EPOCH, "--import", secret)

    def close(self) -> None:
        """Stop the gpg-agent of this key ring and delete the key ring."""
        run(["gpgconf", "--homedir", self.home, "--kill", "gpg-agent"])
        shutil.rmtree(self.home, ignore_errors=True)

    def inline(self, text: bytes, at: int) -> bytes:
        """Return `text` with an inline signature, as in `InRelease`."""
        return self._gpg(at, "--clearsign", stdin=text)

    def detached(self, text: bytes, at: int) -> bytes:
        """Return the armored signature of `text`, as in `Release.gpg` or `repomd.xml.asc`."""
        return self._gpg(at, "--armor", "--detach-sign", stdin=text)

    def generate(self) -> tuple[bytes, bytes]:
        """Create a key that never expires; return the secret and the public key, armored."""
        self._gpg(EPOCH, "--quick-generate-key", OWNER, "rsa3072", "sign", "never")
        secret = self._gpg(EPOCH, "--armor", "--export-secret-keys")
        return secret, self._gpg(EPOCH, "--armor", "--export")

    def _gpg(self, at: int, *arguments: str | Path, stdin: bytes = b"") -> bytes:
        command: list[str | Path] = [
            "gpg",
            "--homedir",
            self.home,
            "--batch",
            "--no-tty",
            "--quiet",
        ]
        command += ["--pinentry-mode", "loopback", "--passphrase", "", "--digest-algo", "SHA256"]
        return run([*command, "--faked-system-time", f"{at}!", *arguments], stdin=stdin)


def public_key() -> Path:
    """Return the file of the public key, armored, for apt's `signed-by`.

    The first call creates the key.
    """
    directory = state_directory() / "key"
    public, secret = directory / "public.asc", directory / "secret.asc"
    with exclusive("key"):
        if not public.exists():
            directory.mkdir(mode=0o700, exist_ok=True)
            generator = Signer(None)
            try:
                secret_key, public_key_text = generator.generate()
            finally:
                generator.close()
            secret.touch(mode=0o600)
            secret.write_bytes(secret_key)
            fresh = directory / f"public.{os.getpid()}"
            fresh.write_bytes(public_key_text)
            fresh.rename(public)
    return public


@functools.lru_cache(maxsize=1)
def signer() -> Signer:
    """Return this process's signer; its key ring is removed when the process ends."""
    made = Signer(public_key().with_name("secret.asc"))
    atexit.register(made.close)
    return made
