# SPDX-License-Identifier: Apache-2.0
"""Row 6: 150 images of two tags, promoted on Ark and mirrored by a client."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from ..lab.oci_layout import Image, write_layout
from ..lab.oci_registry import OciRegistry
from .measure import Run, alternating, measured, median, module, reference, times
from .playbook import run_task
from .server import Server
from .snapshots import add, compared
from .table import Table

TAGS = ["2025.1-rocky-9-20250812T091848", "2025.1-ubuntu-noble-20250812T091848"]
DEVELOPMENT, MIRROR = "bench-dev", "bench-mirror"


@contextmanager
def registry(number: int) -> Iterator[str]:
    """Yield the URL of a registry with this number of images, each with two tags of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-images-") as directory:
        for name in image_names(number):
            content = {tag: Image(f"{name} {tag}", size=512) for tag in TAGS}
            write_layout(Path(directory) / name, content)
        with OciRegistry(Path(directory)) as served:
            yield served.url


def promotion(ark: Server, url: str, number: int, repetitions: int) -> list[Table]:
    """Copy all tags into empty repositories, and again without changes."""
    module(ark, "pulp_repository", mirrored(url, DEVELOPMENT, number))
    table, again = compared("Promotion of images"), _counted("Promotion of images, again")
    fresh = count(1)
    last: list[str] = []

    def target() -> str:
        namespace = f"bench-release-{next(fresh)}"
        plain = [{"name": f"{namespace}/{name}"} for name in image_names(number)]
        module(ark, "pulp_repository", {"container": plain})
        return namespace

    def ours() -> Run:
        last[:] = [target()]
        return module(ark, "pulp_container_content", _copied(last[0], number))

    def theirs() -> Run:
        return reference(ark, "copy", {"items": _copied(target(), number)["container"]})

    pair = alternating(ours, theirs, repetitions)
    what = f"promotion of {number} images x {len(TAGS)} tags"
    add(table, what, pair, number, 1.25)
    action = partial(module, ark, "pulp_container_content", _copied(last[0], number))
    _unchanged(again, what, [action() for _repetition in range(repetitions)], number)
    return [table, again]


def mirror(client: Server, url: str, number: int, repetitions: int) -> Table:
    """Mirror pinned images without changes."""
    arguments = mirrored(url, MIRROR, number)
    module(client, "pulp_repository", arguments)
    table = _counted("Mirror of pinned images, again")
    task_arguments = {**client.connection, **arguments}
    variants = {
        "the module alone": lambda: module(client, "pulp_repository", arguments),
        "a playbook of one task": lambda: measured(
            client, lambda: run_task("pulp_repository", task_arguments)
        ),
    }
    for variant, action in variants.items():
        runs = [action() for _repetition in range(repetitions)]
        what = f"mirror of {number} images, {variant}"
        _unchanged(table, what, runs, number)
        table.add_target(f"{what}, s", median(runs).seconds, 10)
    return table


def _counted(title: str) -> Table:
    columns = ("what", "s", "requests per image", "polls", "Pulp tasks", "all runs, s")
    return Table(title, columns)


def _unchanged(table: Table, what: str, runs: list[Run], number: int) -> None:
    run = median(runs)
    requests = max(one.traffic.all for one in runs) / number
    counts = (f"{requests:.2f}", str(run.traffic.polls), str(run.tasks))
    table.add(what, f"{run.seconds:.2f}", *counts, times(runs))
    table.add_target(f"{what}, unchanged, Pulp tasks", max(one.tasks for one in runs), 0)
    table.add_target(f"{what}, unchanged, requests per image", requests, 2)


def image_names(number: int) -> list[str]:
    """Return the names of this number of images."""
    return [f"image-{each:03}" for each in range(1, number + 1)]


def mirrored(url: str, namespace: str, number: int) -> dict[str, Any]:
    """Return the arguments of pulp_repository that mirror all tags of the images."""
    items = [
        {
            **{"name": f"{namespace}/{name}", "upstream_name": name, "url": url},
            **{"include_tags": [*TAGS, "sha256-*.*"], "pinned": True},
        }
        for name in image_names(number)
    ]
    return {"container": items, "sync": True}


def _copied(namespace: str, number: int) -> dict[str, Any]:
    items = [
        {
            **{"name": f"{namespace}/{name}", "source": f"{DEVELOPMENT}/{name}"},
            **{"tags": TAGS, "immutable": True},
        }
        for name in image_names(number)
    ]
    return {"container": items}
