# SPDX-License-Identifier: Apache-2.0
"""The shell commands on the pages for operators run as written, in their order."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import Released
from tests.lab.demo import kayobe
from tests.lab.demo.images import PINS, Images
from tests.lab.demo.walk import Walk
from tests.lab.paths import REPOSITORY

PAGES = (
    "update-packages",
    "promote",
    "clients",
    "build-a-release",
    "compare-releases",
    "verify-a-site",
    "promote-a-release",
    "roll-back",
    "clean-up",
    "disk-images",
    "containers",
    "troubleshooting",
)

# Releases whose locks the pages expect, and the repositories of each.
LOCKS = {
    "compare-releases": {"2026.1-20261115T093000": "^rocky", "2026.1-20261122T093000": "."},
    "verify-a-site": {"2026.1-20261122T093000": "."},
    "promote-a-release": {"2026.1-20261122T093000": "."},
    "roll-back": {"2026.1-20261122T093000": "."},
}

# Kayobe runs a playbook with every file of its configuration as extra variables.
KAYOBE = """\
#!/bin/sh
test "$1 $2" = "playbook run" || exit 64
shift 2
exec ansible-playbook {files} "$@"
"""


@pytest.fixture(scope="module")
def environment(
    walk: Walk, release: Released, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Return an environment with a `kayobe` command, whose configuration has the collection."""
    assert release.after
    directory = tmp_path_factory.mktemp("kayobe")
    program = directory / "kayobe"
    program.write_text(KAYOBE.format(files=" ".join(kayobe.extra_variables(walk.site))))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    configuration = walk.site.pins.parent
    collections = configuration / "ansible" / "collections"
    collections.parent.mkdir()
    collections.symlink_to(walk.site.inventory / "collections")
    return {
        **os.environ,
        "PATH": f"{directory}:{os.environ['PATH']}",
        "KAYOBE_CONFIG": str(walk.site.kayobe),
        "KAYOBE_CONFIG_PATH": str(configuration),
        "no_proxy": "127.0.0.1",
    }


@contextmanager
def added_repository(page: str, inventory: Path, walk: Walk) -> Iterator[None]:
    """Add the repository of the page to the inventory, as its text instructs, and remove it."""
    [item] = next(
        block["rpm_package_repos"]
        for block in map(yaml.safe_load, blocks_of(page, "yaml"))
        if "rpm_package_repos" in block
    )
    item["url"] = walk.site.upstreams["rocky_9_appstream"]["url"]
    changed = (inventory / "group_vars" / "all" / "package_repos.yml", walk.site.pins)
    before = [file.read_text(encoding="utf-8") for file in changed]
    lists = yaml.safe_load(before[0])
    lists["rpm_package_repos"].append(item)
    try:
        changed[0].write_text(yaml.safe_dump(lists), encoding="utf-8")
        yield
        assert f"stackhpc_pulp_repo_{item['short_name']}_version" in changed[1].read_text("utf-8")
    finally:
        for file, text in zip(changed, before):
            file.write_text(text, encoding="utf-8")


def blocks_of(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in one language."""
    text = (REPOSITORY / "docs" / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def run_blocks(page: str, environment: dict[str, str], inventory: Path) -> None:
    """Run each block of shell commands of a page in the inventory's directory."""
    blocks = blocks_of(page, "shell")
    assert blocks
    for block in blocks:
        done = subprocess.run(
            ["bash", "-ec", block],
            cwd=inventory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}"


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run_as_written(
    page: str, environment: dict[str, str], inventory: Path, walk: Walk
) -> None:
    if page == "containers":  # which expects pushed images and a pinned release
        Images(walk).push()
        kayobe.write_image_pins(walk.site, PINS, {})
    for name, selection in LOCKS.get(page, {}).items():
        words = ("-e", f"release_name={name}", "-e", f"package_filter={selection}")
        words += ("-e", "release_partial=true")
        walk.play("release_lock", *words)
    run_blocks(page, environment, inventory)


def test_the_repository_that_a_page_adds_is_synced_and_pinned(
    environment: dict[str, str], inventory: Path, walk: Walk
) -> None:
    with added_repository("add-a-repository", inventory, walk):
        run_blocks("add-a-repository", environment, inventory)
