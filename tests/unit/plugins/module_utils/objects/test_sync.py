# SPDX-License-Identifier: Apache-2.0
"""Syncs of a repository: options of the item, concurrent runs and errors."""

from __future__ import annotations

import re

import pytest

from plugins.module_utils.objects.pinned_source import PINNED_LABEL
from plugins.module_utils.objects.repository import sync_repositories
from plugins.module_utils.objects.sync import Retries, SyncSettings
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.pulp import FakePulp

RPM = CONTENT_TYPES["rpm"]
RETRIES = Retries(1, 0.5)
STAMPED = "https://ark/pulp/content/rocky/9/20250812T091848/"
PACKAGES = ["bash 1-1", "kernel 1-1", "openssl 1-1"]


def settings(**item):
    return SyncSettings.from_item(RPM, item, RETRIES)


def test_only_sync_options_are_sent_with_a_sync():
    found = settings(name="a", policy="immediate", sync_policy="additive", optimize=None)
    assert (found.payload, found.retries) == ({"sync_policy": "additive"}, RETRIES)


@pytest.mark.parametrize(
    ("item", "skips"),
    [
        ({"url": STAMPED}, True),
        ({"url": STAMPED, "pinned": False}, False),
        ({"url": STAMPED, "optimize": False}, False),
        ({"url": STAMPED, "optimize": True}, True),
        ({"url": "https://mirror/rocky/"}, False),
        ({"url": "https://mirror/rocky/", "pinned": True}, True),
        ({"url": None}, False),
    ],
)
def test_a_sync_of_a_pinned_source_is_skipped_unless_optimize_is_false(item, skips):
    assert settings(**item).may_skip is skips


@pytest.fixture
def pulp():
    """Return a Pulp with the empty repository `a`, and its remote with packages upstream."""
    pulp = FakePulp()
    pulp.add_repository("rpm", "a")
    pulp.add("remotes/rpm/rpm/", name="a-remote", url=STAMPED, policy="on_demand")
    pulp.upstream[STAMPED] = PACKAGES
    return pulp


def sync(pulp: FakePulp, pinned: bool) -> Result:
    """Sync the repository `a` once, without retries."""
    params = {"rpm": [{"name": "a", "pinned": pinned}], "late_retry_delay": -1}
    ((result,), _more) = sync_repositories(
        pulp.server(), {**params, "retries": 0, "retry_delay": 0}
    )
    return result


def label(pulp: FakePulp) -> str:
    """Return the label with the source of the repository."""
    return str(pulp.find("repositories/", name="a")["pulp_labels"].get(PINNED_LABEL, ""))


@pytest.mark.parametrize("pinned", [True, False])
def test_a_version_that_another_run_created_meanwhile_is_used(pulp, pinned):
    repository = pulp.find("repositories/", name="a")
    pulp.on("POST", "sync/", first=lambda: pulp.add_version(repository, *PACKAGES))
    result = sync(pulp, pinned)
    assert (result.error, result.more["version_before"], result.more["version_after"]) == ("", 0, 1)
    assert label(pulp).rpartition(".")[2] == ("1" if pinned else "")


def test_a_source_that_another_run_set_is_not_recorded_as_the_pinned_source(pulp):
    other = STAMPED.replace("2025", "2026")
    pulp.upstream[other] = ["kernel 2-1"]
    remote = pulp.find("remotes/", name="a-remote")
    pulp.on("POST", "sync/", first=lambda: remote.update(url=other))
    assert re.search(r"another run changed the remote .*20260812T091848", sync(pulp, True).error)
    assert label(pulp) == ""


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("XML is not well-formed in /tmp/x/repomd.xml", rf"repomd.xml, syncing from {STAMPED}"),
        ("404, url='https://mirror/a.rpm'", r"a.rpm' \(task /pulp/api/v3/tasks/\d+/\)$"),
    ],
)
def test_the_error_of_a_sync_names_its_source(pulp, message, shown):
    pulp.on("POST", "sync/", fails=message)
    assert re.search(shown, sync(pulp, pinned=False).error)
