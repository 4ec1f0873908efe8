# SPDX-License-Identifier: Apache-2.0
"""Examples in the documentation use documented options."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugins.module_utils.inventory import values
from plugins.module_utils.release import options as package_options

COLLECTION = Path(__file__).resolve().parents[2]
MODULES = sorted((COLLECTION / "plugins" / "modules").glob("[!_]*.py"))
READMES = sorted(COLLECTION.glob("roles/*/README.md"))
OURS = "stackhpc.release_train."


def block(path: Path, name: str) -> Any:
    """Return the content of a documentation block of a plugin."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return yaml.safe_load(ast.literal_eval(node.value))
    return None


def fragment(reference: str) -> dict[str, Any]:
    """Return the options of a documentation fragment."""
    name, _dot, part = reference[len(OURS) :].partition(".")
    path = COLLECTION / "plugins" / "doc_fragments" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = getattr(module.ModuleDocFragment, (part or "documentation").upper())
    return yaml.safe_load(text).get("options", {})


def options_of(name: str) -> dict[str, Any]:
    """Return all documented options of one of our modules."""
    documentation = block(COLLECTION / "plugins" / "modules" / f"{name}.py", "DOCUMENTATION")
    options = dict(documentation.get("options", {}))
    for reference in documentation.get("extends_documentation_fragment", []):
        options.update(fragment(reference))
    return options


INVENTORY = {
    name: spec
    for parts in (
        package_options.inventory_lists(),
        package_options.inventory_lists("deprecated_"),
        package_options.inventory_defaults(),
        package_options.inventory_defaults("_mirror_defaults"),
    )
    for name, spec in parts.items()
}
PACKAGE_MODULES = [path for path in MODULES if "release_train.packages." in path.read_text("utf-8")]
TYPES = {
    values.text: "str",
    values.nonempty_text: "str",
    values.boolean: "bool",
    values.integer: "int",
    values.seconds: "float",
    values.words: "list",
    values.mapping_list: "list",
}


def type_and_choices(convert: Any) -> tuple[str, list[str]]:
    """Return the type and the choices to document for a key with this converter."""
    if convert in TYPES:
        return TYPES[convert], []
    with pytest.raises(values.ItemValueError) as caught:
        convert(object())
    listed = re.search(r"must be one of (.+), not", str(caught.value))
    return "str", sorted(listed[1].split(", "))


def unknown(given: Any, options: dict[str, Any], place: str) -> Iterator[str]:
    """Yield undocumented keys of an example, and required keys that are missing."""
    if not isinstance(given, dict):
        return
    missing = [key for key, spec in options.items() if spec.get("required") and key not in given]
    if place.count(".") > 2:  # connection options of a module come from module_defaults
        yield from (f"{place} has no {key}" for key in missing)
    for key, value in given.items():
        if key not in options:
            yield f"{place} has {key}"
            continue
        nested = options[key].get("suboptions")
        for entry in value if isinstance(value, list) else [value]:
            if nested:
                yield from unknown(entry, nested, f"{place}.{key}")


def tasks_in(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and arguments of each of our modules in a list of tasks, plays or blocks."""
    for entry in node if isinstance(node, list) else []:
        for key, value in entry.items():
            if key.startswith(OURS):
                yield key, value
            elif isinstance(value, list):
                yield from tasks_in([one for one in value if isinstance(one, dict)])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_examples_of_a_module_use_options_that_exist(path):
    used = list(tasks_in(block(path, "EXAMPLES")))
    assert f"{OURS}{path.stem}" in [name for name, _arguments in used]
    wrong = [
        problem
        for name, arguments in used
        for problem in unknown(arguments, options_of(name[len(OURS) :]), name)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.parent.name)
def test_the_example_of_a_role_uses_the_role_and_its_variables(path):
    examples = re.findall(r"```yaml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    plays = [play for text in examples for play in yaml.safe_load(text)]
    assert plays, f"{path} has no example"
    text = "".join(examples)
    assert f"{OURS}{path.parent.name}" in text
    specs = yaml.safe_load((path.parent / "meta" / "argument_specs.yml").read_text("utf-8"))
    known = {name for spec in specs["argument_specs"].values() for name in spec["options"]}
    prefixed = set(re.findall(rf"^\s*-?\s*({path.parent.name}_\w+):", text, re.MULTILINE))
    assert prefixed - known - {path.parent.name} == set()


def lists_of_items() -> Iterator[tuple[str, str, str]]:
    """Yield description, module and option for each list of an object role."""
    renamed = {
        **{"pulp_groups": "groups", "pulp_users": "users", "pulp_django_users": "users"},
        **{"pulp_content_guard_x509_cert_guards": "x509", "pulp_container_content": "container"},
    }
    for path in sorted(COLLECTION.glob("roles/pulp_*/meta/argument_specs.yml")):
        role = path.parents[1].name
        options = yaml.safe_load(path.read_text("utf-8"))["argument_specs"]["main"]["options"]
        for name, spec in options.items():
            if spec["type"] == "list":
                option = renamed.get(name, name[len(role) + 1 :].replace("_repos", ""))
                yield " ".join(spec["description"]), role.replace("_django", ""), option


LISTS = list(lists_of_items())


@pytest.mark.parametrize(
    ("description", "module", "option"), LISTS, ids=[f"{one[1]}-{one[2]}" for one in LISTS]
)
def test_a_list_of_an_object_role_names_the_keys_of_its_items(description, module, option):
    inventory = {"required", "short_name", "sync_group", "distribution_name"}
    suboptions = options_of(module)[option]["suboptions"]
    known = {*suboptions, *suboptions.get("roles", {}).get("suboptions", {})}
    assert set(re.findall(r"C\((\w+)\)", description)) - inventory == known


@pytest.mark.parametrize("path", PACKAGE_MODULES, ids=lambda path: path.stem)
def test_documented_keys_of_inventory_items_have_the_types_that_are_accepted(path):
    documented = {
        (option, key): (spec["type"], sorted(spec.get("choices", [])))
        for option, entry in options_of(path.stem).items()
        if option in INVENTORY
        for key, spec in entry["suboptions"].items()
    }
    assert documented
    assert documented == {
        (option, key): type_and_choices(values.converters("rpm" if "rpm" in option else "deb")[key])
        for option, key in documented
    }


def test_the_module_that_uses_all_keys_of_inventory_items_documents_them():
    documented = options_of("package_snapshot")
    for name in values.PACKAGE_TYPES:
        assert set(documented[name]["suboptions"]) == set(values.converters(name))
