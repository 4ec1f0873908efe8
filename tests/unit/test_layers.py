# SPDX-License-Identifier: Apache-2.0
"""Rules for the layers of plugins/: imports, sizes, and terms of releases.

Each test reports all violations of its rule at once.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
FILES = sorted(path for path in PLUGINS.rglob("*.py") if path.name != "__init__.py")

# Directories, or files beside them, import only from later entries. Those in one entry do not
# import each other.
LAYERS = {
    "module_utils": [
        {"kayobe"},
        {"release_lock"},
        {"artifacts"},
        {"release"},
        {"container", "content"},
        {"objects"},
        {"module"},
        {"pulp"},
        {"inventory"},
        {"report"},
        {"lock"},
        {"metadata"},
        {"files"},
        {"errors"},
        {"text"},
    ],
    "plugin_utils": [{"run"}, {"kolla"}, {"inventory"}],
}
# Every directory may import module_utils, and those of the controller plugin_utils, too.
ON_CONTROLLER = {"action", "filter", "lookup", "plugin_utils"}
USES_ANSIBLE_MODULE = {"module_utils/module.py"}
# All other files send their requests through pulp/client.py.
USES_HTTP = {
    "module_utils/container/registry.py",
    "module_utils/content/download.py",
    "module_utils/module.py",
    "module_utils/pulp/client.py",
    "module_utils/pulp/content_app.py",
    "module_utils/pulp/errors.py",
    "module_utils/pulp/server.py",
    "module_utils/pulp/session.py",
    "module_utils/pulp/transport.py",
}

FILE_LINES = 450
DIRECTORY_FILES = 16
SMALL_FILE_LINES = 100
# A smaller file with a single importer, in the same directory, belongs into that file.
SMALL_FILES: dict[str, str] = {
    "module_utils/release/source.py": "with it, mirror.py would have two concepts and be too long",
}

# Layers for Pulp do not use terms of the release train.
PLAIN_DIRECTORIES = ("container", "content", "objects", "pulp")
RELEASE_WORDS = re.compile(r"(?<![a-z])(kayobe|kolla|snapshots?|stamps?|playbooks?)(?![a-z])", re.I)
ALLOWED_WORDS = {
    "container/tags.py": {"playbook"},  # an error names the variable of the playbook
    "objects/pinned_source.py": {"stamp"},  # an immutable URL ends in a stamp
}


class Import(NamedTuple):
    """A name that a file imports from `module`, a dotted path below plugins; "*": all of it."""

    path: Path
    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(PLUGINS)}: from {self.module} import {self.name}"


def dotted(path: Path) -> str:
    """Return the dotted name of a file below plugins."""
    return ".".join(path.relative_to(PLUGINS).with_suffix("").parts)


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


MODULES = {dotted(path): path for path in FILES}


def imports(path: Path) -> Iterator[Import]:
    """Yield what a file imports from this collection."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            package = dotted(path).split(".")[: -node.level]
            origin = ".".join([*package, *filter(None, [node.module])])
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                yield Import(path, *((inner, "*") if inner in MODULES else (origin, alias.name)))


def layer_of(module: str) -> tuple[str, str]:
    """Return the directory of plugins and the one below it: ("module_utils", "pulp")."""
    directory, part = module.split(".")[:2]
    return directory, part


def defined_in(path: Path) -> set[str]:
    """Return the names that a file defines at its top level, without those that it imports."""
    names: set[str] = set()
    for node in tree(path).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {
                part.id for one in targets for part in ast.walk(one) if type(part) is ast.Name
            }
    return names


def test_every_directory_is_a_layer():
    parts = {layer_of(dotted(path)) for path in FILES if dotted(path).split(".")[0] in LAYERS}
    assert parts == {
        (directory, part)
        for directory, layers in LAYERS.items()
        for layer in layers
        for part in layer
    }


def test_a_directory_imports_only_what_is_below_it():
    violations = []
    for one in (one for path in FILES for one in imports(path)):
        (directory, part), (target, below) = layer_of(dotted(one.path)), layer_of(one.module)
        if directory != target:
            is_violation = target != "module_utils" and not (
                target == "plugin_utils" and directory in ON_CONTROLLER
            )
        elif directory in LAYERS and part != below:
            level = {name: i for i, names in enumerate(LAYERS[directory]) for name in names}
            is_violation = level[below] <= level[part]
        else:
            is_violation = directory not in LAYERS
        if is_violation:
            violations.append(str(one))
    assert violations == []


def test_imports_inside_the_collection_are_relative_and_resolve():
    violations = [
        str(path.relative_to(PLUGINS))
        for path in FILES
        if re.search(
            r"^\s*(from|import) (ansible_collections|plugins)\b", path.read_text("utf-8"), re.M
        )
    ]
    violations += [str(one) for path in FILES for one in imports(path) if one.module not in MODULES]
    assert violations == []


def test_a_name_is_imported_from_where_it_is_defined():
    re_exported = [
        str(one)
        for path in FILES
        for one in imports(path)
        if one.name != "*" and one.name not in defined_in(MODULES[one.module])
    ]
    assert re_exported == []


def test_packages_are_empty():
    assert [str(path) for path in PLUGINS.rglob("__init__.py") if path.read_bytes()] == []


def test_only_modules_and_module_py_use_ansible_module():
    users = {
        str(path.relative_to(PLUGINS))
        for path in FILES
        if path.parent.name != "modules" and "AnsibleModule" in path.read_text(encoding="utf-8")
    }
    assert users <= USES_ANSIBLE_MODULE


def test_only_the_engine_sends_requests():
    http = re.compile(r"^\s*(from|import) (requests|urllib3|urllib\.request|http\.client)\b", re.M)
    users = {
        str(path.relative_to(PLUGINS)) for path in FILES if http.search(path.read_text("utf-8"))
    }
    assert users <= USES_HTTP


def test_layers_for_pulp_do_not_use_terms_of_releases():
    violations = []
    for path in (PLUGINS / "module_utils").rglob("*.py"):
        name = path.relative_to(PLUGINS / "module_utils")
        if name.parts[0] in PLAIN_DIRECTORIES:
            words = RELEASE_WORDS.findall(path.read_text(encoding="utf-8").replace("_", " "))
            found = {word.lower().rstrip("s") for word in words}
            violations += [
                f"{name}: {word}" for word in found - ALLOWED_WORDS.get(str(name), set())
            ]
    assert violations == []


def test_a_file_holds_one_concept():
    too_long = {
        str(path.relative_to(PLUGINS)): lines
        for path in FILES
        if path.parent.name != "modules"
        and (lines := path.read_text(encoding="utf-8").count("\n")) > FILE_LINES
    }
    assert too_long == {}


def test_a_directory_has_a_limited_number_of_files():
    layered = [path for path in FILES if dotted(path).split(".")[0] in LAYERS]
    sizes = Counter(str(path.parent.relative_to(PLUGINS)) for path in layered)
    assert {name: size for name, size in sizes.items() if size > DIRECTORY_FILES} == {}


def test_no_small_file_has_a_single_importer_in_its_directory():
    importers = defaultdict(set)
    for path in FILES:
        for one in imports(path):
            importers[one.module].add(path)
    fragments = {
        str(path.relative_to(PLUGINS))
        for module, path in MODULES.items()
        if path.read_text(encoding="utf-8").count("\n") < SMALL_FILE_LINES
        and len(importers[module]) == 1
        and next(iter(importers[module])).parent == path.parent
    }
    assert fragments == set(SMALL_FILES)
