# SPDX-License-Identifier: Apache-2.0
"""The tests: unit, integration, roles, smoke, e2e.

A kind without tests says so and passes; options this program does not know go to the runner.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import servers
import stage
from environments import CORES, DEFAULT_CORE, MODULE, Environment, find_python, prepare
from machine import run, say

OLDEST, NEWEST = min(CORES), max(CORES)


def _pytest(venv: Environment, tests: list[str], *arguments: str) -> None:
    env = stage.environment_of(venv)
    command = ["python", "-m", "pytest", "-p", "no:cacheprovider"]
    run([*command, *tests, *arguments], env=env, cwd=stage.COLLECTION)


def unit(core: str, arguments: list[str]) -> None:
    """Run the unit tests on three versions of ansible-core, those of module_utils on Python 3.9."""
    for series in dict.fromkeys([core, OLDEST, NEWEST]):
        say(f"unit tests with ansible-core {CORES[series].core}")
        _pytest(prepare(CORES[series]), ["tests/unit"], "-n", "2", *arguments)
    if find_python(MODULE) is None:
        say(f"no Python {MODULE.pythons[0]} here: the unit tests of module_utils ran on newer ones")
        return
    tests = stage.COLLECTION / "tests" / "unit" / "plugins" / "module_utils"
    if any(tests.glob("test_*.py")):
        say(f"unit tests of module_utils with Python {MODULE.pythons[0]}")
        _pytest(prepare(MODULE), [str(tests)], "-n", "2", *arguments)


def integration(core: str, arguments: list[str]) -> None:
    """Run the integration targets, or those that are named, against real Pulps."""
    venv = prepare(CORES[core])
    command = ["ansible-test", "integration", "--color", "no", "--python", venv.python]
    config = stage.COLLECTION / "tests" / "integration" / "integration_config.yml"
    env = stage.environment_of(venv)
    with servers.running() as variables, servers.private_file(config, variables):
        run([*command, *arguments], env=env, cwd=stage.COLLECTION)


def roles(core: str, arguments: list[str]) -> None:
    """Run the scenarios of all roles, or the one that is named, against real Pulps."""
    venv = prepare(CORES[core])
    scenarios = arguments or ["--all", "--report"]
    config = stage.ROOT / "variables.yml"
    env = stage.environment_of(venv, RELEASE_TRAIN_TEST_VARIABLES=str(config))
    with servers.running() as variables, servers.private_file(config, variables):
        run(["molecule", "test", *scenarios], env=env, cwd=stage.COLLECTION)


def smoke(core: str, arguments: list[str]) -> None:
    """Run the smoke tests on the oldest and the newest ansible-core."""
    for series in (OLDEST, NEWEST):
        say(f"smoke test with ansible-core {CORES[series].core}")
        _pytest(prepare(CORES[series]), ["tests/smoke"], *arguments)


def e2e(core: str, arguments: list[str]) -> None:
    """Run the end-to-end tests, which start the servers they need."""
    _pytest(prepare(CORES[core]), ["tests/e2e"], *arguments)


# What runs, and the files without which it would run nothing.
KINDS: dict[str, tuple[Callable[[str, list[str]], None], str]] = {
    "unit": (unit, "tests/unit/**/test_*.py"),
    "integration": (integration, "tests/integration/targets/*/tasks/main.yml"),
    "roles": (roles, "extensions/molecule/*/molecule.yml"),
    "smoke": (smoke, "tests/smoke/**/test_*.py"),
    "e2e": (e2e, "tests/e2e/**/test_*.py"),
}


def main() -> None:
    """Run one kind of test."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--core", default=DEFAULT_CORE, choices=CORES, help="ansible-core series")
    arguments, rest = parser.parse_known_args()
    test, files = KINDS[arguments.kind]
    if any(stage.refresh().glob(files)):
        test(arguments.core, rest)
    else:
        say(f"there are no tests of this kind yet: {files}")


if __name__ == "__main__":
    main()
