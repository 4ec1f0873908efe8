# SPDX-License-Identifier: Apache-2.0
"""Upstream package repositories on loopback, for the demo, the tests and the benchmarks."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from . import daemon
from .control import call_control
from .demo import (
    demo_step,
    describe_demo,
    publish_demo,
    publish_many,
    publish_mirrors,
)
from .key import public_key
from .tools import UpstreamError, require

FAULT_OPTIONS = {
    "status": (int, "answer with this status"),
    "times": (int, "affect only this number of requests"),
    "cut": (int, "reset the connection after this number of bytes of the body"),
    "close": (int, "close the connection after this number of bytes, before the end"),
    "truncate": (int, "serve only this number of bytes, with a matching Content-Length"),
    "flip": (int, "change one bit of the byte at this offset"),
    "delay": (float, "seconds before the answer"),
    "rate": (int, "bytes per second"),
    "username": (str, "require Basic credentials with this user"),
    "password": (str, "the password of this user"),
}


def main() -> int:
    """Run one command; exit status 0, 1 (`status` found no server), 2 (the command failed)."""
    options = _parser().parse_args()
    try:
        return int(options.command(options) or 0)
    except UpstreamError as error:
        print(error, file=sys.stderr)
        return 2


def _start(options: argparse.Namespace) -> None:
    running = daemon.start(options.port)
    print(running["url"])


def _stop(_options: argparse.Namespace) -> None:
    print("stopped" if daemon.stop() else "was not running")


def _serve(options: argparse.Namespace) -> None:
    daemon.serve(options.port)


def _status(options: argparse.Namespace) -> int:
    running, step = daemon.status(), demo_step(daemon.tree())
    report = {
        "running": bool(running),
        "pid": running and running["pid"],
        "url": running and running["url"],
        "root": str(daemon.tree()),
        "demo_step": step,
        "public_key": None if step is None else str(public_key()),
        "faults": call_control(running["url"], "faults") if running else [],
        "demo": describe_demo(daemon.tree(), running["url"]) if running else [],
    }
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print(f"running at {running['url']}" if running else "not running")
    return 0 if running else 1


def _build_demo(_options: argparse.Namespace) -> None:
    _publish_demo(demo_step(daemon.tree()) or 0)


def _next_state(_options: argparse.Namespace) -> None:
    step = demo_step(daemon.tree())
    if step is None:
        raise UpstreamError("The demo is not published: run build-demo first.")
    _publish_demo(step + 1)


def _publish_demo(step: int) -> None:
    require()
    publish_demo(daemon.tree(), step)
    running = daemon.status()
    url = running["url"] if running else ""
    if url:
        publish_mirrors(daemon.tree(), url)
    for item in describe_demo(daemon.tree(), url):
        print(f"{item['type']}  {item['short_name']:28} {item['url']}")


def _build_many(options: argparse.Namespace) -> None:
    require()
    publish_many(daemon.tree(), options.count, options.deb, options.packages, options.step)
    print(f"{options.count} RPM and {options.deb} Deb repositories of {options.packages} packages")


def _fault(options: argparse.Namespace) -> None:
    url = _running_url()
    fields: dict[str, Any] = {name: getattr(options, name) for name in FAULT_OPTIONS}
    given = {name: value for name, value in fields.items() if value is not None}
    if options.clear:
        scope = {"prefix": options.prefix} if options.prefix else {}
        active = call_control(url, "faults", "DELETE", **scope)
    elif options.prefix and given:
        active = call_control(url, "faults", "POST", prefix=options.prefix, **given)
    else:
        active = call_control(url, "faults")
    for fault in active:
        print(json.dumps({name: value for name, value in fault.items() if value}))


def _requests(options: argparse.Namespace) -> None:
    url = _running_url()
    counts = call_control(url, "requests", "DELETE" if options.clear else "GET")
    chosen = {path: count for path, count in counts.items() if path.startswith(options.prefix)}
    print(json.dumps(chosen, indent=2))


def _running_url() -> str:
    running = daemon.status()
    if not running:
        raise UpstreamError("The upstream server is not running: start it first.")
    return str(running["url"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tests.lab.upstream", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: Any, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(command=function)
        return made

    for name, function, text in (
        ("start", _start, "start the server in the background and print its URL"),
        ("serve", _serve, "serve in the foreground"),
    ):
        made = command(name, function, text)
        made.add_argument(
            "--port", type=int, default=0, help="default: the previous one, or a free one"
        )
    command("stop", _stop, "stop the background server")
    made = command("status", _status, "print whether the server is running; exit status 1 if not")
    made.add_argument("--json", action="store_true", help="print all details as JSON")
    command("build-demo", _build_demo, "publish the upstream repositories of the demo")
    command("next-state", _next_state, "publish the next state of the demo's repositories")
    made = command("build-many", _build_many, "publish many/0001 ... and many-deb/0001 ...")
    made.add_argument("count", type=int, help="number of RPM repositories")
    made.add_argument("--deb", type=int, default=0, help="number of Deb repositories")
    made.add_argument("--packages", type=int, default=3, help="number of packages in each (3)")
    made.add_argument("--step", type=int, default=0, help="number of the state (0)")
    made = command("fault", _fault, "inject a fault into the server, or list the faults")
    made.add_argument(
        "prefix", nargs="?", default="", help="prefix of the path, or a pattern with *"
    )
    made.add_argument(
        "--clear", action="store_true", help="remove the faults of the prefix, or all"
    )
    for name, (kind, text) in FAULT_OPTIONS.items():
        made.add_argument(f"--{name}", type=kind, help=text)
    made = command("requests", _requests, "print the number of requests for each path")
    made.add_argument("prefix", nargs="?", default="/", help="prefix of the paths")
    made.add_argument("--clear", action="store_true", help="discard them first")
    return parser


if __name__ == "__main__":
    sys.exit(main())
