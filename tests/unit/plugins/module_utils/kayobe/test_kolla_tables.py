# SPDX-License-Identifier: Apache-2.0
"""The containers of an image, and the key that sets the tag of a container."""

from __future__ import annotations

import pytest

from plugins.module_utils.kayobe.kolla import KollaTables, TablesError, tables_of

TABLES = KollaTables(
    "2025.1",
    {"haproxy": ["glance_tls_proxy", "haproxy"]},
    {
        "heat_api_cfn": "heat",
        "glance_tls_proxy": "haproxy",
        "redis_sentinel": "openstack",
        "neutron_eswitchd": "neutron_mlnx_agent",
        "ironic_neutron_agent": "neutron",
    },
    ["rocky-9"],
)


@pytest.mark.parametrize(
    ("image", "containers"),
    [("nova-api", ["nova_api"]), ("haproxy", ["glance_tls_proxy", "haproxy"]), ("cron", ["cron"])],
)
def test_an_image_runs_in_the_container_of_its_name_by_default(image, containers):
    assert TABLES.containers_of(image) == containers


@pytest.mark.parametrize(
    ("container", "keys", "key"),
    [
        ("nova_api", "openstack", "openstack"),
        ("nova_api", "openstack nova", "nova"),
        ("nova_api", "openstack nova nova_a nova_api", "nova_api"),
        ("nova_api", "openstack no nova nova_a", "nova_a"),
        ("nova_api", "openstack nova_api_more", "openstack"),
        ("heat_api_cfn", "openstack heat heat_api", "heat"),
        ("heat_api_cfn", "openstack heat_api heat_api_cfn", "heat_api_cfn"),
        ("heat_api_cfn", "openstack heat_api", "openstack"),
        ("redis_sentinel", "openstack redis", "openstack"),
        ("redis_sentinel", "redis", "openstack"),
        ("neutron_eswitchd", "openstack neutron", "neutron"),
        ("neutron_eswitchd", "openstack neutron neutron_mlnx_agent", "neutron_mlnx_agent"),
        ("ironic_neutron_agent", "openstack ironic", "openstack"),
        ("ironic_neutron_agent", "openstack ironic neutron", "neutron"),
        ("openstack_exporter", "openstack", "openstack"),
        ("nova_api", "", "openstack"),
    ],
)
def test_the_most_specific_key_gives_a_container_its_tag(container, keys, key):
    assert TABLES.key_of(container, keys.split()) == key


def test_the_parent_of_a_container_is_never_itself():
    assert TABLES.parent_of("nova_api", ["openstack", "nova", "nova_api"]) == "nova"


@pytest.mark.parametrize(
    ("key", "means"),
    [("nova", True), ("nova_api", True), ("openstack", True), ("nvoa", False), ("heat", False)],
)
def test_a_key_without_a_container_is_distinguished_from_others(key, means):
    assert TABLES.names(key, ["nova-api", "redis-sentinel"]) == means


def test_incomplete_tables_are_rejected():
    with pytest.raises(TablesError, match="2025.1: containers, services missing"):
        tables_of("2025.1", {"base_distros": [], "services": []})
    with pytest.raises(TablesError, match="expected a mapping"):
        tables_of("2025.1", None)


def test_tables_are_read_from_their_file():
    content = {"base_distros": ["rocky-9"], "containers": {}, "services": {"cron": "common"}}
    assert tables_of("2025.1", content) == KollaTables(
        "2025.1", {}, {"cron": "common"}, ["rocky-9"]
    )
