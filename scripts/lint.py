# SPDX-License-Identifier: Apache-2.0
"""Every check that needs no server, one after the other; the last line names those that failed."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import stage
from environments import CORES, DEFAULT_CORE, TOOLS, prepare
from machine import say

CHECKS = {
    "ruff check": ["ruff", "check", "--no-cache", "."],
    "ruff format": ["ruff", "format", "--no-cache", "--check", "."],
    "words": ["python", "scripts/words.py"],
    "mypy of the plugins": ["mypy", "plugins"],
    "mypy of the scripts and the lab": ["mypy", "scripts", "tests/lab"],
    "ansible-lint": ["ansible-lint", "--offline"],
    "antsibull-changelog": ["antsibull-changelog", "lint"],
    "antsibull-docs": [
        *["antsibull-docs", "lint-collection-docs", "."],
        *["--plugin-docs", "--validate-collection-refs", "all"],
    ],
    # What users get; the tests and the scripts are Python programs, checked by ruff and mypy.
    "ansible-test sanity": [
        *["ansible-test", "sanity", "--color", "no"],
        *["--exclude", "tests/", "--exclude", "scripts/"],
    ],
}


# It copies the collection to a folder with a random name, and cannot read its own pages when that
# ends in "_", which is the syntax of a reference: one folder in 37.
TWICE = {"antsibull-docs"}


def main() -> None:
    """Run the checks whose name contains the given words, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", default=DEFAULT_CORE, choices=CORES, help="for ansible-test")
    parser.add_argument("words", nargs="*", help="part of the names of checks")
    arguments = parser.parse_args()
    collection = stage.refresh()
    failed = []
    for name, command in CHECKS.items():
        if " ".join(arguments.words) not in name:
            continue
        venv = prepare(CORES[arguments.core] if command[0] == "ansible-test" else TOOLS)
        env = stage.environment_of(venv, MYPYPATH=str(stage.ROOT))
        say(name)
        began = time.monotonic()
        for _try in range(2 if name in TWICE else 1):
            done = subprocess.run(
                command, cwd=collection, env=env, stdin=subprocess.DEVNULL, check=False
            )
            if not done.returncode:
                break
        else:
            failed.append(name)
        say(f"{name}: {time.monotonic() - began:.0f} s")
    if failed:
        sys.exit(f"==> lint failed: {', '.join(failed)}")
    say("lint passed")


if __name__ == "__main__":
    main()
