# SPDX-License-Identifier: Apache-2.0
"""The parts of a running server: its configuration, its database, its processes."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Optional

from .. import debian, processes
from ..paths import (
    LabError,
    known_servers,
    load_state,
    lock,
    save_state,
    server_directory,
    write_private,
)
from . import certificates, http, ports, postgresql, programs
from .settings import (
    DIRECTORIES,
    database_settings,
    nginx_configuration,
    password_hash,
    pulp_settings,
)
from .state import State, ca_path, generation_of, is_alive, print_status, roles, url
from .venv import Generation


def choose_ports(name: str, state: State, wanted: Optional[int], keep: bool) -> None:
    """Choose the three ports and save them in ``state``; ``keep`` keeps the current ones."""
    with lock("ports"):
        others = [load_state(other) for other in known_servers() if other != name]
        keys = ("port", "api_port", "content_port")
        taken = [other[key] for other in others for key in keys if key in other]
        if wanted and not keep and not ports.is_free(wanted):
            raise LabError(f"Port {wanted} is in use: choose another one for {name}.")
        for key in keys:
            if not keep:
                state[key] = ports.free_port(state.get(key), taken)
                taken.append(state[key])
        save_state(name, state)


def write_configuration(name: str, state: State, cluster: postgresql.Cluster) -> None:
    """Write keys, settings.py and nginx.conf, and create the directories that they name."""
    directory = server_directory(name)
    for child in DIRECTORIES:
        (directory / child).mkdir(parents=True, exist_ok=True)
    certificates.ensure_keys(directory / "keys")
    if state["tls"]:
        certificates.ensure_tls(directory / "keys")
    _write_settings(name, state, cluster, state.get("database", f"server-{name}"))
    listen = (state["port"], state["api_port"], state["content_port"])
    (directory / "nginx" / "nginx.conf").write_text(
        nginx_configuration(directory, *listen, state["tls"])
    )


def ensure_database(name: str, state: State, cluster: postgresql.Cluster) -> None:
    """Create or migrate the server's database; a new one is a copy of a template."""
    generation, database = generation_of(state), f"server-{name}"
    template = f"template-{generation.name}-{generation.digest}"

    def migrate(target: str) -> None:
        print_status(name, f"migrating a template database for Pulp {generation.name}")
        _write_settings(name, state, cluster, target)
        try:
            programs.migrate(name)
        finally:
            _write_settings(name, state, cluster, database)

    if not cluster.has_database(database):
        postgresql.ensure_template(cluster, template, migrate)
        postgresql.copy_template(cluster, template, database)
        state.update(database=database, digest=generation.digest, password_set=False)
    elif state.get("digest") != generation.digest:
        print_status(name, "migrating its database to the new pins")
        programs.migrate(name)
        state.update(database=database, digest=generation.digest)
    save_state(name, state)


def set_password(cluster: postgresql.Cluster, database: str, password: str) -> None:
    """Create the user admin with this password, or change it.

    It uses SQL, because Pulp's own command takes as long as the start of a server.
    """
    cluster.query(
        "INSERT INTO auth_user (username, password, is_superuser, is_staff, is_active,"
        " first_name, last_name, email, date_joined)"
        f" VALUES ('admin', '{password_hash(password)}', true, true, true, '', '', '', now())"
        " ON CONFLICT (username) DO UPDATE SET password = EXCLUDED.password",
        database,
    )


def spawn(name: str, state: State, missing: list[str]) -> None:
    """Start the named processes and save their records."""
    directory, generation = server_directory(name), generation_of(state)
    for role in missing:
        state["processes"][role] = processes.spawn(
            _command(role, state, generation, directory),
            directory / "log" / f"{role}.log",
            programs.environment(name),
            directory,
        )
        save_state(name, state)


def end(state: State, ending: list[str]) -> None:
    """End the named processes and delete their records; tasks get a few seconds to finish."""
    workers = [state["processes"][role] for role in ending if role.startswith("worker")]
    others = [state["processes"][role] for role in ending if not role.startswith("worker")]
    # On SIGTERM a worker would wait for its task without a limit.
    for record in workers:
        processes.send_signal(record, signal.SIGINT)
    processes.end(others)
    processes.end(workers, signal.SIGINT)
    for role in ending:
        del state["processes"][role]


def why_not_ready(name: str, state: State) -> str:
    """Return why the server is not ready yet, empty if it is; raise LabError if a process died."""
    for role in roles(state):
        if not is_alive(state, role):
            log = server_directory(name) / "log" / f"{role}.log"
            raise LabError(
                f"{name}: {role} died; the last lines of {log}:\n{processes.last_lines(log)}\n"
                f"Run 'start {name}' again, or 'destroy {name}' to start without data."
            )
    try:
        answer = http.status(url(state), ca_path(name, state))
    except OSError as error:
        return f"{name} does not answer yet ({error}); see {server_directory(name) / 'log'}"
    online = {_pid(entry["name"]) for entry in answer["online_workers"]}
    offline = [
        role
        for role in roles(state)
        if role.startswith("worker") and state["processes"][role]["pid"] not in online
    ]
    if offline:
        return f"{name}: {', '.join(offline)} not online yet"
    content = {_pid(entry["name"]) for entry in answer["online_content_apps"]}
    if not content & set(processes.members(state["processes"]["content"])):
        return f"{name}: content app not online yet"
    return ""


def busy_pids(state: State) -> set[int]:
    """Return the pids of the workers whose task is in the state ``running``.

    If a worker is killed before that, its task is still waiting, and another worker runs it.
    """
    generation = generation_of(state)
    sql = (
        f"SELECT worker.name FROM core_task JOIN {generation.worker_table} worker "
        f"ON worker.pulp_id = core_task.{generation.worker_column} WHERE state = 'running'"
    )
    with postgresql.in_use() as cluster:
        return {_pid(name) for name in cluster.query(sql, state["database"])}


def _pid(name: str) -> int:
    """Return the pid in the name of a Pulp process, <pid>@<host>."""
    return int(name.partition("@")[0])


def _command(role: str, state: State, generation: Generation, directory: Path) -> list[str]:
    # With --preload, Pulp starts with half the CPU time: it is imported before the fork.
    gunicorn = ["--graceful-timeout", "3", "--timeout", "55", "--preload"]
    gunicorn += generation.gunicorn_options
    if role == "api":
        bind = ["--bind", f"127.0.0.1:{state['api_port']}", "--workers", "3"]
        return [generation.program("pulpcore-api"), *bind, *gunicorn]
    if role == "content":
        bind = ["--bind", f"127.0.0.1:{state['content_port']}", "--workers", "2"]
        return [generation.program("pulpcore-content"), *bind, *gunicorn]
    if role == "nginx":
        configuration = str(directory / "nginx" / "nginx.conf")
        return [str(debian.program("nginx")), "-p", str(directory), "-c", configuration]
    return [generation.program("pulpcore-worker")]


def _write_settings(name: str, state: State, cluster: postgresql.Cluster, database: str) -> None:
    databases = database_settings(cluster.port, cluster.password, database)
    directory = server_directory(name)
    text = pulp_settings(
        directory, generation_of(state), url(state), databases, state["worker_ttl"]
    )
    write_private(directory / "settings.py", text)
