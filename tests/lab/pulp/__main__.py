# SPDX-License-Identifier: Apache-2.0
"""Start and stop the named Pulp servers of the lab, kill their workers, insert content.

RELEASE_TRAIN_<NAME>_URL, _USERNAME, _PASSWORD and _CA_PATH (name in capitals, '_' for '-') replace
the server of that name with an existing Pulp.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from ..debian import MissingPackages
from ..paths import LabError, known_servers
from . import launcher, postgresql
from .instance import Options
from .venv import GENERATIONS


def main() -> int:
    """Run one command; exit status 0, 1 (the cause is on stderr), 2 (packages are missing)."""
    options = _parser().parse_args()
    try:
        return int(options.run(options) or 0)
    except BrokenPipeError:
        # The pipe is closed, as in "status | head"; without this, Python prints an error at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("interrupted: run the same command again to continue", file=sys.stderr)
        return 130
    except MissingPackages as error:
        print(error, file=sys.stderr)
        return 2
    except LabError as error:
        print(error, file=sys.stderr)
        return 1


def _show(names: list[str]) -> None:
    for name in names:
        shown = launcher.server(name)
        state = "running" if shown["running"] else "not running"
        print(f"{name}: {shown['url']} is {state}")
        print(f"  user {shown['username']}, password {shown['password']}")
        if shown["ca_path"]:
            print(f"  CA certificate {shown['ca_path']}")
        if not shown["external"]:
            print(f"  Pulp {shown['generation']}, worker_ttl {shown['worker_ttl']} s")
            up = [f"{role} {pid or 'DOWN'}" for role, pid in shown["processes"].items()]
            print(f"  pids: {', '.join(up)}")
            print(f"  logs: {shown['log']}")


def _verb_start(options: argparse.Namespace) -> None:
    launcher.start(*options.names, **_options(options))
    _show(options.names)


def _verb_restart(options: argparse.Namespace) -> None:
    launcher.restart(*options.names, **_options(options))
    _show(options.names)


def _verb_status(options: argparse.Namespace) -> None:
    names = options.names or known_servers()
    if options.json:
        print(json.dumps({name: launcher.server(name) for name in names}, indent=2))
    else:
        _show(names)
        print(f"PostgreSQL is {'running' if postgresql.is_running() else 'not running'}")


def _verb_seed(options: argparse.Namespace) -> None:
    print(
        launcher.unseed(options.name)
        if options.remove
        else launcher.seed(options.name, options.distributions)
    )


def _verb_manage(options: argparse.Namespace) -> int:
    # Python before 3.13 removes the '--', later versions keep it.
    first = 1 if options.arguments[:1] == ["--"] else 0
    return launcher.manage(options.name, *options.arguments[first:])


def _options(options: argparse.Namespace) -> dict[str, Any]:
    return {key: getattr(options, key) for key in Options.__dataclass_fields__}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.lab.pulp",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, text: str, run: Callable[[argparse.Namespace], Any]) -> Any:
        added = verbs.add_parser(name, help=text, description=text)
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
        added.add_argument("--port", type=int, help="default: the previous one, or a free one")
    added = verb("status", "show servers, by default all", _verb_status)
    added.add_argument("names", nargs="*", metavar="NAME")
    added.add_argument("--json", action="store_true")
    added = verb("stop", "stop servers, by default all", lambda o: launcher.stop(*o.names))
    added.add_argument("names", nargs="*", metavar="NAME")
    added = verb(
        "destroy",
        "stop servers, by default all, and delete their data",
        lambda o: launcher.destroy(*o.names, purge=o.purge),
    )
    added.add_argument("names", nargs="*", metavar="NAME")
    added.add_argument("--purge", action="store_true", help="delete the PostgreSQL cluster too")
    added = verb(
        "kill-worker",
        "kill a worker that runs a task (SIGKILL)",
        lambda o: print(launcher.kill_worker(o.name, o.wait)),
    )
    added.add_argument("name", metavar="NAME")
    added.add_argument(
        "--wait", type=float, default=0, metavar="SECONDS", help="wait for a busy worker"
    )
    added = verb("start-workers", "start missing workers", lambda o: launcher.start_workers(o.name))
    added.add_argument("name", metavar="NAME")
    added = verb("seed", "insert or delete N RPM distributions", _verb_seed)
    added.add_argument("name", metavar="NAME")
    number = added.add_mutually_exclusive_group(required=True)
    number.add_argument("--distributions", type=int, metavar="N", help="their number")
    number.add_argument("--remove", action="store_true", help="delete all of them")
    added = verb("manage", "run pulpcore-manager", _verb_manage)
    added.add_argument("name", metavar="NAME")
    added.add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- ARGUMENT")
    return parser


if __name__ == "__main__":
    sys.exit(main())
