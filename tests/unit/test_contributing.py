# SPDX-License-Identifier: Apache-2.0
"""CONTRIBUTING.md, .github, galaxy.yml and the commit hooks match the tree."""

from __future__ import annotations

import fnmatch
import importlib.util
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[2]
PAGE = (COLLECTION / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHANGES = ("Add a module", "Add an option", "Add a cause", "Add a playbook", "Add a content type")
# Top-level names of the tarball, besides what ansible-galaxy adds.
SHIPPED = {
    *("CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "changelogs", "docs", "galaxy.yml"),
    *("bindep.txt", "meta", "playbooks", "plugins", "requirements.txt", "roles"),
}


def section(title: str) -> str:
    """Return the text below a heading of the second level."""
    text = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert text, title
    return text


def items(title: str) -> list[str]:
    """Return the items of a numbered list, each as one line."""
    text = re.sub(r"\n +", " ", section(title))
    return re.findall(r"^\d+\. (.*)$", text, re.MULTILINE)


def paths_in(text: str) -> list[str]:
    """Return the patterns of files in a text."""
    return re.findall(r"`([\w.<>*/-]+/[\w.<>*/-]*|[A-Z]+\.md)`", text)


def found(pattern: str, **names: str) -> list[Path]:
    """Return the files that match a pattern with these names for `<module>` and the like."""
    for name, value in names.items():
        pattern = pattern.replace(f"<{name}>", value)
    return list(COLLECTION.glob(re.sub(r"<\w+>", "*", pattern).rstrip("/")))


def load(path: Path) -> ModuleType:
    """Import a file that is not in a package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("title", CHANGES)
def test_every_file_of_a_change_exists(title):
    listed = items(title)
    assert len(listed) > 3
    assert [item for item in listed if not paths_in(item)] == []
    assert [path for item in listed for path in paths_in(item) if not found(path)] == []


def test_every_path_of_the_page_exists():
    generated = {"build/docs/index.html", ".cache/"}
    assert [path for path in paths_in(PAGE) if path not in generated and not found(path)] == []


def test_the_layers_of_the_page_are_the_tested_ones():
    layers = load(COLLECTION / "tests" / "unit" / "test_layers.py").LAYERS["module_utils"]
    listed = section("Layers").partition("`plugins/module_utils/` has")[2].partition("\n\n")[0]
    lines = re.findall(r"^ +- (.*)$", listed, re.MULTILINE)
    names = [set(re.findall(r"`(\w+)(?:\.py)?`(?=:|$)", line)) for line in lines]
    assert names == layers


def required(title: str, word: str) -> Iterator[str]:
    """Yield the patterns of a change that contain `<word>` and are required."""
    for item in items(title):
        if not item.startswith("Only "):
            yield from (path for path in paths_in(item) if f"<{word}>" in path)


def test_every_module_has_the_files_of_the_list():
    modules = [path.stem for path in COLLECTION.glob("plugins/modules/[!_]*.py")]
    patterns = list(required("Add a module", "module"))
    assert len(patterns) >= 2
    missing = [(name, one) for name in modules for one in patterns if not found(one, module=name)]
    assert missing == []


def test_every_role_has_the_files_of_the_list():
    roles = [path.name for path in COLLECTION.glob("roles/*")]
    patterns = list(required("Add a playbook", "role"))
    assert len(patterns) >= 3
    missing = [(name, one) for name in roles for one in patterns if not found(one, role=name)]
    assert missing == []


def test_every_file_with_the_keys_of_the_inventory_is_in_the_list():
    text = section("Add an option").partition("\n### A key of a repository")[2]
    listed = {path for pattern in paths_in(text) for path in found(pattern)}
    key = re.compile(r"\bsock_connect_timeout\b")  # one that no other text mentions
    files = [
        path
        for pattern in ("plugins/**/*.py", "roles/**/*.yml", "docs/**/*.yml")
        for path in COLLECTION.glob(pattern)
        if key.search(path.read_text(encoding="utf-8"))
    ]
    assert len(files) > 4
    assert set(files) - listed == set()


def test_every_target_of_make_exists():
    makefile = (COLLECTION / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    commands = re.findall(r"`make ([a-z0-9 -]+?)(?: ARGS| CORE|`)", PAGE.replace("\n", " "))
    named = {word for command in commands for word in command.split()}
    assert len(named) > 8
    assert named - targets == set()


def test_the_tarball_has_only_the_files_that_users_need():
    listing = subprocess.run(
        ["git", "ls-files"], cwd=COLLECTION, capture_output=True, text=True, check=True
    )
    top_level = {line.partition("/")[0] for line in listing.stdout.splitlines()}
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))
    kept = {
        name
        for name in top_level
        if not any(fnmatch.fnmatch(name, pattern) for pattern in galaxy["build_ignore"])
    }
    assert kept == SHIPPED
    # The quickstart puts an inventory with passwords into the clone.
    assert "inventory" in galaxy["build_ignore"]


def test_every_configuration_of_github_can_be_read():
    files = sorted(COLLECTION.glob(".github/**/*.yml"))
    assert {"bug.yml", "config.yml", "dependabot.yml", "feature.yml"} <= {one.name for one in files}
    assert all(yaml.safe_load(file.read_text(encoding="utf-8")) for file in files)


def test_every_program_of_a_hook_is_in_this_clone():
    hooks = yaml.safe_load((COLLECTION / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    for repository in hooks["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            arguments = hook["entry"].split()
            files = [word for word in arguments if "/" in word]
            assert [file for file in files if not (COLLECTION / file).exists()] == []
            assert arguments[0] in ("make", "python3")


@pytest.mark.parametrize(
    ("subject", "error"),
    [
        ("kayobe lookups: report an unreadable configuration once", ""),
        ("README.md, docs: link the concepts", ""),
        ("fixup! scripts: move the developer programs", ""),
        ("Merge branch 'topic'", ""),
        ("Report an unreadable configuration once", "names no component"),
        (f"docs: {'x' * 70}", "has 76 characters"),
        ("", "names no component"),
    ],
)
def test_a_commit_subject_names_its_component(subject, error):
    module = load(COLLECTION / "scripts" / "commit_subject.py")
    assert error in module.error_in(subject)
    assert bool(module.error_in(subject)) == bool(error)
