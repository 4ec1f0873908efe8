# SPDX-License-Identifier: Apache-2.0
"""Runs of ansible-playbook, measured from start to end, as an operator waits for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from .inventory import Item, pins
from .server import Server

_LOCAL = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}


def run_task(module: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run a playbook of one task on localhost."""
    task = {"name": "Measure", f"stackhpc.release_train.{module}": arguments}
    play = {"name": "Benchmark", "hosts": "all", "gather_facts": False, "tasks": [task]}
    inventory = {"all": {"hosts": {"localhost": _LOCAL}}}
    return _run("play.yml", {"inventory.json": inventory, "play.yml": [play]})


def run_mirror(ark: Server, client: Server, items: list[Item]) -> dict[str, Any]:
    """Run the collection's own playbook package_mirror over an inventory of Ark and a client."""
    inventory = {
        "all": {
            "children": {
                "ark": {"hosts": {"ark1": _host(ark)}},
                "client": {"hosts": {"client1": _host(client)}},
            },
            "vars": {
                **_LOCAL,
                "release_train_source": "ark1",
                # Pulp hashes the password of each request, even for unguarded content.
                "package_mirror_source_username": None,
                "package_mirror_source_password": None,
                "rpm_package_repos": items,
                "package_versions": pins(items),
            },
        }
    }
    return _run("stackhpc.release_train.package_mirror", {"inventory.json": inventory})


def _host(server: Server) -> dict[str, Any]:
    names = {"url": server.url, **server.login}
    return {f"release_train_pulp_{key}": value for key, value in names.items()}


def _run(playbook: str, files: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        for name, content in files.items():
            (Path(directory) / name).write_text(json.dumps(content), encoding="utf-8")
        program = str(Path(sys.executable).parent / "ansible-playbook")
        done = subprocess.run(
            [program, "-i", "inventory.json", playbook],
            cwd=directory,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
    if done.returncode:
        sys.exit(f"{playbook} failed:\n{done.stdout}")
    return {}
