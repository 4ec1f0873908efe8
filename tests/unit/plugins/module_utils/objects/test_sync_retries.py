# SPDX-License-Identifier: Apache-2.0
"""Syncs that failed are retried for transient causes only."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.repository import sync_repositories
from plugins.module_utils.report.cause_table import CAUSES, NEW_PULP, OLD_PULP
from tests.unit.fake_pulp.pulp import FakePulp

TEXTS = [
    pytest.param(cause, text, id=f"{cause.name}, {source}")
    for cause in CAUSES
    for source, text in cause.examples.items()
    if source in (OLD_PULP, NEW_PULP)
]


@pytest.mark.parametrize(("cause", "text"), TEXTS)
def test_a_sync_that_failed_for_a_permanent_cause_is_never_retried(cause, text):
    pulp = FakePulp()
    pulp.add_repository("rpm", "a")
    pulp.add("remotes/rpm/rpm/", name="a-remote", url="http://x/429/", policy="on_demand")
    pulp.on("POST", "sync/", fails=text, times=9)
    params = {"rpm": [{"name": "a"}], "retries": 2, "retry_delay": 0, "late_retry_delay": 0}

    ((result,), _more) = sync_repositories(pulp.server(), params)

    assert result.cause == cause.name
    assert len(pulp.sent("POST", "sync/")) == (6 if cause.transient else 1)
