# SPDX-License-Identifier: Apache-2.0
"""Row 9: lock, verify and compare a release of package repositories and images."""

from __future__ import annotations

import json
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from ..unit.repository_metadata import many_packages, rpm_site
from .images import DEVELOPMENT, TAGS, image_names, mirrored
from .inventory import STAMP, Item, pins
from .measure import Pair, Run, alternating, measured, median, module, script, times
from .server import Server
from .table import Table

GUARD, NAME, LARGE = "development", "2026.1-20260101T000000", "bench-large"
COLUMNS = (
    "what",
    "ours, s",
    "bare loop, s",
    "ratio",
    "requests for roots, tags, tokens",
    "all runs, s (ours; bare loop)",
)


class Release:
    """A lock of snapshots and images that are on a server, in a directory of its own."""

    def __init__(self, ark: Server, items: list[Item], images: int, directory: Path) -> None:
        self.ark, self.items, self.images = ark, items, image_names(images)
        self.path, self.cache = directory / f"{NAME}.yml", directory / "cache"

    @property
    def snapshots(self) -> list[str]:
        """Names of the distributions."""
        return [item["distribution_name"] + STAMP for item in self.items]

    def lock(self, account: dict[str, str]) -> Run:
        """Lock the release with an account."""
        arguments = {
            "name": NAME,
            "path": str(self.path),
            "rpm": self.items,
            "package_versions": pins(self.items),
            "container_namespace": DEVELOPMENT,
            "container_tags": dict.fromkeys(self.images, TAGS[0]),
        }
        return self._module("release_lock", {**arguments, **account})

    def verify(self, account: dict[str, str]) -> Run:
        """Compare the server with the lock."""
        arguments = {"lock": str(self.path), "container_namespace": DEVELOPMENT}
        return self._module("release_verify", {**arguments, **account})

    def bare(self, account: dict[str, str]) -> Run:
        """Send the same requests."""
        job = {
            **{"url": self.ark.url, "tag": TAGS[0], **account},
            "roots": [f"{item['base_path']}{STAMP}/repodata/repomd.xml" for item in self.items],
            "images": [f"{DEVELOPMENT}/{name}" for name in self.images],
        }
        return measured(self.ark, lambda: script("bare_release", job))

    def _module(self, name: str, arguments: dict[str, Any]) -> Run:
        return module(self.ark, name, {"cache_path": str(self.cache), **arguments})


def compared(ark: Server, items: list[Item], url: str, images: int, repetitions: int) -> Table:
    """Lock and verify with a warm cache, guarded with an account and unguarded without one."""
    table = Table(f"Lock and verification of {len(items)} repositories, {images} images", COLUMNS)
    module(ark, "pulp_repository", mirrored(url, DEVELOPMENT, images))
    names = [f"{DEVELOPMENT}/{name}" for name in image_names(images)]
    served = [{"name": name, "base_path": name, "repository": name} for name in names]
    module(ark, "pulp_distribution", {"container": served})
    with tempfile.TemporaryDirectory(prefix="bench-release-") as directory:
        release = Release(ark, items, images, Path(directory))
        for guard, account in ((GUARD, ark.login), (None, {"username": "", "password": ""})):
            ark.guard_distributions(release.snapshots, guard)
            release.lock(account)  # fills the cache, and the first requests take longer
            for what, action in (("lock", release.lock), ("verification", release.verify)):
                pair = alternating(
                    partial(action, account), partial(release.bare, account), repetitions
                )
                _add(table, f"{what}, {'guarded' if guard else 'without guards'}", pair, release)
                if not guard:
                    seconds = pair.medians[0].seconds
                    limit = 5 if what == "lock" else 6
                    table.add_target(f"{what}, without guards, s", seconds, limit)
    return table


def _add(table: Table, what: str, pair: Pair, release: Release) -> None:
    ours, bare = pair.medians
    counts = ("/".join(map(str, run.traffic.content)) for run in (ours, bare))
    seconds = (f"{run.seconds:.2f}" for run in (ours, bare))
    table.add(what, *seconds, f"{pair.ratio:.2f}", " and ".join(counts), pair.times)
    table.add_target(f"{what}, time by that of the bare loop", pair.ratio, 1.25)
    roots, tags, tokens = ours.traffic.content
    table.add_target(f"{what}, requests per root", roots / len(release.items), 1)
    table.add_target(f"{what}, requests per tag", tags / len(release.images), 1)
    table.add_target(f"{what}, tokens per 50 images", tokens / (len(release.images) / 50), 1)


def large(ark: Server, packages: int, repetitions: int) -> Table:
    """Compare two locks of one large repository, with an empty and with a filled cache."""
    table = Table(
        f"Comparison of two locks of a repository of {packages} packages",
        ("cache", "s", "peak memory of the process, MiB", "all runs, s"),
    )
    with tempfile.TemporaryDirectory(prefix="bench-large-") as directory:
        locks = [_large_lock(ark, packages, which, Path(directory)) for which in (0, 1)]
        arguments = {"old": locks[0], "new": locks[1], "json_path": f"{directory}/changes.json"}
        cold = [
            module(ark, "release_diff", {**arguments, "cache_path": f"{directory}/cache-{number}"})
            for number in range(repetitions)
        ]
        again = {**arguments, "cache_path": f"{directory}/cache-0"}
        warm = [module(ark, "release_diff", again) for _repetition in range(repetitions)]
        changes = json.loads(Path(directory, "changes.json").read_text(encoding="utf-8"))
    if len(changes["packages"]) != 1:
        raise SystemExit("the two locks do not differ in their repository")
    for cache, runs, limit in (("empty", cold, 15), ("filled", warm, 2)):
        run = median(runs)
        table.add(cache, f"{run.seconds:.2f}", f"{run.memory:.0f}", times(runs))
        table.add_target(f"comparison with a cache that is {cache}, s", run.seconds, limit)
        memory = max(one.memory for one in runs)
        table.add_target(f"comparison with a cache that is {cache}, peak MiB", memory, 200)
    return table


def _large_lock(ark: Server, packages: int, which: int, directory: Path) -> str:
    """Serve metadata without packages, as files, and lock them; return the path of the lock."""
    site = rpm_site(many_packages(packages, which), entries=10)
    name = f"{LARGE}-{which}"
    files = []
    for number, (path, content) in enumerate(site.files.items()):
        local = directory / f"{which}-{number}"
        local.write_bytes(content)
        files.append({"path": str(local), "relative_path": path})
    stamp = f"2026010{which + 1}T000000"
    path = f"{LARGE}/{stamp}"
    distribution = {"name": name, "base_path": path, "repository": name}
    module(ark, "pulp_repository", {"file": [{"name": name, "autopublish": True}]})
    module(ark, "pulp_file_content", {"file": [{"name": name, "files": files}]})
    module(ark, "pulp_distribution", {"file": [distribution]})
    item = {
        **{"name": LARGE, "short_name": "large", "url": "http://127.0.0.1/", "base_path": LARGE},
        **{"distribution_name": f"{LARGE}-"},
    }
    lock = str(directory / f"{which}.yml")
    module(
        ark,
        "release_lock",
        {
            **{
                "name": f"2026.1-{which}",
                "path": lock,
                "rpm": [{**item, "base_path": f"{LARGE}/"}],
            },
            **{"package_versions": {"large": stamp}, "cache_path": f"{directory}/lock-{which}"},
        },
    )
    return lock
