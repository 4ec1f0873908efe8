# SPDX-License-Identifier: Apache-2.0
"""A client's Kayobe configuration: pins of a release, and the channels that its hosts read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from ..paths import write_private
from .inventory import ACCOUNT, account_password
from .site import Site

CHANNELS = ("development", "production")

_CONTENT = "{{ stackhpc_release_pulp_url }}/pulp/content"

_PIN = "stackhpc_pulp_repo_{}_version"


def write_pins(site: Site, stamps: Mapping[str, str]) -> None:
    """Write the pins of the release's snapshots, by short name."""
    pins = {_PIN.format(name): stamp for name, stamp in sorted(stamps.items())}
    _write(site, "pulp-repo-versions.yml", "# Snapshots of the release, tested together.", pins)


def write_image_pins(site: Site, tags: Mapping[str, str], versions: Mapping[str, str]) -> None:
    """Write the tag of container images by base distribution, and the versions of host images."""
    pins = {"kolla_image_tags": {"openstack": dict(tags)}}
    _write(site, "kolla-image-tags.yml", "# Container images of the release.", pins)
    hosts = {f"stackhpc_{name}_overcloud_host_image_version": tag for name, tag in versions.items()}
    _write(site, "pulp-host-image-versions.yml", "# Host images of the release.", hosts)


def read_pins(site: Site) -> dict[str, str]:
    """Return the stamps of the release by short name; empty if there is no release yet."""
    try:
        pins = yaml.safe_load(site.pins.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    before, after = (len(part) for part in _PIN.split("{}"))
    return {key[before:-after]: str(stamp) for key, stamp in pins.items()}


def write_channels(site: Site, repositories: Iterable[Mapping[str, Any]]) -> None:
    """Write etc/kayobe/pulp.yml: sync each repository from Ark, and serve it in two channels."""
    settings: dict[str, Any] = {
        "stackhpc_release_pulp_url": site.ark.url,
        "stackhpc_release_pulp_username": ACCOUNT,
        "stackhpc_release_pulp_password": "{{ secrets_stackhpc_release_pulp_password }}",
    }
    for item in repositories:
        kind = item["type"]
        for key, value in _channels_of(item).items():
            settings.setdefault(key.format(kind), []).append(value)
    _write(site, "pulp.yml", "# Repositories to sync from Ark, and their channels.", settings)
    secret = {"secrets_stackhpc_release_pulp_password": account_password(site)}
    _write(site, "secrets.yml", "# Encrypt your file with ansible-vault.", secret)


def extra_variables(site: Site) -> list[str]:
    """Return the arguments that Kayobe passes to ansible-playbook: `-e` for each top-level file."""
    files = sorted(site.pins.parent.glob("*.yml"))
    return [word for file in files for word in ("-e", f"@{file}")]


def _channels_of(item: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the items of one repository by the variable to which each is added."""
    name, prefix, path = item["name"], item["distribution_name"], item["base_path"]
    source = {
        "name": name,
        "url": f"{_CONTENT}/{path}{{{{ {_PIN.format(item['short_name'])} }}}}",
        "policy": "on_demand",
        "remote_username": "{{ stackhpc_release_pulp_username }}",
        "remote_password": "{{ stackhpc_release_pulp_password }}",
        "required": True,
    }
    publication = {"repository": name, "required": True}
    if item["type"] == "rpm":
        source["sync_policy"] = "mirror_complete"
    else:
        chosen = ("distributions", "components", "architectures")
        source.update({key: item[key] for key in chosen}, mirror=True)
        publication["mode"] = "verbatim"  # keeps upstream's signatures valid
    development, production = (
        {"name": f"{prefix}{channel}", "base_path": f"{path}{channel}", "required": True}
        for channel in CHANNELS
    )
    return {
        "stackhpc_pulp_repository_{}_repos": source,
        "stackhpc_pulp_publication_{}_development": publication,
        "stackhpc_pulp_distribution_{}_development": {**development, "repository": name},
        "stackhpc_pulp_distribution_{}_production": {
            **production,
            "distribution": development["name"],
        },
    }


def _write(site: Site, name: str, comment: str, variables: Mapping[str, Any]) -> None:
    text = yaml.safe_dump(dict(variables), sort_keys=False, width=1000)
    write_private(site.pins.with_name(name), f"---\n{comment}\n{text}")
