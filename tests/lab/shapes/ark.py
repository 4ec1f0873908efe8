# SPDX-License-Identifier: Apache-2.0
"""An inventory of Ark with the size and the imperfections of a real one.

It has 176 live repositories, 155 RPM and 21 Deb, and 155 deprecated ones. 58 RPM URLs are mirror
lists, two of these metalinks; four items have `sync: false`, two `publish: false`; of five
deprecated items only the name is left; two Deb items have `sync_policy`, two no `distributions`.

The URLs are those of the upstream server of the tests: repository `many/<number>/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from .images import IMAGES, UNBUILDABLE

Item = dict[str, Any]

UPSTREAMS = 20
"""The number of RPM repositories of the upstream server; others have the same URLs again."""

MIRROR_LISTS = 58
NOT_SYNCED = ("centos_stream_8_baseos", "centos_stream_8_appstream", "mariadb_10_5_el8", "epel_8")
NOT_PUBLISHED = ("doca_2_6_rhel9_0", "doca_2_6_rhel9_1")

_ROCKY_8 = ("BaseOS", "AppStream", "extras", "PowerTools", "HighAvailability", "Devel", "NFV")
_ROCKY_9 = ("BaseOS", "AppStream", "extras", "CRB", "HighAvailability", "devel", "NFV", "RT")
_STREAM = ("BaseOS", "AppStream", "extras-common", "CRB", "HighAvailability", "NFV", "RT")
_THIRD_PARTY = (
    *("docker_ce_el8", "docker_ce_el9", "hashicorp_el8", "hashicorp_el9", "influxdb_el8"),
    *("influxdb_el9", "elasticsearch_7", "elasticsearch_8", "opensearch_2", "kubernetes_1_29"),
    *("kubernetes_1_30", "kubernetes_1_31", "rabbitmq_el8", "rabbitmq_el9"),
)


def _families() -> Iterator[tuple[str, str, str]]:
    """Yield name, base path and sync group of each live RPM repository."""
    for minor, section in product(range(5, 11), _ROCKY_8):
        yield f"Rocky Linux 8.{minor} - {section}", f"rocky/8.{minor}/{section}", "rocky_8"
    for minor, section in product(range(4), _ROCKY_9):
        yield f"Rocky Linux 9.{minor} - {section}", f"rocky/9.{minor}/{section}", "rocky_9"
    for release, section in product((8, 9), _STREAM):
        path = f"centos/{release}-stream/{section}"
        yield f"CentOS Stream {release} - {section}", path, f"centos_stream_{release}"
    for epel in ("8", "8 modular", "9", "9 next"):
        yield f"EPEL {epel}", f"epel/{epel.replace(' ', '/')}", "epel"
    for name, system in product(("pacific", "quincy", "reef"), ("el8", "el9")):
        yield f"Ceph {name} {system}", f"ceph/{name}/{system}", "ceph"
    for mariadb, system in product(("10.5", "10.6", "10.11", "11.4"), ("el8", "el9")):
        yield f"MariaDB {mariadb} {system}", f"mariadb/{mariadb}/{system}", "mariadb"
    for erlang, system in product(range(23, 28), ("el8", "el9")):
        yield f"RabbitMQ Erlang {erlang} {system}", f"erlang/{erlang}/{system}", "rabbitmq"
    for doca, minor in product(range(6, 11), range(5)):
        yield f"DOCA 2.{doca} RHEL9.{minor}", f"doca/2.{doca}/rhel9.{minor}", "doca"
    for short in _THIRD_PARTY:
        yield short.replace("_", " "), short.replace("_", "/"), "third_party"


def _short_name(name: str) -> str:
    words = name.lower().replace(" - ", " ").replace("rocky linux", "rocky")
    return "".join(letter if letter.isalnum() else "_" for letter in words)


def _item(name: str, path: str, group: str) -> Item:
    short = _short_name(name)
    return {
        "name": name,
        "short_name": short,
        "base_path": f"{path}/x86_64/os/",
        "distribution_name": f"{short.replace('_', '-')}-",
        "sync_group": group,
    }


def rpm_repositories(upstream: str) -> list[Item]:
    """Return the 155 live RPM repositories."""
    items = []
    for number, words in enumerate(_families()):
        item = _item(*words)
        short, place = item["short_name"], f"{upstream}/many/{number % UPSTREAMS + 1:04}/"
        item["url"] = place
        if 20 <= number < 20 + MIRROR_LISTS:
            item["url"] = f"{upstream}/{'metalink' if number < 22 else 'mirrorlist'}?repo={short}"
        if short.startswith("epel"):
            item["sync_policy"] = "mirror_content_only"
        item.update({"sync": False} if short in NOT_SYNCED else {})
        item.update({"publish": False} if short in NOT_PUBLISHED else {})
        items.append(item)
    return items


def deb_repositories(upstream: str) -> list[Item]:
    """Return the 21 live Deb repositories."""
    items = []
    for suite, kind in product(("focal", "jammy", "noble"), ("", "updates", "backports")):
        name = " ".join(filter(None, ["Ubuntu", suite, kind]))
        items.append({**_item(name, name.lower().replace(" ", "/"), "ubuntu"), "suite": suite})
    for suite, name in product(
        ("focal", "jammy", "noble"), ("Ubuntu Cloud Archive", "Ceph Debian", "Grafana Debian")
    ):
        path = f"{name.lower().replace(' ', '-')}/{suite}"
        items.append({**_item(f"{name} {suite}", path, "ubuntu_extra"), "suite": suite})
    for suite in ("bookworm", "bullseye", "trixie"):
        items.append({**_item(f"Debian {suite}", f"debian/{suite}", "debian"), "suite": suite})
    for number, item in enumerate(items):
        item["base_path"] = item["base_path"].replace("x86_64/os/", "")
        suite = item.pop("suite")
        # The upstream has one suite, which the repository that is synced in tests uses.
        item.update(url=f"{upstream}/many-deb/0001/", distributions=suite, components="main")
        item["architectures"] = "amd64"
        if number in (3, 4):
            item["sync_policy"] = "mirror_complete"
    return items


def deprecated_repositories(upstream: str) -> dict[str, list[Item]]:
    """Return the 140 RPM and 15 Deb repositories that are not synced any more."""
    words = [
        *(
            (f"CentOS Linux {release} - {section}", f"centos/{release}/{section}", "centos")
            for release, section in product(("8.3", "8.4", "8.5"), _ROCKY_8)
        ),
        *(
            (f"OpenHPC {version} {system} {number}", f"openhpc/{version}/{system}/{number}", "hpc")
            for version, system, number in product(("2", "3"), ("el8", "el9"), range(1, 18))
        ),
        *(
            (f"MLNX OFED {version} el{minor}", f"mlnx/{version}/{minor}", "mlnx")
            for version, minor in product(("5.4", "5.7", "5.8", "23.10", "24.01"), range(80, 90))
        ),
        ("Treasure Data 5", "treasuredata/5", "third_party"),
    ]
    rpm = [
        {**_item(*chosen), "url": f"{upstream}/many/{number % UPSTREAMS + 1:04}/"}
        for number, chosen in enumerate(words)
    ]
    rpm[7:12] = [{"name": item["name"]} for item in rpm[7:12]]
    for item in rpm[20:24]:
        item.update(sync=False, publish=False)
    deb = []
    for number in range(15):
        item = _item(f"Ubuntu bionic {number}", f"ubuntu/bionic/{number}", "ubuntu")
        item.update(url=f"{upstream}/many-deb/0001/", components="main", architectures="amd64")
        deb.append({**item, **({} if number in (2, 3) else {"distributions": "bionic"})})
    return {"rpm": rpm, "deb": deb}


def write_ark_inventory(
    directory: Path, upstream: str, hosts: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> Path:
    """Write an inventory; `hosts` is group -> host -> variables. Returns its directory."""
    everywhere = directory / "group_vars" / "all"
    everywhere.mkdir(parents=True)
    groups = {group: {"hosts": dict(members)} for group, members in hosts.items()}
    _write(directory / "hosts.yml", {"pulp": {"children": groups}})
    _write(everywhere / "package_repos.yml", {"rpm_package_repos": rpm_repositories(upstream)})
    _write(everywhere / "deb_repos.yml", {"deb_package_repos": deb_repositories(upstream)})
    deprecated = deprecated_repositories(upstream)
    lists = {f"deprecated_{kind}_package_repos": deprecated[kind] for kind in deprecated}
    _write(everywhere / "deprecated_repos.yml", lists)
    images = {"kolla_container_images": list(IMAGES), "kolla_unbuildable_images": UNBUILDABLE}
    _write(everywhere / "images.yml", images)
    return directory


def only(items: Iterable[Item], *short_names: str) -> list[Item]:
    """Return the items with these short names."""
    return [item for item in items if item.get("short_name") in short_names]


def _write(path: Path, variables: Mapping[str, Any]) -> None:
    text = yaml.safe_dump(dict(variables), sort_keys=False, width=1000)
    path.write_text(f"---\n{text}", encoding="utf-8")
    path.chmod(0o600)
