# SPDX-License-Identifier: Apache-2.0
"""How Sphinx builds the manual; scripts/manual.py prepares the pages."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

project = "stackhpc.release_train"
author = copyright = "StackHPC Ltd"  # noqa: A001, the name that Sphinx reads
extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_heading_anchors = 3
html_theme = "sphinx_ansible_theme"
html_title = "stackhpc.release_train"
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["manual.css"]
html_theme_options = {
    "documentation_home_url": "index.html",
    "topbar_links": {},
    "vcs_pageview_mode": "edit",
    # No page may need the network: neither to be built nor to be read.
    "show_extranav": False,
    "show_rtd_ethical_ads": False,
}
intersphinx_mapping: dict[str, tuple[str, None]] = {}
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
suppress_warnings = ["ref.ref"]  # ref: to Ansible's own manual


def title_cells(app: Sphinx, doctree: nodes.document, _name: str) -> None:
    """Put the title of its column into each cell of a table; manual.css shows it on a phone."""
    for table in doctree.findall(nodes.table):
        head = next(iter(table.findall(nodes.thead)), None)
        if head is None or "ansible-option-table" in table["classes"]:
            continue
        titles = [entry.astext() for entry in head.findall(nodes.entry)]
        table["classes"].append("stacked")
        for body in table.findall(nodes.tbody):
            for row in body.findall(nodes.row):
                for title, entry in zip(titles, row.findall(nodes.entry)):
                    if entry.astext():
                        label = nodes.inline(text=title, classes=["column-title"])
                        entry.insert(0, nodes.paragraph("", "", label))


def setup(app: Sphinx) -> None:
    """Let Sphinx call this file once a page is read."""
    app.connect("doctree-resolved", title_cells)
