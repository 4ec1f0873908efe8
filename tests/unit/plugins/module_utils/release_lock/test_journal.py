# SPDX-License-Identifier: Apache-2.0
"""Journals are written, read back, continued and deleted."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.errors import Conflict, PulpError
from plugins.module_utils.release_lock.journal import (
    DistributionChange,
    Journal,
    delete_journal,
    read_journal,
    recover,
    write_journal,
)
from plugins.module_utils.release_lock.tag_changes import TagChange
from tests.unit.fake_pulp.pulp import FakePulp

GUARD = "contentguards/core/rbac/"


def distribution(name="a", before=None, **after):
    return DistributionChange("rpm", name, before, after or {"content_guard": "/new/"})


def journal(*distributions, tags=(), release="first"):
    return Journal("promotion", release, "sha256:1", distributions, tuple(tags))


def test_a_journal_is_read_as_it_was_written():
    server = FakePulp().server()
    tag = TagChange("stackhpc/nova-api", "tag", "sha256:0", "sha256:1", "stackhpc-dev/nova-api", "")
    wanted = journal(distribution(before={"content_guard": None}), tags=[tag])
    written = write_journal(server, wanted)
    found = read_journal(server)
    assert found == wanted
    assert found.href == written.href != ""
    delete_journal(server, written)
    assert read_journal(server) is None


def test_a_journal_that_pulp_did_not_save_stops_the_run():
    pulp = FakePulp()
    pulp.hidden.add(GUARD)
    with pytest.raises(PulpError, match="differs from the one that was written"):
        write_journal(pulp.server(), journal(distribution()))


def test_a_journal_that_continues_another_restores_the_values_before_both():
    earlier = journal(
        distribution("a", {"content_guard": "/old/"}, content_guard="/new/"),
        distribution("releases", None, publication="/1/", content_guard="/new/"),
        tags=[TagChange("r", "t", "", "sha256:1", "s")],
    )
    later = journal(
        distribution("b", {"content_guard": "/old/"}),
        distribution("releases", {"publication": "/1/"}, publication="/2/"),
        tags=[TagChange("r", "u", "", "sha256:2", "s")],
    )
    merged = later.continuing(earlier)
    found = {one.name: one for one in merged.distributions}
    assert found["a"] == earlier.distributions[0]
    assert found["b"] == later.distributions[0]
    assert found["releases"].before is None
    assert found["releases"].after == {"publication": "/2/", "content_guard": "/new/"}
    assert sorted(one.tag for one in merged.tags) == ["t", "u"]


def test_check_mode_rolls_nothing_back():
    pulp = FakePulp()
    write_journal(pulp.server(), journal(distribution(before={"content_guard": None})))
    server, count = pulp.server(check_mode=True), len(pulp.writes)
    assert recover(server, journal(release="second")) is None
    assert "a run would roll it back first" in server.report.warnings[0]
    assert len(pulp.writes) == count


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "what": "x"}'])
def test_other_text_is_refused(text):
    pulp = FakePulp()
    pulp.add(GUARD, name="release-train-journal", description=text)
    with pytest.raises(Conflict, match="is not a journal that this version"):
        read_journal(pulp.server())
