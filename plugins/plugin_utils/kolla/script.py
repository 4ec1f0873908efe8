# SPDX-License-Identifier: Apache-2.0
"""The program of a Kayobe configuration that knows its images, `tools/kolla-images.py`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from ...module_utils.errors import OperatorError

_SECONDS = 300
_LINES = 30


class KollaScriptError(OperatorError):
    """The program failed; the text has what it said."""


def script_of(root: Path) -> Path:
    """Where the program is, if a configuration has it."""
    return root / "tools" / "kolla-images.py"


def list_with_script(root: Path) -> dict[str, list[str]]:
    """The tags of each image, as the program of the configuration lists them.

    Raises KollaScriptError.
    """
    script = script_of(root)
    ended = _run(script, ["list-tags"])
    if ended.returncode:
        raise KollaScriptError(f"{script} list-tags: {_told(ended)}")
    try:
        tags = yaml.safe_load(ended.stdout)
    except yaml.YAMLError as error:
        raise KollaScriptError(f"{script} list-tags: printed no YAML: {error}") from error
    if not isinstance(tags, Mapping) or not all(isinstance(one, list) for one in tags.values()):
        raise KollaScriptError(f"{script} list-tags: printed no mapping of images to lists of tags")
    return {str(image): [str(tag) for tag in listed] for image, listed in tags.items()}


def check_with_script(root: Path, kolla_ansible: str) -> list[str]:
    """What the program finds wrong with its own tables, against a checkout of Kolla Ansible."""
    problems = []
    for command in ("check-image-map", "check-hierarchy"):
        ended = _run(script_of(root), [command, "--kolla-ansible-path", kolla_ansible])
        if ended.returncode:
            problems.append(f"{script_of(root)} {command}: {_told(ended)}")
    return problems


def _run(script: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run it with the interpreter that runs Ansible, which has YAML."""
    try:
        return subprocess.run(
            [sys.executable, str(script), *arguments],
            cwd=script.parent.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise KollaScriptError(f"{script}: took longer than {_SECONDS} s") from error
    except OSError as error:
        raise KollaScriptError(f"{script}: {error}") from error


def _told(ended: subprocess.CompletedProcess[str]) -> str:
    """The words of a program that failed; the last line of a traceback says what it is."""
    words = [line.strip() for line in ended.stdout.splitlines() if line.strip()]
    errors = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
    words += errors[-1:] if any(line.startswith("Traceback") for line in errors) else errors
    return "; ".join(words[:_LINES]) or f"ended with {ended.returncode} and no word"
