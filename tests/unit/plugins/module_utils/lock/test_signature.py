# SPDX-License-Identifier: Apache-2.0
"""Only a valid signature of a configured key is accepted; each refusal has its own error."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.module_utils.lock import signature
from plugins.module_utils.lock.document import LockError, write_lock
from plugins.module_utils.lock.signature import (
    SignatureError,
    load_verified_lock,
    read_signature,
    require_signature,
    sign,
    verify,
)
from tests.unit.plugins.module_utils.lock.locks import example_lock

CONTENT = b"---\nlock_version: 1\n"
PAST = ("--faked-system-time", "20200101T000000")


class Keys:
    """A directory of gpg with keys: good, foreign, old, expired and revoked (@example.com)."""

    def __init__(self, home: str) -> None:
        self.home = home
        for name in ("good", "foreign", "revoked"):
            self.generate(name, "never")
        self.generate("old", "never", *PAST)
        self.generate("expired", "10d", *PAST)
        [fingerprint] = self.fingerprints("revoked")
        revocation = Path(home, "openpgp-revocs.d", f"{fingerprint}.rev").read_bytes()
        self.revocation = revocation.replace(b":-----BEGIN", b"-----BEGIN")

    def gpg(self, *arguments: str, content: bytes = b"") -> bytes:
        """Run gpg and return its output."""
        command = ["gpg", "--homedir", self.home, "--batch", "--no-tty", *arguments]
        done = subprocess.run(command, input=content, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def generate(self, name: str, expiry: str, *options: str) -> None:
        """Create a key without passphrase."""
        options = (*options, "--passphrase", "", "--pinentry-mode", "loopback")
        user = f"{name}@example.com"
        self.gpg(*options, "--quick-generate-key", user, "ed25519", "sign", expiry)

    def fingerprints(self, *names: str) -> list[str]:
        """Return the fingerprints of keys."""
        users = [f"{name}@example.com" for name in names]
        listed = self.gpg("--list-keys", *users).decode()
        return re.findall(r"^ +([0-9A-F]{40})$", listed, re.MULTILINE)

    def keyring(self, *names: str) -> str:
        """Return a file with exported public keys."""
        path = Path(self.home, f"{'-'.join(names)}.pub")
        path.write_bytes(self.gpg("--armor", "--export", *(f"{one}@example.com" for one in names)))
        return str(path)

    def sign(self, name: str, *options: str, content: bytes = CONTENT) -> bytes:
        """Return a signature made with options of gpg."""
        options = ("--armor", "--local-user", f"{name}@example.com", *options)
        return self.gpg(*options, "--detach-sign", content=content)


@pytest.fixture(scope="module")
def keys() -> Iterator[Keys]:
    """Provide keys in a directory with a short path, because of the agent's socket."""
    with tempfile.TemporaryDirectory(prefix="gpg", dir="/tmp") as home:
        try:
            yield Keys(home)
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=True)


def refused(content: bytes, text: bytes | None, keyring: str) -> str:
    """Return the error of a signature that is not accepted."""
    with pytest.raises(SignatureError, match=r"^release\.yml: ") as caught:
        require_signature(content, text, keyring, "release.yml")
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 1000
    return message


def test_a_signed_lock_is_verified_with_the_exported_key(keys):
    text = keys.sign("good")
    keyring = keys.keyring("good", "foreign")
    assert [verify(CONTENT, text, keyring)] == keys.fingerprints("good")
    assert [require_signature(CONTENT, text, keyring, "a")] == keys.fingerprints("good")


def test_a_keyring_may_be_binary(keys, tmp_path):
    path = tmp_path / "keyring.gpg"
    path.write_bytes(keys.gpg("--export", "good@example.com"))
    assert verify(CONTENT, keys.sign("good"), str(path))


def test_nothing_is_verified_without_a_keyring():
    assert require_signature(CONTENT, None, "", "a") == ""
    assert require_signature(CONTENT, b"junk", "", "a") == ""


def test_a_missing_signature_is_refused(keys):
    message = refused(CONTENT, None, keys.keyring("good"))
    assert "has no signature, and the keyring " in message
    assert "release.yml.asc" in message


@pytest.mark.parametrize(
    "content", [CONTENT + b" ", CONTENT[:-1], b"", CONTENT.replace(b"\n", b"\r\n")]
)
def test_a_changed_lock_is_refused(keys, content):
    assert "was changed after it was signed" in refused(
        content, keys.sign("good"), keys.keyring("good")
    )


def test_a_foreign_key_is_refused(keys):
    message = refused(CONTENT, keys.sign("foreign"), keys.keyring("good"))
    assert "which is not in the keyring" in message
    assert keys.fingerprints("foreign")[0][-16:] in message


def test_an_expired_key_is_refused_although_it_signed_in_time(keys):
    message = refused(CONTENT, keys.sign("expired", *PAST), keys.keyring("expired"))
    assert re.search("the key [0-9A-F]{16} expired on 2020-01-11", message)


def test_an_expired_signature_is_refused(keys):
    text = keys.sign("old", *PAST, "--default-sig-expire", "1d")
    assert re.search(
        "the signature of the key .* expired", refused(CONTENT, text, keys.keyring("old"))
    )
    assert verify(CONTENT, keys.sign("old"), keys.keyring("old"))


def test_a_revoked_key_is_refused(keys, tmp_path):
    text = keys.sign("revoked")
    path = tmp_path / "keyring.asc"
    path.write_bytes(Path(keys.keyring("revoked")).read_bytes() + keys.revocation)
    assert "was revoked" in refused(CONTENT, text, str(path))


def test_two_signatures_are_refused(keys):
    text = keys.sign("good", "--local-user", "foreign@example.com")
    keyring = keys.keyring("good", "foreign")
    assert "more than one signature" in refused(CONTENT, text, keyring)
    assert "which is not in the keyring" in refused(CONTENT, text, keys.keyring("good"))


def test_a_text_signature_is_refused(keys):
    text = keys.sign("good", "--textmode")
    assert "is a text signature" in refused(CONTENT, text, keys.keyring("good"))


def test_a_signature_with_sha1_is_refused(keys):
    text = keys.sign("good", "--digest-algo", "SHA1")
    assert "SHA1" in refused(CONTENT, text, keys.keyring("good"))


def test_a_signed_message_is_no_detached_signature(keys):
    text = keys.gpg("--armor", "--local-user", "good@example.com", "--sign", content=CONTENT)
    assert "expected one detached OpenPGP signature" in refused(CONTENT, text, keys.keyring("good"))
    disguised = text.replace(b"PGP MESSAGE", b"PGP SIGNATURE")
    assert "the signature is not valid" in refused(CONTENT, disguised, keys.keyring("good"))
    assert "the signature is not valid" in refused(b"other", disguised, keys.keyring("good"))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"junk",
        b"-----BEGIN PGP SIGNATURE-----\n",
        b"-----BEGIN PGP SIGNATURE-----\n\n\x1b[2J\xff\n-----END PGP SIGNATURE-----\n",
        b"-----BEGIN PGP SIGNATURE-----\n\nAAAA\n=AAAA\n-----END PGP SIGNATURE-----\n",
        b"-----BEGIN PGP SIGNATURE-----\n" + b"a" * 70_000 + b"-----END PGP SIGNATURE-----",
    ],
)
def test_a_damaged_signature_is_refused(keys, text):
    refused(CONTENT, text, keys.keyring("good"))


def test_a_signature_followed_by_another_one_is_refused(keys):
    text = keys.sign("foreign") + keys.sign("good")
    assert "expected one detached" in refused(CONTENT, text, keys.keyring("good"))


def test_a_keyring_without_a_key_is_reported(keys, tmp_path):
    path = tmp_path / "keyring.asc"
    path.write_text("junk")
    assert "has no public key" in refused(CONTENT, keys.sign("good"), str(path))
    assert "cannot be read" in refused(CONTENT, keys.sign("good"), str(tmp_path / "absent"))


def test_the_keys_and_options_of_the_user_are_not_used(keys, monkeypatch):
    monkeypatch.setenv("GNUPGHOME", keys.home)
    assert "which is not in the keyring" in refused(
        CONTENT, keys.sign("foreign"), keys.keyring("good")
    )


def test_any_command_can_sign(keys):
    command = ["gpg", "--homedir", keys.home, "--batch", "--armor"]
    command += ["--local-user", "good@example.com", "--detach-sign"]
    good, foreign = keys.keyring("good"), keys.keyring("foreign")
    assert verify(CONTENT, sign(command, CONTENT, "", "a"), good)
    assert verify(CONTENT, sign(command, CONTENT, good, "a"), good)
    with pytest.raises(SignatureError, match=r"release\.yml: .* which is not in the keyring"):
        sign(command, CONTENT, foreign, "release.yml")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ([], "sign_command is empty"),
        ([""], "sign_command is empty"),
        (["/absent/program"], '"/absent/program" cannot be run: No such file'),
        (["a\0b"], "cannot be run"),
        (["sh", "-c", "echo no card >&2; exit 3"], '"sh" failed with status 3: no card'),
        (["cat"], "expected one detached OpenPGP signature"),
        (["echo", "$(id)", ";", "id"], "expected one detached OpenPGP signature"),
    ],
)
def test_a_command_that_does_not_sign_is_reported(command, expected):
    with pytest.raises(SignatureError) as caught:
        sign(command, CONTENT, "", "a")
    assert expected in str(caught.value)


def test_a_command_that_does_not_finish_is_ended(monkeypatch):
    monkeypatch.setattr(signature, "_SIGN_SECONDS", 0.2)
    with pytest.raises(SignatureError, match=r"did not finish within 0\.2 s"):
        sign(["sleep", "20"], CONTENT, "", "a")


def test_a_host_without_gpg_gets_a_remedy(keys, monkeypatch):
    text, keyring = keys.sign("good"), keys.keyring("good")
    monkeypatch.setenv("PATH", "/absent")
    assert "gpg is not installed: install the package gnupg" in refused(CONTENT, text, keyring)


def test_the_signature_file_stands_beside_the_lock(tmp_path):
    path = tmp_path / "release.yml"
    assert read_signature(str(path)) is None
    (tmp_path / "release.yml.asc").write_bytes(b"a")
    assert read_signature(str(path)) == b"a"
    (tmp_path / "release.yml.asc").write_bytes(b"a" * 70_000)
    with pytest.raises(LockError, match="more than 65536 bytes"):
        read_signature(str(path))
    (tmp_path / "release.yml.asc").unlink()
    (tmp_path / "release.yml.asc").symlink_to("absent")
    with pytest.raises(LockError, match="cannot be read"):
        read_signature(str(path))


def test_a_lock_file_is_verified_before_it_is_parsed(keys, tmp_path):
    path, keyring = tmp_path / "release.yml", keys.keyring("good")
    content = write_lock(example_lock())
    path.write_bytes(content)
    assert load_verified_lock(str(path)) == (content, example_lock(), "")
    with pytest.raises(SignatureError, match="has no signature"):
        load_verified_lock(str(path), keyring)
    (tmp_path / "release.yml.asc").write_bytes(keys.sign("good", content=content))
    [fingerprint] = keys.fingerprints("good")
    assert load_verified_lock(str(path), keyring) == (content, example_lock(), fingerprint)
    path.write_text("[")
    with pytest.raises(SignatureError, match="was changed after it was signed"):
        load_verified_lock(str(path), keyring)
