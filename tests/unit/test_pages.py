# SPDX-License-Identifier: Apache-2.0
"""The pages have valid links, link the terms of the glossary, and have a common structure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.stackhpc.release_train.plugins.module_utils.report.cause_table import (
    CAUSES,
)

COLLECTION = Path(__file__).resolve().parents[2]
BLOB = "https://github.com/stackhpc/ansible-collection-release-train/blob/main/"
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", ".github/**/*.md")
    for path in COLLECTION.glob(pattern)
    if path.name != "CHANGELOG.md"  # generated
)
BACKGROUND = {"architecture", "benchmark", "index", "pulp", "release-lock"}
OPERATOR = [path for path in PAGES if path.parent.name == "docs" and path.stem not in BACKGROUND]
USING_TERMS = [path for path in PAGES if path.parent.name in ("docs", "example-inventory")]
CONCEPTS = (COLLECTION / "README.md").read_text("utf-8").partition("\n## Concepts\n")[2]
TERMS = re.findall(r"^- \*\*([\w ]+)\*\*", CONCEPTS.partition("\n## ")[0], re.MULTILINE)
ENDINGS = {"mirror": r"mirrors?(?! lists?\b)", "promote": r"promot(?:e[sd]?|ing)"}


def identifier(path: Path) -> str:
    """Return the path of a page, as identifier of its tests."""
    return str(path.relative_to(COLLECTION))


def prose(text: str) -> str:
    """Return the paragraphs of a page: no code, no headings, no tables, no link definitions."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"`[^`]*`", "", text)
    return re.sub(r"^(?:#|\||\[[\w-]+\]: ).*$", "", text, flags=re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub and MyST give the headings of a page."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}


@pytest.mark.parametrize("path", PAGES, ids=identifier)
def test_every_link_has_a_target(path):
    text = path.read_text(encoding="utf-8")
    defined = dict(re.findall(r"^\[([\w-]+)\]: (\S+)$", text, re.MULTILINE))
    text = re.sub(r"^```.*?^```|`[^`]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    used = set(re.findall(r"\]\[([\w-]+)\]", text))
    assert used == set(defined)
    inline = re.findall(r"\]\((\S+?)\)", text)
    links = [*defined.values(), *inline]
    # Galaxy cannot resolve relative links.
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    for link in links:
        if link.startswith(BLOB):
            name, _hash, anchor = link[len(BLOB) :].partition("#")
            target = COLLECTION / name
            assert target.is_file(), link
            assert not anchor or anchor in anchors(target.read_text("utf-8")), link


@pytest.mark.parametrize("path", USING_TERMS, ids=identifier)
def test_the_first_use_of_a_term_links_to_the_concepts(path):
    text = prose(path.read_text(encoding="utf-8"))
    assert TERMS
    for term in TERMS:
        pattern = ENDINGS.get(term, rf"{term}s?")
        first = re.search(rf"(?<![\w-]){pattern}(?![\w-])", text, re.IGNORECASE)
        if first:
            assert text[first.end() :].startswith("][concepts]"), f"{term}: {first}"


@pytest.mark.parametrize("path", OPERATOR, ids=identifier)
def test_a_page_for_operators_has_the_required_sections(path):
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    purpose = text.split("\n\n")[1]
    assert not purpose.startswith(("#", "|", "```"))
    assert headings[0] == "Prerequisites"
    assert re.search(r"[Yy]ou should see|^## What you should see", text, re.MULTILINE)
    assert re.search(r"troubleshooting\.md|something fails|does not help", text)


@pytest.mark.parametrize("path", PAGES, ids=identifier)
def test_the_yaml_of_a_page_can_be_read(path):
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert all(yaml.safe_load(block) for block in blocks)


@pytest.mark.parametrize("page", ["architecture", "benchmark"])
def test_every_file_that_a_page_names_exists(page):
    text = (COLLECTION / "docs" / f"{page}.md").read_text(encoding="utf-8")
    files = re.findall(r"`([\w./-]+/[\w.-]*\w\.py)`", text)
    places = (COLLECTION, COLLECTION / "plugins" / "module_utils")
    assert files
    assert [file for file in files if not any((one / file).is_file() for one in places)] == []


def test_every_cause_of_a_failure_has_a_solution():
    page = (COLLECTION / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`.*?`) \| ", page, re.MULTILINE)
    listed = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    assert sorted(listed) == sorted(cause.name for cause in CAUSES)


def test_the_transient_causes_are_those_that_are_retried():
    page = (COLLECTION / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    sentence = page.partition("These causes are transient: ")[2].partition(".")[0]
    listed = [" ".join(name.split()) for name in re.findall(r"`([^`]+)`", sentence)]
    assert sorted(listed) == sorted(cause.name for cause in CAUSES if cause.transient)


def test_no_page_asks_to_edit_a_derived_list():
    derived = re.compile(r"stackhpc_pulp_(?:repository|publication|distribution)_(?:rpm|deb)_")
    page = (COLLECTION / "docs" / "add-a-repository.md").read_text(encoding="utf-8")
    assert derived.findall(page) == []


def test_the_docsite_index_lists_all_pages():
    rst = (COLLECTION / "docs" / "docsite" / "rst" / "guides.rst").read_text(encoding="utf-8")
    listed = {name: title for title, name in re.findall(rf"- `(.+) <{BLOB}(.+)>`__", rst)}
    pages = [path for path in COLLECTION.glob("docs/**/*.md") if path.name != "index.md"]
    titles = {
        identifier(path): path.read_text(encoding="utf-8").splitlines()[0].strip("# ")
        for path in pages
    }
    assert listed == titles


def test_the_contents_of_the_manual_have_every_page():
    index = (COLLECTION / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {path.stem for path in COLLECTION.glob("docs/*.md")} - {"index"}
    assert pages <= set(index.split())
