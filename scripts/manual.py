# SPDX-License-Identifier: Apache-2.0
"""The manual as HTML: all pages, and a reference of every playbook, plugin and role."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import stage
from environments import TOOLS, prepare
from machine import CACHE, CLONE, announce, run

SOURCE = CACHE / "manual"
SITE = CLONE / "build" / "docs"
NAME = "stackhpc.release_train"
BLOB = "https://github.com/stackhpc/ansible-collection-release-train/blob/main/"
"""What links between pages begin with: Galaxy resolves no relative link."""

PAGES = {
    "README.md": "readme.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
}
"""Pages outside of docs/, and their names in the manual."""

TABLES = {
    "Playbook": "playbooks/{}.rst",
    "Role": "collections/{}_role.rst",
    "Modules for": "collections/{}_module.rst",
}
"""Tables of the README, by the title of their first column, and the pages that their names get."""


def local_links(text: str, place: Path, pages: dict[str, str]) -> str:
    """Return the text of a page with links to other pages of the manual instead of GitHub."""

    def local(match: re.Match[str]) -> str:
        if match[1] not in pages:
            return match[0]
        target = os.path.relpath(pages[match[1]], place.parent)
        return target if place.suffix == ".md" else str(Path(target).with_suffix(".html"))

    return re.sub(re.escape(BLOB) + r"([\w./-]+)", local, text)


def linked_names(readme: str, source: Path) -> str:
    """Return the README with a link from each name in its tables to its page of the reference."""
    lines, pattern = [], ""
    for line in readme.splitlines():
        if line.startswith("|"):
            pattern = TABLES.get(line.strip("| ").split(" | ")[0], pattern)
            line = _with_links(line, pattern, source)
        else:
            pattern = ""
        lines.append(line)
    return "\n".join([*lines, ""])


def _with_links(row: str, pattern: str, source: Path) -> str:
    def linked(match: re.Match[str]) -> str:
        target = pattern.format(match[1])
        return f"[{match[0]}]({target})" if pattern and (source / target).exists() else match[0]

    return re.sub(r"`(\w+)`", linked, row)


def copy_pages(collection: Path, source: Path) -> None:
    """Copy all pages to where Sphinx reads them, with links between them."""
    shutil.copytree(collection / "docs", source, ignore=shutil.ignore_patterns("docsite"))
    for page, name in PAGES.items():
        shutil.copy(collection / page, source / name)


def link_pages(source: Path) -> None:
    """Replace links to GitHub in all pages by links to the pages of the manual."""
    copied = (str(path.relative_to(source)) for path in source.rglob("*.md"))
    pages = {**{f"docs/{name}": name for name in copied}, **PAGES}
    for path in [*source.rglob("*.md"), *source.glob("collections/docsite/*.rst")]:
        text = path.read_text(encoding="utf-8")
        place = path.relative_to(source)
        path.write_text(local_links(text, place, pages), encoding="utf-8")


def main() -> None:
    """Build the manual without the network; a broken reference fails it."""
    collection = stage.refresh()
    env = stage.environment_of(prepare(TOOLS))
    shutil.rmtree(SOURCE, ignore_errors=True)
    copy_pages(collection, SOURCE)
    run(
        ["python", CLONE / "scripts" / "playbook_pages.py", collection, SOURCE / "playbooks"],
        env=env,
    )
    reference = ["--use-current", "--squash-hierarchy", "--fail-on-error"]
    target = ["--dest-dir", str(SOURCE / "collections"), NAME]
    (SOURCE / "collections").mkdir()
    run(["antsibull-docs", "collection", *reference, *target], env=env)
    link_pages(SOURCE)
    readme = SOURCE / PAGES["README.md"]
    readme.write_text(linked_names(readme.read_text("utf-8"), SOURCE), encoding="utf-8")
    shutil.rmtree(SITE, ignore_errors=True)
    run(["sphinx-build", "--quiet", "--fail-on-warning", SOURCE, SITE], env=env)
    announce(f"the manual is {SITE.relative_to(CLONE) / 'index.html'}")


if __name__ == "__main__":
    main()
