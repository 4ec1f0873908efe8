# SPDX-License-Identifier: Apache-2.0
"""Free TCP ports on loopback, below the kernel's range for outgoing connections."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection
from typing import Optional

from ..paths import LabError

FIRST, LAST = 20000, 29999


def is_free(port: int) -> bool:
    """Whether a server can listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(previous: Optional[int] = None, taken: Collection[int] = ()) -> int:
    """Return the previous port if it is free, else a random free one that is not in ``taken``."""
    if previous and is_free(previous):
        return previous
    for _attempt in range(200):
        port = random.randint(FIRST, LAST)
        if port not in taken and is_free(port):
            return port
    raise LabError(f"No free port found between {FIRST} and {LAST} on 127.0.0.1.")
