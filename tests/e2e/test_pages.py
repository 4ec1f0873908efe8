# SPDX-License-Identifier: Apache-2.0
"""The commands of the manual's pages do what the pages say, in the order in which they stand."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from tests.lab.demo import kayobe
from tests.lab.demo.images import PINS, Images
from tests.lab.demo.walk import Walk
from tests.lab.paths import REPOSITORY

from .conftest import Released

PAGES = (
    "update-packages",
    "promote",
    "add-a-repository",
    "clients",
    "disk-images",
    "containers",
    "red-run",
)

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
    """Return an environment with a Kayobe, and a configuration that has the collection."""
    assert release.after
    folder = tmp_path_factory.mktemp("kayobe")
    program = folder / "kayobe"
    program.write_text(KAYOBE.format(files=" ".join(kayobe.extra_variables(walk.site))))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    configuration = walk.site.pins.parent
    collections = configuration / "ansible" / "collections"
    collections.parent.mkdir()
    collections.symlink_to(walk.site.inventory / "collections")
    return {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "KAYOBE_CONFIG": str(walk.site.kayobe),
        "KAYOBE_CONFIG_PATH": str(configuration),
        "no_proxy": "127.0.0.1",
    }


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work_as_they_are_written(
    page: str, environment: dict[str, str], inventory: Path, walk: Walk
) -> None:
    if page == "containers":  # a builder has pushed, and the release is pinned
        Images(walk).push()
        kayobe.write_image_pins(walk.site, PINS, {})
    text = (REPOSITORY / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```shell\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
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
