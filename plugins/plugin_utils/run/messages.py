# SPDX-License-Identifier: Apache-2.0
"""Error texts for the screen: what Ansible and Pulp add to the cause is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...module_utils.text import printable

# The prefixes that Ansible adds to the error of a lookup or filter, up to 2.18 and from 2.19.
_PREFIX = re.compile(
    r"^(Task failed: )?(Module failed: )?(Finalization of task args for '[^']*' failed: )?"
    r"(Error while resolving value for '[^']*': )*(The (lookup|filter) plugin '[^']*' failed: )?"
)
_OLD_PREFIX = re.compile(r"^.*Error was a <class '[^']*'>, original message: ", re.DOTALL)
# What Ansible adds after an error: where it was raised.
_ORIGIN = re.compile(r"\n(?:The error appears to be in |Origin: |<<< caused by >>>).*", re.DOTALL)
_UNDEFINED = re.compile(
    r"'[^'\n]{1,200}' is undefined|[^\n:'\"]{0,40}'?[^\n:'\"]{0,40}'? has no attribute '[^'\n]{1,200}'"
)
_UNDEFINED_WORDS = re.compile("' is undefined| has no attribute '")
_USER = re.compile(r"Error while resolving value for '([^'\n]+)'")
_MAX_REST = 300
# Characters. The expressions below need time for each of them.
_MAX_TEXT = 8_000
_CRASH_LINES = 3

_TASK = re.compile(r" ?\(task /[^)\s]*\)|(?<=task) /\S*/tasks/[\w-]+/?")
_WORD = re.compile(r"[^\s'\"]+")
_TEMPORARY = re.compile(r"\btmp[a-z0-9_]{8}\b")
_ELLIPSIS = " … "


def task_message(result: Mapping[str, Any]) -> str:
    """Return the error of a failed task; of a module that crashed, the end of its error output."""
    error_output = [line.strip() for line in str(result.get("module_stderr") or "").splitlines()]
    end = [line for line in error_output if line][-_CRASH_LINES:]
    if not end:
        return module_message(str(result["msg"]))
    return f"the module crashed: {shorten(printable(' '.join(end)), _MAX_REST)}"


def module_message(text: str) -> str:
    """Return the error of a task, with its cause first and without what Ansible adds to it."""
    text = _ORIGIN.sub("", shorten(text, _MAX_TEXT)).strip()
    plain = _OLD_PREFIX.sub("", _PREFIX.sub("", text, count=1))
    # The expression is slow where it finds nothing.
    found = _UNDEFINED.findall(text) if _UNDEFINED_WORDS.search(text) else []
    if not found:
        return plain
    cause = found[-1].strip()
    users = _USER.findall(text)
    where = f", which '{users[-1]}' uses" if users else ""
    rest = shorten(" ".join(plain.split()), _MAX_REST)
    context = "" if rest in (cause, f"{cause}. {cause}") else f". Ansible's message: {rest}"
    return f"{cause}{where}: define it, or correct its name{context}"


def item_message(text: str) -> str:
    """Return the error of an item as one line, without hrefs of tasks and Pulp's temporary files."""
    line = " ".join(_TASK.sub("", text).split())
    # Word by word: an expression with text before the name takes quadratic time for a long word.
    line = _WORD.sub(_without_temporary_file, line)
    return re.sub(r"'?a temporary file'?", "a temporary file", line)


def _without_temporary_file(word: re.Match[str]) -> str:
    return "a temporary file" if _TEMPORARY.search(word[0]) else word[0]


def shorten(line: str, width: int) -> str:
    """Return a line that fits into `width`. It is cut in its middle: the URL often comes last."""
    if len(line) <= width:
        return line
    room = max(0, width - len(_ELLIPSIS))
    end = room * 2 // 5
    return f"{line[: room - end].rstrip()}{_ELLIPSIS}{line[len(line) - end :].lstrip()}"[:width]
