# SPDX-License-Identifier: Apache-2.0
"""What is remembered of a server, and what follows from it without touching anything."""

from __future__ import annotations

from typing import Any, Optional

from .. import processes
from ..paths import LabError, load_state, server_folder
from .venv import GENERATIONS, Generation

State = dict[str, Any]


def existing_state(name: str) -> State:
    """State of a server that was started once; raises LabError for any other."""
    state = load_state(name)
    if not state:
        raise LabError(f"There is no server {name}: run 'start {name}'.")
    return state


def generation_of(state: State) -> Generation:
    return GENERATIONS[state["generation"]]


def roles(state: State) -> list[str]:
    """Names of the processes the server consists of."""
    workers = [f"worker-{number}" for number in range(1, state.get("workers", 0) + 1)]
    return ["api", "content", *workers, "nginx"]


def is_alive(state: State, role: str) -> bool:
    return processes.is_alive(state.get("processes", {}).get(role))


def url(state: State) -> str:
    return f"{'https' if state['tls'] else 'http'}://127.0.0.1:{state['port']}"


def ca_path(name: str, state: State) -> Optional[str]:
    """The authority to trust for the server's URL, None over plain HTTP."""
    return str(server_folder(name) / "keys" / "ca.pem") if state["tls"] else None


def say(name: str, words: str) -> None:
    print(f"{name}: {words}", flush=True)
