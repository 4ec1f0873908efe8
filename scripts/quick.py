# SPDX-License-Identifier: Apache-2.0
"""The checks that take less than a minute: ruff, mypy, and the unit tests of what changed.

What changed is what differs from the commit at which the branch left its base, committed or not.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import stage
from environments import CORES, DEFAULT_CORE, TOOLS, prepare
from lint import CHECKS, check
from machine import CLONE, announce, environment

QUICK = [name for name in CHECKS if name.startswith(("ruff", "mypy", "words"))]
UNIT = Path("tests/unit")


def changed_files(base: str) -> list[Path]:
    """Return the files that differ from where the branch left `base`, with those not added yet."""
    listed = _git("diff", "--name-only", "-z", "--merge-base", base)
    new = _git("ls-files", "-z", "--others", "--exclude-standard")
    return sorted({Path(name) for name in f"{listed}\0{new}".split("\0") if name})


def base_of_branch() -> str:
    """Return the first that there is of main, here or at the origin, and the last commit."""
    known = _git("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes").split()
    return next((name for name in ("main", "origin/main") if name in known), "HEAD")


def tests_of(path: Path) -> set[Path]:
    """Return the test files and directories that a changed file concerns.

    Those of the whole collection, tests/unit/test_*.py, concern every file.
    """
    if path.suffix != ".py" or path.parts[0] not in ("plugins", "tests"):
        return set()
    if path.is_relative_to(UNIT):
        mirror, own = path.parent, {path} if path.name.startswith("test_") else set()
    elif path.parts[0] == "plugins":
        mirror = UNIT / path.parent
        own = {
            found.relative_to(CLONE)
            for name in (f"test_{path.stem}.py", f"test_{path.stem}_*.py")
            for found in (CLONE / mirror).glob(name)
        }
    else:
        return set()
    own = {test for test in own if (CLONE / test).exists()}
    return own or ({mirror} if (CLONE / mirror).is_dir() else set())


def unit_tests(base: str, core: str) -> bool:
    """Run the unit tests of what changed on one ansible-core, and return whether they passed."""
    changed = changed_files(base)
    own = {test for path in changed for test in tests_of(path)}
    general = {path.relative_to(CLONE) for path in (CLONE / UNIT).glob("test_*.py")}
    command = ["python", "-m", "pytest", "-p", "no:cacheprovider", "-q", "-n", "2"]
    announce(
        f"unit tests of {len(changed)} changed files: {', '.join(sorted(map(str, own))) or 'none'}"
    )
    done = subprocess.run(
        [*command, *sorted(map(str, own | general))],
        cwd=stage.COLLECTION,
        env=stage.environment_of(prepare(CORES[core])),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return not done.returncode


def main() -> None:
    """Run the checks; a failure does not hide the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", default=DEFAULT_CORE, choices=CORES, help="ansible-core series")
    parser.add_argument("base", nargs="?", help="branch or commit, by default main")
    arguments = parser.parse_args()
    stage.refresh()
    prepare(TOOLS)
    base = arguments.base or base_of_branch()
    with ThreadPoolExecutor(max_workers=1) as pool:
        checks = [pool.submit(check, name, arguments.core) for name in QUICK]
        failed = [] if unit_tests(base, arguments.core) else ["unit tests"]
        failed += [name for name, done in zip(QUICK, checks) if not done.result()]
    if failed:
        sys.exit(f"==> failed: {', '.join(failed)}")
    announce("quick checks passed")


def _git(*words: str) -> str:
    command = ["git", "-c", "safe.directory=*", *words]
    done = subprocess.run(
        command, cwd=CLONE, env=environment(), stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"==> failed: {' '.join(command)}")
    return done.stdout


if __name__ == "__main__":
    main()
