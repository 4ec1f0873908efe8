# SPDX-License-Identifier: Apache-2.0
"""The images, containers and problems of a configuration."""

from __future__ import annotations

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from plugins.lookup import kolla_configuration as plugin

ROCKY = "2025.1-rocky-9-20250801T000000"
DEFAULTS = """\
nova_tag: "{{ openstack_tag }}"
nova_super_conductor_image: "{{ docker_namespace }}/nova-conductor"
nova_super_conductor_tag: "{{ %s_tag }}"
nova_odd_image: "{{ docker_namespace }}/nova-api"
"""


@pytest.fixture
def roots(tmp_path):
    """Return the roots of a configuration and of a checkout with one difference to the tables."""
    directory = tmp_path / "config" / "etc" / "kayobe"
    directory.mkdir(parents=True)
    tags = {"openstack": {"rocky-9": ROCKY}, "nova": {"rocky-9": ROCKY}}
    (directory / "kolla-image-tags.yml").write_text(yaml.safe_dump({"kolla_image_tags": tags}))
    images = {"stackhpc_pulp_images_kolla": ["nova-api", "nova-conductor"]}
    (directory / "pulp.yml").write_text(yaml.safe_dump(images))
    defaults = tmp_path / "kolla" / "ansible" / "roles" / "nova" / "defaults"
    defaults.mkdir(parents=True)
    (defaults / "main.yml").write_text(DEFAULTS % "nova")
    return str(tmp_path / "config"), str(tmp_path / "kolla")


def look_up(*terms, **options):
    loader = DataLoader()
    module = plugin.LookupModule(loader=loader, templar=Templar(loader, {}))
    module._load_name = "stackhpc.release_train.kolla_configuration"
    constants.config.initialize_plugin_configuration_definitions(
        "lookup", module._load_name, yaml.safe_load(plugin.DOCUMENTATION)["options"]
    )
    return module.run(list(terms), {}, **options)[0]


def test_images_and_containers_are_listed(roots):
    assert look_up(roots[0]) == {
        "release": "2025.1",
        "source": "builtin",
        "images": ["nova-api", "nova-conductor"],
        "containers": ["nova_api", "nova_conductor", "nova_super_conductor"],
        "problems": [],
    }


def test_problems_of_tags_and_tables_are_reported_together(roots):
    problems = look_up(roots[0], images=["nova-conductor"], kolla_ansible=roots[1])["problems"]
    assert "missing from kolla_container_images: nova-api" in problems[0]
    assert problems[1] == (
        "container nova_odd runs the image nova-api, but in the tables of 2025.1 that image runs "
        "in nova_api"
    )
    assert len(problems) == 2


@pytest.mark.parametrize(
    ("program", "problems"),
    [("", []), ("print('Errors:'); print('odd'); raise SystemExit(1)", ["Errors:; odd"] * 2)],
)
def test_problems_are_those_of_the_script_of_the_configuration(roots, tmp_path, program, problems):
    tools = tmp_path / "config" / "tools"
    tools.mkdir()
    (tools / "kolla-images.py").write_text(
        f"import sys\nif sys.argv[1] == 'list-tags':\n    print('nova-api: [{ROCKY}]')\n"
        f"else:\n    assert sys.argv[2:] == ['--kolla-ansible-path', {roots[1]!r}]\n"
        f"    {program or 0}\n"
    )
    answer = look_up(roots[0], kolla_ansible=roots[1])
    assert answer["source"] == "configuration"
    assert [one.partition(": ")[2] for one in answer["problems"]] == problems
    assert answer["images"] == ["nova-api"]


def test_a_directory_without_a_checkout_is_reported(roots):
    with pytest.raises(
        AnsibleLookupError, match="is not a checkout of Kolla Ansible: it has no ansible/roles"
    ):
        look_up(roots[0], kolla_ansible=roots[0])
    with pytest.raises(AnsibleLookupError, match="one Kayobe configuration"):
        look_up("")
