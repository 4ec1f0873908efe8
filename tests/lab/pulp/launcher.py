# SPDX-License-Identifier: Apache-2.0
"""Named Pulp servers on loopback for demo, tests and benchmarks.

RELEASE_TRAIN_<NAME>_URL, _USERNAME, _PASSWORD and _CA_PATH (name in capitals, '_' for '-') replace
the server of that name with an existing Pulp.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .. import debian
from ..paths import LabError, known_servers, server_directory
from . import http, instance, postgresql, programs
from .instance import Options


def start(*names: str, **options: Any) -> dict[str, dict[str, Any]]:
    """Start servers in parallel and wait until all are ready; return server() of each, by name.

    Options: generation ("current", "3.43"), workers, tls, worker_ttl (seconds), port. They default
    to the previous value of the server, if it has one.
    """
    chosen = Options(**options)
    if any(http.existing_server(name) is None for name in names):
        debian.ensure_packages()
    _for_each(names, lambda name: _start_one(name, chosen))
    return {name: server(name) for name in names}


def server(name: str) -> dict[str, Any]:
    """Return a server as ``status --json`` shows it; raise LabError if it does not exist."""
    return http.existing_server(name) or instance.describe(name)


def stop(*names: str) -> None:
    """Stop these servers, by default all, and PostgreSQL if no other server uses it."""
    _for_each(_lab_servers(names), instance.stop)
    postgresql.stop_if_unused(instance.is_anything_alive)


def destroy(*names: str, purge: bool = False) -> None:
    """Stop these servers, by default all, and delete their data; ``purge``: also the cluster."""
    _for_each(_lab_servers(names), instance.destroy)
    postgresql.stop_if_unused(instance.is_anything_alive)
    if purge:
        postgresql.remove()


def restart(*names: str, **options: Any) -> dict[str, dict[str, Any]]:
    """Stop and start servers, optionally with new options."""
    _for_each(_lab_servers(names), instance.stop)
    return start(*names, **options)


def kill_worker(name: str, wait: float = 0) -> str:
    """Kill a worker that runs a task (SIGKILL); return a message that names it."""
    return instance.kill_worker(name, wait)


def start_workers(name: str) -> None:
    """Start missing workers."""
    instance.start_workers(name)


def set_password(name: str, password: str) -> None:
    """Change the password of the user admin; server() still returns the first one."""
    instance.set_password(name, password)


def seed(name: str, distributions: int) -> str:
    """Insert those of the first N seed distributions that do not exist; return a message."""
    return programs.run_in_django(name, {"do": "seed", "distributions": distributions})


def unseed(name: str) -> str:
    """Delete all seed distributions; return a message."""
    return programs.run_in_django(name, {"do": "unseed"})


def manage(name: str, *arguments: str) -> int:
    """Run pulpcore-manager for a server; return its exit status."""
    return programs.manage(name, list(arguments))


def _start_one(name: str, options: Options) -> None:
    if http.existing_server(name):
        http.wait_until_ready(lambda: http.why_existing_not_ready(name), 60)
    else:
        instance.start(name, options)


def _lab_servers(names: tuple[str, ...]) -> list[str]:
    """Return these servers, by default all, as far as the lab has started them."""
    for name in names:
        server_directory(name)
    known = known_servers()
    return [name for name in known if not names or name in names]


def _for_each(names: Any, action: Callable[[str], None]) -> None:
    """Run the action for all names in parallel; raise LabError with all failures."""
    names = list(dict.fromkeys(names))
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        futures = [pool.submit(action, name) for name in names]
    errors = [error for error in (future.exception() for future in futures) if error]
    for error in errors:
        if not isinstance(error, LabError):
            raise error
    if errors:
        raise LabError("\n".join(str(error) for error in errors))
