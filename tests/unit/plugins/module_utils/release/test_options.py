# SPDX-License-Identifier: Apache-2.0
"""Pins in module parameters are selected first, so that other invalid items are ignored."""

from __future__ import annotations

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.release.options import read_pins

STAMP = "20261120T200001"


def item(short_name, **keys):
    return {
        "name": short_name,
        "short_name": short_name,
        "distribution_name": f"{short_name}-",
        "base_path": f"{short_name}/",
        **keys,
    }


def params(**more):
    names = ("deprecated_rpm", "deprecated_deb", "rpm_filter", "deb_filter", "package_filter")
    given = {
        "rpm": [item("good"), item("wrong", policy="nightly")],
        "deb": [item("bare", sync_group="debian")],
        "package_versions": {"good": STAMP, "wrong": STAMP, "bare": STAMP},
        "pins_strict": False,
        "sync_group": None,
    }
    return {**dict.fromkeys(names), **given, **more}


def test_invalid_pinned_items_are_errors_and_other_pins_resolve():
    resolved, selected = read_pins(params(), "mirror")
    assert [pin.short_name for pin in resolved.pins] == ["good"]
    assert [(error.short_name, error.message.partition(" ")[0]) for error in resolved.errors] == [
        ("wrong", "policy"),
        ("bare", "distributions"),
    ]
    assert selected == "selected 3 of 3"


@pytest.mark.parametrize(
    ("selection", "pins", "errors", "selected"),
    [
        ({"package_filter": "good"}, ["good"], [], "selected 1 of 3"),
        ({"rpm_filter": "wrong"}, [], ["wrong", "bare"], "selected 2 of 3"),
        ({"sync_group": "debian"}, [], ["bare"], "selected 1 of 3"),
    ],
)
def test_an_invalid_item_is_an_error_only_if_it_is_selected(selection, pins, errors, selected):
    resolved, text = read_pins(params(**selection), "mirror")
    assert [pin.short_name for pin in resolved.pins] == pins
    assert [error.short_name for error in resolved.errors] == errors
    assert text == selected


def test_an_invalid_deprecated_item_is_ignored_if_the_active_list_has_the_name():
    deprecated = [item("good", policy="nightly"), item("old"), item("old")]
    given = params(deprecated_rpm=deprecated, package_versions={"good": STAMP})
    resolved, _selected = read_pins(given, "pins")
    assert ([pin.short_name for pin in resolved.pins], resolved.errors) == (["good"], [])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rpm": [item("a", polcy="immediate")]}, "Unsupported parameters: rpm.polcy. Supported"),
        ({"rpm": [], "deb": [item("a", sync_policy="additive")]}, "deb.sync_policy"),
        ({"deprecated_rpm": [item("a", x=1)]}, "deprecated_rpm.x"),
        ({"deb_defaults": {"polcy": "immediate"}}, "deb_defaults.polcy"),
        ({"rpm_mirror_defaults": {"polcy": "on_demand"}}, "rpm_mirror_defaults.polcy"),
    ],
)
def test_an_unknown_key_of_a_module_argument_is_an_error(given, message):
    with pytest.raises(OperatorError, match=message):
        read_pins(params(**given), "pins")


def test_keys_of_other_modules_are_accepted():
    complete = item("good", url="https://example.com/", policy="immediate", remote_password="x")
    resolved, _selected = read_pins(
        params(rpm=[complete], package_versions={"good": STAMP}), "pins"
    )
    assert [pin.short_name for pin in resolved.pins] == ["good"]
