# SPDX-License-Identifier: Apache-2.0
"""Objects that a served snapshot depends on: their deletion is rejected and changes nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.rig import Rig, Servers


@dataclass(frozen=True)
class Served:
    """A snapshot with its own content guard."""

    rig: Rig
    item: dict[str, Any]
    guard: str
    snapshot: dict[str, Any]

    def responses(self) -> tuple[int, tuple[int, bytes]]:
        """Return the status of an anonymous request, and the response to the administrator."""
        ark = self.rig.servers.ark
        address = ark.content(self.snapshot["base_path"], "repodata/repomd.xml")
        return ark.as_user("").get(address)[0], ark.get(address)

    def distributions(self) -> list[dict[str, Any]]:
        """Return the snapshots as they are now."""
        return self.rig.ark.snapshots(self.rig.prefix)


@pytest.fixture(scope="module")
def served(guarded: Servers, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Serve a snapshot of a version that has two publications."""
    rig = Rig(guarded, tmp_path_factory.mktemp("served"), f"g{secrets.token_hex(3)}")
    item, guard = rig.rpm(1, sync_policy="mirror_content_only"), f"{rig.prefix}-guard"
    rig.run("access_control", access_control_guards=[{"name": guard}]).succeeded()
    rig.snapshot(item, guard=guard)
    (publication,) = rig.ark.publications(item["name"])
    rig.ark.post("publications/rpm/rpm/", repository_version=publication["repository_version"])
    (snapshot,) = rig.ark.snapshots(rig.prefix)
    return Served(rig, item, guard, snapshot)


DELETES: dict[str, Callable[[Served], tuple[str, dict[str, Any]]]] = {
    "guard": lambda served: (
        "pulp_content_guard",
        {"rbac": [{"name": served.guard, "state": "absent"}]},
    ),
    "publication": lambda served: (
        "pulp_publication",
        {"rpm": [{"repository": served.item["name"], "state": "absent"}]},
    ),
    "repository": lambda served: (
        "pulp_repository",
        {"rpm": [{"name": served.item["name"], "state": "absent"}]},
    ),
}


@pytest.mark.parametrize("what", DELETES)
def test_objects_that_a_snapshot_depends_on_cannot_be_deleted(served: Served, what: str) -> None:
    before = served.responses(), served.distributions()
    assert (before[0][0], before[0][1][0]) == (403, 200)
    module, options = DELETES[what](served)

    run = served.rig.run_module(module, **options).failed()

    assert f"in use by the distributions {served.snapshot['name']}" in run.message
    assert "remove or change them first" in run.message
    assert (served.responses(), served.distributions()) == before


def test_cleanup_duplicates_keeps_the_served_publication(served: Served) -> None:
    api, name = served.rig.ark, served.item["name"]
    before = served.responses(), served.distributions()
    assert len(api.publications(name)) == 2
    options = {"rpm": [{"repository": name}], "cleanup_duplicates": True}

    cleaned = [
        served.rig.run_module("pulp_publication", **options).succeeded().changed for _run in "ab"
    ]

    left = {found["pulp_href"] for found in api.publications(name)}
    assert left == {served.snapshot["publication"]}
    assert cleaned == [1, 0]
    assert (served.responses(), served.distributions()) == before
