# SPDX-License-Identifier: Apache-2.0
"""The rig of a test: an Ark, a client, an upstream that can be made to fail, and an inventory.

The servers run for a whole session. Names, paths and faults belong to one test, which finds its
objects by their prefix.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.plain_pulp import PlainPulp
from tests.e2e.play import Play, Secret
from tests.lab.demo.site import Pulp, pulp_of
from tests.lab.playbook import COLLECTION, Run
from tests.lab.pulp import launcher
from tests.lab.upstream.demo import publish_many
from tests.lab.upstream.server import UpstreamServer

# Characters that need quoting in shells, YAML, URLs or headers.
SPECIAL_PASSWORD = 'a $HOME "b" c:d @e% %41é f'
REPOSITORIES = 20


def server_name(name: str) -> str:
    """Return the name of a server for this process: two processes run tests in parallel."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return name if worker == "gw0" else f"{name}-{worker}"


NAMES = (server_name("fail-ark"), server_name("fail-client"))


@dataclass(frozen=True)
class Servers:
    """The servers of a session."""

    ark: Pulp
    client: Pulp
    upstream: UpstreamServer


@dataclass
class Rig:
    """What one test needs: an inventory with `ark1` and `client1`, names that begin with `prefix`,
    and runs in subdirectories of `directory`. Each run is checked not to print `secrets`."""

    servers: Servers
    directory: Path
    prefix: str
    secrets: list[Secret] = field(default_factory=list)
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    _runs: int = 0

    def __post_init__(self) -> None:
        for group, pulp_server in (("ark", self.servers.ark), ("client", self.servers.client)):
            self.add_host(group, f"{group}1", pulp_server)

    @property
    def upstream(self) -> UpstreamServer:
        """The upstream server, to set faults and to read the requests that it received."""
        return self.servers.upstream

    @cached_property
    def ark(self) -> PlainPulp:
        """Ark's API."""
        return PlainPulp(self.servers.ark)

    @cached_property
    def client(self) -> PlainPulp:
        """The client's API."""
        return PlainPulp(self.servers.client)

    def add_host(self, group: str, name: str, server: Pulp) -> None:
        """Add a Pulp server to the inventory, and its password to the secrets."""
        self.secrets.append(Secret(server.username, server.password))
        self.hosts.setdefault(group, {})[name] = {
            "release_train_pulp_url": server.url,
            "release_train_pulp_username": server.username,
            "release_train_pulp_password": server.password,
            **({"release_train_pulp_ca_path": server.ca_path} if server.ca_path else {}),
        }

    def rpm(self, number: int, **options: Any) -> dict[str, Any]:
        """Return an inventory item for the upstream's small RPM repository of this number."""
        name = f"{self.prefix}-{number:02}"
        return {
            "name": name,
            "short_name": name.replace("-", "_"),
            "distribution_name": f"{name}-",
            "base_path": f"{self.prefix}/{number:02}/",
            "url": f"{self.upstream.url}/many/{number:04}/",
            "policy": "immediate",
            **options,
        }

    def deb(self, **options: Any) -> dict[str, Any]:
        """Return an inventory item for the upstream's small Deb repository."""
        name = f"{self.prefix}-deb"
        return {
            "name": name,
            "short_name": name.replace("-", "_"),
            "distribution_name": f"{name}-",
            "base_path": f"{self.prefix}/deb/",
            "url": f"{self.upstream.url}/many-deb/0001/",
            "distributions": "noble",
            "policy": "immediate",
            **options,
        }

    def package(self, number: int) -> str:
        """Return the path of a package within the upstream's repository of this number."""
        root = Path(self.upstream.root) / f"many/{number:04}"
        return str(next(root.rglob("*.rpm")).relative_to(root))

    def start(self, playbook: str, *arguments: str, **variables: Any) -> Play:
        """Start a playbook of the collection; `variables` are added to the inventory."""
        name = playbook if playbook.endswith(".yml") else f"{COLLECTION}.{playbook}"
        self._runs += 1
        directory = self.directory / f"run-{self._runs}"
        directory.mkdir()
        connection = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        }
        groups = {group: {"hosts": hosts} for group, hosts in self.hosts.items()}
        inventory = directory / "inventory.yml"
        quick = {"sync_late_retry_delay": 1}
        content = {"all": {"children": groups, "vars": {**connection, **quick, **variables}}}
        inventory.write_text(json.dumps(content), encoding="utf-8")
        return Play([name, "--inventory", inventory, *arguments], directory, self.secrets)

    def run(self, playbook: str, *arguments: str, **variables: Any) -> Run:
        """Run a playbook of the collection and wait for it."""
        return self.start(playbook, *arguments, **variables).wait()

    def run_module(self, module: str, host: str = "ark1", **options: Any) -> Run:
        """Run one module of the collection for a host, in a separate play."""
        return self.start_module(module, host, **options).wait()

    def start_module(self, module: str, host: str = "ark1", **options: Any) -> Play:
        """Start one module of the collection for a host, in a separate play."""
        defaults = {
            "pulp_url": "{{ release_train_pulp_url }}",
            "username": "{{ release_train_pulp_username }}",
            "password": "{{ release_train_pulp_password }}",
            "ca_path": "{{ release_train_pulp_ca_path | default(omit) }}",
        }
        options = {"report_path": "{{ report_path }}", **options}
        play = {
            "name": "Run one module",
            "hosts": host,
            "gather_facts": False,
            "module_defaults": {f"group/{COLLECTION}.pulp": defaults},
            "tasks": [{"name": "Run it", f"{COLLECTION}.{module}": options}],
        }
        path = self.directory / f"play-{self._runs}.yml"
        path.write_text(json.dumps([play]), encoding="utf-8")
        return self.start(str(path))

    def snapshot(self, *items: dict[str, Any], guard: str = "") -> dict[str, str]:
        """Take snapshots of these items on Ark; returns their stamps by short name.

        By default they have no content guard: with a guard, Ark hashes a password for every request
        of a mirror.
        """
        wanted = {"rpm_package_repos": list(items), "package_guard_development": guard}
        run = self.run("package_sync", **wanted).succeeded()
        return {line["short_name"]: line["stamp"] for line in run.report}


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Start an Ark, a client with SPECIAL_PASSWORD for its administrator, and an upstream."""
    root = tmp_path_factory.mktemp("upstream")
    publish_many(root, REPOSITORIES, 1, 3, 0)
    try:
        ark, client = launcher.start(*NAMES).values()
        if not client["external"]:
            launcher.set_password(NAMES[1], SPECIAL_PASSWORD)
            client["password"] = SPECIAL_PASSWORD
        with UpstreamServer(root) as upstream:
            yield Servers(pulp_of("ark", ark), pulp_of("client", client), upstream)
    finally:
        launcher.destroy(*NAMES)


@pytest.fixture(scope="session")
def guarded(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Servers:
    """Create the default content guards and groups on Ark."""
    Rig(servers, tmp_path_factory.mktemp("guards"), "guards").run("access_control").succeeded()
    return servers


@pytest.fixture
def rig(guarded: Servers, tmp_path: Path) -> Iterator[Rig]:
    """Return the rig of one test; its faults are removed afterwards."""
    yield Rig(guarded, tmp_path, f"t{secrets.token_hex(3)}")
    guarded.upstream.clear()
    guarded.upstream.forget()
