# SPDX-License-Identifier: Apache-2.0
"""Check the wording of the texts: words.txt lists what to avoid and what to write instead."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORDS = Path(__file__).with_suffix(".txt")

CHECKED = (
    *("CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "Makefile", "README.md", "SECURITY.md"),
    *("galaxy.yml", "pyproject.toml", ".ansible-lint", ".editorconfig", ".pre-commit-config.yaml"),
    *(".ci", ".devcontainer", ".github", "changelogs/fragments", "docs", "extensions", "meta"),
    *("playbooks", "plugins", "roles", "scripts", "tests"),
)
SUFFIXES = {".cfg", ".j2", ".json", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml", ""}

# File -> word -> why it is right there.
_TOLD = {"told": "a key of results, which users' scripts read"}
_TELL = {"tell": "a method of files"}
ALLOWED: dict[str, dict[str, str]] = {
    "plugins/module_utils/objects/user.py": _TOLD,
    "plugins/module_utils/release/promote.py": _TOLD,
    "plugins/modules/client_account.py": _TOLD,
    "plugins/modules/image_promote.py": _TOLD,
    "plugins/modules/package_promote.py": _TOLD,
    "plugins/modules/package_withdraw.py": _TOLD,
    "plugins/modules/pulp_user.py": _TOLD,
    "plugins/plugin_utils/run/screen.py": _TOLD,
    "scripts/words.py": {**_TOLD, **_TELL},
    "tests/lab/upstream/handler.py": _TELL,
    "tests/unit/plugins/module_utils/objects/test_user.py": _TOLD,
    "tests/unit/plugins/module_utils/release/test_promote.py": _TOLD,
    "tests/unit/plugins/plugin_utils/run/test_screen.py": _TOLD,
}

# Between two words of a phrase: blanks, or the end of a line with a comment sign on the next.
_GAP = r"\s+(?:(?:#|-)\s+)?"


@dataclass(frozen=True)
class Rule:
    """A word or phrase to avoid, and what to write."""

    phrase: str
    instead: str

    @property
    def pattern(self) -> str:
        """A regular expression of the phrase, also where a line ends within it."""
        return _GAP.join(map(re.escape, self.phrase.split()))


def read_rules(text: str) -> list[Rule]:
    """Return the rules in lines of the form `phrase, phrase -> instead`, longest phrase first."""
    rules = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            phrases, _arrow, instead = line.partition(" -> ")
            rules += [Rule(phrase.strip(), instead) for phrase in phrases.split(",")]
    return sorted(rules, key=lambda rule: -len(rule.phrase))


def find_words(text: str, rules: list[Rule]) -> Iterator[tuple[int, Rule]]:
    """Yield the line, from 1, and the rule of each word to avoid. Identifiers are one word each."""
    by_phrase = {rule.phrase: rule for rule in rules}
    alternatives = "|".join(rule.pattern for rule in rules)
    for found in re.finditer(rf"(?<![\w-])(?:{alternatives})(?![\w-])", text, re.IGNORECASE):
        phrase = re.sub(_GAP, " ", found[0].lower())
        yield text.count("\n", 0, found.start()) + 1, by_phrase[phrase]


def files_below(names: Sequence[str]) -> Iterator[Path]:
    """Yield the text files with these paths, or below them."""
    for name in names:
        path = ROOT / name
        if not path.exists():
            sys.exit(f"words: {name} does not exist: correct CHECKED in scripts/words.py")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix in SUFFIXES and file != WORDS:
                yield file


def main() -> None:
    """Print each word to avoid with its file, its line and what to write; fail if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", help="files or directories instead of the list")
    arguments = parser.parse_args()
    rules = read_rules(WORDS.read_text(encoding="utf-8"))
    number = 0
    for file in files_below(arguments.paths or CHECKED):
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a file of a test, not a text
            continue
        name = file.relative_to(ROOT).as_posix()
        for line, rule in find_words(text, rules):
            if rule.phrase not in ALLOWED.get(name, {}):
                print(f"{name}:{line}: {rule.phrase}: write {rule.instead}")
                number += 1
    if number:
        sys.exit(f"{number} words to avoid; scripts/words.txt is the list")


if __name__ == "__main__":
    main()
