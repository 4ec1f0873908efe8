# SPDX-License-Identifier: Apache-2.0
"""Rules for all modules, roles and playbooks. The layers are in test_layers.py.

Each test reports all violations of its rule at once.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

COLLECTION = Path(__file__).resolve().parents[2]
PLUGINS = COLLECTION / "plugins"
MODULES = sorted(PLUGINS.glob("modules/[!_]*.py"))
ROLES = sorted(path.parent.parent for path in COLLECTION.glob("roles/*/meta/argument_specs.yml"))
PLAYBOOKS = sorted(COLLECTION.glob("playbooks/*.yml"))

MODULE_CODE_LINES = 40
PLAYBOOK_LINES = 20
README_LINES = 25


def code_lines(text: str) -> int:
    """Count the lines that are neither blank, nor a comment, nor the start of a YAML document."""
    lines = (line.strip() for line in text.splitlines())
    return sum(1 for line in lines if line and line != "---" and not line.startswith("#"))


def absolute(node: ast.ImportFrom, path: Path) -> str:
    """Return the absolute module name of a `from ... import`, relative to the collection."""
    name = node.module or ""
    if not node.level:
        return name
    package = path.relative_to(COLLECTION).parent.parts
    return ".".join([*package[: len(package) - node.level + 1], *filter(None, [name])])


def imports(path: Path) -> set[str]:
    """Return every dotted name a Python file imports, also those inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = absolute(node, path)
            found |= {origin, *(f"{origin}.{alias.name}" for alias in node.names)}
    return found


def mapping(path: Path) -> dict:
    """Return the content of a YAML file, an empty mapping if the file does not exist."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.exists() else {}


def all_yaml() -> Iterator[tuple[Path, str]]:
    """Yield path and text of each YAML file of roles and playbooks."""
    for directory in ("roles", "playbooks"):
        for path in sorted((COLLECTION / directory).rglob("*.yml")):
            yield path.relative_to(COLLECTION), path.read_text(encoding="utf-8")


def test_the_lab_does_not_import_tests():
    lab = COLLECTION / "tests" / "lab"
    invalid = [
        f"{path.name} imports {name}"
        for path in lab.rglob("*.py")
        for name in imports(path)
        if re.match(r"tests\.(?!lab\b)", name)
    ]
    assert invalid == []


def test_no_handler_catches_all_exceptions():
    bare = [
        f"{path.relative_to(COLLECTION)}:{node.lineno}"
        for directory in ("plugins", "tests")
        for path in (COLLECTION / directory).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and ast.unparse(node.body[-1]) != "raise"
    ]
    assert bare == []


def test_every_python_file_names_its_licence():
    unlicensed = [
        str(path.relative_to(COLLECTION))
        for directory in ("plugins", "tests")
        for path in (COLLECTION / directory).rglob("*.py")
        if path.name != "__init__.py"  # ansible-test requires empty ones in module_utils
        and "SPDX-License-Identifier: Apache-2.0" not in path.read_text(encoding="utf-8")[:200]
        and "output" not in path.parts
    ]
    assert unlicensed == []


def test_a_module_is_documentation_and_a_thin_main():
    invalid = []
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        documented = {
            ast.unparse(node.targets[0]): node.end_lineno or 0
            for node in ast.parse(text).body
            if isinstance(node, ast.Assign)
        }
        missing = {"DOCUMENTATION", "EXAMPLES", "RETURN"} - documented.keys()
        below = "\n".join(text.splitlines()[documented.get("RETURN", 0) :])
        if missing or code_lines(below) > MODULE_CODE_LINES:
            invalid.append((path.name, sorted(missing), code_lines(below)))
    assert invalid == []


def test_every_module_is_tested_against_a_real_pulp():
    targets = COLLECTION / "tests" / "integration" / "targets"
    untested = [
        path.stem
        for path in MODULES
        if not (targets / f"module_{path.stem}" / "tasks" / "main.yml").exists()
    ]
    assert untested == []


def test_every_role_has_a_scenario():
    scenarios = COLLECTION / "extensions" / "molecule"
    missing = [
        role.name for role in ROLES if not any(scenarios.glob(f"role_{role.name}/molecule.yml"))
    ]
    assert missing == []


def specification(role: Path) -> dict:
    """Return the entry points of a role."""
    return mapping(role / "meta" / "argument_specs.yml").get("argument_specs", {})


def options_of(entry: dict) -> Iterator[tuple[str, dict]]:
    """Yield the options of an entry point, and the keys of their items."""
    for name, option in (entry.get("options") or {}).items():
        yield name, option
        yield from options_of(option)


def agrees(documented: object, value: object) -> bool:
    """Return whether a documented default is that of the role, or the fallback in its template."""
    return documented == value or ("{{" in str(value) and f"'{documented}'" in str(value))


def test_every_default_of_a_role_is_in_its_argument_spec():
    invalid = []
    for role in ROLES:
        entries = specification(role)
        if (role / "tasks" / "main.yml").exists() != ("main" in entries):
            invalid.append(
                f"{role.name}: tasks and argument spec disagree about the entry point main"
            )
        for name, value in mapping(role / "defaults" / "main.yml").items():
            options = [
                entry["options"][name]
                for entry in entries.values()
                if name in (entry.get("options") or {})
            ]
            if not options:
                invalid.append(f"{role.name}: {name} is in no entry point")
            elif any(not agrees(option.get("default", value), value) for option in options):
                invalid.append(f"{role.name}: {name} has another default in the spec")
    assert invalid == []


def test_a_default_in_an_argument_spec_is_a_value():
    prose = [
        f"{role.name}: {name} defaults to '{option['default']}'"
        for role in ROLES
        for entry in specification(role).values()
        for name, option in options_of(entry)
        if isinstance(option.get("default"), str) and re.search(r"\s|\{\{", option["default"])
    ]
    assert prose == []


def test_every_entry_point_and_option_of_a_role_is_described():
    invalid = []
    for role in ROLES:
        for name, entry in specification(role).items():
            if not re.match(r"(?!\w+s\b)[A-Z][a-z]+\b", entry["short_description"]):
                invalid.append(f"{role.name}: {name} has no imperative short description")
            for option, spec in options_of(entry):
                text = spec["description"]
                sentences = [text] if isinstance(text, str) else text
                if "type" not in spec or not all(one.endswith(".") for one in sentences):
                    invalid.append(f"{role.name}: {option} needs a type and sentences")
    assert invalid == []


def test_every_role_has_a_readme_of_one_screen():
    invalid = []
    for role in ROLES:
        readme = role / "README.md"
        length = len(readme.read_text(encoding="utf-8").splitlines()) if readme.exists() else 0
        if not 0 < length <= README_LINES:
            invalid.append((role.name, length))
    assert invalid == []


def test_a_playbook_has_a_noun_and_a_verb_as_name_and_few_lines():
    invalid = []
    for path in PLAYBOOKS:
        length = code_lines(path.read_text(encoding="utf-8"))
        if length > PLAYBOOK_LINES or not re.fullmatch(r"[a-z]+(_[a-z]+)+", path.stem):
            invalid.append((path.name, length))
    assert invalid == []


def test_a_playbook_starts_with_a_sentence_that_describes_it():
    invalid = [
        path.name
        for path in PLAYBOOKS
        if not re.match(r"---\n# [A-Z][^\n]+\.\n", path.read_text(encoding="utf-8"))
    ]
    assert invalid == []


def test_only_the_run_role_records_failures():
    markers = ("register: release_train_outcome", '": "{{ ansible_failed_result }}"')
    for marker in markers:
        assert {path.parts[1] for path, text in all_yaml() if marker in text} == {"run"}


def test_only_modules_send_requests_to_pulp():
    request = re.compile(r"^[\s-]*(ansible\.builtin\.)?(uri|get_url):|\bcurl\b", re.MULTILINE)
    assert [str(path) for path, text in all_yaml() if request.search(text)] == []


def test_entry_points_are_included_without_extension():
    # https://github.com/ansible/ansible: with the extension the argument spec is not looked up.
    extension = re.compile(r"tasks_from:\s*\S+\.ya?ml\b")
    assert [str(path) for path, text in all_yaml() if extension.search(text)] == []
