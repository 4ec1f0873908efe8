# SPDX-License-Identifier: Apache-2.0
"""The pins of the development tools: tests/requirements/*.in have the names, *.txt the versions."""

from __future__ import annotations

from environments import REQUIREMENTS, uv
from machine import environment, run

# The oldest Python that each environment is made with.
OLDEST_PYTHON = {"controller": "3.10", "module": "3.9", "tools": "3.11"}


def main() -> None:
    """Write the newest pins; ansible-core and its resolvelib are chosen by the matrix instead."""
    for name, python in OLDEST_PYTHON.items():
        options = ["--universal", "--python-version", python, "--upgrade"]
        options += ["--no-header", "--no-annotate", "--quiet"]
        options += ["--no-emit-package", "ansible-core", "--no-emit-package", "resolvelib"]
        files = [f"{name}.in", "--output-file", f"{name}.txt"]
        run([uv(), "pip", "compile", *options, *files], env=environment(), cwd=REQUIREMENTS)


if __name__ == "__main__":
    main()
