# SPDX-License-Identifier: Apache-2.0
"""What the end of a run tells of the server takes nothing away from what was done."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.inventory.repositories import parse_repositories
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import LostResponse, PulpError, ResponseError
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.release.health import server_health
from plugins.module_utils.report.report import Report

ITEM = {
    "name": "Extras",
    "short_name": "extras",
    "distribution_name": "extras-",
    "base_path": "extras/",
    "url": "https://mirror.example.com/extras/",
}
PARAMS = {"storage_limit": 10.0, "stale_after": 7.0}


class Gone:
    """A Pulp that tells how full it is, and nothing else."""

    connection = Connection("https://ark.example.com/", "admin", "secret", concurrency=1)
    uses_basic_auth = False

    def __init__(self, error: PulpError) -> None:
        self.error = error

    def get(self, path: str, _params: Any = None) -> dict[str, Any]:
        assert path == "status/"
        return {"storage": {"total": 100, "used": 95, "free": 5}}

    def list(self, _path: str, _params: Any) -> list[dict[str, Any]]:
        raise self.error


@pytest.mark.parametrize("error", [LostResponse("it broke"), ResponseError(400, "unknown filter")])
def test_a_server_that_is_gone_at_the_end_is_a_warning(error):
    report = Report()
    server: Any = Server(Gone(error), report, check_mode=False, diff=False)
    told = server_health(server, parse_repositories([ITEM]).repositories, [], PARAMS)
    assert told == {"stale": [], "storage": {"total": 100, "used": 95, "free": 5, "low": True}}
    (warning,) = report.warnings
    assert str(error) in warning
