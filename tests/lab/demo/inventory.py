# SPDX-License-Identifier: Apache-2.0
"""The inventory of a demo run: docs/example-inventory with a site's URLs and accounts."""

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

PLAIN_TEXT = "# Plain text, readable by its owner only: encrypt your file with ansible-vault."

ACCOUNT = "client1"
"""The client's account on Ark."""

SELECTION = "^rocky_9_(baseos|appstream)$ ^epel_9$ ^ubuntu_noble_security$ ^docker_ce_ubuntu_noble$"
"""A few repositories: one has a mirror list with a dead mirror, two are signed Deb archives."""


IMAGES = ("keystone", "nova-api")
"""The container images that the demo builds."""


def write_inventory(site: Site, selection: str = SELECTION) -> None:
    """Write the inventory of a site; generate the client's password on Ark the first time."""
    directory = site.inventory
    password = account_password(site) or secrets.token_urlsafe(18)
    ignored = shutil.ignore_patterns("*.example", "README.md")
    shutil.copytree(EXAMPLE, directory, ignore=ignored, dirs_exist_ok=True)
    repositories = directory / "group_vars" / "all" / "package_repos.yml"
    text = with_upstreams(repositories.read_text(encoding="utf-8"), site.upstreams)
    repositories.write_text(text, encoding="utf-8")
    _write_pulp(directory / "group_vars" / "ark", site.ark)
    _write_pulp(directory / "host_vars" / CLIENT_HOST, site.client)
    _write(_vault(site, "ark"), PLAIN_TEXT, vault_ark_password=site.ark.password)
    _write(
        _vault(site, "client"),
        PLAIN_TEXT,
        vault_client1_password=site.client.password,
        vault_client1_ark_password=password,
    )
    _write(_selection(site), "# The selected repositories.", package_filter=selection)
    _write(
        directory / "group_vars" / "all" / "kayobe.yml",
        "# The path of the pins, and the images that are built.",
        kayobe_config_repo_path=str(site.kayobe),
        kolla_container_image_filter=f"^({'|'.join(IMAGES)})$",
    )
    _link_collections(directory / "collections")


def account_password(site: Site) -> str:
    """Return the password of the client's account on Ark; empty if there is no inventory yet."""
    try:
        vault = yaml.safe_load(_vault(site, "client").read_text(encoding="utf-8"))
        return str(vault["vault_client1_ark_password"])
    except FileNotFoundError:
        return ""


def client_account(site: Site) -> Pulp:
    """Return Ark with the client's account."""
    return site.ark.as_user(ACCOUNT, account_password(site))


def with_upstreams(text: str, upstreams: Mapping[str, Mapping[str, Any]]) -> str:
    """Return package_repos.yml with the URLs of these upstreams, everything else unchanged.

    The URL of a mirror list is replaced by that of a mirror list, a metalink by a metalink.
    """
    lists = yaml.safe_load(text)
    for item in lists["rpm_package_repos"] + lists["deb_package_repos"]:
        kind = next((kind for kind in ("mirrorlist", "metalink") if kind in item["url"]), "url")
        address = upstreams[item["short_name"]][kind]
        text = text.replace(f"url: {item['url']}\n", f"url: {address}\n")
    return text


def repositories(site: Site) -> list[dict[str, Any]]:
    """Return the selected repositories of the inventory, each with its `type`."""
    directory = site.inventory / "group_vars" / "all"
    lists = yaml.safe_load((directory / "package_repos.yml").read_text(encoding="utf-8"))
    words = yaml.safe_load(_selection(site).read_text(encoding="utf-8"))["package_filter"]
    return [
        {"type": kind, **item}
        for kind in ("rpm", "deb")
        for item in lists[f"{kind}_package_repos"]
        if any(re.search(word, item["short_name"]) for word in words.split())
    ]


def password_files(site: Site) -> list[Path]:
    """Return the files, of mode 0600, with all passwords of a site."""
    return [_vault(site, "ark"), _vault(site, "client")]


def _selection(site: Site) -> Path:
    # For Ark only: clients mirror everything that is pinned.
    return site.inventory / "group_vars" / "ark" / "selection.yml"


def _vault(site: Site, group: str) -> Path:
    directory = {"ark": "group_vars/ark", "client": f"host_vars/{CLIENT_HOST}"}[group]
    return site.inventory / directory / "vault.yml"


def _write_pulp(directory: Path, pulp: Pulp) -> None:
    path = directory / "pulp.yml"
    text = path.read_text(encoding="utf-8")
    for key, value in (("url", pulp.url), ("username", pulp.username)):
        text = re.sub(rf"(release_train_pulp_{key}): .*", rf"\1: {value}", text)
    if pulp.ca_path:
        text += f"release_train_pulp_ca_path: {pulp.ca_path}\n"
    path.write_text(text, encoding="utf-8")


def _write(path: Path, comment: str, **variables: Any) -> None:
    body = yaml.safe_dump(variables, sort_keys=False, default_flow_style=False, width=1000)
    write_private(path, f"---\n{comment}\n{body}")


def _link_collections(link: Path) -> None:
    """Link this program's collections for the ansible.cfg of the inventory."""
    root = os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0]
    link.unlink(missing_ok=True)
    link.symlink_to(root, target_is_directory=True)
