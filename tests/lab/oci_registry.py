# SPDX-License-Identifier: Apache-2.0
"""A container registry that serves OCI layouts from a directory, for many quick pulls.

It implements what a pull needs of the OCI distribution specification 1.1: tags, manifests, blobs
and, if it has an account, Basic authentication.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Optional

_PATH = re.compile(r"/v2/(?P<name>.+)/(?P<what>tags|manifests|blobs)/(?P<which>[^/]+)")
_TAG = "org.opencontainers.image.ref.name"


class OciRegistry:
    """Serves the layout in `root`/<name>/ as image <name> on loopback, as a context manager.

    With `account`, a user and a password, all other requests are rejected. The layouts may change
    while the registry runs.
    """

    def __init__(self, root: Path, account: Optional[tuple[str, str]] = None) -> None:
        self.root = root
        self.expected = (
            f"Basic {base64.b64encode(':'.join(account).encode()).decode()}" if account else ""
        )
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.registry = self  # type: ignore[attr-defined]  # for its handlers
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> OciRegistry:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def find(self, path: str) -> Optional[tuple[str, str, bytes]]:
        """Return media type, digest and content of a path; None if it does not exist."""
        if path == "/v2/":
            return "application/json", "", b"{}"
        found = _PATH.fullmatch(path)
        layout = self.root / found["name"] if found else self.root
        if not found or not (layout / "index.json").exists():
            return None
        entries = json.loads((layout / "index.json").read_text())["manifests"]
        tags = {entry["annotations"][_TAG]: entry["digest"] for entry in entries}
        if found["what"] == "tags":
            listed = {"name": found["name"], "tags": sorted(tags)}
            return "application/json", "", json.dumps(listed).encode()
        digest = str(tags.get(found["which"], found["which"]))
        blob = layout / "blobs" / "sha256" / digest.rpartition(":")[2]
        if not blob.is_file():
            return None
        content = blob.read_bytes()
        if found["what"] == "blobs":
            return "application/octet-stream", digest, content
        return str(json.loads(content)["mediaType"]), digest, content


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        registry: OciRegistry = self.server.registry  # type: ignore[attr-defined]
        if registry.expected and self.headers.get("Authorization") != registry.expected:
            self._answer(401, "application/json", b"{}", {"WWW-Authenticate": 'Basic realm="lab"'})
            return
        found = registry.find(self.path.partition("?")[0])
        if found is None:
            self._answer(404, "application/json", b'{"errors": [{"code": "NAME_UNKNOWN"}]}', {})
            return
        media_type, digest, content = found
        self._answer(200, media_type, content, {"Docker-Content-Digest": digest} if digest else {})

    do_HEAD = do_GET

    def _answer(
        self, status: int, media_type: str, content: bytes, headers: dict[str, str]
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": media_type, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_arguments: Any) -> None:
        """Do not log requests."""
