# SPDX-License-Identifier: Apache-2.0
"""Links to GitHub become links within the manual, and names are linked to the reference."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
PAGES = {
    "README.md": "readme.md",
    "docs/promote.md": "promote.md",
    "docs/example-inventory/README.md": "example-inventory/README.md",
}


@pytest.fixture(scope="module")
def manual():
    """Import scripts/manual.py with its siblings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield importlib.import_module("manual")


@pytest.mark.parametrize(
    ("place", "target", "expected"),
    [
        ("promote.md", "README.md#concepts", "readme.md#concepts"),
        ("example-inventory/README.md", "docs/promote.md", "../promote.md"),
        ("readme.md", "docs/example-inventory/README.md", "example-inventory/README.md"),
        ("collections/docsite/guides.rst", "docs/promote.md", "../../promote.html"),
    ],
)
def test_a_link_to_a_page_becomes_a_link_within_the_manual(manual, place, target, expected):
    text = manual.local_links(f"[it]: {manual.BLOB}{target}\n", Path(place), PAGES)
    assert text == f"[it]: {expected}\n"


def test_a_link_to_another_file_is_kept(manual):
    text = f"[licence]: {manual.BLOB}LICENSE"
    assert manual.local_links(text, Path("readme.md"), PAGES) == text


def test_the_names_in_the_tables_of_the_readme_are_linked(manual, tmp_path):
    for name in ("playbooks/package_sync", "collections/pulp_user_role"):
        page = tmp_path / f"{name}.rst"
        page.parent.mkdir()
        page.touch()
    readme = (
        "`package_sync` takes snapshots.\n\n| Playbook | Runs on |\n|---|---|\n"
        "| `package_sync` | Ark |\n\n| Role | Entry points |\n|---|---|\n| `pulp_user` | `main` |\n"
    )
    assert manual.linked_names(readme, tmp_path) == readme.replace(
        "| `package_sync`", "| [`package_sync`](playbooks/package_sync.rst)"
    ).replace("`pulp_user`", "[`pulp_user`](collections/pulp_user_role.rst)")
