# SPDX-License-Identifier: Apache-2.0
"""Named Pulp servers on loopback for demo, tests and benchmarks.

RELEASE_TRAIN_<NAME>_URL, _USERNAME, _PASSWORD and _CA_PATH (name in capitals, '_' for '-') replace
the server of that name by an existing Pulp.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .. import debian
from ..paths import LabError, known_servers, server_folder
from . import http, instance, postgresql, programs
from .instance import Options


def start(*names: str, **options: Any) -> dict[str, dict[str, Any]]:
    """Start servers side by side, wait until all are ready; returns server() of each, by name.

    Options: generation ("current", "3.43"), workers, tls, worker_ttl (seconds), port. What is not
    given stays as it was, or takes the default.
    """
    chosen = Options(**options)
    if any(http.existing_server(name) is None for name in names):
        debian.ensure_packages()
    _each(names, lambda name: _start_one(name, chosen))
    return {name: server(name) for name in names}


def server(name: str) -> dict[str, Any]:
    """A server as ``status --json`` shows it; raises LabError when there is none of that name."""
    return http.existing_server(name) or instance.describe(name)


def stop(*names: str) -> None:
    """Stop servers, all without names; PostgreSQL too when nobody needs it any more."""
    _each(_ours(names), instance.stop)
    postgresql.stop_if_unused(instance.is_anything_alive)


def destroy(*names: str, purge: bool = False) -> None:
    """Stop servers, all without names, and delete their data; ``purge``: the cluster as well."""
    _each(_ours(names), instance.destroy)
    postgresql.stop_if_unused(instance.is_anything_alive)
    if purge:
        postgresql.remove()


def restart(*names: str, **options: Any) -> dict[str, dict[str, Any]]:
    """Stop and start servers, with new options if any are given."""
    _each(_ours(names), instance.stop)
    return start(*names, **options)


def kill_worker(name: str, wait: float = 0) -> str:
    """SIGKILL a worker that runs a task; returns a sentence that names it."""
    return instance.kill_worker(name, wait)


def start_workers(name: str) -> None:
    """Start the workers that are missing."""
    instance.start_workers(name)


def set_password(name: str, password: str) -> None:
    """Change the password of the user admin; server() keeps the first one."""
    instance.set_password(name, password)


def seed(name: str, distributions: int) -> str:
    """See to it that the first N seed distributions are there; returns a sentence."""
    return programs.run_in_django(name, {"do": "seed", "distributions": distributions})


def unseed(name: str) -> str:
    """Remove all seed distributions; returns a sentence."""
    return programs.run_in_django(name, {"do": "unseed"})


def manage(name: str, *arguments: str) -> int:
    """Run pulpcore-manager for a server; returns its exit status."""
    return programs.manage(name, list(arguments))


def _start_one(name: str, options: Options) -> None:
    if http.existing_server(name):
        http.wait_until(lambda: http.what_existing_lacks(name), 60)
    else:
        instance.start(name, options)


def _ours(names: tuple[str, ...]) -> list[str]:
    """The named servers, all without names; not those the environment points elsewhere."""
    for name in names:
        server_folder(name)
    known = known_servers()
    return [name for name in known if not names or name in names]


def _each(names: Any, action: Callable[[str], None]) -> None:
    """Run the action for all names at once; every failure is told, one by one."""
    names = list(dict.fromkeys(names))
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        futures = [pool.submit(action, name) for name in names]
    errors = [error for error in (future.exception() for future in futures) if error]
    for error in errors:
        if not isinstance(error, LabError):
            raise error
    if errors:
        raise LabError("\n".join(str(error) for error in errors))
