# SPDX-License-Identifier: Apache-2.0
"""The last screen counts what was only planned, and has notes for the operator."""

from __future__ import annotations

import pytest

from plugins.plugin_utils.run.markdown import markdown
from plugins.plugin_utils.run.outcome import outcome_of
from plugins.plugin_utils.run.screen import View, summary_screen

NOTE = (
    "stackhpc_pulp_repository_rpm_repos (of the required items): 'EPEL 9' is listed twice, as "
    "items 3 and 7, which differ in url: the last one is used; remove one of them"
)


def result(name, action, changed=False):
    more = {"type": "rpm", "seconds": 0.0, "error": "", "before": {}, "after": {}}
    return {"name": name, "action": action, "changed": changed, **more}


def test_what_is_only_planned_is_not_called_unchanged():
    results = [result("a", "planned"), result("b", "planned"), result("c", "none")]
    outcome = outcome_of("ark1", [{"results": results}])
    assert outcome.counts == "2 planned, 1 unchanged"


def outcome_with(*notes):
    runs = [{"results": [result("a", "synced", True)]}, {"notes": list(notes)}]
    return outcome_of("localhost", runs)


@pytest.mark.parametrize("width", [80, 120])
def test_a_note_is_above_the_counts(width):
    *_before, first, second, counts = summary_screen(outcome_with(NOTE), "Synced", view=View(width))
    assert first.startswith("stackhpc_pulp_repository_rpm_repos")
    assert "'EPEL 9' is listed twice" in f"{first} {second.strip()}"
    assert "remove one of them" in second
    assert counts.startswith("1 changed")


def test_more_notes_are_counted():
    lines = summary_screen(outcome_with(NOTE, "b", "c"), "Synced")
    assert "  ... and 2 more" in lines


def test_notes_do_not_change_a_run_without_any():
    assert summary_screen(outcome_with(), "Synced")[-1].startswith("1 changed")


def test_the_summary_has_all_notes():
    text = markdown("client_sync", [outcome_with(NOTE, "second")], "Synced", [""])
    assert "EPEL 9" in text
    assert "second" in text
