# SPDX-License-Identifier: Apache-2.0
"""One command in the environment of the controller (ansible-core, requests) or of the tools."""

from __future__ import annotations

import argparse
import os

import stage
from environments import CORES, DEFAULT_CORE, TOOLS, prepare
from machine import CLONE


def main() -> None:
    """Become the command, so that it has the terminal and gets the signals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", default=DEFAULT_CORE, choices=CORES, help="ansible-core series")
    parser.add_argument("--tools", action="store_true", help="in the environment of the tools")
    parser.add_argument("--staged", action="store_true", help="run it in the staged copy")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    venv = prepare(TOOLS if arguments.tools else CORES[arguments.core])
    collection = stage.refresh()
    os.chdir(collection if arguments.staged else CLONE)
    env = stage.environment_of(venv)
    os.execvpe(arguments.command[0], arguments.command, env)


if __name__ == "__main__":
    main()
