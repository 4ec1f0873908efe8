# SPDX-License-Identifier: Apache-2.0
"""Style and script of the page load nothing; test_report_page.py runs them in a browser."""

from __future__ import annotations

import pytest

from plugins.module_utils.lock.page_assets import SCRIPT, STYLE


@pytest.mark.parametrize("text", [STYLE, SCRIPT])
def test_nothing_is_loaded_and_no_element_is_closed(text):
    assert not any(word in text for word in ("url(", "@import", "fetch(", "://", "</", "innerHTML"))


def test_both_colour_schemes_have_the_same_colours():
    light, dark = STYLE.split("@media (prefers-color-scheme: dark)")[:2]
    dark = dark.split("* {")[0]
    names = {part.split(":")[0].strip() for part in light.split(";") if part.strip()[:2] == "--"}
    assert names
    assert all(f"{name}:" in dark for name in names)
