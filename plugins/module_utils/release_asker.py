# SPDX-License-Identifier: Apache-2.0
"""Whose access is checked, and what a server thinks of that account."""

from __future__ import annotations

from dataclasses import dataclass

from .pulp_connection import Connection
from .pulp_content import ADMINISTRATOR, NOBODY, REFUSED, ContentApp
from .pulp_errors import LostAnswer, NotTrusted, PulpError, Unreachable

__all__ = ["Asker", "ask_who"]


@dataclass(frozen=True)
class Asker:
    """`who` asks, in words, and `base` takes it for `account`, a word of pulp_content."""

    base: str
    who: str
    account: str

    @property
    def is_nobody(self) -> bool:
        """Whether no account was given."""
        return self.account == NOBODY

    @property
    def is_refused(self) -> bool:
        """Whether the server does not let it in, so that nothing else need be asked."""
        return self.account == REFUSED

    @property
    def refusal(self) -> str:
        """What to say of an account that the server does not let in."""
        return (
            f"{self.base} does not know {self.who} with this password: it is wrong, or the account "
            "is disabled; its operators set it with access_control"
        )

    @property
    def remarks(self) -> list[str]:
        """What to say of the account whatever it may read."""
        if self.account != ADMINISTRATOR:
            return []
        return [
            f"{self.who} is an administrator of {self.base} and may read everything: this says "
            "nothing of a client. Give the name and the password of the client's own account"
        ]


def ask_who(app: ContentApp, connection: Connection) -> Asker:
    """Ask the server whom it takes us for. Raises PulpError when nobody answers."""
    username = connection.username
    who = f"user '{username}'" if username else "a request without an account"
    try:
        return Asker(connection.base, who, app.whoami())
    except NotTrusted:
        raise
    except (Unreachable, LostAnswer) as error:
        raise PulpError(
            f"nothing was checked: {error}. Correct its URL, or look at the network, the firewall "
            "and the proxy between this machine and that server"
        ) from error
