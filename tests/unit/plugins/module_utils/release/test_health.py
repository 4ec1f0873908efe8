# SPDX-License-Identifier: Apache-2.0
"""If the health of a server cannot be read at the end of a run, this is a warning."""

from __future__ import annotations

import pytest

from plugins.module_utils.inventory.repositories import parse_repositories
from plugins.module_utils.pulp.errors import LostResponse, ResponseError
from plugins.module_utils.release.health import server_health
from tests.unit.fake_pulp.pulp import FakePulp

ITEM = {
    "name": "Extras",
    "short_name": "extras",
    "distribution_name": "extras-",
    "base_path": "extras/",
    "url": "https://mirror.example.com/extras/",
}
PARAMS = {"storage_limit": 10.0, "stale_after": 7.0}


@pytest.mark.parametrize("error", [LostResponse("it broke"), ResponseError(400, "unknown filter")])
def test_a_server_that_is_unreachable_at_the_end_is_a_warning(error):
    pulp = FakePulp()
    pulp.storage = {"total": 100, "used": 95, "free": 5}
    pulp.on("GET", "tasks/", raises=error)
    server = pulp.server()
    state = server_health(server, parse_repositories([ITEM]).repositories, [], PARAMS)
    assert state == {"stale": [], "storage": {"total": 100, "used": 95, "free": 5, "low": True}}
    (warning,) = server.report.warnings
    assert str(error) in warning
