# SPDX-License-Identifier: Apache-2.0
"""How a repository is synced, as an item and the module's options say."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.sync import RunningSyncs, SyncSettings, sync_repository
from plugins.module_utils.pulp.errors import PulpError, TaskFailed
from plugins.module_utils.pulp.types import CONTENT_TYPES, RepositoryState
from plugins.module_utils.report.report import Result

RPM = CONTENT_TYPES["rpm"]
PARAMS = {"retries": 1, "retry_delay": 0.5}
STAMPED = "https://ark/pulp/content/rocky/9/20250812T091848/"
REMOTE = {"pulp_href": "/remote/", "url": STAMPED, "policy": "on_demand"}


def settings(**item):
    return SyncSettings.of(RPM, item, PARAMS)


def test_only_options_of_the_sync_are_sent_with_it():
    found = settings(name="a", policy="immediate", sync_policy="additive", optimize=None)
    assert (found.payload, found.retries, found.delay) == ({"sync_policy": "additive"}, 1, 0.5)


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
def test_a_sync_is_left_out_for_pinned_sources_unless_everything_is_to_be_looked_at(item, skips):
    assert settings(**item).skips is skips


class Raced:
    """A server on which another run made version 1 meanwhile, so that our sync makes none."""

    check_mode = False

    def __init__(self, url=STAMPED, error=None):
        self.client = self.watcher = self
        self.labels = []
        self.url = url
        self.error = error

    def list(self, path, params=None):
        return []

    def get(self, path, params=None):
        if path == REMOTE["pulp_href"]:
            return {**REMOTE, "url": self.url}
        counted = {"rpm.package": {"count": 3}}
        summary = {"present": counted, "added": counted, "removed": {}}
        return {"latest_version_href": "/r/versions/1/", "content_summary": summary}

    def post(self, path, body=None):
        if path.endswith("set_label/"):
            self.labels.append(body["value"])
        return {"task": "/t/1/"}

    def wait(self, href, subject):
        if self.error:
            raise self.error
        return {"state": "completed", "created_resources": []}


def synced(server, pinned):
    result = Result("a", "rpm")
    repository = {"pulp_href": "/r/", "latest_version_href": "/r/versions/0/"}
    state = RepositoryState(repository, REMOTE)
    how = SyncSettings.of(RPM, {"url": STAMPED, "pinned": pinned}, {"retries": 0, "retry_delay": 0})
    sync_repository(server, RPM, {"name": "a"}, state, how, RunningSyncs(server), result)
    return state, result


@pytest.mark.parametrize("pinned", [True, False])
def test_a_version_that_another_run_made_meanwhile_is_seen(pinned):
    server = Raced()
    state, result = synced(server, pinned)
    assert state.repository["latest_version_href"] == "/r/versions/1/"
    assert (result.more["version_before"], result.more["version_after"]) == (0, 1)
    assert [label.rpartition(".")[2] for label in server.labels] == (["1"] if pinned else [])


def test_what_a_rival_pointed_the_remote_at_is_not_taken_for_the_pinned_source():
    server = Raced(url=STAMPED.replace("2025", "2026"))
    with pytest.raises(PulpError, match="another run changed the remote .*20260812T091848"):
        synced(server, pinned=True)
    assert server.labels == []


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("XML is not well-formed in /tmp/x/repomd.xml", rf"repomd.xml, syncing from {STAMPED}"),
        ("404, url='https://mirror/a.rpm'", r"a.rpm' \(task /t/1/\)$"),
    ],
)
def test_a_failed_sync_names_where_it_took_from(words, shown):
    with pytest.raises(TaskFailed, match=shown):
        synced(Raced(error=TaskFailed("/t/1/", words)), pinned=False)
