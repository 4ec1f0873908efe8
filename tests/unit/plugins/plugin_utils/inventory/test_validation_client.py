# SPDX-License-Identifier: Apache-2.0
"""The Kayobe configuration of a client is validated without lists of package repositories."""

from __future__ import annotations

import pytest

from plugins.plugin_utils.inventory.validation import validate_inventory

PINS = "stackhpc_pulp_repo_a_version: 20260101T000000\n"
LISTS = """\
stackhpc_pulp_rpm_repos:
  - {name: a, url: "{{ x }}/1", required: "{{ flag }}"}
  - {name: b, url: "{{ x }}/2"}
  - {name: a, url: "{{ x }}/3", required: "{{ flag }}"}
stackhpc_pulp_repository_rpm_repos: "{{ stackhpc_pulp_rpm_repos }}"
"""


@pytest.fixture
def lines(tmp_path, monkeypatch):
    """Return a function that validates an inventory of two groups and this configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts").write_text("[seed]\nseed0\n", encoding="utf-8")
    directory = tmp_path / "config" / "etc" / "kayobe"
    directory.mkdir(parents=True)

    def check(pins=PINS, lists=LISTS):
        (directory / "pulp-repo-versions.yml").write_text(pins, encoding="utf-8")
        if lists:
            (directory / "pulp.yml").write_text(lists, encoding="utf-8")
        return validate_inventory(["inventory"], "config").text

    return check


def test_a_client_needs_no_lists_of_package_repositories(lines):
    *_findings, note, counts = lines()
    assert note.startswith("the inventory has no lists of package repositories: checked the items")
    assert "(3 of stackhpc_pulp_rpm_repos)" in note
    assert "not checked: their templates and URLs" in note
    assert counts.startswith("0 errors, 1 warning: 3 repositories in")


def test_a_repository_that_is_twice_in_the_source_list_is_found(lines):
    finding = lines()[0]
    assert finding.startswith(
        "config/etc/kayobe/pulp.yml:4: warning: a: stackhpc_pulp_rpm_repos: is"
    )
    assert "items 1 and 3, which differ in url" in finding


def test_a_malformed_pin_of_a_client_is_found(lines):
    assert any("yesterday" in line for line in lines("stackhpc_pulp_repo_a_version: yesterday\n"))


def test_without_lists_of_a_client_the_inventory_is_wrong(lines):
    assert "has neither rpm_package_repos nor deb_package_repos" in lines(lists="")[0]
