# SPDX-License-Identifier: Apache-2.0
"""Check mode of pulp_repository for content types whose sources are not checked."""

from __future__ import annotations

from plugins.module_utils.artifacts.checked_sync import manage_and_check_sources
from tests.unit.fake_pulp.pulp import FakePulp

RETRYING = {"retries": 0, "retry_delay": 0, "late_retry_delay": -1, "update_secrets": "always"}


def test_the_source_of_files_is_not_read():
    server = FakePulp().server(True)
    item = {"name": "a", "url": "http://127.0.0.1:9/20260101T000000/", "state": "present"}
    (result,), _more = manage_and_check_sources(server, {"file": [item], "sync": True, **RETRYING})
    assert (result.error, result.action, server.report.warnings) == ("", "created", [])
