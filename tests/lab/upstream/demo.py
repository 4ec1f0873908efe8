# SPDX-License-Identifier: Apache-2.0
"""The upstream repositories of the demo, like those of the example inventory, and small ones."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Optional, TypeVar

from .deb import Deb, build_debs
from .deb_repository import publish_deb
from .mirror import DEAD, write_metalink, write_mirrorlist
from .rpm import Rpm, build_rpms
from .rpm_repository import Advisory, Group, Module, publish_rpm

Package = TypeVar("Package", Rpm, Deb)

RPM = {
    f"rocky_{release}_{name.lower()}": f"rocky/{release}/{name}/x86_64/os"
    for release in (9, 10)
    for name in ("BaseOS", "AppStream", "CRB", "extras", "HighAvailability")
}
for _release in (9, 10):
    RPM[f"epel_{_release}"] = f"epel/{_release}/Everything/x86_64"
    RPM[f"docker_ce_el{_release}"] = f"docker-ce/linux/centos/{_release}/x86_64/stable"


@dataclass(frozen=True)
class Archive:
    """A Deb repository of the demo, with the suites and components of its inventory item."""

    path: str
    suites: tuple[str, ...]
    components: tuple[str, ...] = ("main", "universe")


DEB = {
    "ubuntu_jammy": Archive(
        "ubuntu", ("jammy", "jammy-updates", "jammy-backports", "jammy-security")
    ),
    "ubuntu_noble": Archive(
        "ubuntu", ("noble", "noble-updates", "noble-backports", "noble-security")
    ),
    "ubuntu_jammy_security": Archive("ubuntu-security", ("jammy-security",)),
    "ubuntu_noble_security": Archive("ubuntu-security", ("noble-security",)),
    "ubuntu_cloud_archive_jammy": Archive("cloud-archive", ("jammy-updates/caracal",), ("main",)),
    "ubuntu_cloud_archive_noble": Archive("cloud-archive", ("noble-updates/epoxy",), ("main",)),
    "docker_ce_ubuntu_jammy": Archive("docker-ce/linux/ubuntu", ("jammy",), ("stable",)),
    "docker_ce_ubuntu_noble": Archive("docker-ce/linux/ubuntu", ("noble",), ("stable",)),
}


def demo_step(root: Path) -> Optional[int]:
    """Return the number of the demo's current state, None if it was never published."""
    record = root / ".demo.json"
    return int(json.loads(record.read_text())["step"]) if record.exists() else None


def publish_demo(root: Path, step: int) -> None:
    """Publish state number `step` of all upstream repositories of the demo."""
    root.mkdir(parents=True, exist_ok=True)
    rpms = {name: next_packages(_rpms(name), step) for name in RPM}
    build_rpms([package for packages in rpms.values() for package in packages])
    for name, packages in rpms.items():
        _publish_rpm(root, name, packages, step)
    suites: dict[str, dict[str, dict[str, list[Deb]]]] = {}
    for archive in DEB.values():
        for suite in archive.suites:
            suites.setdefault(archive.path, {})[suite] = {
                component: next_packages(_debs(suite, component), step)
                for component in archive.components
            }
    for path, content in suites.items():
        publish_deb(root, path, content, origin="Ubuntu" if "ubuntu" in path else "Canonical")
    (root / ".demo.json").write_text(json.dumps({"step": step}))


def publish_mirrors(root: Path, url: str) -> None:
    """Write a mirror list and a metalink for each RPM repository, with a dead mirror first."""
    for name, path in RPM.items():
        mirrors = [f"{DEAD}/{path}/", f"{url}/{path}/"]
        write_mirrorlist(root, f"mirrorlist/{name}", mirrors)
        write_metalink(root, f"metalink/{name}", root / path, mirrors)


def describe_demo(root: Path, url: str) -> list[dict[str, Any]]:
    """Return one item for each repository: the keys of an inventory item, and `packages`."""
    step = demo_step(root)
    if step is None:
        return []
    items: list[dict[str, Any]] = [{
        "type": "rpm",
        "short_name": name,
        "url": f"{url}/{path}/",
        "mirrorlist": f"{url}/mirrorlist/{name}",
        "metalink": f"{url}/metalink/{name}",
        "packages": [package.filename for package in next_packages(_rpms(name), step)],
    } for name, path in RPM.items()]  # fmt: skip
    items += [{
        "type": "deb",
        "short_name": name,
        "url": f"{url}/{archive.path}/",
        "distributions": " ".join(archive.suites),
        "components": " ".join(archive.components),
        "architectures": "amd64 arm64",
        "packages": sorted({
            package.filename
            for suite in archive.suites
            for component in archive.components
            for package in next_packages(_debs(suite, component), step)
        }),
    } for name, archive in DEB.items()]  # fmt: skip
    return items


def publish_many(root: Path, rpm: int, deb: int, packages: int, step: int) -> None:
    """Publish small repositories `many/0001` ... and `many-deb/0001` ... with distinct packages."""
    root.mkdir(parents=True, exist_ok=True)
    numbers = range(1, packages + 1)
    rpms = {
        f"many/{number:04}": next_packages([Rpm(f"rpm{number:04}-{n}") for n in numbers], step)
        for number in range(1, rpm + 1)
    }
    debs = {
        f"many-deb/{number:04}": next_packages([Deb(f"deb{number:04}-{n}") for n in numbers], step)
        for number in range(1, deb + 1)
    }
    build_rpms([package for chosen in rpms.values() for package in chosen])
    build_debs([package for chosen in debs.values() for package in chosen])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = [pool.submit(publish_rpm, root, path, chosen) for path, chosen in rpms.items()]
        done += [
            pool.submit(publish_deb, root, path, {"noble": {"main": chosen}})
            for path, chosen in debs.items()
        ]
        for future in done:
            future.result()


def next_packages(packages: Sequence[Package], steps: int = 1) -> list[Package]:
    """Return the packages of an upstream that has `packages` now, `steps` states later.

    In each state the release number of the first package is incremented, the last package is
    removed, and `<name of the first>-next<number>` is added. Needs at least two packages.
    """
    state = list(packages)
    for _step in range(steps):
        first, *others, last = state
        number = re.search(r"-next(\d+)$", last.name)
        name = f"{first.name}-next{int(number[1]) + 1 if number else 1}"
        added = replace(first, name=name, size=0)
        state = [_updated(first), *others, added]
    return state


def _rpms(name: str) -> list[Rpm]:
    slug = name.replace("_", "-")
    release = "1.el10" if "_10" in name else "1.el9"
    return [
        Rpm(f"{slug}-hello", "1.0", release, requires=(f"{slug}-library",)),
        Rpm(f"{slug}-library", "2.1", release, "x86_64", size=20_000),
        Rpm(f"{slug}-docs", "1.0", release),
        Rpm(f"{slug}-legacy", "0.9", release, "x86_64"),
    ]


def _publish_rpm(root: Path, name: str, packages: list[Rpm], step: int) -> None:
    """Publish one repository, with modules, advisories and groups for its current packages."""
    slug = name.replace("_", "-")
    library = tuple(package for package in packages if package.name == f"{slug}-library")
    modules = [Module(f"{slug}-module", "1", library, version=1 + step, default=True)]
    # One more for each state: Pulp rejects an advisory that changes without a new date.
    advisories = [
        Advisory(f"RLSA-2025:{1000 + at}", tuple(next_packages(_rpms(name), at)[:1]))
        for at in range(step + 1)
    ]
    publish_rpm(
        root,
        RPM[name],
        packages,
        modules=modules if name.endswith("appstream") else (),
        advisories=advisories if name.startswith("rocky") else (),
        groups=[Group("core", (f"{slug}-hello",))] if name.endswith("baseos") else (),
    )


def _debs(suite: str, component: str) -> list[Deb]:
    slug = f"{suite.replace('/', '-')}-{component}"
    return [
        Deb(f"{slug}-hello", "1.0-1", depends=(f"{slug}-library",)),
        Deb(f"{slug}-library", "2.1-1", "amd64", size=20_000),
        Deb(f"{slug}-library", "2.1-1", "arm64", size=20_000),
        Deb(f"{slug}-legacy", "0.9-1", "amd64"),
    ]


def _updated(package: Package) -> Package:
    fields = asdict(package)
    if isinstance(package, Rpm):
        fields["release"] = _plus_one(package.release)
    else:
        upstream, dash, revision = package.version.rpartition("-")
        fields["version"] = f"{upstream}{dash}{_plus_one(revision)}"
    return type(package)(**fields)


def _plus_one(text: str) -> str:
    """Return `text` with its leading number incremented: `3.el9` becomes `4.el9`."""
    match = re.match(r"\d+", text)
    number = match[0] if match else ""
    return f"{int(number or 0) + 1}{text[len(number) :]}"
