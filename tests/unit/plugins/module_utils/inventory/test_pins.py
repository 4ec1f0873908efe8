# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import datetime

import pytest

from plugins.module_utils.inventory.pins import (
    PinError,
    kayobe_variable,
    package_pins_of_kayobe,
    pins_without_stamp,
    resolve_pins,
)
from plugins.module_utils.inventory.repositories import (
    ItemError,
    PackageRepository,
    ParsedInventory,
)
from plugins.module_utils.inventory.selection import Filters, select_repositories

STAMP = "20261120T200001"
OLDER = "20261101T000000"


def repository(short_name, content_type="rpm", **keys):
    return PackageRepository(
        content_type,
        keys.pop("name", short_name),
        short_name,
        f"{short_name}-",
        f"{short_name}/",
        **keys,
    )


ACTIVE = ParsedInventory(
    [repository("rocky_9_baseos", sync_group="rocky_9"), repository("ubuntu_noble", "deb")]
)


def with_errors(*errors):
    return ParsedInventory(ACTIVE.repositories, errors=list(errors))


DEPRECATED = ParsedInventory([repository("rocky_8_baseos", deprecated=True)])


def test_pins_resolve_against_active_and_deprecated_repositories():
    resolved = resolve_pins({"rocky_8_baseos": OLDER, "ubuntu_noble": STAMP}, ACTIVE, DEPRECATED)
    assert [(pin.short_name, pin.content_type, pin.stamp) for pin in resolved.pins] == [
        ("ubuntu_noble", "deb", STAMP),
        ("rocky_8_baseos", "rpm", OLDER),
    ]
    assert resolved.pins[0].snapshot_name == "ubuntu_noble-20261120T200001"
    assert resolved.pins[0].snapshot_path == "ubuntu_noble/20261120T200001"
    assert resolved.unknown == []


def test_an_active_repository_takes_precedence_over_a_deprecated_one():
    old = repository("rocky_9_baseos", name="old", deprecated=True)
    (pin,) = resolve_pins({"rocky_9_baseos": STAMP}, ACTIVE, ParsedInventory([old])).pins
    assert pin.repository is ACTIVE.repositories[0]


def test_an_unknown_pin_is_reported_and_skipped():
    resolved = resolve_pins({"rocky_9_baseos": STAMP, "rocky_9_basos": STAMP}, ACTIVE)
    assert [pin.short_name for pin in resolved.pins] == ["rocky_9_baseos"]
    assert resolved.unknown == ["rocky_9_basos"]
    assert resolved.warnings == [
        "'rocky_9_basos' is pinned, but no package repository has that short name"
        " (nearest: rocky_9_baseos)"
    ]


def test_an_unknown_pin_is_an_error_when_strict():
    with pytest.raises(PinError, match="'zzz' is pinned, but no package repository"):
        resolve_pins({"rocky_9_baseos": STAMP, "zzz": STAMP}, ACTIVE, strict=True)


@pytest.mark.parametrize("pins", [{}, {"yyy": STAMP, "zzz": STAMP}])
def test_an_empty_result_is_always_an_error(pins):
    with pytest.raises(PinError) as refused:
        resolve_pins(pins, ACTIVE, DEPRECATED)
    assert all(f"'{short_name}'" in str(refused.value) for short_name in pins)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("20261120", "'rocky_9_baseos' is pinned to '20261120'"),
        ("latest", "'rocky_9_baseos' is pinned to 'latest'"),
        (" 20261120T200001", "'rocky_9_baseos' is pinned to ' 20261120T200001'"),
        (20261120200001, "'rocky_9_baseos' is pinned to '20261120200001'"),
        (datetime(2026, 11, 20), "'rocky_9_baseos' is pinned to '2026-11-20 00:00:00'"),
        (["20261120T200001"], "'rocky_9_baseos' is pinned to '['20261120T200001']'"),
        ("{{ nothing }}", "'rocky_9_baseos' is pinned to '{{ nothing }}'"),
        ("", "'rocky_9_baseos' has no stamp"),
        (None, "'rocky_9_baseos' has no stamp"),
    ],
)
def test_an_invalid_stamp_is_an_error_with_its_value(value, problem):
    with pytest.raises(PinError) as refused:
        resolve_pins({"rocky_9_baseos": value, "ubuntu_noble": STAMP}, ACTIVE)
    assert str(refused.value) == (
        f"{problem}: expected a stamp YYYYMMDDTHHMMSS, such as 20261120T200001"
    )


def test_all_invalid_stamps_are_reported_at_once():
    with pytest.raises(PinError, match="'b' has no stamp; 'a' is pinned to 'x'; 'c' is pinned to"):
        resolve_pins({"a": "x", "b": None, "c": 1}, ACTIVE)


DOCKER = ItemError("Docker", "policy is wrong", "rpm", "docker")


def test_the_pin_of_an_invalid_item_is_one_error_and_other_pins_resolve():
    pins = {"rocky_9_baseos": STAMP, "docker": STAMP}
    resolved = resolve_pins(pins, with_errors(DOCKER))
    assert [pin.short_name for pin in resolved.pins] == ["rocky_9_baseos"]
    assert (resolved.errors, resolved.unknown, resolved.warnings) == ([DOCKER], [], [])
    assert resolve_pins({"docker": STAMP}, with_errors(DOCKER), strict=True).errors == [DOCKER]


def test_an_invalid_item_without_a_pin_is_ignored():
    assert resolve_pins({"rocky_9_baseos": STAMP}, with_errors(DOCKER)).errors == []


def test_an_invalid_deprecated_item_does_not_affect_an_active_one():
    invalid = [ItemError("old", "repeats the name", "rpm", name) for name in ("ubuntu_noble", "b")]
    pins = {"ubuntu_noble": STAMP, "b": STAMP}
    resolved = resolve_pins(pins, ACTIVE, ParsedInventory(errors=invalid))
    assert [pin.short_name for pin in resolved.pins] == ["ubuntu_noble"]
    assert resolved.errors == invalid[1:]


def test_a_deprecated_item_does_not_replace_an_invalid_active_one():
    invalid = ItemError("Rocky 8", "policy is wrong", "rpm", "rocky_8_baseos")
    resolved = resolve_pins({"rocky_8_baseos": STAMP}, with_errors(invalid), DEPRECATED)
    assert (resolved.pins, resolved.errors) == ([], [invalid])


def test_pins_are_selected_like_repositories():
    resolved = resolve_pins({"rocky_9_baseos": STAMP, "ubuntu_noble": STAMP}, ACTIVE)
    by_group = select_repositories(resolved.pins, Filters(sync_group="rocky_9"))
    assert by_group.selected == resolved.pins[:1]
    by_name = select_repositories(resolved.pins, Filters(package_filter="noble"))
    assert by_name.text == "selected 1 of 2"


def test_pins_of_kayobe_are_keys_of_one_pattern():
    variables = {
        "stackhpc_pulp_repo_rocky_9_baseos_version": STAMP,
        "stackhpc_pulp_repo_a_version_2_version": OLDER,
        "stackhpc_pulp_repo_empty_version": None,
        "stackhpc_pulp_repo_version": STAMP,
        "stackhpc_pulp_repo__version": STAMP,
        "stackhpc_pulp_repo_docker_url": "https://example.com",
        "other_version": STAMP,
        7: STAMP,
    }
    assert package_pins_of_kayobe(variables) == {
        "rocky_9_baseos": STAMP,
        "a_version_2": OLDER,
        "empty": None,
    }


def test_a_key_of_kayobe_is_converted_to_a_short_name_and_back():
    for short_name in ("rocky_9_baseos", "version", "_version", "stackhpc_pulp_repo_x"):
        assert package_pins_of_kayobe({kayobe_variable(short_name): STAMP}) == {short_name: STAMP}


def test_short_names_without_a_stamp_are_sorted():
    assert pins_without_stamp({"c": "", "b": " ", "a": None, "d": STAMP, "e": 0}) == ["a", "b", "c"]


def test_a_malformed_stamp_does_not_hide_pins_of_no_repository():
    with pytest.raises(PinError) as refused:
        resolve_pins({"rocky_9_baseos": "x", "nowhere": STAMP}, ACTIVE)
    assert "'rocky_9_baseos' is pinned to 'x'" in str(refused.value)
    assert "'nowhere' is pinned, but no package repository has" in str(refused.value)


def test_many_unknown_pins_are_one_warning_and_one_line():
    names = [f"gone_{number:02}" for number in range(39)]
    pins = {"rocky_9_baseos": STAMP, "ubuntu_noble": STAMP, **dict.fromkeys(names, STAMP)}
    resolved = resolve_pins(pins, ACTIVE)
    [warning] = resolved.warnings
    assert warning.startswith(
        "39 of 41 pins have no package repository of that short name: 'gone_00', 'gone_01', "
    )
    assert all(f"'{name}'" in warning for name in names)
    assert resolved.selected("selected 1 of 2", 1) == (
        "selected 1 of 41 pins; 39 pins have no repository in this inventory: "
        f"{', '.join(names[:10])} and 29 more"
    )
    with pytest.raises(PinError, match="39 of 41 pins have no package repository"):
        resolve_pins(pins, ACTIVE, strict=True)


def test_without_unknown_pins_the_selection_reads_as_elsewhere():
    resolved = resolve_pins({"rocky_9_baseos": STAMP}, ACTIVE)
    assert resolved.selected("selected 1 of 1", 1) == "selected 1 of 1"
