# SPDX-License-Identifier: Apache-2.0
"""Runs that change many objects of one Pulp server together exclude each other.

Pulp has no locks, but names are unique: the lock is a content guard that nothing uses. Guards, unlike
repositories, are created and deleted without a task, so that no run waits for a free worker. An href
is not used again, so that nobody deletes the lock of another run by mistake.
"""

from __future__ import annotations

import getpass
import os
import re
import shlex
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..pulp.errors import Conflict, LostResponse, PulpError, ResponseError
from ..pulp.interruption import Interruption
from ..pulp.patience import Patience
from ..pulp.reader import read_by_field
from ..pulp.server import Server

LOCK_NAME = "release-train-mutex"
_GUARDS = "contentguards/core/rbac/"
_LONGEST_WAIT = 120.0
_POLL_INTERVAL = 1.0
# How often a lock can be neither created nor found before that is an error.
_ATTEMPTS = 5
_EXISTS = re.compile(r"unique|already exists|\(HTTP 500\)")
_IDENTITY = re.compile(r"\[run=(\S+) process=(\S*?)(?: what=([\w ]+))?\]$")
# What a lock without such a text belongs to.
_PROMOTION = "promotion"


@dataclass(frozen=True)
class _Holder:
    """Who has the lock: its href, a description for users, and in it the run, its process and what
    the run is, such as "promotion"."""

    href: str
    description: str
    run: str
    process: str
    what: str = _PROMOTION

    @property
    def text(self) -> str:
        """The run and who has started it, for messages."""
        return f"{self.what} by {self.description or 'somebody'}"

    @classmethod
    def from_guard(cls, guard: dict[str, Any]) -> _Holder:
        """Read a guard, also one that somebody created by hand."""
        text = str(guard.get("description") or "")
        found = _IDENTITY.search(text)
        run, process, what = found.groups() if found else ("", "", "")
        description = _IDENTITY.sub("", text).strip()
        return cls(guard["pulp_href"], description, run, process, what or _PROMOTION)


class ServerLock:
    """Holds the lock of a Pulp server while the context lasts, which delays signals.

    `what` is the term for the run in messages. Waits at most `longest` seconds for another one. A
    lock whose process on this host has ended is taken over with a warning. Raises Conflict with the
    command that removes the lock. In check mode, and without permission to create a guard, there is
    no lock.
    """

    def __init__(
        self,
        server: Server,
        what: str,
        longest: float = _LONGEST_WAIT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._server = server
        self._what = what
        self._longest = longest
        self._sleep = sleep
        self._patience = Patience(server.watcher.intervals)
        self._interruption = Interruption()
        self._run = uuid.uuid4().hex
        self._href = ""
        self._problem: PulpError = PulpError(f"another {what} is running")

    def __enter__(self) -> Interruption:
        self._interruption.__enter__()
        try:
            if not self._server.check_mode:
                self._acquire()
        except BaseException:
            self._interruption.__exit__()
            raise
        return self._interruption

    def __exit__(self, *_error: object) -> None:
        try:
            if self._href:
                self._release()
        finally:
            self._interruption.__exit__()

    def _acquire(self) -> None:
        waited_for, deadline, attempts = "", 0.0, 0
        while not self._create():
            holder = self._holder()
            if holder is None:
                attempts += 1
                if attempts == _ATTEMPTS:
                    raise PulpError(f"nothing was changed: {self._problem}")
                self._sleep(_POLL_INTERVAL / _ATTEMPTS)
                continue
            if holder.run == self._run:  # the response was lost
                self._href = holder.href
                return
            if process_has_ended(holder.process):
                self._server.report.warn(
                    f"the {holder.text} was killed. This run continues, and changes what differs"
                )
                self._server.client.delete(holder.href)
                continue
            if holder.href != waited_for:
                waited_for, deadline = holder.href, time.monotonic() + self._longest
            if self._interruption.requested:
                raise PulpError(
                    f"nothing was changed: interrupted while another {holder.what} is running"
                )
            if time.monotonic() >= deadline:
                raise Conflict(
                    f"nothing was changed: a {holder.text} is running, or was killed. Run it again "
                    "when that has ended. If it does not run any more, remove its lock first: "
                    f"{self._command(holder.href)}"
                )
            with self._server.activity(f"waiting for a {holder.text}"):
                self._sleep(_POLL_INTERVAL)

    def _create(self) -> bool:
        """Return whether the lock is held, or not needed; False if another run has it."""
        body = {"name": LOCK_NAME, "description": self._description()}
        try:
            self._href = self._server.client.post(_GUARDS, body)["pulp_href"]
        except LostResponse as error:
            self._problem = error
            return False
        except ResponseError as error:
            if _EXISTS.search(str(error)):
                self._problem = error
                return False
            if error.status not in (403, 404):
                raise
            self._server.report.warn(
                "another run at the same time is not prevented, since this account cannot create "
                f"content guards: {error}"
            )
        return True

    def _holder(self) -> _Holder | None:
        client, fields = self._server.client, ("pulp_href", "name", "description")
        read = partial(read_by_field, client, _GUARDS, "name", [LOCK_NAME], fields)
        found = self._patience.call(read).get(LOCK_NAME)
        return _Holder.from_guard(found) if found else None

    def _release(self) -> None:
        try:
            self._patience.call(partial(self._server.client.delete, self._href))
        except PulpError as error:
            self._server.report.warn(
                f"the lock of this {self._what} cannot be removed: {error}. Remove it before the next "
                f"one: {self._command(self._href)}"
            )

    def _description(self) -> str:
        now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        place = f"{_user()} on {socket.gethostname()}, process {os.getpid()}, since {now}"
        account = self._server.client.connection.username
        who = f"{place}, as {account}" if account else place
        return f"{who} [run={self._run} process={process_identity()} what={self._what}]"

    def _command(self, href: str) -> str:
        """Return a command that deletes the lock. It asks for the password."""
        connection = self._server.client.connection
        words = ["curl"]
        if connection.username:
            words += ["-u", connection.username]
        if connection.client_cert:
            words += ["--cert", connection.client_cert]
        if connection.client_key:
            words += ["--key", connection.client_key]
        if connection.ca_path:
            words += ["--cacert", connection.ca_path]
        words += ["-X", "DELETE", connection.url_for(href)]
        return " ".join(map(shlex.quote, words))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container without an entry for its user
        return f"user {os.getuid()}"


def process_identity() -> str:
    """Return `boot:namespace:process:start time` of this process; empty if unknown.

    Containers of one host have the same boot, but different namespaces.
    """
    start = _start_time(os.getpid())
    place = _place()
    return f"{place}:{os.getpid()}:{start}" if place and start else ""


def process_has_ended(identity: str) -> bool:
    """Return whether a process is known to have ended; False for one of another host."""
    place, _colon, rest = identity.partition(":")
    namespace, _colon, rest = rest.partition(":")
    number, _colon, start = rest.partition(":")
    if not number.isdigit() or f"{place}:{namespace}" != _place():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it runs as another user
        return False
    # The number may have been given to another process.
    return _start_time(int(number)) not in (start, "")


def _place() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""


def _start_time(process: int) -> str:
    """Return the start time of a process in clock ticks; empty if unknown, "ended" for a zombie."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The name of the command, in parentheses, may contain anything.
    fields = text.rpartition(")")[2].split()
    return "ended" if fields[0] in ("Z", "X") else fields[19]
