# SPDX-License-Identifier: Apache-2.0
"""A promotion that is interrupted is waited for, and its end is shown."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plugins.plugin_utils.run import interrupted_action

ROOT = Path(interrupted_action.__file__).resolve().parents[3]
# A worker that waits for a module of half a second.
WORKER = """
import time
from plugins.plugin_utils.run.interrupted_action import Watch
with Watch("channel_promote", "/x/report.json") as watch:
    print("ready", flush=True)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        time.sleep(0.05)
    watch.end({"failed": True, "msg": "nothing was switched: \\x1b[2J"})
print("result", flush=True)
"""


def worker() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_module_is_waited_for_and_its_end_is_shown(number):
    process = worker()
    process.send_signal(number)
    time.sleep(0.1)
    # Ansible's cleanup sends TERM again.
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=30)
    assert output == ""
    first, last = errors.strip().split("\n\n")
    assert "channel_promote still runs: it completes or rolls back what it has begun" in first
    assert first.endswith("; the result of each item is in /x/report.json")
    assert last.startswith("channel_promote has ended: nothing was switched: \\x1b[2J; ")
    assert process.returncode == 1


def test_without_an_interruption_nothing_is_shown():
    output, errors = worker().communicate(timeout=30)
    assert (output, errors) == ("result\n", "")


def test_the_module_of_a_worker_that_leads_a_group_receives_the_signal_once(monkeypatch):
    received = []
    monkeypatch.setattr(os, "killpg", lambda *arguments: received.append(arguments))
    watch = interrupted_action.Watch("channel_promote", "")
    watch._leads, watch._screen = True, None
    watch._interrupt(signal.SIGALRM)
    assert received == []
    watch._interrupt(signal.SIGINT)
    watch._interrupt(signal.SIGINT)
    assert received == [(os.getpid(), signal.SIGINT)]


def test_the_standard_error_of_another_process_is_opened():
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        screen = interrupted_action._open_screen(process.pid)
        assert screen is not None
        os.write(screen, b"text")
        os.close(screen)
        _output, errors = process.communicate(b"\n", timeout=30)
    assert errors == b"text"
    assert interrupted_action._open_screen(2**22 + 1) is None


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (
            {"results": [{"changed": True}, {"changed": False}]},
            "complete, 1 of 2 changed",
        ),
        ({"failed": True}, "it failed"),
        (
            {"failed": True, "msg": "MODULE FAILURE", "module_stdout": ""},
            "it was ended before it could report. Run it again: it completes what was begun",
        ),
    ],
)
def test_the_end_is_described(result, text):
    assert interrupted_action.outcome(result) == text
