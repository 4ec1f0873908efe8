# SPDX-License-Identifier: Apache-2.0
"""Named Pulp servers on loopback for demo, tests and benchmarks; see --help.

As a program: ``python3 -m tests.lab.pulp start ark``. As a module: ``start()``, ``server()``,
``stop()`` and the other verbs below. RELEASE_TRAIN_<NAME>_URL, _USERNAME, _PASSWORD and _CA_PATH
(name in capitals, '_' for '-') make an existing Pulp stand for the server of that name.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional

from .. import debian
from ..paths import LabError, known_servers, server_folder
from . import http, instance, postgresql, programs
from .instance import Options
from .venv import GENERATIONS


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


def seed(name: str, distributions: int) -> str:
    """See to it that the first N seed distributions are there; returns a sentence."""
    return programs.inside(name, {"do": "seed", "distributions": distributions})


def unseed(name: str) -> str:
    """Remove all seed distributions; returns a sentence."""
    return programs.inside(name, {"do": "unseed"})


def manage(name: str, *arguments: str) -> int:
    """Run pulpcore-manager for a server; returns its exit status."""
    return programs.manage(name, list(arguments))


def main(arguments: Optional[list[str]] = None) -> int:
    """Run one verb; exit status 0, 1 (a sentence on stderr says why), 2 (packages missing)."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except BrokenPipeError:
        # The reader left, as in "status | head"; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("interrupted: run the same command again to go on", file=sys.stderr)
        return 130
    except debian.MissingPackages as error:
        print(error, file=sys.stderr)
        return 2
    except LabError as error:
        print(error, file=sys.stderr)
        return 1


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


def _show(names: list[str]) -> None:
    for name in names:
        shown = server(name)
        state = "running" if shown["running"] else "not running"
        print(f"{name}: {shown['url']} is {state}")
        print(f"  user {shown['username']}, password {shown['password']}")
        if shown["ca_path"]:
            print(f"  authority {shown['ca_path']}")
        if not shown["external"]:
            print(f"  Pulp {shown['generation']}, worker_ttl {shown['worker_ttl']} s")
            up = [f"{role} {pid or 'DOWN'}" for role, pid in shown["processes"].items()]
            print(f"  pids: {', '.join(up)}")
            print(f"  logs: {shown['log']}")


def _verb_start(options: argparse.Namespace) -> None:
    start(*options.names, **_options(options))
    _show(options.names)


def _verb_restart(options: argparse.Namespace) -> None:
    restart(*options.names, **_options(options))
    _show(options.names)


def _verb_status(options: argparse.Namespace) -> None:
    names = options.names or known_servers()
    if options.json:
        print(json.dumps({name: server(name) for name in names}, indent=2))
    else:
        _show(names)
        print(f"PostgreSQL is {'running' if postgresql.is_running() else 'not running'}")


def _verb_seed(options: argparse.Namespace) -> None:
    print(unseed(options.name) if options.remove else seed(options.name, options.distributions))


def _verb_manage(options: argparse.Namespace) -> int:
    # Python before 3.13 swallows the '--', later ones leave it.
    first = 1 if options.arguments[:1] == ["--"] else 0
    return manage(options.name, *options.arguments[first:])


def _options(options: argparse.Namespace) -> dict[str, Any]:
    return {key: getattr(options, key) for key in Options.__dataclass_fields__}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, words: str, run: Callable[[argparse.Namespace], Any]) -> Any:
        added = verbs.add_parser(name, help=words, description=words)
        added.set_defaults(run=run)
        return added

    several = [
        verb("start", "start servers and wait until they are ready", _verb_start),
        verb("restart", "stop and start servers", _verb_restart),
    ]
    for added in several:
        added.add_argument("names", nargs="+", metavar="NAME")
        added.add_argument("--generation", choices=sorted(GENERATIONS), help="default: current")
        added.add_argument("--workers", type=int, help="default: 2")
        added.add_argument("--tls", action=argparse.BooleanOptionalAction, help="serve HTTPS")
        added.add_argument("--worker-ttl", type=int, metavar="SECONDS", help="default: 30")
        added.add_argument("--port", type=int, help="default: a free one, remembered")
    added = verb("status", "show servers, all without names", _verb_status)
    added.add_argument("names", nargs="*", metavar="NAME")
    added.add_argument("--json", action="store_true")
    added = verb("stop", "stop servers, all without names", lambda o: stop(*o.names))
    added.add_argument("names", nargs="*", metavar="NAME")
    added = verb(
        "destroy",
        "stop servers and delete their data, all without names",
        lambda o: destroy(*o.names, purge=o.purge),
    )
    added.add_argument("names", nargs="*", metavar="NAME")
    added.add_argument("--purge", action="store_true", help="delete the PostgreSQL cluster too")
    added = verb(
        "kill-worker",
        "SIGKILL a worker that runs a task",
        lambda o: print(kill_worker(o.name, o.wait)),
    )
    added.add_argument("name", metavar="NAME")
    added.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="for a busy one")
    added = verb("start-workers", "start missing workers", lambda o: start_workers(o.name))
    added.add_argument("name", metavar="NAME")
    added = verb("seed", "insert or remove N RPM distributions", _verb_seed)
    added.add_argument("name", metavar="NAME")
    number = added.add_mutually_exclusive_group(required=True)
    number.add_argument("--distributions", type=int, metavar="N", help="have N of them")
    number.add_argument("--remove", action="store_true", help="remove all seeded ones")
    added = verb("manage", "run pulpcore-manager", _verb_manage)
    added.add_argument("name", metavar="NAME")
    added.add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- ARGUMENT")
    return parser
