# SPDX-License-Identifier: Apache-2.0
"""Options of uploaded packages, and items with missing options."""

from __future__ import annotations

import pytest

from plugins.module_utils.artifacts.package_upload import package_options, validate_item
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.pulp.types import CONTENT_TYPES


def test_only_deb_packages_belong_to_a_suite():
    rpm, deb = (package_options(CONTENT_TYPES[name]) for name in ("rpm", "deb"))
    assert set(deb) - set(rpm) == {"suite", "component", "architectures", "mode"}
    assert (deb["suite"]["default"], deb["mode"]["default"]) == ("stable", "structured")


def item(**more):
    defaults = {"packages": ["a"], "stamped": False, "distribution_name": None, "base_path": None}
    return {**defaults, **more}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"distribution_name": "a", "base_path": "a"},
        {"distribution_name": "a-", "base_path": "a/", "stamped": True},
    ],
)
def test_complete_items_are_accepted(more):
    validate_item(item(**more))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"packages": []}, "packages is empty"),
        ({"stamped": True}, "stamped needs distribution_name and base_path"),
        ({"stamped": True, "distribution_name": "a", "base_path": "a"}, "ends in '/'"),
        ({"base_path": "a"}, "needs a distribution_name"),
        ({"distribution_name": "a", "base_path": "a//b"}, "base_path must have no space"),
        ({"distribution_name": "a", "base_path": "a b/"}, "base_path must have no space"),
        ({"distribution_name": "a", "base_path": "a%20b/"}, "base_path must have no '%'"),
    ],
)
def test_incomplete_items_are_rejected(more, message):
    with pytest.raises(InvalidItem, match=message):
        validate_item(item(**more))
