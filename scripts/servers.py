# SPDX-License-Identifier: Apache-2.0
"""The servers that tests talk to: an Ark, a client's Pulp and an upstream, started for a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from environments import uv
from machine import CACHE, CLONE, environment, run

PULPS = ("ark", "client")
# Small repositories at many/0001 ... and many-deb/0001 ..., beside those of the demo.
REPOSITORIES = ("6", "--deb", "2")


def _command(program: str, *words: str) -> list[str]:
    return [sys.executable, "-m", f"tests.lab.{program}", *words]


def _lab(program: str, *words: str) -> None:
    """Run a program of the lab, which makes the environments of its servers with our uv."""
    run(_command(program, *words), env=environment(uv().parent))


def _status(program: str, *names: str) -> dict[str, Any]:
    """Return the servers that a program of the lab lists, nothing if it fails."""
    command = _command(program, "status", "--json", *names)
    done = subprocess.run(
        command,
        cwd=CLONE,
        env=environment(uv().parent),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return dict(json.loads(done.stdout or "{}"))


def _images() -> dict[str, Any]:
    """Write container images for tests, and return where they are."""
    command = _command("oci_layout", str(CACHE / "images"))
    done = subprocess.run(command, cwd=CLONE, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


@contextmanager
def running() -> Iterator[None]:
    """Have the servers run for a while; in the end stop those that did not run before."""
    before = _status("pulp")
    idle = [name for name in PULPS if not before.get(name, {}).get("running")]
    upstream_ran = _status("upstream").get("running")
    try:
        _lab("pulp", "start", *PULPS)
        _lab("upstream", "start")
        _lab("upstream", "build-demo")
        _lab("upstream", "build-many", *REPOSITORIES)
        yield
    finally:
        if not upstream_ran:
            _lab("upstream", "stop")
        if idle:
            _lab("pulp", "stop", *idle)


@contextmanager
def variables_in(path: Path) -> Iterator[None]:
    """Write a private file with the addresses of the servers, and delete it at the end.

    It is JSON: YAML that no password can break.
    """
    pulps, keys = _status("pulp", *PULPS), ("url", "username", "password", "ca_path")
    variables: dict[str, Any] = {
        f"release_train_test_{name}": {key: pulps[name][key] for key in keys} for name in PULPS
    }
    variables["release_train_test_upstream_url"] = _status("upstream")["url"]
    variables["release_train_test_images"] = _images()
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(variables, indent=2) + "\n")
        yield
    finally:
        path.unlink()
