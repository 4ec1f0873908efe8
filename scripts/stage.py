# SPDX-License-Identifier: Apache-2.0
"""The copy of the collection that ansible-test, ansible-lint and molecule work on.

They want a git repository at <root>/ansible_collections/stackhpc/release_train; a symbolic link
there fails. What the runners write into the copy (tests/output) stays between runs.
"""

from __future__ import annotations

import filecmp
import shutil
import subprocess
from pathlib import Path

from environments import CORES, Environment
from machine import CACHE, CLONE, HOME, environment, locked

ROOT = CACHE / "stage"
COLLECTION = ROOT / "ansible_collections" / "stackhpc" / "release_train"

# ansible-test fetches pip's bootstrap from an address that an offline machine cannot reach, but
# every Python brings its own pip.
PIP_BOOTSTRAP = """\
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "ensurepip"])
packages = [word for word in sys.argv[1:] if not word.startswith("-")]
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", *packages])
"""
PIP_VERSIONS = ("23_1_2", "24_2", "25_2")


# ansible-test wants the GPL in every module; this collection has another licence.
IGNORED = "validate-modules:missing-gplv3-license"


def environment_of(venv: Environment, **more: str) -> dict[str, str]:
    """Return the environment for a command of a virtual environment that uses the copy."""
    return environment(venv.bin, ANSIBLE_COLLECTIONS_PATH=str(ROOT), PYTHONPATH=str(ROOT), **more)


def _listed(directory: Path) -> set[str]:
    """Return the files of a git work tree that are not ignored, as paths relative to it."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others"]
    command.append("--exclude-standard")
    done = subprocess.run(
        command, cwd=directory, env=environment(), capture_output=True, check=True
    )
    return {name for name in done.stdout.decode().split("\0") if name}


def refresh() -> Path:
    """Bring the copy up to date with the clone and return its directory."""
    git = ["git", "-c", "safe.directory=*"]
    with locked():
        COLLECTION.mkdir(parents=True, exist_ok=True)
        if not (COLLECTION / ".git").exists():
            subprocess.run([*git, "init", "--quiet"], cwd=COLLECTION, env=environment(), check=True)
        wanted = {name for name in _listed(CLONE) if (CLONE / name).is_file()}
        for name in _listed(COLLECTION) - wanted:
            (COLLECTION / name).unlink(missing_ok=True)
        for name in wanted:
            source, target = CLONE / name, COLLECTION / name
            if not target.exists() or not filecmp.cmp(source, target, shallow=False):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        _write_sanity_ignores()
        subprocess.run([*git, "add", "--all"], cwd=COLLECTION, env=environment(), check=True)
        _forget_installed_copies()
        _write_pip_bootstrap()
    return COLLECTION


def _forget_installed_copies() -> None:
    """Remove the copies that tools install into the home and would test instead of the stage."""
    for directory in (HOME / ".ansible" / "collections", HOME / ".cache" / "ansible-compat"):
        shutil.rmtree(directory, ignore_errors=True)


def _write_sanity_ignores() -> None:
    directory = COLLECTION / "tests" / "sanity"
    directory.mkdir(parents=True, exist_ok=True)
    directories = [COLLECTION / "plugins" / kind for kind in ("lookup", "modules")]
    plugins = sorted(path for parent in directories for path in parent.glob("*.py"))
    text = "".join(f"{path.relative_to(COLLECTION)} {IGNORED}\n" for path in plugins)
    for series in CORES:
        (directory / f"ignore-{series}.txt").write_text(text, encoding="utf-8")


def _write_pip_bootstrap() -> None:
    directory = HOME / ".ansible" / "test" / "cache"
    directory.mkdir(parents=True, exist_ok=True)
    for version in PIP_VERSIONS:
        (directory / f"get_pip_{version}.py").write_text(PIP_BOOTSTRAP, encoding="utf-8")
