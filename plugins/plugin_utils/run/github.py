# SPDX-License-Identifier: Apache-2.0
"""What a job of GitHub Actions gets: annotations of failures, and the summary of the job."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from .failures import failure_groups
from .outcome import Outcome

# GitHub shows at most 10 annotations of a step.
_MAX_ANNOTATIONS = 10


def is_github_job(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether this run is part of a job of GitHub Actions."""
    return (os.environ if environment is None else environment).get("GITHUB_ACTIONS") == "true"


def summary_paths(given: str | None, environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the files to which a summary is appended: `given`, and that of the GitHub job."""
    environment = os.environ if environment is None else environment
    job = environment.get("GITHUB_STEP_SUMMARY") if is_github_job(environment) else None
    paths = [path for path in (given, job) if path]
    return paths if len({os.path.realpath(path) for path in paths}) == len(paths) else paths[:1]


def job_annotations(title: str, outcomes: Sequence[Outcome]) -> list[str]:
    """Return a workflow command for each failure, at most 10."""
    found = []
    for outcome in outcomes:
        found += [(outcome.host, text) for text in outcome.broken]
        for group in failure_groups(outcome.failed):
            for one in group.failures:
                advice = f" => {group.advice}" if group.advice else ""
                names = f" ({', '.join(one.names)})" if len(one.names) > 1 else ""
                found.append((outcome.host, f"{one.subject}{names}: {one.text}{advice}"))
    if len(found) > _MAX_ANNOTATIONS:
        more = len(found) - _MAX_ANNOTATIONS + 1
        found = [*found[: _MAX_ANNOTATIONS - 1], ("", f"{more} more failures, see the run summary")]
    return [
        f"::error title={_escape(f'{title} {host}'.strip(), ',:')}::{_escape(' '.join(text.split()))}"
        for host, text in found
    ]


def without_commands(line: str) -> str:
    """Return a line that GitHub does not take for a workflow command."""
    return line.replace("::", ": :") if line.lstrip().startswith("::") else line


def _escape(text: str, more: str = "") -> str:
    """Escape a text for a workflow command; `more`: further characters, for a property."""
    for letter in f"%\r\n{more}":
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
