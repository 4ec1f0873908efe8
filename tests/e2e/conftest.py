# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the end-to-end tests: servers, and the steps of the demo up to a release.

| fixture | is |
|---|---|
| `ark`, `client` | a `Pulp` each: `url`, `username`, `password`, `ca_path`, `get(url)` |
| `upstream` | an `UpstreamServer` that serves the upstreams of the demo |
| `walk` | the demo's `Walk` over them, with one RPM and one Deb repository |
| `inventory` | the directory of its inventory, hosts `ark1` and `client1` |
| `playbook` | runs a playbook there: `playbook("package_sync", "-e", "...")` returns a `Run` |
| `snapshots` | the stamps of snapshots on Ark, by short name |
| `release` | the same stamps after their promotion, and how access changed |

All of these have session scope. The servers are `e2e-ark` and `e2e-client`; with two processes,
the names of the second one end in the name of the process. They are destroyed at the end. Most
other tests use the fixture `rig` of rig.py.

The tests are in directories by subject:

| directory | has tests of |
|---|---|
| `clients` | accounts, channels and updates of clients, fleets, clients with Pulp 3.43 |
| `content` | mirrors, queries, disk images, Python packages |
| `failures` | invalid input, unusable servers and upstreams, interrupted and parallel runs |
| `inventory` | variables, validation, pins of a Kayobe configuration |
| `lab` | the servers of the tests |
| `output` | screen, report, summary, check mode |
| `usage` | the demo, an installed collection, the manual, tags, migration from stackhpc.pulp |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.rig import guarded, rig, server_name, servers  # noqa: F401  # fixtures
from tests.lab.demo.site import Pulp, Site, pulp_of
from tests.lab.demo.walk import Walk
from tests.lab.playbook import Run, play
from tests.lab.pulp import launcher
from tests.lab.upstream.demo import publish_demo
from tests.lab.upstream.key import public_key
from tests.lab.upstream.server import UpstreamServer
from tests.lab.upstream.tools import require

ARK, CLIENT = server_name("e2e-ark"), server_name("e2e-client")

SELECTION = "^rocky_9_baseos$ ^docker_ce_ubuntu_noble$"


@dataclass(frozen=True)
class Released:
    """Stamps of a release, and the HTTP statuses of each account before and after it."""

    stamps: dict[str, str]
    before: dict[str, set[int]]
    after: dict[str, set[int]]


@pytest.fixture(scope="session")
def pulps() -> Iterator[dict[str, Pulp]]:
    """Start the servers, and destroy them at the end; external servers are kept."""
    launcher.destroy(ARK, CLIENT)  # left over from a killed run
    try:
        servers = launcher.start(ARK, CLIENT)
        yield {name: pulp_of(name, server) for name, server in servers.items()}
    finally:
        launcher.destroy(ARK, CLIENT)


@pytest.fixture(scope="session")
def ark(pulps: dict[str, Pulp]) -> Pulp:
    """Return the master Pulp."""
    return pulps[ARK]


@pytest.fixture(scope="session")
def client(pulps: dict[str, Pulp]) -> Pulp:
    """Return the client's Pulp."""
    return pulps[CLIENT]


@pytest.fixture(scope="session")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpstreamServer]:
    """Serve the upstreams of the demo, in their first state."""
    require()
    root = tmp_path_factory.mktemp("upstream")
    publish_demo(root, 0)
    with UpstreamServer(root) as server:
        yield server


@pytest.fixture(scope="session")
def walk(
    ark: Pulp, client: Pulp, upstream: UpstreamServer, tmp_path_factory: pytest.TempPathFactory
) -> Walk:
    """Prepare the demo's walk; none of its steps has run yet."""
    directory = tmp_path_factory.mktemp("walk")
    site = Site(directory, ark, client, upstream.url, upstream.root, public_key())
    site.publish_upstream()
    return Walk(site, SELECTION)


@pytest.fixture(scope="session")
def inventory(walk: Walk) -> Path:
    """Return the directory of the inventory."""
    return walk.site.inventory


@pytest.fixture(scope="session")
def playbook(inventory: Path) -> Callable[..., Run]:
    """Return a function that runs a playbook of the collection and ignores its exit status."""
    return partial(play, inventory)


@pytest.fixture(scope="session")
def snapshots(walk: Walk) -> dict[str, str]:
    """Configure access to Ark, and take snapshots."""
    walk.play("access_control")
    _played, stamps = walk.take_snapshots()
    return stamps


@pytest.fixture(scope="session")
def release(walk: Walk, snapshots: dict[str, str]) -> Released:
    """Promote the snapshots, which a Kayobe configuration pins."""
    before = walk.statuses(snapshots)
    walk.pin(snapshots)
    walk.play("package_promote")
    return Released(snapshots, before, walk.statuses(snapshots))


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process, and all tests that use the walk, so that servers are
    started and the release is promoted only once."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        file = item.nodeid.partition("::")[0].removesuffix(".py")  # stems alone may be equal
        group = "walk" if {"pulps", "upstream"} & set(fixtures) else file
        item.add_marker(pytest.mark.xdist_group(group))
