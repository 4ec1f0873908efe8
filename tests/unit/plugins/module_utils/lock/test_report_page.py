# SPDX-License-Identifier: Apache-2.0
"""The page that compares two releases, in headless Chromium."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plugins.module_utils.lock.report_page import MAX_ROWS, comparison_page
from tests.lab.debian import install
from tests.lab.paths import lock
from tests.unit.plugins.module_utils.lock.compared_locks import huge_difference, large_difference

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
# Measures the page in a frame of a width that a window cannot have. It is added to a copy.
MEASURE = """<script>addEventListener("load", () => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  const width = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll("body *")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.right > width + 1 || box.left < -1;
  });
  parent.postMessage(`${width} ${document.documentElement.scrollWidth} ${wide.length}`, "*");
});</script>"""
FRAME = """<!DOCTYPE html><script>addEventListener("message", (event) => {
  document.title = event.data;
});</script><iframe src="page.html" width="%d" height="900" frameborder="0"></iframe>"""


@pytest.fixture(scope="module")
def difference() -> dict[str, Any]:
    return large_difference()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, difference: dict[str, Any]) -> Path:
    """Return the file of a page of the size of a real release."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(comparison_page(difference), encoding="utf-8")
    return path


def browser() -> str:
    """Return the program; root installs a missing one."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None and os.geteuid() == 0:
        with lock("apt"):
            install([BROWSERS[0]])
        program = shutil.which(BROWSERS[0])
    assert program, "Chromium is missing: install the Debian package chromium, or google-chrome"
    return program


def browse(url: str, profile: Path) -> str:
    """Return the document after the scripts ran; a message on the console is a failure."""
    command = [browser(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += [f"--user-data-dir={profile}", "--disable-dev-shm-usage", "--disable-sync"]
    command += ["--disable-background-networking", "--disable-component-update"]
    command += ["--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    errors = done.stderr.decode(errors="replace")
    assert "CONSOLE" not in errors, errors
    return done.stdout.decode()


def visible_rows(document: str) -> list[str]:
    """Return the text of the rows that are not hidden."""
    rows = re.findall(r"<tr (data-change[^>]*)>(.*?)</tr>", document, re.S)
    return [html.unescape(re.sub("<[^>]*>", " ", row)) for tag, row in rows if "hidden" not in tag]


def status(document: str) -> str:
    found = re.search(r'id="status"[^>]*>([^<]*)<', document)
    assert found
    return found[1]


def test_all_changes_are_shown_and_hostile_names_are_text(page, tmp_path):
    document = browse(page.as_uri(), tmp_path)
    rows = visible_rows(document)
    assert status(document) == f"{len(rows):,} changes and advisories"
    assert len(rows) > 2000
    assert any("<script>alert(1)</script>" in row for row in rows)
    assert "<script>alert" not in document
    assert document.count("<script") == 1
    assert 'id="bar" hidden' not in document


def test_a_search_in_the_fragment_filters_the_rows(page, tmp_path):
    document = browse(f"{page.as_uri()}#search=KERNEL%20repository_1&change=upgraded", tmp_path)
    rows = visible_rows(document)
    assert rows
    assert all("kernel" in row and "upgraded" in row for row in rows)
    assert status(document).startswith(f"{len(rows)} of ")
    groups = re.findall(r"<details [^>]*class=\"group\"[^>]*>.*?</details>", document, re.S)
    shown = [group for group in groups if "hidden" not in group[: group.index(">")]]
    assert len(shown) == 11  # repository_1 and repository_10 to repository_19
    assert all(" open" in group[: group.index(">")] for group in shown)
    assert re.search(r'<section id="containers"[^>]* hidden', document)


def test_a_search_without_a_result_is_reported(page, tmp_path):
    document = browse(f"{page.as_uri()}#search=nothing-like-this", tmp_path)
    assert visible_rows(document) == []
    assert re.search(r'<p id="nothing" class="faint">', document)


def test_a_link_to_a_section_is_no_search(page, tmp_path):
    document = browse(f"{page.as_uri()}#containers", tmp_path)
    assert " of " not in status(document)


def measure(page: Path, directory: Path, width: int) -> list[int]:
    """Return widths of the window and the document, and the number of elements that leave it."""
    # The policy of the page does not allow the script that measures.
    text = POLICY.sub("", page.read_text(encoding="utf-8")).replace("</body>", f"{MEASURE}</body>")
    (directory / "page.html").write_text(text, encoding="utf-8")
    (directory / "frame.html").write_text(FRAME % width, encoding="utf-8")
    document = browse((directory / "frame.html").as_uri(), directory / "profile")
    found = re.search(r"<title>(\d+) (\d+) (\d+)</title>", document)
    assert found, document[:500]
    return list(map(int, found.groups()))


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_wider_than_the_window(page, tmp_path, width):
    client, scroll, wide = measure(page, tmp_path, width)
    assert width - 20 <= client <= width
    assert scroll <= client
    assert wide == 0


def test_the_page_loads_nothing_and_allows_only_its_own_script(page):
    text = page.read_text(encoding="utf-8")
    found = POLICY.search(text)
    assert found
    directives = dict(part.split(" ", 1) for part in found[1].split("; "))
    assert directives.pop("default-src") == "'none'"
    assert set(directives) == {"style-src", "script-src", "img-src", "base-uri", "form-action"}
    assert "unsafe" not in found[1]
    assert not re.search(
        r"""\b(src|srcset|action|style|on[a-z]+)=["']""", text.split("<script>")[0]
    )
    links = set(re.findall(r'href="([^"#]*)', text)) - {"", "data:,"}
    assert all(link.startswith("https://www.cve.org/CVERecord?id=CVE-") for link in links)


def test_the_page_is_the_same_each_time(difference):
    assert comparison_page(difference) == comparison_page(large_difference())


def test_counts_come_first(page):
    text = page.read_text(encoding="utf-8")
    assert text.index('class="tiles"') < text.index('id="advisories"') < text.index('id="packages"')
    assert "<b>60</b><span>security advisories</span>" in text


def test_the_number_of_rows_is_limited(difference):
    packages = [
        {"name": f"p{number}", "arch": "noarch", "version": "1"} for number in range(MAX_ROWS + 5)
    ]
    one = {**difference["packages"][0], "added": packages}
    text = comparison_page({**difference, "packages": [one]})
    assert "more changes: see the result of the comparison in JSON." in text
    assert text.count("<td>p") <= MAX_ROWS


def test_a_repository_that_was_not_compared_has_the_reason(difference):
    one = {**difference["packages"][0], "error": "404 <b>not found</b>"}
    text = comparison_page({**difference, "packages": [one]})
    assert "404 &lt;b&gt;not found&lt;/b&gt;" in text
    assert "not compared" in text


@pytest.fixture(scope="module")
def huge_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a page of two releases that have no package in common."""
    path = tmp_path_factory.mktemp("huge") / "page.html"
    path.write_text(comparison_page(huge_difference()), encoding="utf-8")
    return path


def test_a_search_finds_a_package_of_a_huge_comparison(huge_page, tmp_path):
    document = browse(f"{huge_page.as_uri()}#search=package-07-42", tmp_path)
    rows = visible_rows(document)
    assert len(rows) == 10
    assert status(document) == f"10 of {MAX_ROWS + 302:,} changes and advisories"


def test_a_search_for_a_package_that_is_not_listed_reports_that(huge_page, tmp_path):
    document = browse(f"{huge_page.as_uri()}#search=package-59-666", tmp_path)
    assert visible_rows(document) == []
    note = re.search(r'<p id="left-out"([^>]*)>([^<]*)<', document)
    assert note
    assert "hidden" not in note[1]
    assert note[2].startswith("20,020 changes of packages are not listed and not searched")


def test_nothing_of_a_real_comparison_is_wider_than_a_phone(tmp_path):
    (tmp_path / "whole.html").write_text(comparison_page(huge_difference(12)), encoding="utf-8")
    client, scroll, wide = measure(tmp_path / "whole.html", tmp_path, 400)
    assert 380 <= client <= 400
    assert (scroll <= client, wide) == (True, 0)


def test_a_page_that_lists_everything_has_no_note(page):
    assert "left-out" not in page.read_text(encoding="utf-8")
