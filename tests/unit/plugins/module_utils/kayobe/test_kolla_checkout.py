# SPDX-License-Identifier: Apache-2.0
"""Differences between the tables and a checkout of Kolla Ansible."""

from __future__ import annotations

from plugins.module_utils.kayobe.kolla import (
    Checkout,
    KollaTables,
    checkout_of,
    hierarchy_problems,
    image_problems,
)

HAPROXY = """\
haproxy_tag: "{{ openstack_tag }}"
haproxy_image: "{{ docker_registry ~ '/' if registry else '' }}{{ docker_namespace }}/haproxy"
"""
GLANCE = """\
glance_tag: "{{ openstack_tag }}"
glance_api_image: "{{ docker_image_url }}glance-api"
glance_api_tag: "{{ glance_tag }}"
glance_tls_proxy_image: "{{ haproxy_image }}"
glance_tls_proxy_tag: "{{ haproxy_tag }}"
glance_amp_image_tag: "amphora"
glance_odd_image: "{{ glance_odd_image }}"
proxysql_image: "{{ docker_namespace }}/proxysql{{ version_suffix }}"
"""
CHECKOUT = checkout_of([HAPROXY, GLANCE])


def test_images_and_defaults_of_tags_are_read_from_all_roles():
    expected = Checkout(
        {
            "haproxy": "haproxy",
            "glance_api": "glance-api",
            "glance_tls_proxy": "haproxy",
            "proxysql": "proxysql",
        },
        {
            "haproxy": "openstack",
            "glance": "openstack",
            "glance_api": "glance",
            "glance_tls_proxy": "haproxy",
        },
    )
    assert expected == CHECKOUT


def test_tables_that_agree_have_no_problem():
    tables = KollaTables(
        "2025.1", {"haproxy": ["glance_tls_proxy", "haproxy"]}, {"glance_tls_proxy": "haproxy"}, []
    )
    assert image_problems(tables, CHECKOUT, ["haproxy", "glance-api", "proxysql"]) == []
    assert hierarchy_problems(tables, CHECKOUT) == []


def test_every_difference_between_tables_and_checkout_is_reported():
    tables = KollaTables("2025.1", {}, {"haproxy": "glance"}, [])
    assert image_problems(tables, CHECKOUT, ["haproxy"]) == [
        "container glance_tls_proxy runs the image haproxy, but in the tables of 2025.1 that image "
        "runs in haproxy"
    ]
    assert image_problems(tables, CHECKOUT, ["glance-api"]) == []
    assert hierarchy_problems(tables, CHECKOUT) == [
        "glance_tls_proxy_tag defaults to haproxy_tag, but to glance_tag in the tables of 2025.1",
        "haproxy_tag defaults to openstack_tag, but to glance_tag in the tables of 2025.1",
    ]
