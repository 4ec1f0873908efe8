# SPDX-License-Identifier: Apache-2.0
"""Extra variables that Ansible cuts at spaces, and names that are nearly ours."""

from __future__ import annotations

import shlex

import pytest
from ansible.parsing.splitter import parse_kv

from plugins.plugin_utils.run.extra_variables import extra_variable_problems, known_variables
from plugins.plugin_utils.run.retry_command import _REPEATED


@pytest.mark.parametrize(
    "text",
    [
        "package_filter=^a",
        "package_filter='^a ^b'",
        "package_filter='^a ^b' pins_strict=true",
        '{"package_filter": "^a ^b"}',
        '{"package_filter": ["^a", "^b"]}',
        "package_filter=^a,^b",
        "@values.yml",
        "site_specific=1",
        "kolla_base_distro=rocky",
        "query=pins",
        "secrets_stackhpc_release_pulp_password=x",
    ],
)
def test_what_ansible_reads_as_it_was_meant_is_no_problem(text):
    assert extra_variable_problems([text]) == []


@pytest.mark.parametrize(
    ("text", "ignored", "name", "value"),
    [
        ("package_filter=^a ^b", "^b", "package_filter", "^a ^b"),
        ("pins_strict=true package_filter=^a ^b ^c", "^b ^c", "package_filter", "^a ^b ^c"),
        ("kolla_container_image_filter=^a$ ^b$", "^b$", "kolla_container_image_filter", "^a$ ^b$"),
        ("rpm_package_repo_filter=^a (?=b)", "(?=b)", "rpm_package_repo_filter", "^a (?=b)"),
    ],
)
def test_a_value_that_is_cut_is_printed_with_the_right_quotes(text, ignored, name, value):
    (problem,) = extra_variable_problems([text])
    head, _use, command = problem.partition(". Use ")
    assert head == f"Ansible splits -e name=value at spaces and ignores '{ignored}'"
    option, argument = shlex.split(command)
    assert option == "-e"
    if argument.startswith("{"):
        assert f'"{name}": "{value}"' in argument
    else:
        assert parse_kv(argument) == {name: value}
    assert extra_variable_problems([argument]) == []


def test_the_usual_case_reads_as_in_the_documentation():
    (problem,) = extra_variable_problems(["package_filter=^a ^b"])
    assert problem.endswith("""Use -e "package_filter='^a ^b'\"""")


def test_words_that_another_way_left_are_reported_too():
    (problem,) = extra_variable_problems([], "^b")
    assert "ignores '^b'" in problem


@pytest.mark.parametrize(
    ("text", "name", "meant"),
    [
        ("package_filtre=^a", "package_filtre", "package_filter"),
        ('{"kolla_container_image_filters": "^a"}', "kolla_container_image_filters", "kolla_con"),
        ("client_promot_to=previous", "client_promot_to", "client_promote_to"),
        ("release_train_flet=true", "release_train_flet", "release_train_fleet"),
        ("kayobe_config_repo_paht=/x", "kayobe_config_repo_paht", "kayobe_config_repo_path"),
    ],
)
def test_a_misspelt_name_is_reported_with_the_right_one(text, name, meant):
    (problem,) = extra_variable_problems([text])
    assert problem.startswith(f"-e {name}: unknown variable, did you mean {meant}")


def test_a_misspelt_name_in_a_file_is_reported_with_the_file(tmp_path):
    path = tmp_path / "values.yml"
    path.write_text("package_filtre: ^a\nsite_secret: !vault |\n  $ANSIBLE_VAULT;1.1\n")
    assert extra_variable_problems([f"@{path}"]) == [
        f"package_filtre of -e @{path}: unknown variable, did you mean package_filter?"
    ]


@pytest.mark.parametrize(
    "name",
    ["secrets_stackhpc_release_pulp_password", "release_train_test_client", "client_promote"],
)
def test_variables_of_a_site_in_a_file_are_no_problem(name, tmp_path):
    path = tmp_path / "values.yml"
    path.write_text(f"{name}: 1\n")
    assert extra_variable_problems([f"@{path}"]) == []


@pytest.mark.parametrize(
    "content", ["$ANSIBLE_VAULT;1.1;AES256\n3132\n", "- package_filtre\n", "a: [", "", "\xff"]
)
def test_a_file_without_readable_names_is_no_problem(content, tmp_path):
    path = tmp_path / "values.yml"
    path.write_text(content, encoding="latin-1")
    assert extra_variable_problems([f"@{path}", f"@{tmp_path}/none"]) == []


def test_files_that_kayobe_adds_are_not_read(tmp_path):
    path = tmp_path / "globals.yml"
    path.write_text("package_filtre: ^a\n")
    assert extra_variable_problems([f"@{path}"], kayobe_config=str(tmp_path)) == []


def test_every_variable_that_a_retry_repeats_is_known():
    assert known_variables() >= _REPEATED
