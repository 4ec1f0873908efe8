# SPDX-License-Identifier: Apache-2.0
"""The tags of a configuration, from its script or from the tables of the collection."""

from __future__ import annotations

import textwrap

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.display import Display

from plugins.lookup import kolla_container_tags as plugin

ROCKY = "2025.1-rocky-9-20250801T000000"
UBUNTU = "2025.1-ubuntu-noble-20250801T000000"
NEW = "2025.1-rocky-9-20250902T000000"
TAGS = {"openstack": {"rocky-9": ROCKY, "ubuntu-noble": UBUNTU}, "nova": {"rocky-9": NEW}}
PROGRAM = """
import sys
assert sys.argv[1:] == ["list-tags"], sys.argv
{body}
"""


@pytest.fixture
def configuration(tmp_path):
    """Return a function that writes a configuration and returns its root."""

    def make(tags=TAGS, images=None, program=None, branch=None, unbuildable=None):
        directory = tmp_path / "etc" / "kayobe"
        directory.mkdir(parents=True)
        (directory / "kolla-image-tags.yml").write_text(yaml.safe_dump({"kolla_image_tags": tags}))
        if images is not None:
            pulp = {"stackhpc_pulp_images_kolla": images}
            if unbuildable:
                pulp["stackhpc_kolla_unbuildable_images"] = unbuildable
            (directory / "pulp.yml").write_text(yaml.safe_dump(pulp))
        if program is not None:
            (tmp_path / "tools").mkdir()
            (tmp_path / "tools" / "kolla-images.py").write_text(
                PROGRAM.format(body=textwrap.dedent(program))
            )
        if branch is not None:
            (tmp_path / ".gitreview").write_text(f"[gerrit]\nhost=x\ndefaultbranch={branch}\n")
        return str(tmp_path)

    return make


def look_up(*terms, **options):
    loader = DataLoader()
    module = plugin.LookupModule(loader=loader, templar=Templar(loader, {}))
    module._load_name = "stackhpc.release_train.kolla_container_tags"
    constants.config.initialize_plugin_configuration_definitions(
        "lookup", module._load_name, yaml.safe_load(plugin.DOCUMENTATION)["options"]
    )
    [answer] = module.run(list(terms), {}, **options)
    return answer


def error_of(*terms, **options):
    with pytest.raises(AnsibleLookupError) as refused:
        look_up(*terms, **options)
    return str(refused.value)


LIST_TAGS = f"print('keystone: [{ROCKY}, {UBUNTU}]'); print('nova-api: [{NEW}]')"


def test_the_script_of_the_configuration_is_used_if_it_exists(configuration):
    root = configuration(program=LIST_TAGS)
    assert look_up(root) == {"keystone": [ROCKY, UBUNTU], "nova-api": [NEW]}
    assert look_up(root, source="configuration", images=["keystone", "nova-api"]) == look_up(root)


def test_its_tags_are_filtered_by_base_distribution(configuration):
    assert look_up(configuration(program=LIST_TAGS), base_distros=["ubuntu-noble"]) == {
        "keystone": [UBUNTU]
    }


def test_without_a_script_the_tables_of_the_release_are_used(configuration):
    root = configuration(images=["keystone", "nova-api", "haproxy"])
    assert look_up(root) == {
        "keystone": [ROCKY, UBUNTU],
        "nova-api": [NEW, UBUNTU],
        "haproxy": [ROCKY, UBUNTU],
    }


def test_the_tables_can_be_selected_although_there_is_a_script(configuration):
    root = configuration(images=["nova-api"], program="raise SystemExit('never run')")
    assert look_up(root, source="builtin") == {"nova-api": [NEW, UBUNTU]}


def test_the_directory_of_kayobe_itself_is_accepted_too(configuration):
    root = configuration(program=LIST_TAGS)
    assert look_up(f"{root}/etc/kayobe") == look_up(root)


def test_without_a_list_in_the_configuration_the_given_images_are_used(configuration):
    root = configuration()
    assert look_up(root, images=["keystone"]) == {"keystone": [ROCKY, UBUNTU]}
    assert "specify images" in error_of(root)


def test_unbuildable_images_come_from_the_configuration_and_the_option(configuration):
    root = configuration(images=["keystone", "nova-api"], unbuildable={"rocky-9": ["keystone"]})
    assert look_up(root, unbuildable={"ubuntu-noble": ["nova-api"], "rocky-9": None}) == {
        "keystone": [UBUNTU],
        "nova-api": [NEW],
    }


@pytest.mark.parametrize("program", [None, LIST_TAGS.replace("nova-api", "nova-apy")])
def test_an_image_that_is_in_no_list_is_an_error(configuration, program):
    root = configuration(images=["keystone", "nova-apy"], program=program)
    error = error_of(root, images=["keystone", "nova-api"])
    assert "missing from kolla_container_images: nova-apy (nearest: nova-api)" in error


def test_all_problems_are_reported_at_once(configuration):
    tags = {"nova-api": {"rocky-9": "latest"}, "nova": {"rokcy-9": ROCKY, "rocky-9": ROCKY}}
    error = error_of(configuration(tags, images=["x"]), images=["keystone"])
    for message in ("openstack is missing", "key 'nova-api'", "'latest'", "rokcy-9", "images: x"):
        assert message in error


def test_tags_without_a_release_are_reported_one_by_one(configuration):
    error = error_of(configuration({"openstack": {"rocky-9": "latest"}, "a-b": 1}), images=["x"])
    assert "invalid tag 'latest'" in error
    assert "'a-b'" in error


def test_the_branch_decides_the_release_of_the_tags(configuration):
    error = error_of(configuration(images=["keystone"], branch="stackhpc/2024.1"))
    assert "expected 2024.1-rocky-9-YYYYMMDDTHHMMSS" in error


def test_a_release_without_tables_is_reported_with_the_known_ones(configuration):
    error = error_of(configuration(images=["keystone"], branch="master"))
    assert "release 'master': there are tables for 2024.1" in error
    assert "kolla_tags_source=configuration" in error


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("print('Errors:'); print('nova is odd'); raise SystemExit(1)", "Errors:; nova is odd"),
        ("{}['rocky-9']", "KeyError: 'rocky-9'"),
        ("raise SystemExit(3)", "exit code 3 without any output"),
        ("print('a: [')", "the output is not YAML"),
        ("print('a: b')", "the output does not map images"),
        ("pass", "the output does not map images"),
    ],
)
def test_a_failed_script_is_reported_with_its_output(configuration, program, message):
    error = error_of(configuration(program=program))
    assert "kolla-images.py list-tags: " in error
    assert message in error
    assert "Traceback" not in error


def test_a_missing_script_is_reported_with_a_remedy(configuration):
    assert "set kolla_tags_source=builtin" in error_of(configuration(), source="configuration")


def test_a_configuration_without_tags_is_reported_with_a_remedy(tmp_path):
    error = error_of(str(tmp_path))
    assert "kolla-image-tags.yml" in error
    assert "container_tags" in error


@pytest.mark.parametrize("terms", [(), ("",), ("a", "b")])
def test_one_configuration_is_expected(terms):
    assert "one Kayobe configuration" in error_of(*terms)


def test_an_unknown_source_is_rejected(configuration):
    with pytest.raises(AnsibleError):
        look_up(configuration(), source="elsewhere")


def test_invalid_yaml_is_reported_with_its_position(configuration, tmp_path):
    root = configuration()
    (tmp_path / "etc" / "kayobe" / "pulp.yml").write_text("a: [\n")
    assert "pulp.yml" in error_of(root)


def test_a_key_without_a_container_is_a_warning(configuration, monkeypatch):
    warnings = []
    monkeypatch.setattr(Display, "warning", lambda self, text, **more: warnings.append(text))
    look_up(configuration({**TAGS, "nvoa": {"rocky-9": ROCKY}}, images=["nova-api"]))
    assert "keys that match no container of an image: nvoa" in warnings[0]
