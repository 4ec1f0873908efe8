# SPDX-License-Identifier: Apache-2.0
"""Playbooks read the path prefix of the content app from the status of a server.

The server is a stand-in that records paths: the question is which URLs a role requests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.e2e.play import run_in_one_line

STAMP = "20260101T000000"
STATUS = {"versions": [], "content_settings": {"content_path_prefix": "/other/content/"}}


class Server(ThreadingHTTPServer):
    """Responds to status requests only, and records the path of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        path = self.path.partition("?")[0]
        self.server.paths.append(path)
        body = json.dumps(STATUS if path.endswith("/status/") else {}).encode()
        self.send_response(200 if path.endswith("/status/") else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.command == "GET" else b"")

    do_HEAD = do_GET

    def log_message(self, format: str, *arguments: Any) -> None:
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve until the test ends."""
    with Server() as served:
        thread = Thread(target=served.serve_forever)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("playbook", "variables", "requested"),
    [
        ("access_check", {}, "/other/content/"),
        ("release_lock", {"release_name": "one"}, "/other/content/"),
        ("access_check", {"release_train_pulp_content_path_prefix": "/own/"}, "/own/"),
        ("release_lock", {"release_content_path_prefix": "/own/", "release_name": "one"}, "/own/"),
    ],
)
def test_the_prefix_is_that_of_the_variable_or_of_the_server(
    server: Server, tmp_path: Path, playbook: str, variables: dict[str, Any], requested: str
) -> None:
    values = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "release_train_pulp_url": server.url,
        "release_train_pulp_username": "admin",
        "release_train_pulp_password": "not used",
        "release_directory": str(tmp_path),
        "release_cache_path": str(tmp_path / "cache"),
        "package_versions": {"one": STAMP},
        "rpm_package_repos": [
            {"name": "one", "short_name": "one", "distribution_name": "one-", "base_path": "one/"}
        ],
        **variables,
    }
    groups = {"ark": {"hosts": {"ark1": {}}}, "client": {"hosts": {"client1": {}}}}
    inventory = tmp_path / "inventory.yml"
    content = {"all": {"children": groups, "vars": values}}
    inventory.write_text(json.dumps(content), encoding="utf-8")

    status, output = run_in_one_line(f"stackhpc.release_train.{playbook}", "-i", inventory)

    assert status != 0
    content_paths = [path for path in server.paths if "/repodata/" in path]
    assert content_paths, output
    assert {path.partition("one/")[0] for path in content_paths} == {requested}, server.paths
