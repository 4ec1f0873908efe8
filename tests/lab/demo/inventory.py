# SPDX-License-Identifier: Apache-2.0
"""The inventory of a walk: docs/example-inventory with the addresses and accounts of a site."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..paths import REPOSITORY, write_private
from .site import Pulp, Site

EXAMPLE = REPOSITORY / "docs" / "example-inventory"

ARK_HOST, CLIENT_HOST = "ark1", "client1"

CLEAR = "# In the clear, readable by its owner only: encrypt yours with ansible-vault."

ACCOUNT = "client1"
"""The client's account on Ark."""

SELECTION = "^rocky_9_(baseos|appstream)$ ^epel_9$ ^ubuntu_noble_security$ ^docker_ce_ubuntu_noble$"
"""A handful of repositories: one has a mirror list with a dead mirror, two are signed archives."""


IMAGES = ("keystone", "nova-api")
"""Those container images that a demo builds."""


def write_inventory(site: Site, selection: str = SELECTION) -> None:
    """Write the inventory of a site; the client's password on Ark is chosen the first time."""
    folder = site.inventory
    password = account_password(site) or secrets.token_urlsafe(18)
    ignored = shutil.ignore_patterns("*.example", "README.md")
    shutil.copytree(EXAMPLE, folder, ignore=ignored, dirs_exist_ok=True)
    repositories = folder / "group_vars" / "all" / "package_repos.yml"
    text = with_upstreams(repositories.read_text(encoding="utf-8"), site.upstreams)
    repositories.write_text(text, encoding="utf-8")
    _write_pulp(folder / "group_vars" / "ark", site.ark)
    _write_pulp(folder / "host_vars" / CLIENT_HOST, site.client)
    _write(_vault(site, "ark"), CLEAR, vault_ark_password=site.ark.password)
    _write(
        _vault(site, "client"),
        CLEAR,
        vault_client1_password=site.client.password,
        vault_client1_ark_password=password,
    )
    _write(_selection(site), "# What is worked on.", package_filter=selection)
    _write(
        folder / "group_vars" / "all" / "kayobe.yml",
        "# Where the pins are, and which images are built.",
        kayobe_config_repo_path=str(site.kayobe),
        kolla_container_image_filter=f"^({'|'.join(IMAGES)})$",
    )
    _point_at_collections(folder / "collections")


def account_password(site: Site) -> str:
    """Return the password of the client's account on Ark; empty before there is an inventory."""
    try:
        vault = yaml.safe_load(_vault(site, "client").read_text(encoding="utf-8"))
        return str(vault["vault_client1_ark_password"])
    except FileNotFoundError:
        return ""


def client_account(site: Site) -> Pulp:
    """Return Ark as the client sees it."""
    return site.ark.as_user(ACCOUNT, account_password(site))


def with_upstreams(text: str, upstreams: Mapping[str, Mapping[str, Any]]) -> str:
    """Return package_repos.yml with the addresses of these upstreams, everything else unchanged.

    A mirror list stays a mirror list, a metalink a metalink.
    """
    lists = yaml.safe_load(text)
    for item in lists["rpm_package_repos"] + lists["deb_package_repos"]:
        kind = next((kind for kind in ("mirrorlist", "metalink") if kind in item["url"]), "url")
        address = upstreams[item["short_name"]][kind]
        text = text.replace(f"url: {item['url']}\n", f"url: {address}\n")
    return text


def repositories(site: Site) -> list[dict[str, Any]]:
    """Return the selected repositories of the inventory, each with its `type`."""
    folder = site.inventory / "group_vars" / "all"
    lists = yaml.safe_load((folder / "package_repos.yml").read_text(encoding="utf-8"))
    words = yaml.safe_load(_selection(site).read_text(encoding="utf-8"))["package_filter"]
    return [
        {"type": kind, **item}
        for kind in ("rpm", "deb")
        for item in lists[f"{kind}_package_repos"]
        if any(re.search(word, item["short_name"]) for word in words.split())
    ]


def password_files(site: Site) -> list[Path]:
    """Return the files, of mode 0600, that hold all passwords of a site."""
    return [_vault(site, "ark"), _vault(site, "client")]


def _selection(site: Site) -> Path:
    # Of Ark alone: clients take what is pinned, and are given no more than that.
    return site.inventory / "group_vars" / "ark" / "selection.yml"


def _vault(site: Site, group: str) -> Path:
    folder = {"ark": "group_vars/ark", "client": f"host_vars/{CLIENT_HOST}"}[group]
    return site.inventory / folder / "vault.yml"


def _write_pulp(folder: Path, pulp: Pulp) -> None:
    path = folder / "pulp.yml"
    text = path.read_text(encoding="utf-8")
    for key, value in (("url", pulp.url), ("username", pulp.username)):
        text = re.sub(rf"(release_train_pulp_{key}): .*", rf"\1: {value}", text)
    if pulp.ca_path:
        text += f"release_train_pulp_ca_path: {pulp.ca_path}\n"
    path.write_text(text, encoding="utf-8")


def _write(path: Path, comment: str, **variables: Any) -> None:
    body = yaml.safe_dump(variables, sort_keys=False, default_flow_style=False, width=1000)
    write_private(path, f"---\n{comment}\n{body}")


def _point_at_collections(link: Path) -> None:
    """Let the inventory's ansible.cfg find the collection that this program was started with."""
    root = os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0]
    link.unlink(missing_ok=True)
    link.symlink_to(root, target_is_directory=True)
