# SPDX-License-Identifier: Apache-2.0
"""Filter `access_answer`: the results of access checks of packages and images as one answer."""

from __future__ import annotations

DOCUMENTATION = r"""
name: access_answer
short_description: Merge the results of several access checks
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Merges what M(stackhpc.release_train.access_check) returned for packages and for images. A check that failed before
    its first item is reported with its error, and does not hide the other ones.
positional: _input, host
options:
  _input:
    description: Mapping of what was checked, such as V(packages), to the result of the task.
    type: dict
    required: true
  host:
    description: Inventory host whose account was checked.
    type: str
    required: true
  notes:
    description: Lines about what was not checked, although nothing failed.
    type: list
    elements: str
    default: []
seealso:
  - module: stackhpc.release_train.access_check
"""

EXAMPLES = r"""
- name: Show the access to packages and images
  stackhpc.release_train.text_show:
    text: "{{ ({'packages': packages, 'images': images}
      | stackhpc.release_train.access_answer('client1')).lines }}"
"""

RETURN = r"""
_value:
  description: The merged results.
  type: dict
  contains:
    lines: {description: Lines to print., type: list}
    answer: {description: One line with all counts and errors., type: str}
    failures: {description: 'Why the run fails, empty if everything is served.', type: list}
    rows: {description: Results of pins that are not served., type: list}
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ..plugin_utils.run.messages import task_message

_SERVED = ("served", "pullable")


def access_answer(
    parts: Mapping[str, Mapping[str, Any]], host: str, notes: Sequence[str] = ()
) -> dict[str, Any]:
    """The merged results; see DOCUMENTATION."""
    lines: list[str] = []
    answers: list[str] = []
    errors: dict[str, list[str]] = {}
    for name, run in parts.items():
        if run.get("lines") is not None:
            lines += run["lines"]
            answers.append(str(run.get("answer") or ""))
        elif run.get("msg"):
            errors.setdefault(task_message(run), []).append(name)
    problems = [f"{' and '.join(names)} not checked: {text}" for text, names in errors.items()]
    results = [result for run in parts.values() for result in run.get("results") or []]
    failed = [result for result in results if result.get("error") and not result.get("allowed")]
    counts = f"{len(failed)} of {len(results)} pins are not served to the account of {host}"
    return {
        "lines": list(dict.fromkeys([*lines, *problems, *notes])),
        "answer": "; ".join(filter(None, [*answers, *problems, *notes])),
        "failures": [*([f"{counts}: see above"] if failed else []), *problems],
        "rows": [result for result in results if result.get("access") not in _SERVED],
    }


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"access_answer": access_answer}
