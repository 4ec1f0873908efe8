# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from plugins.plugin_utils.inventory.files import read_inventory

KNOWN = {"known"}


@pytest.fixture
def inventory(tmp_path):
    """Return a function that writes files, by path, and returns their directory."""

    def write(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def scopes(files):
    return [(one.scope, dict(one.values)) for one in files.variables]


def test_variables_of_groups_and_hosts_are_found_like_in_ansible(inventory):
    directory = inventory(
        **{
            "hosts.yml": "all:\n  vars: {a: 1}\n  children:\n    g:\n"
            "      hosts:\n        h: {b: 2}\n        i:\n      vars: {c: 3}\n",
            "group_vars__all.yml": "d: 4\n",
            "group_vars__g__x.yaml": "e: 5\n",
            "group_vars__g__deeper__y.json": '{"f": 6}',
            "group_vars__g__plain": "g: 7\n",
            "group_vars__g__not.txt": "no: 1\n",
            "group_vars__g__old.yml~": "no: 1\n",
            "group_vars__g__.hidden.yml": "no: 1\n",
            "host_vars__h.yml": "h: 8\n",
        }
    )
    expected = [
        *(("all", {"a": 1}), ("all", {"d": 4}), ("group g", {"c": 3}), ("group g", {"e": 5})),
        *(("group g", {"f": 6}), ("group g", {"g": 7}), ("host h", {"b": 2}), ("host h", {"h": 8})),
    ]
    for source in (directory / "hosts.yml", directory):
        files = read_inventory([str(source)], KNOWN)
        assert sorted(scopes(files), key=str) == expected
        assert len(files.read) == 6
        assert files.problems == []


def test_an_encrypted_file_is_not_read(inventory):
    directory = inventory(group_vars__all__vault="$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    files = read_inventory([str(directory)], KNOWN)
    assert [path.name for path in files.encrypted] == ["vault"]
    assert (files.read, files.variables, files.problems) == ([], [], [])


def test_a_single_file_of_variables_applies_to_all_hosts(inventory):
    directory = inventory(**{"lists.yml": "known: 1\nother: 2\n"})
    files = read_inventory([str(directory / "lists.yml")], KNOWN)
    assert scopes(files) == [("all", {"known": 1, "other": 2})]


@pytest.mark.parametrize(
    "text", ["[ark]\nark1\n", "plugin: constructed\n", "- a\n", "all: 1\n", ""]
)
def test_inventories_of_other_plugins_are_skipped(inventory, text):
    name = "hosts" if text.startswith("[") else "hosts.yml"
    files = read_inventory([str(inventory(**{name: text}) / name)], KNOWN)
    assert (files.variables, files.problems) == ([], [])


def test_invalid_files_are_reported(inventory):
    directory = inventory(
        group_vars__a="- b\n",
        group_vars__b="c: [\n",
        group_vars__c="d: 1\nd: 2\n",
        group_vars__d="\xff",
    )
    (directory / "group_vars" / "e").write_bytes(b"\xff")
    files = read_inventory([str(directory), str(directory / "nowhere"), "ark1,"], KNOWN)
    problems = {
        one.path.name: (one.line, one.problem.split(":")[0], one.is_error) for one in files.problems
    }
    assert problems == {
        "nowhere": (1, "no such file or directory", True),
        "a": (1, "must be a mapping of variables", True),
        "b": (2, "not YAML", True),
        "c": (2, "d overrides the same key in line 1", False),
        "d": (1, "must be a mapping of variables", True),
        "e": (1, "cannot be read", True),
    }


def test_a_host_may_have_dots_in_its_name(inventory):
    directory = inventory(
        **{
            "host_vars__ark.example.com": "a: 1\n",
            "host_vars__b.example.com.yml": "b: 2\n",
            "host_vars__c.example.com__x.yml": "c: 3\n",
            "host_vars__README.md": "- no",
            "host_vars__ark.example.com.bak": "- no",
        }
    )
    files = read_inventory([str(directory)], KNOWN)
    assert scopes(files) == [
        ("host ark.example.com", {"a": 1}),
        ("host b.example.com", {"b": 2}),
        ("host c.example.com", {"c": 3}),
    ]
    assert files.problems == []


def test_a_file_beside_a_directory_of_the_same_name_is_ignored(inventory):
    directory = inventory(
        **{
            "group_vars__all__x.yml": "a: 1\n",
            "group_vars__all.yml": "a: 2\n",
            "group_vars__g.json": '{"b": 2}',
            "group_vars__g.yml": "b: 1\n",
        }
    )
    files = read_inventory([str(directory)], KNOWN)
    assert scopes(files) == [("all", {"a": 1}), ("group g", {"b": 1})]
    assert [(one.path.name, one.problem, one.is_error) for one in files.problems] == [
        ("all.yml", "is ignored: Ansible reads all instead", False),
        ("g.json", "is ignored: Ansible reads g.yml instead", False),
    ]
