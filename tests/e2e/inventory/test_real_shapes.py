# SPDX-License-Identifier: Apache-2.0
"""Every playbook in check mode with an inventory and a Kayobe configuration of real shape.

The last screen of each playbook is an approved text, real_shapes/<playbook>.txt. What differs from
run to run is replaced: URLs, directories, durations and the time of this run. To rewrite the texts
after a change, run this file with RELEASE_TRAIN_APPROVED set to that directory of your clone, and
review the difference:

    RELEASE_TRAIN_APPROVED=$PWD/tests/e2e/inventory/real_shapes \
        make test-e2e ARGS="-k real_shapes"
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.play import Secret
from tests.e2e.rig import Rig, Servers
from tests.lab.playbook import COLLECTION, Play
from tests.lab.shapes import ark as ark_shape
from tests.lab.shapes import client as client_shape
from tests.lab.shapes.client import ON_ARK, REQUIRED, STAMP

APPROVED = Path(__file__).with_name("real_shapes")
PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
# Imported by the others.
PARTS = {"run_end", "target_check"}
LONGEST = 300.0
LINES = 45

_IMAGE = {
    "openstack_release": "2025.1",
    "os_distribution": "rocky",
    "os_release": "9",
    "image_version": f"2025.1-{STAMP}",
}

_LOCK = "releases/first.yml"
_EVIDENCE = {"release_evidence_name": "smoke", "release_evidence_result": "passed"}

_WITHDRAWN = {
    "package_versions": {"epel_9": STAMP},
    "package_withdraw_configurations": ["kayobe-config"],
}


@dataclass(frozen=True)
class Case:
    """The variables of a playbook, and what it runs with.

    `kayobe`: it runs for the client as Kayobe runs it, else for Ark with its inventory; `pins`: the
    latter reads the pins of the configuration.
    """

    variables: dict[str, Any] = field(default_factory=dict)
    kayobe: bool = False
    pins: bool = True


CASES = {
    "access_check": Case(kayobe=True),
    "access_control": Case({"release_train_clients": [{"name": "site1", "password": "abc-1-xyz"}]}),
    "client_container_sync": Case(kayobe=True),
    "client_promote": Case(kayobe=True),
    "client_sync": Case(kayobe=True),
    "client_update": Case({"client_update_promote": True}, kayobe=True),
    "container_access": Case(),
    "container_check": Case(),
    "container_mirror": Case(kayobe=True),
    "container_promote": Case(),
    "distribution_clean": Case(),
    "distribution_list": Case({"package_filter": [f"^{name}$" for name in ON_ARK]}),
    "image_download": Case({**_IMAGE, "image_download_path": "/tmp"}, pins=False),
    "image_mirror": Case(kayobe=True),
    "image_promote": Case(),
    "image_upload": Case({**_IMAGE, "image_path": "{{ inventory_dir }}/../images"}, pins=False),
    "inventory_validate": Case(),
    "kayobe_update": Case(),
    "kayobe_update.tags": Case({"image_tag": "2025.1-rocky-9-20250920T000000"}),
    "kolla_check": Case(),
    "package_mirror": Case(kayobe=True),
    "package_promote": Case(),
    "package_query": Case(),
    "package_sync": Case(),
    "package_withdraw": Case(_WITHDRAWN, pins=False),
    "release_diff": Case({"release_old": _LOCK, "release_new": _LOCK}, pins=False),
    "release_lock": Case({"release_name": "second"}),
    "release_prune": Case(),
    "release_record": Case({"release_lock": _LOCK, **_EVIDENCE}, pins=False),
    "release_promote": Case({"release_lock": _LOCK}, pins=False),
    "release_rollback": Case({"release_lock": _LOCK}, pins=False),
    "release_verify": Case({"release_lock": _LOCK}, pins=False),
}


@dataclass(frozen=True)
class Shapes:
    """The servers, and a directory with the inventory of Ark and the configuration of a client."""

    servers: Servers
    directory: Path

    @property
    def configuration(self) -> Path:
        return self.directory / "kayobe-config"

    def run(self, name: str, case: Case) -> str:
        """Run a playbook in check mode; returns its exit status and its last screen."""
        given = dict(case.variables)
        arguments = ["-i", "inventory"]
        if case.kayobe:
            arguments = client_shape.extra_variables(self.configuration)
        elif case.pins:
            given["kayobe_config_repo_path"] = str(self.configuration)
        extra = ["-e", json.dumps(given)] if given else []
        output = self.directory / f"{name}.log"
        words = [f"{COLLECTION}.{name.partition('.')[0]}", *arguments, *extra, "--check"]
        play = Play(words, self.directory, output, None, None, LONGEST)
        run = play.wait()
        for secret in self._secrets:
            assert not [form for form in secret.forms if form in run.output], secret.username
        assert "Traceback (most recent call last)" not in run.output, run.output
        return f"exit status {run.status}\n{self._normalised(last_screen(run.output))}"

    @property
    def _secrets(self) -> list[Secret]:
        return [
            Secret(one.username, one.password) for one in (self.servers.ark, self.servers.client)
        ]

    def _normalised(self, text: str) -> str:
        """Replace what differs from run to run."""
        servers = self.servers
        addresses = {"ark": servers.ark.url, "client": servers.client.url}
        addresses["upstream"] = servers.upstream.url
        for name, url in addresses.items():
            text = text.replace(url, f"http://{name}.test")
            text = text.replace(url.partition("://")[2], f"{name}.test")
        text = text.replace(str(self.directory), "/shapes")
        # Versions of ansible-core print different lines before the result of a failed task.
        text = re.sub(r"^\[ERROR\].*?(?=^fatal: )", "", text, flags=re.MULTILINE | re.DOTALL)
        for pattern, replacement in _VARYING:
            text = re.sub(pattern, replacement, text)
        return text


_VARYING = (
    (r"\b(?!20250)20\d{6}T\d{6}", "<now>"),
    (r"\b\d+ min \d+ s\b|\b\d+(\.\d)? s\b", "<duration>"),
    (r"(?m)^((?:rpm|deb) .*?) +\d+(  \S+)$", r"\1  <days>\2"),
    # Of all distributions on servers that other tests use, too.
    (r"(?m)^selected (\d{1,2}) of \d+$", r"selected \1 of <all>"),
    (r"(?m)^(Storage of Pulp: ).*", r"\1<sizes>"),
    (r"sha256:[0-9a-f]{12,64}", "sha256:<digest>"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
    # The width of a column depends on what else is served.
    (r"(?m)^(?:TYPE|rpm|deb) .*$", lambda row: re.sub(" {2,}", "  ", row[0])),
)


def last_screen(output: str) -> str:
    """Return what a terminal of LINES lines shows: the last task that printed more than the status
    of its hosts, and what follows it."""
    sections = re.split(r"^(?=(?:TASK|PLAY|PLAY RECAP) (?:\[|\*))", output, flags=re.MULTILINE)
    speaking = [number for number, text in enumerate(sections) if _prints_text(text)]
    shown = "".join(sections[speaking[-1] if speaking else 0 :])
    plain = re.sub(r" \*+$", "", shown, flags=re.MULTILINE)
    lines = [line.rstrip() for line in plain.strip().splitlines()]
    return "\n".join(lines[-LINES:]) + "\n"


def _prints_text(section: str) -> bool:
    _banner, *lines = section.strip().splitlines() or [""]
    printed = [
        line for line in lines if line and not re.match(r"(ok|changed|skipping|included):", line)
    ]
    return bool(printed) and not section.startswith("PLAY RECAP")


@pytest.fixture(scope="module")
def shapes(guarded: Servers) -> Iterator[Shapes]:
    """Write inventory and configuration, take the snapshots that the site requires on Ark, and lock
    them as a release."""
    # Of constant length, because long lines are cut.
    directory = Path(tempfile.mkdtemp(prefix="shapes-", dir="/tmp"))
    try:
        rig = Rig(guarded, directory, "shapes")
        ark_shape.write_ark_inventory(directory / "inventory", guarded.upstream.url, _hosts(rig))
        client_shape.write_kayobe_configuration(directory / "kayobe-config", _connection(guarded))
        (directory / "images").mkdir()
        (directory / "images" / "overcloud.qcow2").write_bytes(b"image")
        rpm, deb = _pinned(guarded.upstream.url)
        lists = {"rpm_package_repos": rpm, "deb_package_repos": deb, "package_stamp": STAMP}
        rig.run("package_sync", **lists).succeeded()
        lists["package_versions"] = {one["short_name"]: STAMP for one in (*rpm, *deb)}
        lock = {"release_name": "first", "release_directory": str(directory / "releases")}
        rig.run("release_lock", **lists, **lock).succeeded()
        yield Shapes(guarded, directory)
    finally:
        shutil.rmtree(directory)


def _hosts(rig: Rig) -> dict[str, dict[str, Any]]:
    local = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    return {"ark": {"ark1": {**rig.hosts["ark"]["ark1"], **local}}}


def _connection(servers: Servers) -> dict[str, Any]:
    """Return the variables of a Kayobe configuration with the addresses and accounts."""
    found = {}
    for prefix, pulp in (("", servers.client), ("stackhpc_release_", servers.ark)):
        found.update(
            {
                f"{prefix}pulp_url": pulp.url,
                f"{prefix}pulp_username": pulp.username,
                f"{prefix}pulp_password": pulp.password,
            }
        )
    return found


def _pinned(upstream: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the RPM and Deb repositories whose snapshots the configuration pins and requires."""
    rpm, deb = ark_shape.rpm_repositories(upstream), ark_shape.deb_repositories(upstream)
    rpm += ark_shape.deprecated_repositories(upstream)["rpm"]
    listed = ark_shape.only([*rpm, *deb], *ON_ARK)
    items = {item["short_name"]: item for item in listed}
    paths = {name: client_shape.ark_path(name) for name in REQUIRED}
    for number, (name, path) in enumerate(paths.items(), 1):
        items.setdefault(
            name,
            {
                "name": name,
                "short_name": name,
                "base_path": path,
                "distribution_name": f"{name}-",
                "url": f"{upstream}/many/{number:04}/",
            },
        )
    debs = [item for name, item in items.items() if "ubuntu" in name]
    for item in debs:
        item.update(url=f"{upstream}/many-deb/0001/", distributions="noble", components="main")
        item.pop("sync_policy", None)
    return [item for item in items.values() if item not in debs], debs


def test_every_playbook_has_a_case() -> None:
    assert {name.partition(".")[0] for name in CASES} == {
        path.stem for path in PLAYBOOKS.glob("*.yml")
    } - PARTS


@pytest.mark.parametrize("name", CASES)
def test_the_last_screen_is_as_approved(shapes: Shapes, name: str) -> None:
    screen = shapes.run(name, CASES[name])
    rewritten = os.environ.get("RELEASE_TRAIN_APPROVED")
    if rewritten:
        Path(rewritten).mkdir(exist_ok=True)
        (Path(rewritten) / f"{name}.txt").write_text(screen, encoding="utf-8")
        return
    assert screen == (APPROVED / f"{name}.txt").read_text(encoding="utf-8")
