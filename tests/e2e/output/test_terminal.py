# SPDX-License-Identifier: Apache-2.0
"""The run summary on a terminal, and under Kayobe. No servers: its results are given."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import termios
from pathlib import Path
from typing import Any

import pytest

LONGEST = 120.0
UTILS = Path(__file__).parents[2] / "unit" / "plugins" / "module_utils"
APPROVED_CHECK = UTILS / "release" / "last_screen_of_access_check.txt"
DONE = {"name": "one", "type": "rpm", "action": "created", "changed": True, "error": ""}
FAILED = {"name": "two", "type": "rpm", "action": "failed", "changed": False, "error": "it is down"}
GREEN, YELLOW, RED = "\x1b[0;32m", "\x1b[0;33m", "\x1b[0;31m"


def write_play(directory: Path, results: list[dict[str, Any]], **variables: str) -> Path:
    """Write a playbook that prints the summary of a run."""
    runs = [{"results": results, "failed": any(one["error"] for one in results)}]
    options = {"playbook": "package_sync", "runs": runs, "retry": "filter", "fail": False}
    task = {"name": "Print run summary", "stackhpc.release_train.run_summary": options}
    play = {
        "name": "Summarize",
        "hosts": "localhost",
        "gather_facts": False,
        "vars": variables,
        "tasks": [task],
    }
    path = directory / "play.yml"
    path.write_text(json.dumps([play]), encoding="utf-8")
    return path


def printed_on_a_terminal(path: Path, columns: int = 80) -> str:
    """Run a playbook on a terminal of this width and return what it printed there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment.pop("ANSIBLE_NOCOLOR", None)
    process = subprocess.Popen(
        ["ansible-playbook", "-i", "localhost,", path.name],
        cwd=path.parent,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm"},
    )
    os.close(theirs)
    parts = []
    try:
        while part := os.read(ours, 65536):
            parts.append(part)
    except OSError:  # Linux reports the end of a terminal as an error
        pass
    finally:
        os.close(ours)
        process.wait(LONGEST)
    return b"".join(parts).decode()


@pytest.mark.parametrize(
    ("result", "verdict", "color"),
    [
        ({**DONE, "action": "unchanged", "changed": False}, "1 unchanged", GREEN),
        (DONE, "1 changed", YELLOW),
        (FAILED, "1 failed", RED),
    ],
    ids=["unchanged", "changed", "failed"],
)
def test_the_verdict_has_the_color_of_the_result(
    tmp_path: Path, result: dict[str, Any], verdict: str, color: str
) -> None:
    printed = printed_on_a_terminal(write_play(tmp_path, [result]))

    lines = [line for line in printed.splitlines() if verdict in line]
    assert [line.startswith(color) for line in lines] == [True], printed


@pytest.mark.parametrize("columns", [80, 120])
def test_the_lines_of_an_access_check_are_complete_at_any_width(
    tmp_path: Path, columns: int
) -> None:
    lines = APPROVED_CHECK.read_text(encoding="utf-8").splitlines()
    task = {"name": "Show", "stackhpc.release_train.text_show": {"text": lines}}
    play = {"name": "Show", "hosts": "localhost", "gather_facts": False, "tasks": [task]}
    path = tmp_path / "play.yml"
    path.write_text(json.dumps([play]), encoding="utf-8")

    printed = printed_on_a_terminal(path, columns).splitlines()

    first = printed.index(lines[0])
    assert printed[first : first + len(lines)] == lines


def test_a_configuration_path_of_kayobe_that_is_a_template_makes_a_kayobe_command(
    tmp_path: Path,
) -> None:
    config = tmp_path / "etc" / "kayobe"
    config.mkdir(parents=True)
    (config / "globals.yml").write_text("pulp: 1\n", encoding="utf-8")
    path = write_play(
        tmp_path,
        [FAILED],
        kayobe_config_path="{{ playbook_dir }}/etc/{{ product }}",
        kayobe_environment="{{ 'pro' ~ 'd' }}",
        product="kayobe",
    )

    done = subprocess.run(
        ["ansible-playbook", "-i", "localhost,", path.name, "-e", f"@{config}/globals.yml"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=LONGEST,
        check=True,
    )

    assert 'kayobe playbook run "$KAYOBE_CONFIG_PATH' in done.stdout
    assert "--environment prod" in done.stdout
    assert "globals.yml" not in done.stdout
