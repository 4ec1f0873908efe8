# SPDX-License-Identifier: Apache-2.0
"""Measure the collection against a bare script that sends Pulp the same requests.

Run by ``make benchmark``; docs/benchmark.md describes what is measured and how. Prints Markdown
and whether each target was met. The exit status is 0 in both cases: no test depends on a time.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import images, pinned, releases, snapshots, uploads
from .inventory import Item, Upstreams
from .server import Server, lab
from .table import Table, write

ARK, CLIENT, FULL = "bench-ark", "bench-client", "bench-full"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmark.md"
ROWS, IMAGES, PACKAGES = "12345689", 150, 40_000


def main() -> None:
    """Start servers, measure, print the results, destroy the servers."""
    options = _options()
    began = time.monotonic()
    with _servers(options.keep), _upstream() as url:
        tables = _measure(options, url)
        text = "\n\n".join([_about(began), *(table.markdown() for table in tables)])
        print(f"\n{text}\n", flush=True)
        if options.write:
            write(DOCUMENT, text)


def _about(began: float) -> str:
    minutes = (time.monotonic() - began) / 60
    command = "make benchmark" + (f' ARGS="{" ".join(sys.argv[1:])}"' if sys.argv[1:] else "")
    return (
        f"`{command}`, {time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, {minutes:.0f} minutes, load average "
        f"{os.getloadavg()[2]:.1f} over the last quarter of an hour."
    )


def _measure(options: argparse.Namespace, url: str) -> list[Table]:
    others = set(options.rows) - {"6"}
    tables = _measure_packages(options, url) if others else []
    return tables + (_measure_images(options) if "6" in options.rows else [])


def _measure_images(options: argparse.Namespace) -> list[Table]:
    number = 20 if options.quick else IMAGES
    repetitions = options.repetitions or (1 if options.quick else 3)
    ark, client = Server(ARK), Server(CLIENT)
    with images.registry(number) as url:
        _print_progress(f"promotion of {number} images")
        tables = images.promotion(ark, url, number, repetitions)
        _print_progress(f"mirror of {number} images")
        return [*tables, images.mirror(client, url, number, repetitions)]


def _measure_packages(options: argparse.Namespace, url: str) -> list[Table]:
    sizes = (20,) if options.quick else (20, 60)
    repetitions = options.repetitions or (1 if options.quick else 3)
    many = 1000 if options.quick else 20_000
    rows = set(options.rows)
    ark, client = Server(ARK), Server(CLIENT)
    ark.ensure_guards("development", "release")
    files = []
    if "8" in rows:
        size = options.upload_size or (128 if options.quick else 2048)
        _print_progress(f"uploading a file of {size} MiB")
        files = [uploads.uploads(ark, size, repetitions)]
        if rows == {"8"}:
            return files
    first, again = snapshots.compared("First snapshot"), snapshots.compared("Unchanged")
    slow = Table(
        "One process per object",
        ("what", "s", "requests per repository", "polls", "Pulp tasks"),
    )
    needed = sum(2 * repetitions * size for size in sizes) + sizes[0] + 2
    upstreams = Upstreams(url, needed)
    _print_progress(f"building {needed} upstream repositories, unless they are there")
    lab("upstream", "build-many", str(needed))
    # First requests of a server take longer, so they are not measured.
    snapshots.warm_up(ark, upstreams)
    items: list[Item] = []
    for size in sizes:
        _print_progress(f"first snapshot of {size}")
        items = snapshots.first_snapshots(ark, upstreams, size, repetitions, first)
        if "2" in rows:
            _print_progress(f"same again, {size} unchanged")
            snapshots.unchanged(ark, items, repetitions, again)
    tables = [first, again]
    if "1" in rows:
        _print_progress("one process per object")
        snapshots.one_by_one(ark, upstreams.items(sizes[0]), slow)
        tables.append(slow)
    pulps = pinned.Pulps(ark, client, items)
    if rows & set("35"):
        _print_progress(f"mirroring {len(items)}, to measure a mirror that has nothing to do")
        pinned.prepare(pulps)
    if "3" in rows:
        _print_progress("mirror from pins")
        tables.append(pinned.mirror(pulps, repetitions))
    if "4" in rows:
        _print_progress("promotion")
        tables.append(pinned.promotion(pulps, repetitions))
    if "5" in rows:
        _print_progress(f"another client, to be filled with {many} distributions")
        lab("pulp", "start", FULL, "--workers", "2")
        full = pinned.Pulps(ark, Server(FULL), items)
        pinned.prepare(full)
        _print_progress(f"mirror and promotion with {many} others")
        tables.append(pinned.crowded(full, pulps, many, repetitions))
    if "9" in rows:
        number = 20 if options.quick else IMAGES
        with images.registry(number) as registry:
            _print_progress(f"lock and verification with {number} images")
            tables.append(releases.compared(ark, items, registry, number, repetitions))
        _print_progress(f"comparison of {PACKAGES} packages")
        tables.append(releases.large(ark, PACKAGES, repetitions))
    return [table for table in [*tables, *files] if table.rows]


@contextmanager
def _servers(keep: bool) -> Iterator[None]:
    """Start two new servers with two workers each, and destroy them at the end."""
    try:
        lab("pulp", "destroy", ARK, CLIENT, FULL)
        lab("pulp", "start", ARK, CLIENT, "--workers", "2")
        yield
    finally:
        if not keep:
            lab("pulp", "destroy", ARK, CLIENT, FULL)


@contextmanager
def _upstream() -> Iterator[str]:
    """Yield the URL of the upstream, which is stopped at the end if it did not run before."""
    ran = lab("upstream", "status", may_fail=True)
    try:
        yield lab("upstream", "start").strip()
    finally:
        if not ran:
            lab("upstream", "stop", may_fail=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 repositories, once")
    parser.add_argument(
        "--rows", default=ROWS, help=f"rows to measure, of {ROWS}; row 1 prepares 2 to 5 and 9"
    )
    parser.add_argument("--repetitions", type=int, help="default: 3, or 1 with --quick")
    parser.add_argument(
        "--upload-size", type=int, help="MiB of row 8; default: 2048, or 128 with --quick"
    )
    parser.add_argument("--write", action="store_true", help=f"write results to {DOCUMENT.name}")
    parser.add_argument("--keep", action="store_true", help="leave the servers running")
    return parser.parse_args()


def _print_progress(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    main()
