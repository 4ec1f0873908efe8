# SPDX-License-Identifier: Apache-2.0
"""How an upstream moves on: the packages of its next state."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TypeVar

from .deb import Deb
from .rpm import Rpm

Package = TypeVar("Package", Rpm, Deb)


def next_packages(packages: Sequence[Package], steps: int = 1) -> list[Package]:
    """Return the packages after `steps` further states of an upstream that has `packages` now.

    In each state the first package is updated (its release number grows by one), the last one is
    removed, and one that is called `<name of the first>-next<number>` is added. Needs two packages.
    """
    state = list(packages)
    for _step in range(steps):
        first, *others, last = state
        number = re.search(r"-next(\d+)$", last.name)
        name = f"{first.name}-next{int(number[1]) + 1 if number else 1}"
        added = replace(first, name=name, size=0)
        state = [_updated(first), *others, added]
    return state


def _updated(package: Package) -> Package:
    fields = asdict(package)
    if isinstance(package, Rpm):
        fields["release"] = _plus_one(package.release)
    else:
        upstream, dash, revision = package.version.rpartition("-")
        fields["version"] = f"{upstream}{dash}{_plus_one(revision)}"
    return type(package)(**fields)


def _plus_one(text: str) -> str:
    """Return `text` with the number it begins with one higher: `3.el9` becomes `4.el9`."""
    match = re.match(r"\d+", text)
    number = match[0] if match else ""
    return f"{int(number or 0) + 1}{text[len(number) :]}"
