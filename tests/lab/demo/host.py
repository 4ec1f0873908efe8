# SPDX-License-Identifier: Apache-2.0
"""Hosts that install from a client's Pulp: a root directory each, used with dnf and apt-get."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import debian
from ..paths import LabError, lock
from .site import Pulp

PROGRAMS = {"dnf": "dnf", "apt-get": "apt", "dpkg": "dpkg"}

DNF_CONFIGURATION = """\
[main]
# Every path is below --installroot; nothing of this machine is read.
reposdir=/none
pluginpath=/none
module_platform_id=platform:el9
install_weak_deps=False
metadata_expire=0
# The packages of the lab are not signed.
gpgcheck=0
"""

APT_DIRECTORIES = (
    "etc/apt/apt.conf.d",
    "etc/apt/preferences.d",
    "var/cache/apt/archives/partial",
    "var/lib/apt/lists/partial",
    "var/lib/dpkg/updates",
    "var/log/apt",
)

APT_CONFIGURATION = """\
Dir "{root}";
Dir::State::status "{root}/var/lib/dpkg/status";
Dir::Bin::methods "/usr/lib/apt/methods";
Dir::Bin::dpkg "{dpkg}";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Sandbox::User "root";
# Pulp does not serve descriptions of packages in other languages.
Acquire::Languages "none";
# Metadata of a snapshot may be older than its Valid-Until.
Acquire::Check-Valid-Until "false";
DPkg::Options:: "--root={root}";
DPkg::Options:: "--force-not-root,script-chrootless,bad-path";
"""


@dataclass(frozen=True)
class Installed:
    """The result of an installation: the command, its output, and the installed versions."""

    command: str
    output: str
    versions: dict[str, str]

    @property
    def changed(self) -> bool:
        """Whether anything was installed, according to the output."""
        idle = ("Nothing to do.", "0 upgraded, 0 newly installed")
        return not any(text in self.output for text in idle)


def ensure_programs() -> None:
    """Install dnf and apt as root; raise MissingPackages if that is not possible."""
    missing = [package for name, package in PROGRAMS.items() if not debian.program(name)]
    if not missing:
        return
    with lock("apt"):
        if os.geteuid() or not debian.install(missing):
            raise debian.MissingPackages(
                f"Missing Debian packages: {' '.join(missing)}; install them."
            )


def dnf_install(
    root: Path, client: Pulp, repositories: Iterable[Mapping[str, Any]], channel: str, *names: str
) -> Installed:
    """Install packages into `root` from a channel; raise LabError with the output of dnf."""
    root.mkdir(parents=True, exist_ok=True)
    text = DNF_CONFIGURATION
    for item in repositories:
        address = client.content(f"{item['base_path']}{channel}")
        text += f"\n[{item['short_name']}]\nname={item['name']}\nbaseurl={address}\n"
        if client.ca_path:
            text += f"sslcacert={client.ca_path}\n"
    configuration = root.with_name(f"{root.name}-dnf.conf")
    configuration.write_text(text)
    command = ["dnf", "--config", str(configuration), "--installroot", str(root)]
    command += ["--releasever", "9", "--assumeyes", "--refresh", "install", *names]
    output = _run(command)
    query = ["rpm", "--root", str(root), "--query", "--queryformat", "%{version}-%{release} "]
    versions = _run([*query, *names]).split()
    return Installed(shlex.join(command), output, dict(zip(names, versions)))


def apt_install(
    root: Path,
    client: Pulp,
    repositories: Iterable[Mapping[str, Any]],
    channel: str,
    key: Path,
    *names: str,
) -> Installed:
    """Install packages into `root` from a channel whose metadata is signed with `key`.

    Raises LabError with the output of apt-get.
    """
    for directory in APT_DIRECTORIES:
        (root / directory).mkdir(parents=True, exist_ok=True)
    (root / "var/lib/dpkg/status").touch()
    sources = [
        f"deb [signed-by={key}] {client.content(item['base_path'] + channel)} {suite} "
        f"{item['components']}\n"
        for item in repositories
        for suite in item["distributions"].split()
    ]
    (root / "etc/apt/sources.list").write_text("".join(sources))
    text = APT_CONFIGURATION.format(root=root, dpkg=debian.program("dpkg"))
    if client.ca_path:
        text += f'Acquire::https::CaInfo "{client.ca_path}";\n'
    configuration = root.with_name(f"{root.name}-apt.conf")
    configuration.write_text(text)
    output = _run(["apt-get", "update", "--error-on=any"], APT_CONFIG=str(configuration))
    output += _run(["apt-get", "install", "--yes", *names], APT_CONFIG=str(configuration))
    query = ["dpkg-query", "--root", str(root), "--show", "--showformat", "${Version} ", *names]
    versions = _run(query).split()
    shown = f"APT_CONFIG={configuration} {shlex.join(['apt-get', 'install', *names])}"
    return Installed(shown, output, dict(zip(names, versions)))


def remove_hosts(*roots: Path) -> None:
    """Delete the root directories of hosts."""
    for root in roots:
        shutil.rmtree(root, ignore_errors=True)


def _run(command: list[str], **environment: str) -> str:
    """Run a package manager as root of a host; raise LabError with its last lines if it fails."""
    arguments = command
    if os.geteuid():  # chown of the host's files needs root, or a user namespace
        arguments = ["unshare", "--user", "--map-root-user", *command]
    own = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    own["PATH"] = f"{own.get('PATH', '')}:{debian.SYSTEM_DIRECTORIES}"
    # This program runs in a virtual environment, but dnf uses the system's Python.
    for name in ("PYTHONPATH", "VIRTUAL_ENV"):
        own.pop(name, None)
    own.update(environment, LC_ALL="C.UTF-8", DEBIAN_FRONTEND="noninteractive")
    done = subprocess.run(
        arguments,
        env=own,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-12:])
        raise LabError(f"{shlex.join(command)}\n{last}")
    return done.stdout
