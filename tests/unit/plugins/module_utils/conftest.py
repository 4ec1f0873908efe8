# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the tests of module_utils."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.pulp_http_server import Handler, PulpHttpServer, Server


@pytest.fixture
def pulp() -> Iterator[PulpHttpServer]:
    """Run a server on the loopback interface."""
    fake = PulpHttpServer()
    handler = type("Bound", (Handler,), {"pulp": fake})
    server = Server(("127.0.0.1", 0), handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the files of a self-signed certificate and its key."""
    directory = tmp_path_factory.mktemp("tls")
    paths = (directory / "certificate.pem", directory / "key.pem")
    command = ["openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=pulp.test"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(command, check=True, capture_output=True)
    return paths


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset variables of the environment that would affect the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def unignored_signals() -> Iterator[None]:
    """Handle signals that a background process ignores."""
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    ignored = [one for one in handlers if signal.getsignal(one) is signal.SIG_IGN]
    for one in ignored:
        signal.signal(one, handlers[one])
    yield
    for one in ignored:
        signal.signal(one, signal.SIG_IGN)
