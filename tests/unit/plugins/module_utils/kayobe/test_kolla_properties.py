# SPDX-License-Identifier: Apache-2.0
"""The tags of images compared with the variables of Kolla Ansible.

In Kolla Ansible, `<container>_tag` defaults to the variable of its service, and so on up to
`openstack_tag`. A key of the tag file sets the variable of its name. The tables only have the
exceptions.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.kayobe.kolla import (
    KollaTables,
    container_image_tags,
    tables_of,
    tag_problems,
)

TABLES_DIRECTORY = (
    Path(__file__).resolve().parents[5] / "plugins" / "plugin_utils" / "kolla" / "tables"
)
RELEASES = sorted(path.stem for path in TABLES_DIRECTORY.glob("*.yml"))
DISTROS = ["rocky-9", "ubuntu-noble"]
# Container -> its image, and the keys that its tag defaults to, in order.
HIERARCHY = {
    "nova_api": ("nova-api", ["nova"]),
    "nova_compute": ("nova-compute", ["nova"]),
    "nova_compute_ironic": ("nova-compute-ironic", ["nova"]),
    "nova_super_conductor": ("nova-conductor", ["nova"]),
    "nova_conductor": ("nova-conductor", ["nova"]),
    "heat_api": ("heat-api", ["heat"]),
    "heat_api_cfn": ("heat-api-cfn", ["heat"]),
    "haproxy": ("haproxy", []),
    "glance_tls_proxy": ("haproxy", ["haproxy"]),
    "neutron_mlnx_agent": ("neutron-mlnx-agent", ["neutron"]),
    "neutron_eswitchd": ("neutron-mlnx-agent", ["neutron_mlnx_agent", "neutron"]),
    "ironic_neutron_agent": ("ironic-neutron-agent", ["neutron"]),
    "ironic_dnsmasq": ("dnsmasq", ["ironic"]),
    "redis": ("redis", []),
    "redis_sentinel": ("redis-sentinel", []),
    "keystone_fernet": ("keystone-fernet", ["keystone"]),
}
TABLES = KollaTables(
    "2025.1",
    {
        "nova-conductor": ["nova_super_conductor", "nova_conductor"],
        "haproxy": ["haproxy", "glance_tls_proxy"],
        "neutron-mlnx-agent": ["neutron_mlnx_agent", "neutron_eswitchd"],
        "dnsmasq": ["ironic_dnsmasq"],
    },
    {
        "nova_compute_ironic": "nova",
        "heat_api_cfn": "heat",
        "glance_tls_proxy": "haproxy",
        "neutron_eswitchd": "neutron_mlnx_agent",
        "ironic_neutron_agent": "neutron",
        "redis_sentinel": "openstack",
    },
    DISTROS,
)
KEYS = sorted({*HIERARCHY, *(key for _, chain in HIERARCHY.values() for key in chain)})
IMAGES = sorted({image for image, _ in HIERARCHY.values()})

exhaustive = settings(max_examples=300, derandomize=True, deadline=None, database=None)


@st.composite
def tag_files(draw):
    """Generate keys with tags for some distributions, and `openstack` with tags for all."""

    def values(distros):
        return {
            distro: f"2025.1-{distro}-202508{draw(st.integers(1, 28)):02}T000000"
            for distro in distros
        }

    keys = draw(st.lists(st.sampled_from(KEYS), unique=True))
    some = st.lists(st.sampled_from(DISTROS), unique=True, min_size=1)
    tags = {key: values(draw(some)) for key in keys}
    return {**tags, "openstack": values(DISTROS)}


def resolved(tags, container, distro):
    """Return the tag of the first key in the hierarchy that has one for the distribution."""
    for key in [container, *HIERARCHY[container][1]]:
        if distro in tags.get(key, {}):
            return tags[key][distro]
    return tags["openstack"][distro]


@exhaustive
@given(tag_files())
def test_every_image_has_exactly_the_tags_of_its_containers(tags):
    found = container_image_tags(tags, TABLES, IMAGES, DISTROS, {})
    assert tag_problems(tags, "2025.1", DISTROS) == []
    assert list(found) == IMAGES
    for image in IMAGES:
        containers = [one for one, (name, _) in HIERARCHY.items() if name == image]
        expected = {resolved(tags, one, distro) for one in containers for distro in DISTROS}
        assert set(found[image]) == expected
        assert len(found[image]) == len(expected)


@exhaustive
@given(tag_files(), st.dictionaries(st.sampled_from(DISTROS), st.lists(st.sampled_from(IMAGES))))
def test_unbuildable_images_lose_tags_and_gain_none(tags, unbuildable):
    all_tags = container_image_tags(tags, TABLES, IMAGES, DISTROS, {})
    for image, found in container_image_tags(tags, TABLES, IMAGES, DISTROS, unbuildable).items():
        distros = [one for one in DISTROS if image not in unbuildable.get(one, [])]
        assert found == [
            tag for tag in all_tags[image] if any(f"-{one}-" in tag for one in distros)
        ]


@pytest.mark.parametrize("release", RELEASES)
def test_the_tables_of_each_release_are_valid(release):
    tables = tables_of(
        release, yaml.safe_load((TABLES_DIRECTORY / f"{release}.yml").read_text("utf-8"))
    )
    assert {"2024.1", "2025.1", "2026.1"} <= set(RELEASES)
    known = [one for names in tables.containers.values() for one in names]
    assert len(known) == len(set(known))
    assert all(name == name.replace("_", "-") for name in tables.containers)
    assert all(tables.base_distros)
    for container, service in tables.services.items():
        assert tables.key_of(container, ["openstack", service]) == service
