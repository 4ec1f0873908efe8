# SPDX-License-Identifier: Apache-2.0
"""The upstream server as a background process, one for each state directory."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Optional

from .. import processes
from ..paths import REPOSITORY
from .control import call_control
from .demo import demo_step, publish_mirrors
from .server import HOST, UpstreamServer
from .tools import UpstreamError, exclusive, state_directory

TIMEOUT = 15
"""Seconds until a server must have started or stopped."""


def tree() -> Path:
    """Return the directory that the background server serves."""
    directory = state_directory() / "tree"
    directory.mkdir(exist_ok=True)
    return directory


def status() -> Optional[dict[str, Any]]:
    """Return `{"pid", "url", "root"}` of the running server, None if it does not run."""
    port = _saved_port()
    if not port:
        return None
    try:
        answer = call_control(f"http://{HOST}:{port}", "status")
    except UpstreamError:
        return None
    return answer if answer.get("root") == str(tree()) else None


def start(port: int = 0) -> dict[str, Any]:
    """Start the server, unless it runs, and return its status.

    The port defaults to the previous one, so that URLs remain valid, or to a free one.
    """
    with exclusive("server"):
        running = status()
        if running:
            if port and not running["url"].endswith(f":{port}"):
                raise UpstreamError(f"The upstream server already runs at {running['url']}.")
            return running
        command = [sys.executable, "-m", __package__, "serve", "--port", str(port)]
        log = state_directory() / "server.log"
        with log.open("w") as output:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=REPOSITORY,
                start_new_session=True,
            )
        for _attempt in range(TIMEOUT * 20):
            running = status()
            if running and running["pid"] == child.pid:
                return running
            if child.poll() is not None:
                break
            time.sleep(0.05)
        raise UpstreamError(f"The upstream server did not start: {log.read_text().strip()}")


def stop() -> bool:
    """Stop the server, wait until its process has ended, and return whether it was running."""
    with exclusive("server"):
        running = status()
        if not running:
            return False
        # This process answered on the saved port for this directory, so it is the server.
        record = processes.record_of(running["pid"])
        processes.end([record], grace=TIMEOUT)
        if processes.is_alive(record):
            raise UpstreamError(f"The upstream server (process {running['pid']}) does not stop.")
        return True


def serve(port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    try:
        server = UpstreamServer(tree(), port or _saved_port())
    except OSError as error:
        if port:
            raise UpstreamError(f"Port {port} cannot be used: {error.strerror}.") from None
        server = UpstreamServer(tree())
    # Written atomically, because start() polls it.
    record = state_directory() / "server.json.new"
    record.write_text(json.dumps({"port": server.port}))
    record.replace(state_directory() / "server.json")
    if demo_step(tree()) is not None:
        publish_mirrors(tree(), server.url)
    # A signal handler can be delayed by many seconds while there are many requests: wait instead.
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with server:
        signal.sigwait(signals)


def _saved_port() -> int:
    record = state_directory() / "server.json"
    return int(json.loads(record.read_text())["port"]) if record.exists() else 0
