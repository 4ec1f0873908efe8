# SPDX-License-Identifier: Apache-2.0
"""A Kayobe configuration with the size and the imperfections of a real one.

| file | has |
|---|---|
| `pulp-repo-versions.yml` | 45 pins, of which 41 have no repository in the inventory of Ark |
| `pulp.yml` | two source lists, the lists that templates derive from them, and 99 images |
| `kolla-image-tags.yml` | tags with anchors, aliases and comments |
| `pulp-host-image-versions.yml` | two host images |

One repository is listed twice with different URLs. Items that are not required use variables that
are not defined.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import yaml

from .images import IMAGES, UNBUILDABLE

STAMP = "20250812T091848"
OLD_STAMP = "20250301T020000"

SECTIONS = ("appstream", "baseos", "crb", "extras", "highavailability")
ON_ARK = ("docker_ce_el9", "epel_9", "treasure_data_5", "ubuntu_noble")
"""Pins with a repository in the inventory; the third one is deprecated."""

REQUIRED = (
    *(f"rocky_9_6_{section}" for section in SECTIONS),
    *("rocky_9_sig_security_common", "epel_9", "docker_ce_el9"),
    *("ubuntu_noble", "ubuntu_noble_security"),
)
"""Pins of the repositories that this site requires."""

_ARK_PATHS = {
    "rocky_9_sig_security_common": "rocky/sig/9/security/x86_64/security-common/",
    "epel_9": "epel/9/x86_64/os/",
    "docker_ce_el9": "docker/ce/el9/x86_64/os/",
    "ubuntu_noble": "ubuntu/noble/",
    "ubuntu_noble_security": "ubuntu/noble-security/",
}

_RPM_PINS = (
    *(f"rocky_9_{minor}_{section}" for minor, section in product((4, 5, 6), SECTIONS)),
    *(f"rocky_10_{minor}_{section}" for minor, section in product((0, 1), SECTIONS)),
    *("rocky_9_sig_security_common", "epel_9", "epel_10", "docker_ce_el9", "docker_ce_el10"),
    *("ceph_squid_el9", "elrepo_9", "elrepo_10", "rabbitmq_erlang_27_el10", "treasure_data_5"),
    *("opensearch_3", "opensearch_dashboards_3", "doca_3_1_rhel9_6"),
)
_DEB_PINS = (
    *("ubuntu_noble", "ubuntu_noble_security", "ubuntu_cloud_archive_noble_flamingo"),
    *("docker_ce_ubuntu_noble", "hashicorp_noble", "ubuntu_jammy_security", "opensearch_noble"),
)
PINS = (*_RPM_PINS, *_DEB_PINS)

_SOURCES = """\
###############################################################################
# Debs

stackhpc_pulp_sync_ubuntu_noble: true
stackhpc_pulp_sync_ubuntu_jammy: "{{ os_distribution == 'ubuntu' and os_release == 'jammy' }}"

# Source list: all other lists of Debs are derived from it.
stackhpc_pulp_deb_repos:
  - name: Ubuntu noble
    url: "{{ stackhpc_release_pulp_content_url }}/ubuntu/noble/\\
      {{ stackhpc_pulp_repo_ubuntu_noble_version }}"
    distribution_name: "ubuntu-noble-"
    base_path: "ubuntu/noble/"
    distributions: noble
    components: main
    architectures: amd64
    required: "{{ stackhpc_pulp_sync_ubuntu_noble | bool }}"
  - name: Ubuntu noble security
    url: "{{ stackhpc_release_pulp_content_url }}/ubuntu/noble-security/\\
      {{ stackhpc_pulp_repo_ubuntu_noble_security_version }}"
    distribution_name: "ubuntu-noble-security-"
    base_path: "ubuntu/noble-security/"
    distributions: noble
    components: main
    architectures: amd64
    required: "{{ stackhpc_pulp_sync_ubuntu_noble | bool }}"
  # Nobody pins this any more.
  - name: Ubuntu jammy
    url: "{{ stackhpc_release_pulp_content_url }}/ubuntu/jammy/\\
      {{ stackhpc_pulp_repo_ubuntu_jammy_version }}"
    distribution_name: "ubuntu-jammy-"
    base_path: "ubuntu/jammy/"
    distributions: jammy
    components: main
    architectures: amd64
    required: "{{ stackhpc_pulp_sync_ubuntu_jammy | bool }}"

###############################################################################
# RPMs

# The minor version selects the snapshots that the repositories of Rocky Linux 9 get.
stackhpc_pulp_repo_rocky_9_minor_version: 6
stackhpc_pulp_sync_el_9: true
stackhpc_pulp_sync_el_10: false
"""

_ROCKY = """\
stackhpc_pulp_repo_rocky_9_{section}_version: "{{{{ lookup('vars',
  'stackhpc_pulp_repo_rocky_9_' ~ stackhpc_pulp_repo_rocky_9_minor_version
  ~ '_{section}_version') }}}}"
"""

_RPM_ITEM = """\
  - name: {name}
    url: "{{{{ stackhpc_release_pulp_content_url }}}}/{path}{{{{ {pin} }}}}"
    distribution_name: "{prefix}-"
    base_path: "{local}"
    required: "{{{{ {flag} | bool }}}}"
"""

_DERIVED = """\
stackhpc_pulp_repository_{kind}_repos_common:
  policy: on_demand
  {options}
  remote_username: "{{{{ stackhpc_release_pulp_username }}}}"
  remote_password: "{{{{ stackhpc_release_pulp_password }}}}"
  state: present

stackhpc_pulp_repository_{kind}_repos: >-
  {{%- set repos = [] -%}}
  {{%- for repo in stackhpc_pulp_{kind}_repos if repo.required | bool -%}}
  {{%- set _ = repos.append(stackhpc_pulp_repository_{kind}_repos_common | combine(
    dict(repo.items() | rejectattr(0, 'in', ['distribution_name', 'base_path'])))) -%}}
  {{%- endfor -%}}
  {{{{ repos }}}}

# Publication format is a subset of distribution.
stackhpc_pulp_publication_{kind}_development: >-
  {{{{ stackhpc_pulp_distribution_{kind}_development }}}}

stackhpc_pulp_distribution_{kind}_development: >-
  {{%- set distributions = [] -%}}
  {{%- for repo in stackhpc_pulp_{kind}_repos -%}}
  {{%- set _ = distributions.append({{'name': repo.distribution_name ~ 'development',
    'repository': repo.name, 'base_path': repo.base_path ~ 'development',
    'state': 'present', 'required': repo.required{mode}}}) -%}}
  {{%- endfor -%}}
  {{{{ distributions }}}}

# Development gets promoted to production.
stackhpc_pulp_distribution_{kind}_production: >-
  {{%- set distributions = [] -%}}
  {{%- for repo in stackhpc_pulp_{kind}_repos -%}}
  {{%- set _ = distributions.append({{'name': repo.distribution_name ~ 'production',
    'distribution': repo.distribution_name ~ 'development',
    'base_path': repo.base_path ~ 'production', 'state': 'present',
    'required': repo.required}}) -%}}
  {{%- endfor -%}}
  {{{{ distributions }}}}
"""

_CONTAINERS = """\
###############################################################################
# Containers

stackhpc_pulp_images_kolla_filter: ".*"
kolla_docker_namespace: stackhpc
kolla_base_distro_and_version: rocky-9
stackhpc_pulp_sync_for_ceph: false
stackhpc_pulp_sync_for_hashicorp: "{{ false | bool }}"

stackhpc_pulp_repository_container_repos_kolla_common:
  url: "{{ stackhpc_release_pulp_url }}"
  policy: on_demand
  remote_username: "{{ stackhpc_release_pulp_username }}"
  remote_password: "{{ stackhpc_release_pulp_password }}"
  state: present
  required: true

stackhpc_pulp_repository_container_repos_kolla: >-
  {%- set repos = [] -%}
  {%- for image in stackhpc_pulp_images_kolla
    | difference(stackhpc_kolla_unbuildable_images[kolla_base_distro_and_version]) | sort
    if image is search(stackhpc_pulp_images_kolla_filter) -%}
  {%- set _ = repos.append(stackhpc_pulp_repository_container_repos_kolla_common | combine(
    {'name': kolla_docker_namespace ~ '/' ~ image,
     'include_tags': [kolla_image_tags['openstack'][kolla_base_distro_and_version]]})) -%}
  {%- endfor -%}
  {{ repos }}

# Images that do not come from Ark.
stackhpc_pulp_repository_container_repos_ceph:
  - name: "{{ cephadm_image_name }}"
    url: "https://quay.io"
    policy: on_demand
    include_tags: "{{ cephadm_image_tag }}"
    required: "{{ stackhpc_pulp_sync_for_ceph | bool }}"

stackhpc_pulp_repository_container_repos_hashicorp:
  - name: hashicorp/vault
    url: "https://registry-1.docker.io"
    policy: on_demand
    include_tags: "{{ overcloud_vault_docker_tag }}"
    required: "{{ stackhpc_pulp_sync_for_hashicorp | bool }}"

stackhpc_pulp_repository_container_repos: "{{ stackhpc_pulp_repository_container_repos_kolla
  + stackhpc_pulp_repository_container_repos_ceph
  + stackhpc_pulp_repository_container_repos_hashicorp }}"

stackhpc_pulp_distribution_container: >-
  {%- set distributions = [] -%}
  {%- for repo in stackhpc_pulp_repository_container_repos_kolla -%}
  {%- set _ = distributions.append({'name': repo.name, 'repository': repo.name,
    'base_path': repo.name, 'state': 'present', 'required': true}) -%}
  {%- endfor -%}
  {{ distributions }}
"""

_TAGS = f"""\
---
# Dict of Kolla image tags to deploy for each service.
# Each key is the tag variable prefix name, and the value is another dict,
# where the key is the OS distro and the value is the tag to deploy.
kolla_image_tags:
  openstack: &openstack
    rocky-9: 2025.1-rocky-9-{STAMP}
    ubuntu-noble: 2025.1-ubuntu-noble-{STAMP}  # built on the same day
  # Rebuilt with a fix of the metadata API.
  nova: &rebuilt
    rocky-9: 2025.1-rocky-9-20250901T100512
    ubuntu-noble: 2025.1-ubuntu-noble-20250901T100512
  neutron: *rebuilt

  bifrost: *openstack
  # Only Rocky Linux needs this one.
  octavia:
    rocky-9: "2025.1-rocky-9-20250820T080000"
"""


def write_kayobe_configuration(root: Path, connection: Mapping[str, object]) -> Path:
    """Write a Kayobe configuration; `connection` is added to pulp.yml. Returns `root`."""
    directory = root / "etc" / "kayobe"
    (directory / "inventory" / "group_vars" / "all").mkdir(parents=True)
    files = {
        "globals.yml": "---\nos_distribution: rocky\nos_release: '9'\n"
        "openstack_release: '2025.1'\n",
        "kolla-image-tags.yml": _TAGS,
        "pulp-host-image-versions.yml": _host_images(),
        "pulp-repo-versions.yml": pins(),
        "pulp.yml": _pulp(connection),
        "inventory/group_vars/all/kayobe.yml": f"---\nkayobe_config_path: {directory}\n",
        "inventory/hosts": "localhost ansible_connection=local "
        "ansible_python_interpreter='{{ ansible_playbook_python }}'\n\n[seed]\nseed0\n",
    }
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
        (directory / name).chmod(0o600)
    (root / ".gitreview").write_text("[gerrit]\ndefaultbranch=stackhpc/2025.1\n", encoding="utf-8")
    return root


def extra_variables(root: Path) -> list[str]:
    """Return the arguments that Kayobe passes to ansible-playbook for this configuration."""
    directory = root / "etc" / "kayobe"
    files = [word for path in sorted(directory.glob("*.yml")) for word in ("-e", f"@{path}")]
    return ["-i", str(directory / "inventory"), *files]


def ark_path(name: str) -> str:
    """Return the base path on Ark, without the stamp, of the repository of a required pin."""
    rocky = re.fullmatch(r"rocky_9_6_(\w+)", name)
    return f"rocky/9.6/{rocky[1]}/x86_64/os/" if rocky else _ARK_PATHS[name]


def pins() -> str:
    """Return the text of pulp-repo-versions.yml."""
    stamps = {name: STAMP if name in (*REQUIRED, *ON_ARK) else OLD_STAMP for name in PINS}
    lines = [f"stackhpc_pulp_repo_{name}_version: {stamps[name]}" for name in sorted(PINS)]
    return "\n".join(["---", "# Tested together, see the release notes.", *lines, ""])


def _host_images() -> str:
    return (
        "---\n# Overcloud host images\n"
        f"stackhpc_rocky_9_overcloud_host_image_version: 2025.1-{STAMP}\n"
        f'stackhpc_ubuntu_noble_overcloud_host_image_version: "2025.1-{OLD_STAMP}"\n'
    )


def _pulp(connection: Mapping[str, object]) -> str:
    lines = [f"{key}: {json.dumps(value)}" for key, value in connection.items()]
    images = {"stackhpc_pulp_images_kolla": list(IMAGES)}
    unbuildable = {"stackhpc_kolla_unbuildable_images": UNBUILDABLE}
    return "\n".join(
        [
            "---",
            *lines,
            'stackhpc_release_pulp_content_url: "{{ stackhpc_release_pulp_url }}/pulp/content"',
            "",
            _SOURCES,
            *(_ROCKY.format(section=section) for section in SECTIONS),
            _rpm_repos(),
            _DERIVED.format(kind="rpm", options="sync_policy: mirror_complete", mode=""),
            _DERIVED.format(kind="deb", options="mirror: true", mode=", 'mode': 'verbatim'"),
            _CONTAINERS,
            yaml.safe_dump(images),
            yaml.safe_dump(unbuildable),
        ]
    )


def _rpm_repos() -> str:
    """Return the source list; Docker CE is in it twice, and the first URL is an old one."""
    el9, el10 = "stackhpc_pulp_sync_el_9", "stackhpc_pulp_sync_el_10"
    docker = ("Docker CE for EL 9", "docker_ce_el9", "docker-ce/centos/9/x86_64/stable/", el9)
    items = [
        *(
            _rpm_item(
                f"Rocky Linux 9 - {section}",
                f"rocky_9_{section}",
                f"rocky/9/{section}/x86_64/os/",
                el9,
                f"rocky/9.{{{{ stackhpc_pulp_repo_rocky_9_minor_version }}}}/{section}/x86_64/os/",
            )
            for section in SECTIONS
        ),
        _rpm_item(*docker, "docker-ce/centos/9.0/x86_64/stable/"),
        _rpm_item(
            "Rocky Linux 9 - SIG Security Common",
            "rocky_9_sig_security_common",
            _ARK_PATHS["rocky_9_sig_security_common"],
            el9,
        ),
        _rpm_item("Extra Packages for Enterprise Linux 9", "epel_9", _ARK_PATHS["epel_9"], el9),
        _rpm_item(*docker, _ARK_PATHS["docker_ce_el9"]),
        *(
            _rpm_item(
                f"Rocky Linux 10 - {section}",
                f"rocky_10_{section}",  # no such variable: only minor versions are pinned
                f"rocky/10/{section}/x86_64/os/",
                el10,
            )
            for section in SECTIONS
        ),
    ]
    return "stackhpc_pulp_rpm_repos:\n" + "".join(items)


def _rpm_item(name: str, short: str, local: str, flag: str, path: str = "") -> str:
    return _RPM_ITEM.format(
        name=name,
        pin=f"stackhpc_pulp_repo_{short}_version",
        path=path or local,
        prefix=short.replace("_", "-"),
        local=local,
        flag=flag,
    )
