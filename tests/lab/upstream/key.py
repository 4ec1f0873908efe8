# SPDX-License-Identifier: Apache-2.0
"""The throw-away key that signs repositories."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from .tools import EPOCH, exclusive, require, run, state_folder

OWNER = "Test upstream <upstream@example.org>"


class Signer:
    """Signs with the key `secret` (armored, no passphrase), in a key ring of its own.

    The time of a signature is given, and RSA signatures have no random part, so that the same text
    signed for the same time is the same bytes.
    """

    def __init__(self, secret: Path | None) -> None:
        require("gpg")
        # Not in the cache: the path of gpg-agent's socket may have 107 bytes.
        self.home = Path(tempfile.mkdtemp(prefix="upstream-gpg-"))
        if secret:
            self._gpg(EPOCH, "--import", secret)

    def close(self) -> None:
        """End this key ring's own agent and forget the key."""
        run(["gpgconf", "--homedir", self.home, "--kill", "gpg-agent"])
        shutil.rmtree(self.home, ignore_errors=True)

    def inline(self, text: bytes, at: int) -> bytes:
        """Return `text` with its signature around it, as in `InRelease`."""
        return self._gpg(at, "--clearsign", stdin=text)

    def detached(self, text: bytes, at: int) -> bytes:
        """Return the armored signature of `text`, as in `Release.gpg` or `repomd.xml.asc`."""
        return self._gpg(at, "--armor", "--detach-sign", stdin=text)

    def generate(self) -> tuple[bytes, bytes]:
        """Make a key that never expires and return its secret and public halves, armored."""
        self._gpg(EPOCH, "--quick-generate-key", OWNER, "rsa3072", "sign", "never")
        secret = self._gpg(EPOCH, "--armor", "--export-secret-keys")
        return secret, self._gpg(EPOCH, "--armor", "--export")

    def _gpg(self, at: int, *words: str | Path, stdin: bytes = b"") -> bytes:
        command: list[str | Path] = [
            "gpg",
            "--homedir",
            self.home,
            "--batch",
            "--no-tty",
            "--quiet",
        ]
        command += ["--pinentry-mode", "loopback", "--passphrase", "", "--digest-algo", "SHA256"]
        return run([*command, "--faked-system-time", f"{at}!", *words], stdin=stdin)


def public_key() -> Path:
    """Return the file of the public key, armored, as apt's `signed-by` takes it.

    The key is made when it is first asked for.
    """
    folder = state_folder() / "key"
    public, secret = folder / "public.asc", folder / "secret.asc"
    with exclusive("key"):
        if not public.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            maker = Signer(None)
            try:
                private_half, public_half = maker.generate()
            finally:
                maker.close()
            secret.touch(mode=0o600)
            secret.write_bytes(private_half)
            fresh = folder / f"public.{os.getpid()}"
            fresh.write_bytes(public_half)
            fresh.rename(public)
    return public


@functools.lru_cache(maxsize=1)
def signer() -> Signer:
    """Return this process's signer; its key ring is removed when the process ends."""
    made = Signer(public_key().with_name("secret.asc"))
    atexit.register(made.close)
    return made
