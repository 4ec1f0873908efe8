# SPDX-License-Identifier: Apache-2.0
"""The arguments of skopeo, the private file with its credentials, and its errors."""

from __future__ import annotations

import base64
import json
import os
import shlex
import tempfile
from pathlib import Path

import pytest

from plugins.module_utils.container.skopeo import Skopeo, digest_of, skopeo_for
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import (
    AuthenticationError,
    InvalidItem,
    LostResponse,
    PulpError,
)

PASSWORD = 'pä$s " : @ % wörd'
SOURCE = "docker-daemon:stackhpc-dev/nova:1"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Return a function that writes a shell script with these lines as skopeo."""
    directory = tmp_path / "bin"
    directory.mkdir()

    def install(lines: str) -> None:
        (directory / "skopeo").write_text(f"#!/bin/sh\n{lines}\n")
        (directory / "skopeo").chmod(0o755)

    install("exit 0")
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    return install


def connection(url: str = "https://ark.example.com", **more: object) -> Connection:
    return Connection(url, "builder", PASSWORD, **more)


@pytest.mark.parametrize(
    ("url", "validate", "verify"),
    [
        ("https://ark.example.com", True, "true"),
        ("https://ark.example.com", False, "false"),
        ("http://ark.example.com:8080/", True, "false"),
    ],
)
def test_an_image_of_the_docker_daemon_is_copied_with_all_architectures(url, validate, verify):
    skopeo = Skopeo("/bin/skopeo", Path("/t"), connection(url, validate_certs=validate))
    host = url.split("/")[2]
    assert skopeo.copy_command(SOURCE, "stackhpc-dev/nova", "1", "/t/digest") == [
        *("/bin/skopeo", "copy", "--all", "--quiet"),
        *("--dest-authfile", "/t/auth.json"),
        f"--dest-tls-verify={verify}",
        *("--digestfile", "/t/digest"),
        SOURCE,
        f"docker://{host}/stackhpc-dev/nova:1",
    ]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://ark", "ark:443"),
        ("http://Ark/", "ark:80"),
        ("https://ark:443", "ark:443"),
        ("https://ark:8443", "ark:8443"),
        ("https://ark.example.com:443", "ark.example.com"),
    ],
)
def test_a_host_name_is_not_taken_for_an_organization_of_docker_hub(url, host):
    skopeo = Skopeo("/bin/skopeo", Path("/t"), connection(url))
    assert skopeo.copy_command(SOURCE, "a/b", "1", "/t/digest")[-1] == f"docker://{host}/a/b:1"


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("oci:/build/nova:1", True),
        ("oci-archive:/build/nova.tar:1", True),
        ("docker-archive:/build/nova.tar", False),
        ("docker-daemon:nova:1", False),
    ],
)
def test_a_known_digest_is_preserved(source, kept):
    skopeo = Skopeo("/bin/skopeo", Path("/t"), connection("http://ark.example.com"))
    command = skopeo.copy_command(source, "a/b", "1", "/t/digest")
    assert ("--preserve-digests" in command) is kept


def test_credentials_are_in_a_private_file_only(program, tmp_path, monkeypatch):
    monkeypatch.setenv("RELEASE_TRAIN_PULP_PASSWORD", PASSWORD)
    seen = shlex.quote(str(tmp_path / "seen"))
    # The digest file is the argument after --digestfile.
    program(f'env > {seen}; echo "$@" >> {seen}; while [ "$1" != --digestfile ]; do shift; done\n'
            'echo sha256:abc > "$2"')  # fmt: skip
    with skopeo_for(connection("http://ark:8080")) as skopeo:
        auth = skopeo.directory / "auth.json"
        assert auth.stat().st_mode & 0o777 == 0o600
        assert skopeo.directory.stat().st_mode & 0o777 == 0o700
        [(host, entry)] = json.loads(auth.read_text())["auths"].items()
        assert skopeo.copy(SOURCE, "a/b", "1") == "sha256:abc"
    assert host == "ark:8080"
    assert base64.b64decode(entry["auth"]).decode() == f"builder:{PASSWORD}"
    assert not skopeo.directory.exists()
    text = (tmp_path / "seen").read_text()
    assert "copy --all" in text
    assert PASSWORD not in text
    assert "RELEASE_TRAIN" not in text


def test_ca_bundle_and_client_certificate_have_the_file_names_of_skopeo(program, tmp_path):
    files = {name: tmp_path / f"{name}.pem" for name in ("ca_path", "client_cert", "client_key")}
    for name, path in files.items():
        path.write_text(name)
    with skopeo_for(connection(**{name: str(path) for name, path in files.items()})) as skopeo:
        directory = skopeo.directory / "certificates"
        assert {path.name: path.read_text() for path in directory.iterdir()} == {
            "ca.crt": "ca_path",
            "client.cert": "client_cert",
            "client.key": "client_key",
        }
        command = skopeo.copy_command(SOURCE, "a/b", "1", "/digest")
        assert command[command.index("--dest-cert-dir") + 1] == str(directory)


def fatal(message: str) -> str:
    return f'time="2026-11-22T21:28:21Z" level=fatal msg="{message}"'


# Messages of skopeo 1.9.3.
REUSE = "trying to reuse blob sha256:29a at destination: "
FAILURES = [
    (
        "unable to retrieve auth token: invalid username/password: unauthorized: authentication "
        "required",
        AuthenticationError,
        "refused user 'builder'",
    ),
    (
        REUSE + "unauthorized: Insufficient permissions",
        AuthenticationError,
        "may not push",
    ),
    (
        REUSE + r"pinging container registry x: Get \"http://x/v2/\": dial tcp 127.0.0.1:1: "
        "connect: connection refused",
        LostResponse,
        'Get "http://x/v2/"',
    ),
    (
        "writing blob: received unexpected HTTP status: 502 Bad Gateway",
        LostResponse,
        "(HTTP 502): ",
    ),
    ("writing blob: 500 Internal Server Error", LostResponse, "(HTTP 500): "),
    (r"writing blob: Patch \"http://x/v2/\": EOF", LostResponse, "EOF"),
    ("uploading manifest a to x: unsupported: Request was throttled.", LostResponse, "throttled"),
    ("uploading manifest a to x: manifest invalid: manifest invalid", LostResponse, "another push"),
    ("writing manifest: blob unknown: blob unknown to registry", LostResponse, "another push"),
    (
        "uploading manifest a to x: manifest invalid: manifests.0: 'platform' is required",
        PulpError,
        "failed to push the image: ",
    ),
    (
        r"initializing source oci:l:none: no descriptor found for reference \"none\"",
        InvalidItem,
        "the source docker-daemon:stackhpc-dev/nova:1 cannot be read",
    ),
    (
        REUSE + "x509: certificate signed by unknown authority",
        PulpError,
        "failed to push the image: trying",
    ),
]


@pytest.mark.parametrize(("output", "kind", "message"), FAILURES)
def test_errors_of_skopeo_are_distinguished(program, output, kind, message):
    program(
        f"echo {shlex.quote(fatal('first'))} >&2; echo {shlex.quote(fatal(output))} >&2; exit 1"
    )
    with skopeo_for(connection()) as skopeo, pytest.raises(PulpError) as caught:
        skopeo.copy(SOURCE, "stackhpc-dev/nova", "1")
    assert type(caught.value) is kind
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("exit 1", "it gave no reason"),
        ("echo Segmentation fault >&2; exit 139", "Segmentation fault"),
        (r"""echo 'level=fatal msg="odd \q"' >&2; exit 1""", r"odd \q"),
    ],
)
def test_any_other_output_is_passed_on(program, lines, message):
    program(lines)
    with skopeo_for(connection()) as skopeo, pytest.raises(PulpError) as caught:
        skopeo.copy(SOURCE, "a/b", "1")
    assert message in str(caught.value)


def test_a_source_is_read_unchanged_and_has_a_digest(program):
    program("printf '{}\\n'")
    with skopeo_for(connection()) as skopeo:
        assert skopeo.read(SOURCE) == b"{}\n"
    digest = "sha256:ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"
    assert digest_of(b"{}\n") == digest


def test_a_push_is_stopped_after_its_timeout(program):
    program("exec sleep 60")
    message = "did not finish after task_timeout .0.2 s"
    with (
        skopeo_for(connection(task_timeout=0.2)) as skopeo,
        pytest.raises(PulpError, match=message),
    ):
        skopeo.copy(SOURCE, "a/b", "1")


def test_a_missing_skopeo_is_reported_with_its_package(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    message = "apt-get install skopeo, dnf install skopeo"
    with pytest.raises(InvalidItem, match=message), skopeo_for(connection()):
        pass


def test_credentials_that_a_killed_push_left_are_deleted_by_the_next_one(
    program, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    stale = tmp_path / "temporary" / "release-train-push-killed"
    new = tmp_path / "temporary" / "release-train-push-new"
    for path in (stale, new):
        path.mkdir()
        (path / "auth.json").write_text("secret")
    program("true")
    with skopeo_for(connection()) as running:
        for path in (stale, running.directory):
            os.utime(path, (0, 0))
        with skopeo_for(connection()):
            assert not stale.exists()
            assert running.directory.exists()
            assert new.exists()
