# SPDX-License-Identifier: Apache-2.0
"""The modules of release locks document the options that they share with the same defaults."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from plugins.module_utils.release_lock import options

MODULES = Path(options.__file__).parents[2] / "modules"
SHARED = {
    "release_lock": {
        **options.CONTAINER_OPTIONS,
        **options.CACHE_OPTIONS,
        **options.KEYRING_OPTIONS,
    },
    "release_verify": {
        **options.CONTAINER_OPTIONS,
        **options.CACHE_OPTIONS,
        **options.KEYRING_OPTIONS,
    },
    "release_diff": {**options.CACHE_OPTIONS, **options.KEYRING_OPTIONS},
}


@pytest.mark.parametrize("module", SHARED)
def test_options_are_documented_as_they_are(module):
    tree = ast.parse((MODULES / f"{module}.py").read_text(encoding="utf-8"))
    text = next(
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "DOCUMENTATION"
    )
    documented = yaml.safe_load(text)["options"]
    for name, option in SHARED[module].items():
        assert {key: documented[name].get(key) for key in option} == option
