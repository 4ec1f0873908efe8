# SPDX-License-Identifier: Apache-2.0
"""The manual: the pages of docs/ and the reference of every plugin and role, as HTML."""

from __future__ import annotations

import shutil

import stage
from environments import TOOLS, prepare
from machine import CACHE, CLONE, run, say

SOURCE = CACHE / "manual"
SITE = CLONE / "build" / "docs"
NAME = "stackhpc.release_train"


def main() -> None:
    """Build the manual without the network; a broken reference fails it."""
    collection = stage.refresh()
    venv = prepare(TOOLS)
    env = stage.environment_of(venv)
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(collection / "docs", SOURCE)
    reference = ["--use-current", "--squash-hierarchy", "--fail-on-error"]
    target = ["--dest-dir", str(SOURCE / "collections"), NAME]
    (SOURCE / "collections").mkdir()
    run(["antsibull-docs", "collection", *reference, *target], env=env)
    shutil.rmtree(SITE, ignore_errors=True)
    run(["sphinx-build", "--quiet", "--fail-on-warning", SOURCE, SITE], env=env)
    say(f"the manual is {SITE.relative_to(CLONE) / 'index.html'}")


if __name__ == "__main__":
    main()
