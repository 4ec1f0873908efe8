# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from plugins.plugin_utils.inventory.validation import LocatedFinding, validate_inventory

STAMP = "20261122T200001"
REPOSITORIES = "stackhpc_pulp_repository_rpm_repos"
LISTS = """\
rpm_package_repos:
  - {name: a, short_name: a, distribution_name: a-, base_path: a/, url: https://example.com/}
  - name: b
    short_name: b
    distribution_name: b-
    base_path: b/
    url: https://example.com/
"""
# The same lists with a repository c instead of b.
OTHER_LISTS = LISTS.replace(" b\n", " c\n").replace(" b-", " c-").replace(" b/", " c/")


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Return a function that writes files, validates their directory and returns the lines."""
    monkeypatch.chdir(tmp_path)

    def check(kayobe="", strict=False, **files):
        for name, text in {"group_vars__all__lists": LISTS, **files}.items():
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return validate_inventory([str(tmp_path)], kayobe, strict).text

    return check


def test_a_valid_inventory_is_one_line(checked):
    assert checked() == ["0 errors, 0 warnings: 2 repositories in 1 file"]


def test_errors_come_before_warnings_each_with_file_and_line(checked):
    lists = f"{LISTS}    colour: 1\n  - name: a\n    short_name: c\n"
    assert checked(group_vars__all__lists=lists) == [
        "group_vars/all/lists:9: a: base_path is missing",
        "group_vars/all/lists:9: a: distribution_name is missing",
        "group_vars/all/lists:9: a: repeats the name 'a' of a (group_vars/all/lists:2)",
        "group_vars/all/lists:9: a: url is missing",
        "group_vars/all/lists:8: warning: b: unknown key 'colour', ignored",
        "4 errors, 1 warning: 3 repositories in 1 file",
    ]


@pytest.mark.parametrize(("strict", "mark"), [(False, "warning: "), (True, "")])
def test_a_misspelt_key_is_an_error_if_that_is_wanted(checked, strict, mark):
    lines = checked(strict=strict, group_vars__all__lists=f"{LISTS}    sync_polcy: x\n")
    problem = "unknown key 'sync_polcy', ignored (did you mean 'sync_policy'?)"
    assert lines[0] == f"group_vars/all/lists:8: {mark}b: {problem}"


def test_only_a_pinned_deprecated_repository_must_be_complete(checked):
    old = "deprecated_rpm_package_repos: [{name: old, short_name: old}]\n"
    assert all("warning: " in line for line in checked(group_vars__all__old=old)[:-1])
    text = f"stackhpc_pulp_repo_old_version: {STAMP}\n"
    lines = checked(
        kayobe="kayobe",
        group_vars__all__old=old,
        **{"kayobe__etc__kayobe__pulp-repo-versions.yml": text},
    )
    assert "group_vars/all/old:1: old: base_path is missing" in lines


def test_a_repository_that_a_client_lists_twice_is_found_with_both_lines(checked):
    variable, pins = REPOSITORIES, f"stackhpc_pulp_repo_a_version: {STAMP}\n"
    text = f"{variable}:\n  - {{name: a, url: x}}\n  - {{name: a, url: y}}\n"
    lines = checked(
        kayobe="kayobe",
        **{
            "kayobe__etc__kayobe__pulp-repo-versions.yml": pins,
            "kayobe__etc__kayobe__pulp.yml": text,
        },
    )
    assert lines[0].startswith(f"kayobe/etc/kayobe/pulp.yml:3: warning: a: {variable}: is listed")
    assert lines[0].endswith(
        "differ in url: the last one is used; remove one of them (kayobe/etc/kayobe/pulp.yml:2)"
    )


def test_values_of_a_group_are_checked_with_those_of_all(checked):
    lines = checked(
        group_vars__ark="package_filter: z\n",
        group_vars__all__pins=f"package_versions: {{c: {STAMP}}}\n",
        host_vars__one=OTHER_LISTS,
    )
    assert lines == [
        "group_vars/ark:1: package_filter: 'z' matches none of 2 names: a, b",
        "group_vars/all/pins:1: warning: c: 'c' is pinned, but no package repository has that short"
        " name",
        "1 error, 1 warning: 4 repositories in 4 files",
    ]


def test_a_variable_in_two_files_is_reported(checked):
    lines = checked(group_vars__all__more="rpm_package_repos: []\n")
    assert lines[0] == (
        "group_vars/all/lists:1: warning: rpm_package_repos: is ignored:"
        " group_vars/all/more:1 overrides it"
    )


def test_pins_of_a_kayobe_configuration_are_checked_against_all_lists(checked):
    key = "stackhpc_pulp_repo_{}_version: {}\n"
    pins = [("a", STAMP), ("b", ""), ("c", STAMP), ("d", 5), ("a", "'{{ x }}'")]
    text = "".join(key.format(*pin) for pin in pins) + "other: 1\n"
    lines = checked(
        kayobe="kayobe",
        **{"kayobe__etc__kayobe__pulp-repo-versions.yml": text},
        host_vars__one=OTHER_LISTS,
    )
    file = "kayobe/etc/kayobe/pulp-repo-versions.yml"
    assert [line.partition(": expected")[0].partition(" (near")[0] for line in lines] == [
        f"{file}:4: d: 'd' is pinned to '5'",
        f"{file}:2: warning: b: 'b' has no stamp",
        f"{file}:4: warning: d: 'd' is pinned, but no package repository has that short name",
        f"{file}:5: warning: file: stackhpc_pulp_repo_a_version overrides the same key in line 1",
        "1 error, 3 warnings: 4 repositories in 3 files",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "expected a mapping of variables"),
        ("other: 1\n", "no pins, expected stackhpc_pulp_repo_<short name>_version keys"),
        (None, "no package pins at '"),
    ],
)
def test_a_kayobe_configuration_without_pins_is_an_error(checked, text, message):
    files = {"kayobe__etc__kayobe__pulp-repo-versions.yml": text} if text else {}
    lines = checked(kayobe="kayobe", **files)
    assert message in lines[0]
    assert lines[-1].startswith("1 error, ")


def test_an_inventory_without_repositories_is_an_error(checked, tmp_path):
    lines = checked(group_vars__all__lists="other: 1\n")
    assert lines[0] == (
        ".:1: inventory: has neither rpm_package_repos nor deb_package_repos: specify other"
        " files or directories"
    )


def test_passwords_in_urls_are_not_shown(checked):
    lists = LISTS.replace("base_path: b/", "base_path: https://user:secret@example.com")
    assert "secret" not in "".join(checked(group_vars__all__lists=lists))


def test_only_an_error_is_a_failure_with_the_common_result():
    error = LocatedFinding("error", "lists.yml", 3, "a", "url is missing").result
    warning = LocatedFinding("warning", "lists.yml", 4, "a", "unknown key 'b', ignored").result
    assert (error["action"], error["error"]) == ("failed", "url is missing")
    assert (warning["action"], warning["error"]) == ("unchanged", "")
    assert (warning["name"], warning["line"], warning["problem"]) == (
        *("a", 4),
        "unknown key 'b', ignored",
    )
