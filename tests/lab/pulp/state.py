# SPDX-License-Identifier: Apache-2.0
"""The saved state of a server, and values that are derived from it."""

from __future__ import annotations

from typing import Any, Optional

from .. import processes
from ..paths import LabError, load_state, server_directory
from .venv import GENERATIONS, Generation

State = dict[str, Any]


def existing_state(name: str) -> State:
    """Return the state of a server; raise LabError if it was never started."""
    state = load_state(name)
    if not state:
        raise LabError(f"There is no server {name}: run 'start {name}'.")
    return state


def generation_of(state: State) -> Generation:
    return GENERATIONS[state["generation"]]


def roles(state: State) -> list[str]:
    """Return the names of the server's processes."""
    workers = [f"worker-{number}" for number in range(1, state.get("workers", 0) + 1)]
    return ["api", "content", *workers, "nginx"]


def is_alive(state: State, role: str) -> bool:
    return processes.is_alive(state.get("processes", {}).get(role))


def url(state: State) -> str:
    return f"{'https' if state['tls'] else 'http'}://127.0.0.1:{state['port']}"


def ca_path(name: str, state: State) -> Optional[str]:
    """Return the CA certificate of the server's URL, None for plain HTTP."""
    return str(server_directory(name) / "keys" / "ca.pem") if state["tls"] else None


def print_status(name: str, text: str) -> None:
    print(f"{name}: {text}", flush=True)
