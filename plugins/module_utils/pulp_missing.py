# SPDX-License-Identifier: Apache-2.0
"""What to say of an object that is referred to and is not there."""

from __future__ import annotations

from .pulp_errors import InvalidItem
from .pulp_report import Result
from .pulp_server import Server

__all__ = ["refuse_missing", "unseen"]

_FORESEEN = "A real run fails here, unless something before it changes that"


def unseen(server: Server, what: str) -> str:
    """`there is no <what>`, and that the user may lack the right: Pulp tells the two not apart."""
    username = server.client.connection.username
    user = f"user '{username}'" if username else "this client"
    return f"there is no {what}, or {user} may not see it"


def refuse_missing(server: Server, result: Result, message: str) -> None:
    """Raise InvalidItem; in check mode warn, since an earlier task may be about to make it."""
    if not server.check_mode:
        raise InvalidItem(message)
    server.report.warn(f"{result.type} '{result.name}': {message}. {_FORESEEN}", _FORESEEN)
