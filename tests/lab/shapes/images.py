# SPDX-License-Identifier: Apache-2.0
"""The 99 container images of a Kayobe configuration of OpenStack 2025.1."""

from __future__ import annotations

_SERVICES = {
    "barbican": "api keystone-listener worker",
    "ceilometer": "central compute ipmi notification",
    "cinder": "api backup scheduler volume",
    "cloudkitty": "api processor",
    "designate": "api backend-bind9 central mdns producer sink worker",
    "glance": "api",
    "gnocchi": "api metricd statsd",
    "heat": "api api-cfn engine",
    "ironic": "api conductor dnsmasq inspector neutron-agent prometheus-exporter pxe",
    "keystone": "fernet ssh",
    "magnum": "api conductor",
    "manila": "api data scheduler share",
    "neutron": "bgp-dragent dhcp-agent l3-agent metadata-agent openvswitch-agent server"
    " sriov-agent",
    "nova": "api compute compute-ironic conductor libvirt novncproxy scheduler serialproxy ssh",
    "octavia": "api driver-agent health-manager housekeeping worker",
    "openvswitch": "db-server vswitchd",
    "ovn": "controller nb-db-server northd sb-db-server sb-db-relay",
    "placement": "api",
    "prometheus": "alertmanager blackbox-exporter cadvisor elasticsearch-exporter libvirt-exporter"
    " memcached-exporter mtail mysqld-exporter node-exporter openstack-exporter v2-server",
}
_OTHERS = (
    "bifrost-deploy cron fluentd grafana hacluster-corosync haproxy horizon iscsid keepalived"
    " keystone kolla-toolbox mariadb-server memcached opensearch opensearch-dashboards proxysql"
    " rabbitmq"
)

IMAGES = (
    *(f"{service}-{part}" for service, parts in _SERVICES.items() for part in parts.split()),
    *_OTHERS.split(),
)

UNBUILDABLE = {"rocky-9": ["hacluster-corosync"], "ubuntu-noble": ["neutron-bgp-dragent"]}
"""Images that are not built for a base distribution."""
