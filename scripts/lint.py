# SPDX-License-Identifier: Apache-2.0
"""Every check that needs no server, two at a time; the last line names those that failed."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import stage
from environments import CORES, DEFAULT_CORE, TOOLS, prepare
from machine import announce

# In the order in which they start: the longest has one core for itself.
CHECKS = {
    # What users get; the tests and the scripts are Python programs, checked by ruff and mypy.
    "ansible-test sanity": [
        *["ansible-test", "sanity", "--color", "no"],
        *["--exclude", "tests/", "--exclude", "scripts/"],
    ],
    "ruff check": ["ruff", "check", "--no-cache", "."],
    "ruff format": ["ruff", "format", "--no-cache", "--check", "."],
    "words": ["python", "scripts/words.py"],
    "spelling": ["codespell"],
    "mypy of the plugins": ["mypy", "plugins"],
    "mypy of the scripts and the lab": ["mypy", "scripts", "tests/lab"],
    "ansible-lint": ["ansible-lint", "--offline"],
    "antsibull-docs": [
        *["antsibull-docs", "lint-collection-docs", "."],
        *["--plugin-docs", "--validate-collection-refs", "all"],
    ],
    "ansible-builder": ["python", "scripts/execution_environment.py"],
    "antsibull-changelog": ["antsibull-changelog", "lint"],
}


# It copies the collection to a directory with a random name, and cannot read its own pages when
# that ends in "_", which is the syntax of a reference: one directory in 37.
TWICE = {"antsibull-docs"}


def check(name: str, core: str) -> bool:
    """Run one check, print its output when it is over, and return whether it passed."""
    command = CHECKS[name]
    venv = prepare(CORES[core] if command[0] == "ansible-test" else TOOLS)
    env = stage.environment_of(venv, MYPYPATH=str(stage.ROOT))
    began = time.monotonic()
    for _try in range(2 if name in TWICE else 1):
        done = subprocess.run(
            command,
            cwd=stage.COLLECTION,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if not done.returncode:
            break
    result = "failed" if done.returncode else "passed"
    announce(
        f"{name}: {result} in {time.monotonic() - began:.0f} s\n{done.stdout.rstrip()}".rstrip()
    )
    return not done.returncode


def main() -> None:
    """Run the checks whose name contains the given words, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", default=DEFAULT_CORE, choices=CORES, help="for ansible-test")
    parser.add_argument("words", nargs="*", help="part of the names of checks")
    arguments = parser.parse_args()
    stage.refresh()
    names = [name for name in CHECKS if " ".join(arguments.words) in name]
    with ThreadPoolExecutor(max_workers=2) as pool:
        passed = list(pool.map(lambda name: check(name, arguments.core), names))
    failed = [name for name, well in zip(names, passed) if not well]
    if failed:
        sys.exit(f"==> lint failed: {', '.join(failed)}")
    announce("lint passed")


if __name__ == "__main__":
    main()
