# SPDX-License-Identifier: Apache-2.0
"""The lab's own PostgreSQL cluster: TCP on 127.0.0.1 with a password, never the system's cluster.

For each generation of Pulp it has a migrated template database without content; each server's
database is a copy of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import debian, processes
from ..paths import LabError, cache, lock, lock_if_free, write_private
from . import ports

USER = "pulp"
# Fast instead of durable: a crash of the machine can destroy the lab's data.
CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 400
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum_naptime = 60
"""


@dataclass(frozen=True)
class Cluster:
    """A running cluster, with its port and its password."""

    port: int
    password: str
    programs: Path

    def query(self, sql: str, database: str = "postgres") -> list[str]:
        """Run one statement; return the rows as text, with columns joined by '|'."""
        return self._client("psql", "-X", "-tA", "-d", database, "-c", sql).splitlines()

    def has_database(self, name: str) -> bool:
        return name in self.query("SELECT datname FROM pg_database")

    def create_database(self, name: str, template: str = "template0") -> None:
        self._client("createdb", "-T", template, name)

    def drop_database(self, name: str) -> None:
        self._client("dropdb", "--if-exists", "--force", name)

    def rename_database(self, name: str, new_name: str) -> None:
        self.query(f'ALTER DATABASE "{name}" RENAME TO "{new_name}"')

    def _client(self, program: str, *arguments: str) -> str:
        command = [str(self.programs / program), "-h", "127.0.0.1", "-p", str(self.port)]
        command += ["-U", USER, "--no-password", *arguments]
        environment = {**os.environ, "PGPASSWORD": self.password}
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if run.returncode:
            raise LabError(f"{program}: {run.stderr.strip()}")
        return run.stdout


@contextlib.contextmanager
def in_use() -> Iterator[Cluster]:
    """Yield the running cluster, which stop_if_unused() does not stop until the context ends."""
    with lock("cluster-use", shared=True):
        yield _ensure_running()


def ensure_template(cluster: Cluster, name: str, migrate: Callable[[str], None]) -> None:
    """Create the template database ``name`` if needed; ``migrate`` migrates the named database."""
    with lock(f"database-{name}"):
        if cluster.has_database(name):
            return
        building = f"{name}-building"
        cluster.drop_database(building)
        cluster.create_database(building)
        migrate(building)
        cluster.rename_database(building, name)


def copy_template(cluster: Cluster, template: str, database: str) -> None:
    """Create ``database`` as a copy; PostgreSQL allows one copy of a template at a time."""
    with lock(f"database-{template}"):
        cluster.create_database(database, template)


def is_running() -> bool:
    return processes.is_alive(_load().get("process"))


def stop_if_unused(has_users: Callable[[], bool]) -> bool:
    """Stop the cluster unless it is in use; return whether it was stopped."""
    with lock_if_free("cluster-use") as free:
        if not free or has_users() or not is_running():
            return False
        # SIGINT is PostgreSQL's fast shutdown: it rolls back and disconnects all clients.
        processes.end([_load()["process"]], signal.SIGINT, grace=60)
        return True


def remove() -> None:
    """Delete the stopped cluster with its templates and the databases of all servers."""
    with lock("cluster-use"):
        if is_running():
            raise LabError("PostgreSQL is in use by another server: destroy that server, too.")
        for directory in {_directory(), cache() / "postgresql"}:
            shutil.rmtree(directory, ignore_errors=True)


def log_file() -> Path:
    return cache() / "postgresql" / "postgresql.log"


def _ensure_running() -> Cluster:
    with lock("cluster"):
        state = _load()
        data = _directory() / "data"
        if not (data / "PG_VERSION").exists():
            state = {"password": secrets.token_urlsafe(24)}
            _initialise(data, state["password"])
        programs = debian.postgresql_directory((data / "PG_VERSION").read_text().strip())
        if programs is None:
            raise LabError(
                "The PostgreSQL version of the lab's data is no longer installed: "
                "run 'python3 -m tests.lab.pulp destroy --purge' to create new data."
            )
        if not processes.is_alive(state.get("process")):
            state["port"] = ports.free_port(state.get("port"))
            command = [str(programs / "postgres"), "-D", str(data), "-p", str(state["port"])]
            state["process"] = processes.spawn(_as_postgres(command), log_file(), os.environ, data)
            _save(state)
            _wait(programs, state)
        return Cluster(state["port"], state["password"], programs)


def _initialise(data: Path, password: str) -> None:
    print("creating the lab's PostgreSQL cluster", flush=True)
    directory = data.parent
    shutil.rmtree(data, ignore_errors=True)
    directory.mkdir(parents=True, exist_ok=True)
    password_file = directory / "password"
    write_private(password_file, password)
    if os.geteuid() == 0:
        shutil.chown(directory, "postgres")
        shutil.chown(password_file, "postgres")
    programs = debian.postgresql_directory()
    command = [f"{programs}/initdb", "-D", str(data), "-U", USER, f"--pwfile={password_file}"]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    run = subprocess.run(
        _as_postgres(command), cwd=directory, capture_output=True, text=True, check=False
    )
    password_file.unlink()
    if run.returncode:
        raise LabError(f"initdb: {run.stderr.strip()}")
    with (data / "postgresql.conf").open("a") as stream:
        stream.write(CONFIGURATION)
    _save({"password": password})


def _wait(programs: Path, state: dict[str, Any]) -> None:
    cluster = Cluster(state["port"], state["password"], programs)
    deadline = time.monotonic() + 60
    while processes.is_alive(state["process"]) and time.monotonic() < deadline:
        with contextlib.suppress(LabError):
            cluster.query("SELECT 1")
            return
        time.sleep(0.2)
    raise LabError(
        f"PostgreSQL did not start; the last lines of {log_file()}:\n"
        f"{processes.last_lines(log_file())}"
    )


def _directory() -> Path:
    """Return the cluster's directory; not in the cache if the user postgres cannot access that."""
    directory = cache() / "postgresql" / "cluster"
    if os.geteuid() != 0:
        return directory
    probe = subprocess.run(_as_postgres(["test", "-x", str(cache())]), check=False)
    if probe.returncode == 0:
        return directory
    return Path("/var/tmp") / f"release-train-{hashlib.sha256(bytes(cache())).hexdigest()[:12]}"


def _as_postgres(command: list[str]) -> list[str]:
    """Return the command run as user postgres: PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return command
    user = pwd.getpwnam("postgres")
    switch = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"]
    return [*switch, *command]


def _load() -> dict[str, Any]:
    try:
        return dict(json.loads((cache() / "postgresql" / "cluster.json").read_text()))
    except FileNotFoundError:
        return {}


def _save(state: dict[str, Any]) -> None:
    write_private(cache() / "postgresql" / "cluster.json", json.dumps(state, indent=2) + "\n")
