# SPDX-License-Identifier: Apache-2.0
"""Check the subject of a commit message: component first, at most 72 characters."""

from __future__ import annotations

import re
import sys
from pathlib import Path

LENGTH = 72
SUBJECT = re.compile(r"(?:(?:fixup|squash|amend)! )*[\w./-][\w./, -]*: \S.*")
GENERATED = re.compile(r"Merge |Revert ")


def error_in(subject: str) -> str:
    """Return what is wrong with a subject, empty if nothing is."""
    if GENERATED.match(subject):
        return ""
    if len(subject) > LENGTH:
        return f"the subject has {len(subject)} characters: use at most {LENGTH}"
    if not SUBJECT.fullmatch(subject):
        return "the subject names no component: write 'component: one change'"
    return ""


def main() -> None:
    """Check the message in the file that git names."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    error = error_in(lines[0] if lines else "")
    if error:
        sys.exit(f"{error}; see CONTRIBUTING.md")


if __name__ == "__main__":
    main()
