# SPDX-License-Identifier: Apache-2.0
"""The tests: unit, integration, roles, smoke, e2e, slow; in the end the ten slowest of them.

A kind without tests prints a line and passes; unknown options are passed to the runner.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import takewhile
from pathlib import Path

import durations
import servers
import stage
from environments import CORES, DEFAULT_CORE, MODULE, Environment, find_python, prepare
from machine import CACHE, announce, run

OLDEST, NEWEST = min(CORES), max(CORES)


def _pytest(venv: Environment, tests: str, *arguments: str) -> None:
    """Run pytest on a directory, or only on the files below it that the arguments name."""
    env = stage.environment_of(venv)
    report = CACHE / "log" / f"tests-{os.getpid()}.xml"
    command = ["python", "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}"]
    named = any(word == tests or word.startswith(f"{tests}/") for word in arguments)
    try:
        run([*command, *([] if named else [tests]), *arguments], env=env, cwd=stage.COLLECTION)
    finally:
        durations.record_tests(report)


def unit(core: str, arguments: list[str]) -> None:
    """Run the unit tests on three versions of ansible-core, those of module_utils on Python 3.9.

    All but one file of module_utils are tested without Ansible: on the newest Python and on the
    oldest. Named tests are run on each version.
    """
    utils = "tests/unit/plugins/module_utils"
    others = [f"--ignore-glob={utils}/*/*", f"--ignore-glob={utils}/test_[!m]*"]
    for series in dict.fromkeys([core, OLDEST, NEWEST]):
        announce(f"unit tests with ansible-core {CORES[series].core}")
        tested = [] if series == NEWEST or arguments else others
        _pytest(prepare(CORES[series]), "tests/unit", "-n", "2", *tested, *arguments)
    python = MODULE.pythons[0]
    if find_python(MODULE) is None:
        announce(f"there is no Python {python} here to run the unit tests of module_utils with")
    elif not arguments:  # a choice of tests may leave none of them
        announce(f"unit tests of module_utils with Python {python}")
        # They need ansible-core, or Hypothesis, which have left this Python behind.
        without = [f"--ignore={utils}/test_module.py", "--ignore-glob=*_properties.py"]
        _pytest(prepare(MODULE), utils, *without, "-n", "2")


def integration(core: str, arguments: list[str]) -> None:
    """Run the integration targets, or those that are named."""
    venv = prepare(CORES[core])
    config = stage.COLLECTION / "tests" / "integration" / "integration_config.yml"
    command = ["ansible-test", "integration", "--color", "no", "--python", venv.python]
    with servers.variables_in(config):
        env = stage.environment_of(venv)
        durations.run_parts([*command, *arguments], env=env, cwd=stage.COLLECTION)


def roles(core: str, arguments: list[str]) -> None:
    """Run the scenarios of all roles, or the one that is named."""
    venv = prepare(CORES[core])
    config = stage.ROOT / "variables.yml"
    env = stage.environment_of(venv, RELEASE_TRAIN_TEST_VARIABLES=str(config))
    with servers.variables_in(config):
        command = ["molecule", "test", *(arguments or ["--all", "--report"])]
        durations.run_parts(command, env=env, cwd=stage.COLLECTION)


def smoke(_core: str, arguments: list[str]) -> None:
    """Run the smoke tests on the oldest and the newest ansible-core."""
    for series in (OLDEST, NEWEST):
        announce(f"smoke tests with ansible-core {CORES[series].core}")
        _pytest(prepare(CORES[series]), "tests/smoke", *arguments)


# Two groups of tests at once (tests/e2e/conftest.py makes them), each with servers of its own.
_BOTH = ("-n", "2", "--dist", "loadgroup")


def e2e(core: str, arguments: list[str]) -> None:
    """Run the end-to-end tests that are over in seconds each."""
    _pytest(prepare(CORES[core]), "tests/e2e", "-m", "not slow", *_BOTH, *arguments)


def slow(core: str, arguments: list[str]) -> None:
    """Run the end-to-end tests that take minutes: lost workers, parallel runs, migration."""
    _pytest(prepare(CORES[core]), "tests/e2e", "-m", "slow", *_BOTH, *arguments)


# What runs, and the files without which it would run nothing.
KINDS: dict[str, tuple[Callable[[str, list[str]], None], str]] = {
    "unit": (unit, "tests/unit/**/test_*.py"),
    "integration": (integration, "tests/integration/targets/*/tasks/main.yml"),
    "roles": (roles, "extensions/molecule/*/molecule.yml"),
    "smoke": (smoke, "tests/smoke/**/test_*.py"),
    "e2e": (e2e, "tests/e2e/**/test_*.py"),
    "slow": (slow, "tests/e2e/**/test_*.py"),
}

SHARING = ("integration", "roles", "smoke")
"""Kinds that share the servers of this run; the others need none, or start their own."""


def main() -> None:
    """Run kinds of tests; those that need the same servers share one start of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", default=DEFAULT_CORE, choices=CORES, help="ansible-core series")
    parser.add_argument(
        "words", nargs=argparse.REMAINDER, metavar="KIND ...", help=", ".join(KINDS)
    )
    parser.add_argument("--part", action="store_true", help=argparse.SUPPRESS)  # of another run
    known = parser.parse_args()
    kinds = list(takewhile(KINDS.__contains__, known.words))
    rest = known.words[len(kinds) :]
    if not kinds:
        parser.error(f"name at least one of {', '.join(KINDS)}")
    collection = stage.refresh()
    if not known.part:
        durations.forget()
    with ExitStack() as stack:
        # Its servers are its own: while others wait for theirs, it uses the machine.
        if "e2e" in kinds and set(kinds) & set(SHARING):
            kinds.remove("e2e")
            prepare(CORES[known.core])
            stack.enter_context(_beside(known.core, ["e2e", *rest]))
        _run_all(collection, known.core, kinds, rest)
    if not known.part:
        announce("\n".join(["the slowest", *durations.slowest()]))


def _run_all(collection: Path, core: str, kinds: list[str], rest: list[str]) -> None:
    with ExitStack() as stack:
        started = False
        for kind in kinds:
            test, files = KINDS[kind]
            if not any(collection.glob(files)):
                announce(f"there are no {kind} tests yet: {files}")
                continue
            if kind in SHARING and not started:
                stack.enter_context(servers.running())
                started = True
            began = time.monotonic()
            test(core, rest)
            announce(f"{kind}: passed in {time.monotonic() - began:.0f} s")


@contextmanager
def _beside(core: str, words: list[str]) -> Iterator[None]:
    """Run this program on other kinds meanwhile; in the end show what it printed, or fail as it."""
    log = CACHE / "log" / f"{words[0]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    announce(f"{words[0]} runs in parallel; its output is printed at the end, and in {log}")
    with log.open("w+", encoding="utf-8") as stream:
        command = [sys.executable, __file__, "--core", core, "--part", *words]
        process = subprocess.Popen(
            command, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield
            status = process.wait()
        finally:
            if process.poll() is None:  # as Ctrl-C does, so that its servers end with it
                os.killpg(process.pid, signal.SIGINT)
                process.wait()
        stream.seek(0)
        print(stream.read(), end="", flush=True)
    if status:
        raise SystemExit(status)


if __name__ == "__main__":
    main()
