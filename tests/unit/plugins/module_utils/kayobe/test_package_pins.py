# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.kayobe.package_pins import (
    count_other_pins,
    report_lines,
    select_package_pins,
    update_package_pins,
)

OLD, MID, NEW = "20261101T000000", "20261110T000000", "20261122T200001"
TEXT = f"""\
stackhpc_pulp_repo_a_version: {OLD}
stackhpc_pulp_repo_b_version:
stackhpc_pulp_repo_c_version: "{{{{ stackhpc_pulp_repo_a_version }}}}"
stackhpc_pulp_repo_d_version: {NEW}
stackhpc_pulp_repo_e_version: {NEW}
stackhpc_pulp_repo_f_version: odd
"""


def item(short_name, **keys):
    names = {
        "name": short_name,
        "distribution_name": f"{short_name}-",
        "base_path": f"{short_name}/",
    }
    return {**names, "short_name": short_name, **keys}


def params(**given):
    empty = ("rpm", "deb", "deprecated_rpm", "deprecated_deb", "rpm_filter", "deb_filter")
    keys = dict.fromkeys([*empty, "package_filter", "sync_group"])
    return {**keys, "pins_strict": False, "add": False, **given}


def test_each_pin_reports_its_action():
    pins = {"a": NEW, "b": NEW, "c": NEW, "d": NEW, "e": MID, "f": NEW, "x": NEW}
    text, changes = update_package_pins(TEXT, pins, add=False)
    assert {one.name: one.action for one in changes} == {
        **{"a": "update", "b": "fill", "c": "template", "d": "none", "e": "older", "f": "update"},
        "x": "absent",
    }
    assert text == (
        TEXT.replace(OLD, NEW)
        .replace("b_version:", f"b_version: {NEW}")
        .replace(f"e_version: {NEW}", f"e_version: {MID}")
        .replace("odd", NEW)
    )


def test_a_name_without_a_key_gets_one_when_it_is_requested():
    text, changes = update_package_pins(TEXT, {"bb": NEW}, add=True)
    assert [(one.name, one.action, one.changed) for one in changes] == [("bb", "add", True)]
    lines = text.splitlines()
    assert lines[2] == f"stackhpc_pulp_repo_bb_version: {NEW}"
    assert lines[:2] + lines[3:] == TEXT.splitlines()


def test_a_name_that_cannot_be_a_variable_is_not_added():
    with pytest.raises(OperatorError, match=r"variable name stackhpc_pulp_repo_b\.b_version"):
        update_package_pins(TEXT, {"b.b": NEW}, add=True)
    assert update_package_pins(TEXT, {"b.b": NEW}, add=False)[0] == TEXT


def test_the_table_has_old_and_new_pins_and_ends_with_the_counts():
    pins = {"a": NEW, "b": NEW, "d": NEW, "e": MID, "long_name": NEW}
    _text, changes = update_package_pins(TEXT, pins, add=True)
    assert report_lines(changes, "pins.yml", "selected 5 of 5") == [
        f"a          {OLD} -> {NEW}",
        f"b          (none)          -> {NEW}",
        f"e          {NEW} -> {MID}   OLDER than before",
        f"long_name  (none)          -> {NEW}   new key",
        "pins.yml: selected 5 of 5: 1 updated, 1 to an OLDER stamp, 1 filled, 1 added, 1 unchanged",
    ]


def test_check_mode_reports_that_nothing_was_written_if_there_are_changes():
    _text, changes = update_package_pins(TEXT, {"a": NEW}, add=False)
    lines = report_lines(changes, "pins.yml", "", is_written=False)
    assert lines[-1] == "pins.yml: 1 updated (check mode, nothing was written)"
    _text, changes = update_package_pins(TEXT, {"a": OLD}, add=False)
    assert report_lines(changes, "pins.yml", "", is_written=False) == ["pins.yml: 1 unchanged"]


def test_repositories_are_selected_with_the_common_filters():
    given = params(
        rpm=[item("a", sync_group="g"), item("b")],
        deb=[item("c", sync_group="g")],
        deprecated_rpm=[item("old")],
        package_versions={"a": NEW, "b": NEW, "c": NEW, "old": NEW, "x": NEW},
    )
    chosen, text, warnings = select_package_pins(given)
    assert sorted(chosen) == ["a", "b", "c", "old"]
    assert text == "selected 4 of 5 pins; 1 pin has no repository in this inventory: x"
    assert "'x' is pinned, but no package repository has that short name" in warnings[0]
    assert sorted(select_package_pins({**given, "sync_group": "g"})[0]) == ["a", "c"]
    assert sorted(select_package_pins({**given, "package_filter": "a|old"})[0]) == ["a", "old"]


def test_an_invalid_repository_can_be_pinned():
    given = params(rpm=[item("a", base_path="a")], package_versions={"a": NEW})
    assert select_package_pins(given)[0] == {"a": NEW}


def test_without_repositories_pins_are_selected_by_name():
    given = params(package_versions={"a": NEW, "b": NEW})
    assert select_package_pins(given)[0] == {"a": NEW, "b": NEW}
    filtered = select_package_pins({**given, "package_filter": "b"})
    assert filtered[:2] == ({"b": NEW}, "selected 1 of 2")
    assert select_package_pins({**given, "rpm_filter": "a", "deb_filter": "a"})[0] == {"a": NEW}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"sync_group": "g"}, "cannot select by repository type or sync group"),
        ({"rpm_filter": "a"}, "cannot select by repository type or sync group"),
        ({"package_filter": "z"}, "'z' matches none of 1 names"),
        ({"package_versions": {}}, "package_versions is empty"),
        ({"package_versions": {"a": "latest"}}, "'a' is pinned to 'latest': expected a stamp"),
        ({"package_versions": {"a": None}}, "'a' has no stamp"),
        ({"rpm": [item("b")]}, "'a' is pinned, but no package repository has"),
    ],
)
def test_invalid_pins_are_rejected(more, message):
    with pytest.raises(OperatorError, match=message):
        select_package_pins(params(**{"package_versions": {"a": NEW}, **more}))


def test_pins_of_the_file_that_are_not_updated_are_counted():
    """Otherwise "selected 3 of 3" looks complete for a file with 45 pins."""
    assert count_other_pins(TEXT + "other: 1\n", ["a", "b", "x"]) == 4
    _text, changes = update_package_pins(TEXT, {"a": OLD}, add=False)
    (line,) = report_lines(changes, "pins.yml", "selected 1 of 1", others=42)
    assert line == "pins.yml: selected 1 of 1: 1 unchanged; not updated: 42 other pins of the file"
