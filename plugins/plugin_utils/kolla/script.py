# SPDX-License-Identifier: Apache-2.0
"""The script `tools/kolla-images.py` of a Kayobe configuration, which maps images to tags."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from ...module_utils.errors import OperatorError

_TIMEOUT = 300
_MAX_LINES = 30


class KollaScriptError(OperatorError):
    """The script failed; the message has its output."""


def script_of(root: Path) -> Path:
    """Return the path of the script below the root of a configuration."""
    return root / "tools" / "kolla-images.py"


def list_with_script(root: Path) -> dict[str, list[str]]:
    """Return image -> tags as listed by `list-tags`. Raises KollaScriptError."""
    script = script_of(root)
    done = _run(script, ["list-tags"])
    if done.returncode:
        raise KollaScriptError(f"{script} list-tags: {_output(done)}")
    try:
        tags = yaml.safe_load(done.stdout)
    except yaml.YAMLError as error:
        raise KollaScriptError(f"{script} list-tags: the output is not YAML: {error}") from error
    if not isinstance(tags, Mapping) or not all(isinstance(one, list) for one in tags.values()):
        raise KollaScriptError(
            f"{script} list-tags: the output does not map images to lists of tags"
        )
    return {str(image): [str(tag) for tag in listed] for image, listed in tags.items()}


def check_with_script(root: Path, kolla_ansible: str) -> list[str]:
    """Return the problems that the script reports against a checkout of Kolla Ansible."""
    problems = []
    for command in ("check-image-map", "check-hierarchy"):
        done = _run(script_of(root), [command, "--kolla-ansible-path", kolla_ansible])
        if done.returncode:
            problems.append(f"{script_of(root)} {command}: {_output(done)}")
    return problems


def _run(script: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the script with the interpreter of Ansible, which has PyYAML."""
    try:
        return subprocess.run(
            [sys.executable, str(script), *arguments],
            cwd=script.parent.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise KollaScriptError(f"{script}: took longer than {_TIMEOUT} s") from error
    except OSError as error:
        raise KollaScriptError(f"{script}: {error}") from error


def _output(done: subprocess.CompletedProcess[str]) -> str:
    """Return the output of a failed script in one line; of a traceback the last line."""
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    errors = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    lines += errors[-1:] if any(line.startswith("Traceback") for line in errors) else errors
    return "; ".join(lines[:_MAX_LINES]) or f"exit code {done.returncode} without any output"
