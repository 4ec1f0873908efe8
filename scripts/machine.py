# SPDX-License-Identifier: Apache-2.0
"""What the development tools know about this clone and the machine it is on."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

CLONE = Path(__file__).resolve().parents[1]
# The lab's servers live in the same directory; the variable leads there from the staged copy too.
CACHE = Path(os.environ.get("RELEASE_TRAIN_CACHE") or CLONE / ".cache").absolute()
HOME = CACHE / "home"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def announce(sentence: str) -> None:
    """Print one line of the tools' own, ahead of whatever a runner prints next."""
    print(f"==> {sentence}", flush=True)


def run(
    command: Sequence[str | Path], env: Mapping[str, str] | None = None, cwd: Path = CLONE
) -> None:
    """Run a command with its output shown and no input; its failure ends this program."""
    words = [str(word) for word in command]
    done = subprocess.run(words, env=env, cwd=cwd, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"==> failed with {done.returncode}: {' '.join(words)}")


@contextmanager
def locked() -> Iterator[None]:
    """Let one program at a time change what lies in the cache."""
    directory = CACHE / "lock"
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "tools").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def search_path() -> str:
    """Return PATH with the real directories of interpreters in the place of pyenv's shims.

    ansible-test cleans the environment that a shim needs to choose an interpreter.
    """
    directories: list[str] = []
    for entry in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if Path(entry).name == "shims":
            directories += sorted(map(str, Path(entry).parent.glob("versions/*/bin")))
        else:
            directories.append(entry)
    return os.pathsep.join(dict.fromkeys(directories))


def environment(first: Path | None = None, **more: str) -> dict[str, str]:
    """Return the environment for a tool: a home of its own, no trace of the caller's Python.

    first: the directory to look into before all others, for example a virtual environment's bin.
    """
    HOME.mkdir(parents=True, exist_ok=True)
    ours = ("ANSIBLE_", "MOLECULE_", "PYTHON", "VIRTUAL_ENV")
    env = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    pip_config = Path.home() / ".config" / "pip" / "pip.conf"
    if pip_config.exists():  # the tools' home must not hide where packages come from
        env.setdefault("PIP_CONFIG_FILE", str(pip_config))
    if CERTIFICATES.exists():  # uv trusts its own list, not the machine's
        env.setdefault("SSL_CERT_FILE", str(CERTIFICATES))
    path = search_path()
    env["PATH"] = f"{first}{os.pathsep}{path}" if first else path
    env["HOME"] = str(HOME)
    env["RELEASE_TRAIN_CACHE"] = str(CACHE)
    env["LC_ALL"] = "C.UTF-8"  # ansible-core refuses to start under another encoding
    if not sys.stdout.isatty():
        env["NO_COLOR"] = "1"  # molecule colours a log file otherwise
    return {**env, **more}


def have_debian_packages(*names: str) -> None:
    """Install Debian packages as root; for other users fail with the names of the missing ones."""
    if os.geteuid() or not shutil.which("apt-get"):
        sys.exit(f"==> Debian packages are missing: {' '.join(names)}")
    announce(f"installing Debian packages: {' '.join(names)}")
    env = environment(DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "-qq", "update"], env=env)
    run(["apt-get", "-qq", "install", "--no-install-recommends", *names], env=env)
