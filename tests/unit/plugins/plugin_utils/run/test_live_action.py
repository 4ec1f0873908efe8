# SPDX-License-Identifier: Apache-2.0
"""Lines of a report are shown while a module runs, each of them complete."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import pytest

from plugins.plugin_utils.run import live_action

LINE = {
    "number": 1,
    "of": 1,
    "name": "Zürich\x1b[2J",
    "action": "synced",
    "changed": True,
    "seconds": 1,
    "error": "",
}


@pytest.mark.parametrize(
    ("change", "visible"),
    [
        ({}, True),
        ({"transport": "ssh"}, False),
        # Set for the connection by a variable of the host, but not for the task.
        ({"become": object()}, False),
        ({"async_val": 60}, False),
        ({"no_log": True}, False),
        ({"args": {"progress_path": "/tmp/p"}}, False),
    ],
)
def test_the_report_is_read_only_if_the_controller_can_see_it(change, visible):
    defaults = {"transport": "local", "become": None, "async_val": 0, "no_log": False, "args": {}}
    values = {**defaults, **change}
    action = object.__new__(live_action.LiveAction)
    action._task = SimpleNamespace(**{**values, "become": False})
    action._connection = SimpleNamespace(**values)
    assert action._can_show_progress() is visible


def test_a_line_in_two_parts_is_shown_once_without_control_characters(tmp_path, monkeypatch):
    shown = []
    screen = SimpleNamespace(display=lambda text, color: shown.append(text))
    monkeypatch.setattr(live_action, "Display", lambda: screen)
    path = tmp_path / "progress"
    text = (json.dumps(LINE, ensure_ascii=False) + "\n").encode()
    cut = text.index(b"\xc3") + 1
    path.write_bytes(text[:cut])
    reader = live_action._Reader(str(path), "ark1: ")
    time.sleep(2 * live_action._POLL_INTERVAL)
    with path.open("ab") as stream:
        stream.write(text[cut:])
    reader.end()
    assert shown == ["ark1: [1/1] Zürich\\x1b[2J  synced  1 s"]
