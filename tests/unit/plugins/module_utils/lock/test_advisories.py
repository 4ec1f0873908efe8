# SPDX-License-Identifier: Apache-2.0
"""Severities and the order of advisories; what changes is tested in test_difference.py."""

from __future__ import annotations

import pytest

from plugins.module_utils.lock.advisories import AdvisoryTable, cve_key
from tests.unit.plugins.module_utils.lock.compared_locks import advisory


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("Critical", "critical"),
        (" urgent ", "critical"),
        ("High", "important"),
        ("medium", "moderate"),
        ("LOW", "low"),
        ("None", "unspecified"),
        ("", "unspecified"),
        ("<script>", "unspecified"),
    ],
)
def test_severities_of_all_distributions_are_the_same_five(text, severity):
    table = AdvisoryTable()
    table.compare("baseos", [], [advisory("A:1", severity=text)])
    assert [one["severity"] for one in table.lists()["added"]] == [severity]


def test_an_advisory_is_known_with_the_cves_of_all_its_occurrences():
    old = [advisory("A:1", cves=("CVE-2026-1001",)), advisory("A:1", cves=("CVE-2026-1002",))]
    table = AdvisoryTable()
    table.compare("baseos", old, [advisory("A:1", cves=("CVE-2026-1001", "CVE-2026-1002"))])
    assert table.lists() == {"added": [], "updated": [], "removed": []}


def test_an_advisory_with_cves_is_about_security_whatever_its_type():
    table = AdvisoryTable()
    both = [advisory("A:1", "bugfix"), advisory("A:2", "enhancement", cves=("CVE-2026-1001",))]
    table.compare("baseos", [], both)
    assert [one["id"] for one in table.lists()["added"]] == ["A:2", "A:1"]


def test_cves_are_sorted_by_year_and_number():
    cves = ["x", "CVE-2026-10000", "CVE-2026-9999", "CVE-2025-99999"]
    assert sorted(cves, key=cve_key) == [cves[3], cves[2], cves[1], cves[0]]
