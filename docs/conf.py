# SPDX-License-Identifier: Apache-2.0
"""How Sphinx builds the manual; scripts/manual.py prepares the pages."""

from __future__ import annotations

project = "stackhpc.release_train"
author = copyright = "StackHPC Ltd."  # noqa: A001, the name that Sphinx reads
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
