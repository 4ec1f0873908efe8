# SPDX-License-Identifier: Apache-2.0
"""Extra variables that would be ignored are errors."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from plugins.plugin_utils.run.extra_variables import extra_variable_errors, specified_variables

KNOWN = {"package_filter", "package_versions", "kolla_base_distros", "release_train_pulp_password"}
ROOT = Path(__file__).resolve().parents[5]


def errors(*arguments):
    return extra_variable_errors(arguments, KNOWN)


def test_a_value_with_spaces_is_an_error_with_the_right_quoting():
    (error,) = errors("package_filter=^a ^b")
    assert error.startswith("the value of package_filter has spaces")
    assert """-e "package_filter='...'\"""" in error


def test_a_secret_is_not_repeated():
    (error,) = errors("release_train_pulp_password=pa ss-word")
    assert "ss-word" not in error
    assert "release_train_pulp_password" in error


@pytest.mark.parametrize(
    "argument",
    [
        "package_filter='^a ^b'",
        "package_filter=^a package_versions=x",
        '{"package_filter": "^a ^b"}',
        "package_filter=^a,^b",
        "@versions of a site.yml",
        "other=1",
        "kolla_base_distro=rocky",
        "{not: [yaml",
    ],
)
def test_arguments_that_are_used_completely_are_right(argument):
    assert errors(argument) == []


@pytest.mark.parametrize("argument", ["package_filtre=^a", '{"package_filtre": "^a"}'])
def test_a_misspelt_variable_is_an_error_with_the_right_name(argument):
    assert errors(argument) == ["unknown variable package_filtre: did you mean package_filter?"]


def test_an_argument_without_a_name_is_an_error():
    (error,) = errors("versions.yml")
    assert "write -e name=value or -e @file" in error


def test_variables_of_the_specifications_are_known():
    known = specified_variables()
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            assert set(entry.get("options") or {}) <= known


def test_no_known_variable_is_taken_for_another_one():
    known = specified_variables()
    assert extra_variable_errors([f"{name}=1" for name in known], known) == []
