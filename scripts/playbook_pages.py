# SPDX-License-Identifier: Apache-2.0
"""A reference page for every playbook, generated from the playbook and its role's specification.

It runs in the environment of the tools: ``playbook_pages.py COLLECTION DIRECTORY``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from antsibull_docs_parser.parser import Context, parse
from antsibull_docs_parser.rst import rst_escape, to_rst_plain

NAME = "stackhpc.release_train"
PARTS = ("target_check", "run_end")
"""Playbooks that others import, and that are not run on their own."""

SERIAL = """\
release_train_serial
    :emphasis:`int or percentage` / default: ``100%``

    How many Pulp servers of the play are processed at the same time.
"""

CONNECTION = """\
The variables for the connection to a Pulp server are those of the lookup
:ref:`pulp_connection <ansible_collections.stackhpc.release_train.pulp_connection_lookup>`.
"""


@dataclass(frozen=True)
class Playbook:
    """A playbook: its name, its plays, and the directory of the collection."""

    name: str
    plays: list[dict[str, Any]]
    collection: Path

    @property
    def main(self) -> dict[str, Any]:
        """Return the play that does the work: the first that is not imported."""
        return next(play for play in self.plays if "hosts" in play)

    @property
    def entry_point(self) -> tuple[str, str]:
        """Return role and entry point of the play."""
        [include] = (task["ansible.builtin.include_role"] for task in self.main["tasks"])
        return include["name"].removeprefix(f"{NAME}."), include.get("tasks_from", "main")

    @property
    def given(self) -> set[str]:
        """Return the variables that the playbook itself sets."""
        return {name for play in self.plays for name in play.get("vars") or {}}

    @property
    def read_only(self) -> bool:
        """Return whether the playbook declares that it writes to no Pulp server."""
        return any((play.get("vars") or {}).get("target_read_only") for play in self.plays)

    @property
    def imports_check(self) -> bool:
        """Return whether its targets are validated first."""
        imported = (play.get("ansible.builtin.import_playbook") for play in self.plays)
        return f"{NAME}.target_check" in imported

    def specification(self) -> dict[str, Any]:
        """Return the argument specification of the entry point."""
        return _specification(self.collection, *self.entry_point)

    def options(self) -> dict[str, dict[str, Any]]:
        """Return the documented variables by name."""
        options = dict(self.specification().get("options") or {})
        if self.imports_check:
            for name, option in _specification(self.collection, "target", "main")[
                "options"
            ].items():
                options.setdefault(name, option)
        kept = {name: option for name, option in options.items() if name not in self.given}
        return dict(sorted(kept.items(), key=lambda entry: not entry[1].get("required")))


def _specification(collection: Path, role: str, entry_point: str) -> dict[str, Any]:
    path = collection / "roles" / role / "meta" / "argument_specs.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"][entry_point]


def read_playbooks(collection: Path) -> list[Playbook]:
    """Return all playbooks that are run on their own, by name."""
    return [
        Playbook(path.stem, yaml.safe_load(path.read_text(encoding="utf-8")), collection)
        for path in sorted((collection / "playbooks").glob("*.yml"))
        if path.stem not in PARTS
    ]


def paragraphs(text: Any) -> list[str]:
    """Return a description as paragraphs of reStructuredText."""
    texts = [str(one) for one in (text if isinstance(text, list) else [text or ""])]
    return [to_rst_plain([paragraph]) for paragraph in parse(texts, Context()) if paragraph]


def targets(playbook: Playbook) -> str:
    """Return on which hosts of an inventory a playbook runs, as a sentence."""
    hosts = str(playbook.main["hosts"])
    groups = list(dict.fromkeys(re.findall(r"groups\['(\w+)'\]", hosts)))
    if not groups:
        return "Runs on localhost." if "localhost" in hosts else f"Runs on the group ``{hosts}``."
    named = ", ".join(f"``{group}``" for group in groups)
    plural = "groups" if len(groups) > 1 else "group"
    fallback = ", or on localhost if there are none" if "localhost" in hosts else ""
    return f"Runs on the hosts of the {plural} {named}{fallback}."


def writes(playbook: Playbook) -> str:
    """Return what a playbook may change, as a sentence."""
    if playbook.read_only or not playbook.imports_check:
        return "It changes nothing on a Pulp server."
    return (
        "It stops if it would write to more than one Pulp server, unless ``-l`` selects hosts or "
        "``release_train_fleet=true`` allows it."
    )


def literal(value: Any) -> str:
    """Return a value as code: text as it is, everything else and the empty text as JSON."""
    text = value if isinstance(value, str) and value else json.dumps(value)
    escaped = rst_escape(text, escape_ending_whitespace=True, must_not_be_empty=True)
    return f":literal:`{escaped}`"


def facts(option: dict[str, Any]) -> str:
    """Return type, default and choices of an option as one line."""
    kind = str(option.get("type", "str"))
    if "elements" in option:
        kind += f" of {option['elements']}"
    found = [f":emphasis:`{kind}`"]
    if option.get("required"):
        found.append("required")
    if option.get("default") is not None:
        found.append(f"default: {literal(option['default'])}")
    if "choices" in option:
        found.append("choices: " + ", ".join(map(literal, option["choices"])))
    return " / ".join(found)


def definitions(options: dict[str, dict[str, Any]], indent: str = "") -> Iterator[str]:
    """Yield the lines of a definition list of options; keys of items are nested."""
    for name, option in options.items():
        yield f"{indent}``{name}``"
        inner = indent + "    "
        yield inner + facts(option)
        for paragraph in paragraphs(option.get("description")):
            yield ""
            yield from (inner + line for line in paragraph.splitlines())
        if option.get("options"):
            yield ""
            yield from definitions(option["options"], inner)
        yield ""


def page(playbook: Playbook) -> str:
    """Return the reference page of a playbook as reStructuredText."""
    specification = playbook.specification()
    role, entry_point = playbook.entry_point
    title = playbook.name
    lines = [f".. _playbook_{playbook.name}:", "", title, "=" * len(title), ""]
    for paragraph in paragraphs(specification["short_description"] + "."):
        lines += [paragraph, ""]
    for paragraph in paragraphs(specification.get("description")):
        lines += [paragraph, ""]
    lines += [targets(playbook) + " " + writes(playbook), ""]
    lines += [".. code-block:: shell", "", f"    ansible-playbook {NAME}.{playbook.name}", ""]
    reference = f"ansible_collections.{NAME}.{role}_role"
    lines += [
        f"It runs the entry point ``{entry_point}`` of the role :ref:`{role} <{reference}>`.",
        *("", "Variables", "---------", ""),
        *definitions(playbook.options()),
    ]
    if "serial" in playbook.main:
        lines += [SERIAL]
    lines += [CONNECTION]
    return "\n".join(lines)


def contents(playbooks: list[Playbook]) -> str:
    """Return the page that lists all playbooks."""
    lines = ["Playbooks", "=========", ""]
    for playbook in playbooks:
        lines.append(f":ref:`{playbook.name} <playbook_{playbook.name}>`")
        for paragraph in paragraphs(playbook.specification()["short_description"]):
            lines += [f"    {paragraph}", ""]
    lines += [".. toctree::", "    :hidden:", ""]
    lines += [f"    {playbook.name}" for playbook in playbooks]
    return "\n".join([*lines, ""])


def main() -> None:
    """Write all pages into a directory."""
    collection, directory = map(Path, sys.argv[1:])
    directory.mkdir(parents=True, exist_ok=True)
    playbooks = read_playbooks(collection)
    (directory / "index.rst").write_text(contents(playbooks), encoding="utf-8")
    for playbook in playbooks:
        (directory / f"{playbook.name}.rst").write_text(page(playbook), encoding="utf-8")


if __name__ == "__main__":
    main()
