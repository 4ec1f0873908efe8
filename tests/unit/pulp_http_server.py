# SPDX-License-Identifier: Apache-2.0
"""A small HTTP server with Pulp's logins, and with errors that a test can configure."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

USERNAME, PASSWORD = "admin", 'pä$s " : @ % wörd'
API = "/pulp/api/v3/"


@dataclass
class Request:
    """A received request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    length: int
    scopes: list[str] = field(default_factory=list)


@dataclass
class Reply:
    """A response; `cut` closes the connection instead, `drip` sends it byte by byte."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    cut: bool = False
    carried_out: bool = False
    seconds: float = 0
    drip: bool = False


class PulpHttpServer:
    """`routes`: (method, path below the API) -> response; `faults`: the next responses."""

    def __init__(self) -> None:
        self.credentials = (USERNAME, PASSWORD)
        self.has_login, self.has_form = True, False
        self.sessions: dict[str, str] = {}
        self.logins = 0
        self.seen: list[Request] = []
        self.faults: list[Reply] = []
        self.routes: dict[tuple[str, str], Callable[[Request], Reply]] = {}
        self.lock = threading.Lock()
        self.url = ""

    def answer(self, method: str, path: str, body: Any, status: int = 200) -> None:
        """Set the JSON response of an endpoint."""
        self.routes[method, path] = lambda request: Reply(status, body)

    def requests(self, path: str = "", method: str = "") -> list[Request]:
        """Return the requests to an endpoint, without logins."""
        found = [one for one in self.seen if "login/" not in one.path]
        return [one for one in found if one.path.endswith(path) and method in ("", one.method)]

    def expire(self) -> None:
        """Remove all sessions, as Pulp does after a change of the password."""
        self.sessions.clear()

    def reply(self, request: Request) -> Reply:
        with self.lock:
            self.seen.append(request)
            if "login/" in request.path:
                return self._login(request)
            fault = self.faults.pop(0) if self.faults else None
            if fault and not fault.carried_out:
                return fault
            response = self._rejection(request) or self._routed(request)
            return fault or response

    def _routed(self, request: Request) -> Reply:
        route = self.routes.get((request.method, request.path[len(API) :]))
        return route(request) if route else Reply(404, "<html><h1>Not Found</h1></html>")

    def _rejection(self, request: Request) -> Reply | None:
        if request.headers.get("authorization"):
            return None if self._knows(request) else Reply(401, {"detail": "Invalid password."})
        cookies = cookies_of(request)
        token = self.sessions.get(cookies.get("sessionid", ""))
        if token is None:
            gone = "sessionid=; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/"
            return Reply(401, {"detail": "Not logged in."}, cookies=[gone])
        if request.method != "GET" and request.headers.get("x-csrftoken") != token:
            return Reply(403, {"detail": "CSRF Failed: CSRF token incorrect."})
        return None

    def _knows(self, request: Request) -> bool:
        given = base64.b64decode(request.headers.get("authorization", "  ")[6:]).decode()
        return given == ":".join(self.credentials)

    def _login(self, request: Request) -> Reply:
        if request.path.startswith("/auth/"):
            return self._form(request)
        if not self.has_login:
            return Reply(404, "<html>Not Found</html>")
        if not self._knows(request):
            return Reply(401, {"detail": "Invalid username/password."})
        return Reply(201, {"username": USERNAME}, cookies=self._new_session())

    def _form(self, request: Request) -> Reply:
        if not self.has_form:
            return Reply(404, "<html>Not Found</html>")
        if request.method == "GET":
            return Reply(200, "<form>", cookies=["csrftoken=form; Path=/"])
        filled_in = parse_qs(request.body, keep_blank_values=True)
        given = (filled_in["username"][0], filled_in["password"][0])
        sent = (filled_in["csrfmiddlewaretoken"][0], cookies_of(request).get("csrftoken"))
        if sent != ("form", "form"):
            return Reply(403, "CSRF Failed")
        if given != self.credentials:
            return Reply(200, "<form>Wrong</form>")
        return Reply(302, "", {"Location": "/"}, cookies=self._new_session())

    def _new_session(self) -> list[str]:
        self.logins += 1
        name, token = f"s{self.logins}", f"t{self.logins}"
        self.sessions[name] = token
        return [f"sessionid={name}; Path=/; HttpOnly", f"csrftoken={token}; Path=/"]


def cookies_of(request: Request) -> dict[str, str]:
    """Return the cookies of a request."""
    pairs = request.headers.get("cookie", "").split("; ")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def payload_of(body: Any) -> bytes:
    """Return the bytes of a body: bytes and text as they are, everything else as JSON."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


class Handler(BaseHTTPRequestHandler):
    """The HTTP/1.1 handler of a PulpHttpServer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a delayed ACK would slow down the tests
    pulp: PulpHttpServer

    def log_message(self, format: str, *args: Any) -> None:
        """Do not log requests."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        given = parse_qs(parts.query)
        query = {name: values[0] for name, values in given.items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = len(self.path.encode())
        scopes = given.get("scope", [])
        request = Request(self.command, parts.path, query, headers, body, length, scopes)
        reply = self.pulp.reply(request)
        time.sleep(reply.seconds)
        if reply.cut:
            self.close_connection = True
            return
        payload = b"" if reply.status == 204 else payload_of(reply.body)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        for cookie in reply.cookies:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            if reply.drip:
                for number in range(len(payload)):
                    self.wfile.write(payload[number : number + 1])
                    time.sleep(0.001)
            else:
                self.wfile.write(payload)
        except OSError:  # the client closed the connection
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = _serve


class Server(ThreadingHTTPServer):
    """Shuts down without waiting for its connections."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore connections that a client closes, as some tests do."""
