# SPDX-License-Identifier: Apache-2.0
"""Detached OpenPGP signatures of release locks, made and verified by gpg.

The status lines of gpg decide, not its exit status:
https://git.gnupg.org/cgi-bin/gitweb.cgi?p=gnupg.git;a=blob;f=doc/DETAILS
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import OperatorError
from .document import MAX_BYTES, LockError, read_bytes, read_lock
from .schema import shown_value

SIGNATURE_SUFFIX = ".asc"
MAX_SIGNATURE_BYTES = 64 * 1024
_MAX_KEYRING_BYTES = 4 * 1024 * 1024
# A passphrase may have to be typed.
_SIGN_SECONDS = 300
_VERIFY_SECONDS = 60
_STATUS = re.compile(r"^\[GNUPG:\] (\S+) ?(.*)$", re.MULTILINE)
_BEGIN = b"-----BEGIN PGP SIGNATURE-----"
_END = b"-----END PGP SIGNATURE-----"
# A text signature (01) is also valid for other line endings.
_BINARY_SIGNATURE = "00"
_MAX_MESSAGE = 500
_VALIDSIG_FIELDS, _SIGNATURE_CLASS, _PRIMARY_KEY = 10, 8, 9
_SIGN_AGAIN = "Sign the lock again with a valid key, and add its public key to the keyring"
# Statuses of gpg that refuse a signature, the most severe first. Their first argument is the key.
_REFUSED = {
    "BADSIG": "the lock was changed after it was signed with the key {key}, or the signature is of "
    "another file: do not use it, and get both again",
    "REVKEYSIG": "the key {key} was revoked. " + _SIGN_AGAIN,
    "EXPKEYSIG": "the key {key} expired{expired}. " + _SIGN_AGAIN,
    "EXPSIG": "the signature of the key {key} expired. " + _SIGN_AGAIN,
    "NO_PUBKEY": "the lock was signed with the key {key}, which is not in the keyring {keyring}: do "
    "not use the lock unless you trust that key",
}


class SignatureError(LockError):
    """A lock that cannot be signed, or has no valid signature."""


class _Finished(NamedTuple):
    status: list[tuple[str, str]]
    output: bytes
    message: str


def sign(command: Sequence[str], content: bytes, keyring: str, source: str) -> bytes:
    """Return the signature that a command prints for the bytes of a lock file on its standard input.

    The command is run without a shell and must print an OpenPGP signature in ASCII armor, with a
    keyring a valid one. `source` names the lock in errors. Raises SignatureError.
    """
    signature = _printed_signature(command, content)
    require_signature(content, signature, keyring, source)
    return signature


def _printed_signature(command: Sequence[str], content: bytes) -> bytes:
    if not command or not all(isinstance(one, str) and one for one in command[:1]):
        raise SignatureError("sign_command is empty: expected a program and its arguments")
    program = shown_value(command[0])
    try:
        done = subprocess.run(
            list(command), input=content, capture_output=True, timeout=_SIGN_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise SignatureError(
            f"sign_command {program} did not finish within {_SIGN_SECONDS} s"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SignatureError(f"sign_command {program} cannot be run: {reason}") from error
    if done.returncode:
        raise SignatureError(
            f"sign_command {program} failed with status {done.returncode}: {_message(done.stderr)}"
        )
    return _signature(done.stdout, f"sign_command {program}")


def read_signature(path: str) -> bytes | None:
    """Return the content of the signature file of a lock file, None without one. Raises LockError."""
    name = f"{path}{SIGNATURE_SUFFIX}"
    if not os.path.lexists(name):
        return None
    return read_bytes(name, MAX_SIGNATURE_BYTES)


def load_verified_lock(path: str, keyring: str = "") -> tuple[bytes, dict[str, Any], str]:
    """Return the bytes of a lock file, the lock, and the fingerprint of its signer.

    Without a keyring the signature is not verified, and the fingerprint is empty. A lock with an
    invalid signature is not parsed. Raises LockError.
    """
    content = read_bytes(path, MAX_BYTES)
    signature = read_signature(path) if keyring else None
    signer = require_signature(content, signature, keyring, path)
    return content, read_lock(content, path), signer


def require_signature(content: bytes, signature: bytes | None, keyring: str, source: str) -> str:
    """Return the fingerprint of the key that signed the bytes of a lock file.

    Without a keyring nothing is verified, and the result is empty. With one, a missing signature is
    an error like an invalid one. `source` names the lock in errors. Raises SignatureError.
    """
    if not keyring:
        return ""
    if signature is None:
        raise SignatureError(
            f"{source}: has no signature, and the keyring {keyring} is configured: sign the lock, "
            f"and publish the signature as {os.path.basename(source)}{SIGNATURE_SUFFIX}"
        )
    try:
        return verify(content, signature, keyring)
    except OperatorError as error:
        raise SignatureError(f"{source}: {error}") from error


def verify(content: bytes, signature: bytes, keyring: str) -> str:
    """Return the fingerprint of the primary key in `keyring` that signed `content`.

    `keyring` is a file with one or more exported public keys, all of which are trusted, and no other
    key is. Raises SignatureError, and LockError for a keyring that cannot be read.
    """
    _signature(signature, "the signature file")
    keys = read_bytes(keyring, _MAX_KEYRING_BYTES)
    with tempfile.TemporaryDirectory(prefix="lock-") as home:
        imported = _gpg(["--import"], home, keys, _VERIFY_SECONDS)
        if not any(name == "IMPORT_OK" for name, _value in imported.status):
            raise SignatureError(
                f"the keyring {keyring} has no public key: export one to it with "
                "'gpg --armor --export'"
            )
        path = Path(home, "signature")
        path.write_bytes(signature)
        options = ["--trust-model", "always", "--weak-digest", "SHA1"]
        options += ["--verify", "--", str(path), "-"]
        return _signer(_gpg(options, home, content, _VERIFY_SECONDS), keyring)


def _signer(done: _Finished, keyring: str) -> str:
    """Return the fingerprint of the primary key of a verified signature. Raises SignatureError."""
    found = dict(done.status)
    signatures = sum(name == "NEWSIG" for name, _value in done.status)
    for name, problem in _REFUSED.items():
        if name in found:
            key, expired = found[name].split(" ")[0], _when(found.get("KEYEXPIRED", ""))
            raise SignatureError(problem.format(key=key, keyring=keyring, expired=expired))
    if signatures > 1:
        raise SignatureError("the signature file has more than one signature: expected one")
    valid = found.get("VALIDSIG", "").split(" ")
    if not signatures or "GOODSIG" not in found or len(valid) < _VALIDSIG_FIELDS:
        raise SignatureError(f"the signature is not valid: {done.message}")
    if valid[_SIGNATURE_CLASS] != _BINARY_SIGNATURE:
        raise SignatureError("the signature is a text signature: sign the lock without --textmode")
    return valid[_PRIMARY_KEY]


def _when(seconds: str) -> str:
    """Return " on <day>" for the argument of KEYEXPIRED."""
    if not re.fullmatch("[0-9]{1,11}", seconds):
        return ""
    return f" on {datetime.fromtimestamp(int(seconds), tz=timezone.utc):%Y-%m-%d}"


def _signature(text: bytes, origin: str) -> bytes:
    """Return a signature in ASCII armor. Raises SignatureError if it is none."""
    stripped = text.strip()
    is_armored = stripped.startswith(_BEGIN) and stripped.endswith(_END)
    if not is_armored or stripped.count(_BEGIN) != 1 or len(text) > MAX_SIGNATURE_BYTES:
        raise SignatureError(
            f"{origin}: expected one detached OpenPGP signature in ASCII armor, which begins with "
            f"{_BEGIN.decode()}"
        )
    return text


def _gpg(options: list[str], home: str, content: bytes, limit: int) -> _Finished:
    """Run gpg with `content` as its standard input. Raises SignatureError if that is impossible."""
    program = shutil.which("gpg")
    if not program:
        raise SignatureError("the program gpg is not installed: install the package gnupg")
    command = [program, "--batch", "--no-tty", "--no-auto-key-retrieve", "--no-auto-key-locate"]
    if home:
        command += ["--homedir", home]
    if "--detach-sign" not in options:
        command += ["--no-options", "--no-autostart"]
    with tempfile.TemporaryFile() as status:
        command += ["--status-fd", str(status.fileno()), *options]
        try:
            done = subprocess.run(
                command,
                input=content,
                capture_output=True,
                env={**os.environ, "LC_ALL": "C"},
                pass_fds=[status.fileno()],
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SignatureError(f"gpg did not finish within {limit} s") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SignatureError(f"gpg cannot be run: {reason}") from error
        status.seek(0)
        lines = status.read().decode("utf-8", "replace")
    return _Finished(_STATUS.findall(lines), done.stdout, _message(done.stderr))


def _message(error: bytes) -> str:
    """Return the error output of a program as one line of limited length."""
    text = " ".join(error.decode("utf-8", "replace").replace("gpg: ", "").split())
    return text[:_MAX_MESSAGE] or "it printed no error"
