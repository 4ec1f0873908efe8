# SPDX-License-Identifier: Apache-2.0
"""Pulp's own programs, run for a server: its manager, its migrations, its models."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from .. import debian, processes
from ..paths import LabError, load_state, server_directory
from . import postgresql
from .state import existing_state, generation_of


def manage(name: str, arguments: list[str]) -> int:
    """Run pulpcore-manager for the server, on this terminal; return its exit status."""
    state = existing_state(name)
    command = [generation_of(state).program("pulpcore-manager"), *arguments]
    with postgresql.in_use():
        return subprocess.run(command, env=environment(name), check=False).returncode


def run_in_django(name: str, request: dict[str, Any]) -> str:
    """Run django_program.py, which uses Pulp's models; return the line that it prints."""
    python = generation_of(existing_state(name)).program("python")
    # -I: modules of this directory must not be importable, they have names of other packages.
    command = [python, "-I", str(Path(__file__).with_name("django_program.py"))]
    with postgresql.in_use():
        run = subprocess.run(
            command,
            env=environment(name),
            input=json.dumps(request),
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode:
        raise LabError(f"{name}: '{request['do']}' failed:\n{run.stderr.strip()[-3000:]}")
    return run.stdout.strip()


def environment(name: str) -> dict[str, str]:
    """Return the environment of the server's programs, without variables that configure Pulp."""
    foreign = re.compile(r"(PULP_|DJANGO_|PYTHON|GUNICORN_|RELEASE_TRAIN_|PG[A-Z]+$|DYNACONF)")
    directory = server_directory(name)
    result = {key: value for key, value in os.environ.items() if not foreign.match(key)}
    loopback = ["127.0.0.1", "localhost"]
    for key in ("no_proxy", "NO_PROXY"):
        result[key] = ",".join([*filter(None, [os.environ.get(key)]), *loopback])
    state = load_state(name)
    path = [str(generation_of(state).venv / "bin"), os.environ.get("PATH", "")]
    result.update(
        PATH=":".join([*path, debian.SYSTEM_DIRECTORIES]),
        PULP_SETTINGS=str(directory / "settings.py"),
        DJANGO_SETTINGS_MODULE="pulpcore.app.settings",
        TMPDIR=str(directory / "scratch"),
        LC_ALL="C.UTF-8",
    )
    return result


def migrate(name: str) -> None:
    """Migrate the database of settings.py to the schema of the server's generation."""
    log = server_directory(name) / "log" / "migrate.log"
    command = [generation_of(existing_state(name)).program("pulpcore-manager"), "migrate"]
    with log.open("w") as output:
        run = subprocess.run(
            [*command, "--no-input"],
            env=environment(name),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if run.returncode:
        raise LabError(
            f"{name}: the migration failed; the last lines of {log}:\n{processes.last_lines(log)}"
        )
