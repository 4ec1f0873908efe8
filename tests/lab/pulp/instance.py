# SPDX-License-Identifier: Apache-2.0
"""Start, describe, stop and destroy one server of the lab; kill and start its workers."""

from __future__ import annotations

import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from typing import Any, Optional

from .. import processes
from ..paths import LabError, known_servers, load_state, lock, save_state, server_directory
from . import http, postgresql, runtime
from .state import State, ca_path, existing_state, generation_of, is_alive, print_status, roles, url
from .venv import ensure_venv

READY_SECONDS = 240


@dataclass(frozen=True)
class Options:
    """The options of a server. None keeps the previous value; without one, takes the default."""

    generation: Optional[str] = None
    workers: Optional[int] = None
    tls: Optional[bool] = None
    worker_ttl: Optional[int] = None
    port: Optional[int] = None


DEFAULTS = Options(generation="current", workers=2, tls=False, worker_ttl=30)


def start(name: str, options: Options) -> None:
    """Start the server with these options and wait until it is ready; idempotent."""
    began = time.monotonic()
    with lock(f"server-{name}"):
        before = load_state(name)
        state = _wanted_state(name, before, options)
        generation = generation_of(state)
        ensure_venv(generation)
        with postgresql.in_use() as cluster:
            state["database_port"] = cluster.port
            alive = [role for role in roles(state) if is_alive(state, role)]
            if alive and _needs_restart(before, state):
                print_status(name, "restarting with the new options")
                runtime.end(state, list(state["processes"]))
                alive = []
            if len(alive) == len(roles(state)):
                http.wait_until_ready(lambda: runtime.why_not_ready(name, state), READY_SECONDS)
                print_status(name, "is already running")
                return
            runtime.choose_ports(name, state, options.port, keep=bool(alive))
            runtime.write_configuration(name, state, cluster)
            runtime.ensure_database(name, state, cluster)
            if not state.get("password_set"):
                runtime.set_password(cluster, state["database"], state["password"])
                state["password_set"] = True
                save_state(name, state)
            missing = [role for role in roles(state) if role not in alive]
            print_status(name, f"starting {', '.join(missing)}")
            runtime.spawn(name, state, missing)
            http.wait_until_ready(lambda: runtime.why_not_ready(name, state), READY_SECONDS)
    print_status(name, f"is ready after {time.monotonic() - began:.0f} s")


def set_password(name: str, password: str) -> None:
    """Change the password of the user admin; describe() still returns the first one."""
    with postgresql.in_use() as cluster:
        runtime.set_password(cluster, existing_state(name)["database"], password)


def start_workers(name: str) -> None:
    """Start missing workers and wait until they are online."""
    with lock(f"server-{name}"):
        state = existing_state(name)
        if not all(is_alive(state, role) for role in ("api", "content", "nginx")):
            raise LabError(f"{name} is not running: run 'start {name}'.")
        missing = [role for role in roles(state) if not is_alive(state, role)]
        runtime.spawn(name, state, missing)
        http.wait_until_ready(lambda: runtime.why_not_ready(name, state), READY_SECONDS)
    print_status(name, f"started {', '.join(missing) or 'nothing: all workers are running'}")


def stop(name: str) -> None:
    """Stop the server's processes and keep its data."""
    with lock(f"server-{name}"):
        state = load_state(name)
        runtime.end(state, list(state.get("processes", {})))
        if state:
            save_state(name, state)
    print_status(name, "is stopped")


def destroy(name: str) -> None:
    """Stop the server and delete its database and files."""
    stop(name)
    with lock(f"server-{name}"):
        state = load_state(name)
        if state.get("database"):
            with postgresql.in_use() as cluster:
                cluster.drop_database(state["database"])
        shutil.rmtree(server_directory(name), ignore_errors=True)
    print_status(name, "is destroyed")


def kill_worker(name: str, wait: float) -> str:
    """Kill a busy worker and its children; wait up to ``wait`` seconds for a busy one."""
    state = existing_state(name)
    deadline = time.monotonic() + wait
    while True:
        busy = runtime.busy_pids(state)
        for role in roles(state):
            record = state["processes"].get(role, {})
            if role.startswith("worker") and record.get("pid") in busy and is_alive(state, role):
                processes.kill(record)
                return f"{name}: killed {role} (pid {record['pid']}) while it ran a task"
        if time.monotonic() > deadline:
            raise LabError(f"No worker of {name} runs a task: start a long task, or use --wait.")
        time.sleep(0.1)


def describe(name: str) -> dict[str, Any]:
    """Return one server as ``status --json`` shows it; raise LabError if it does not exist."""
    state = existing_state(name)
    running = {role: is_alive(state, role) for role in roles(state)}
    workers = [role for role, alive in running.items() if alive and role.startswith("worker")]
    return {
        "url": url(state),
        "username": state["username"],
        "password": state["password"],
        "ca_path": ca_path(name, state),
        "generation": state["generation"],
        "workers": state["workers"],
        "worker_pids": [state["processes"][role]["pid"] for role in workers],
        "running": all(running.values()),
        "port": state["port"],
        "external": False,
        "tls": state["tls"],
        "worker_ttl": state["worker_ttl"],
        "processes": {
            role: state["processes"][role]["pid"] if alive else None
            for role, alive in running.items()
        },
        "log": str(server_directory(name) / "log"),
    }


def is_anything_alive() -> bool:
    """Whether any server has a running process, and so needs the cluster."""
    states = [load_state(name) for name in known_servers()]
    return any(is_alive(state, role) for state in states for role in state.get("processes", {}))


def _wanted_state(name: str, before: State, options: Options) -> State:
    """Return the wanted state: options, else previous values, else defaults."""
    wanted = {key: value for key, value in asdict(options).items() if value is not None}
    defaults = {key: value for key, value in asdict(DEFAULTS).items() if value is not None}
    state = {"username": "admin", "processes": {}, **defaults, **before, **wanted}
    state.setdefault("password", secrets.token_urlsafe(18))
    if state["generation"] != before.get("generation", state["generation"]):
        raise LabError(
            f"{name} has data of Pulp {before['generation']}: run 'destroy {name}' first."
        )
    return state


def _needs_restart(before: State, state: State) -> bool:
    keys = ("workers", "tls", "worker_ttl", "port", "database_port")
    return any(before.get(key) != state.get(key) for key in keys)
