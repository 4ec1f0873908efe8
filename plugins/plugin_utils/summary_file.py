# SPDX-License-Identifier: Apache-2.0
"""The file that playbooks add their summaries to."""

from __future__ import annotations

import os

from ansible.errors import AnsibleActionFail

__all__ = ["add_summary"]


def add_summary(path: str, text: str) -> None:
    """Add to the file: a CI job gives all its steps the same one. Raises AnsibleActionFail."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError as error:
        words = f"summary_path '{path}' cannot be written: {error.strerror}"
        raise AnsibleActionFail(words) from error
