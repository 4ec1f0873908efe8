# SPDX-License-Identifier: Apache-2.0
"""Roles read the names that Kayobe configurations of today define."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

try:
    from ansible.template import trust_as_template as trusted
except ImportError:  # up to ansible-core 2.18

    def trusted(value: str) -> str:
        return value


ROLES = Path(__file__).parents[2] / "roles"
SITE = {
    "stackhpc_overcloud_host_image_version": "2025.1-20260101T000000",
    "stackhpc_image_repository_username": "images",
    "stackhpc_image_repository_password": "abc",
}
HOST = {"openstack_release": "2025.1", "os_distribution": "rocky", "os_release": "9"}


def templates(role: str) -> dict[str, Any]:
    found = {}
    for name in ("defaults", "vars"):
        path = ROLES / role / name / "main.yml"
        found.update(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    return found


def rendered(role: str, name: str, **variables: Any) -> Any:
    scope = {"groups": {}, "inventory_hostname": "localhost", **templates(role), **variables}
    scope = {key: trusted(one) if isinstance(one, str) else one for key, one in scope.items()}
    return Templar(loader=DataLoader(), variables=scope).template(scope[name])


def image(name: str, **variables: Any) -> Any:
    given = {"image_version": "", "image_kayobe_config": "", **HOST, **variables}
    return rendered("image", name, **given)


def test_the_version_of_the_host_image_of_a_site_is_downloaded():
    assert image("__image_download_version", **SITE) == "2025.1-20260101T000000"


def test_a_version_that_is_given_takes_precedence():
    assert image("__image_download_version", **{**SITE, "image_version": "latest"}) == "latest"


@pytest.mark.parametrize(
    "other", [{"image_kind": "ipa"}, {"image_repository": "kayobe-images-2025.1-ubuntu-noble"}]
)
def test_another_image_does_not_take_the_version_of_the_host_image(other):
    assert image("__image_download_version", **SITE, **other) == ""


@pytest.mark.parametrize(("value", "expected"), [(True, "ofed"), ("false", ""), ("", "")])
def test_the_driver_of_a_site_selects_the_variant(value, expected):
    assert image("image_variant", stackhpc_overcloud_host_image_is_ofed=value) == expected


def test_the_driver_of_hosts_does_not_change_other_images():
    given = {"stackhpc_overcloud_host_image_is_ofed": True, "image_kind": "ipa"}
    assert image("image_variant", **given) == ""
    assert image("image_repository", **given) == "ipa-images-2025.1-rocky-9"


def download_account(**variables: Any) -> Any:
    playbook = (ROLES.parent / "playbooks" / "image_download.yml").read_text(encoding="utf-8")
    defaults = yaml.safe_load(playbook)[1]["module_defaults"]
    given = {"account": defaults["stackhpc.release_train.pulp_file_download"], **variables}
    return image("account", **given)


def test_the_account_of_the_image_repository_is_used_for_ark_only():
    assert download_account(**SITE) == {"username": "images", "password": "abc"}
    assert download_account(**{**SITE, "stackhpc_image_repository_password": ""}) == {}
    assert download_account() == {}
    assert download_account(**SITE, groups={"ark": ["localhost"]}) == {}


def test_the_role_sends_no_account_of_its_own():
    for path in sorted((ROLES / "image").rglob("*.yml")):
        assert "stackhpc_image_repository" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("name", ["container_check_namespace", "container_mirror_namespace"])
def test_the_namespace_of_kayobe_is_checked_and_mirrored(name):
    assert rendered("container", name, kolla_docker_namespace="site") == "site"


def test_the_registry_of_a_client_has_released_images():
    name, groups = "container_check_namespace", {"client": ["localhost"]}
    assert rendered("container", name, groups=groups) == "stackhpc"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("container_check_namespace", "stackhpc-dev"), ("container_mirror_namespace", "stackhpc")],
)
def test_without_it_the_namespaces_of_ark_are_used(name, expected):
    assert rendered("container", name) == expected
    assert rendered("container", name, kolla_docker_namespace="") == expected
