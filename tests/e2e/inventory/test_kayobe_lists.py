# SPDX-License-Identifier: Apache-2.0
"""Lists of a Kayobe configuration that are templates: what cannot be templated is never left out.

The URL of the Pulp is none: a run that reports this has processed the lists.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.play import run_in_one_line

CAME_TO_WORK = "pulp_url 'nowhere' is not an http:// or https:// URL"

# As in a Kayobe configuration: one source list, and lists that templates derive from it.
_ITEMS = (
    "{% set found = [] %}{% for repo in stackhpc_pulp_rpm_repos if repo.url is defined %}"
    "{% set _ = found.append({'name': repo.name, 'url': repo.url}) %}{% endfor %}{{ found }}"
)
CONFIGURATION = {
    "stackhpc_pulp_repo_docker_version": "20260101T000000",
    "stackhpc_pulp_repo_rocky_9_6_baseos_version": "20260101T000000",
    "stackhpc_pulp_repo_rocky_9_minor_version": 6,
    "stackhpc_pulp_repo_rocky_9_baseos_version": (
        "{{ lookup('vars', 'stackhpc_pulp_repo_rocky_9_%s_baseos_version'"
        " % stackhpc_pulp_repo_rocky_9_minor_version) }}"
    ),
    "stackhpc_pulp_rpm_repos": [
        {
            "name": "Rocky Linux 9 - BaseOS",
            "short_name": "rocky_9_baseos",
            "url": "http://127.0.0.1:1/baseos/{{ stackhpc_pulp_repo_rocky_9_baseos_version }}",
        },
        {
            "name": "Docker CE",
            "short_name": "docker",
            "url": "http://127.0.0.1:1/docker/{{ stackhpc_pulp_repo_docker_version }}",
        },
    ],
    "stackhpc_pulp_repository_rpm_repos": _ITEMS,
    "stackhpc_pulp_publication_rpm_development": [
        {"repository": "Rocky Linux 9 - BaseOS"},
        {"repository": "Docker CE"},
    ],
    "stackhpc_pulp_distribution_rpm_development": [
        {"name": f"{short}-development", "base_path": f"{short}/development", "repository": name}
        for short, name in (("rocky_9_baseos", "Rocky Linux 9 - BaseOS"), ("docker", "Docker CE"))
    ],
    "stackhpc_pulp_images": ["nova-api", "ironic-pxe"],
    "stackhpc_kolla_unbuildable_images": {"rocky-9": ["ironic-pxe"]},
    "kolla_base_distro_and_version": "rocky-9",
    "stackhpc_pulp_images_kolla": (
        "{{ stackhpc_pulp_images"
        " | difference(stackhpc_kolla_unbuildable_images[kolla_base_distro_and_version]) }}"
    ),
    "stackhpc_pulp_repository_container_repos": (
        "{% set found = [] %}{% for image in stackhpc_pulp_images_kolla %}"
        "{% set _ = found.append({'name': 'stackhpc/' ~ image, 'url': 'http://127.0.0.1:1'}) %}"
        "{% endfor %}{{ found }}"
    ),
}


def run(name: str, directory: Path, *arguments: str, **more: Any) -> tuple[int, str]:
    """Run a playbook on localhost; returns its exit status, and its output in one line."""
    connection = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "pulp_url": "nowhere",
        "pulp_username": "admin",
        "pulp_password": "not used",
    }
    values = directory / "values.json"
    values.write_text(json.dumps({**connection, **CONFIGURATION, **more}), encoding="utf-8")
    return run_in_one_line(f"stackhpc.release_train.{name}", "-e", f"@{values}", *arguments)


def test_a_configuration_that_can_be_templated_comes_to_its_work(tmp_path):
    status, output = run("client_update", tmp_path)
    assert "selected 1 of 1 images" in output
    assert "selected 2 of 2" in output
    assert CAME_TO_WORK in output
    assert status != 0


def test_an_image_list_that_cannot_be_templated_fails_and_nothing_is_promoted(tmp_path):
    broken = {"kolla_base_distro_and_version": "rocky-10"}
    status, output = run("client_update", tmp_path, "-e", "client_update_promote=true", **broken)
    failed = output.rpartition("Failed stackhpc_pulp_repository_container_repos: ")[2]
    assert "rocky-10" in failed.partition("nothing was done")[0]
    assert "Promote development channels to production" not in output
    assert status != 0


def test_a_missing_pin_does_not_drop_its_repository(tmp_path):
    status, output = run("client_sync", tmp_path, stackhpc_pulp_repo_rocky_9_minor_version=7)
    # Before ansible-core 2.19, the list itself cannot be templated.
    assert (
        "stackhpc_pulp_repository_rpm_repos does not have 'Rocky Linux 9 - BaseOS'" in output
        or "stackhpc_pulp_repo_rocky_9_7_baseos_version" in output
    )
    assert CAME_TO_WORK not in output
    assert status != 0
