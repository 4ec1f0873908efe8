# SPDX-License-Identifier: Apache-2.0
"""The tags of a configuration, by its own program and by the tables of the collection."""

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
    """Make a configuration: its tags, its list of images, and the body of its program."""

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


def refusal(*terms, **options):
    with pytest.raises(AnsibleLookupError) as refused:
        look_up(*terms, **options)
    return str(refused.value)


LISTS = f"print('keystone: [{ROCKY}, {UBUNTU}]'); print('nova-api: [{NEW}]')"


def test_the_program_of_the_configuration_is_asked_where_it_is_there(configuration):
    root = configuration(program=LISTS)
    assert look_up(root) == {"keystone": [ROCKY, UBUNTU], "nova-api": [NEW]}
    assert look_up(root, source="configuration", images=["keystone", "nova-api"]) == look_up(root)


def test_its_tags_are_those_of_the_base_distributions_that_are_requested(configuration):
    assert look_up(configuration(program=LISTS), base_distros=["ubuntu-noble"]) == {
        "keystone": [UBUNTU]
    }


def test_without_it_the_tables_of_the_release_are_used(configuration):
    root = configuration(images=["keystone", "nova-api", "haproxy"])
    assert look_up(root) == {
        "keystone": [ROCKY, UBUNTU],
        "nova-api": [NEW, UBUNTU],
        "haproxy": [ROCKY, UBUNTU],
    }


def test_the_tables_may_be_requested_although_there_is_a_program(configuration):
    root = configuration(images=["nova-api"], program="raise SystemExit('never run')")
    assert look_up(root, source="builtin") == {"nova-api": [NEW, UBUNTU]}


def test_the_directory_of_kayobe_itself_is_accepted_too(configuration):
    root = configuration(program=LISTS)
    assert look_up(f"{root}/etc/kayobe") == look_up(root)


def test_without_a_list_of_the_configuration_the_given_images_count(configuration):
    root = configuration()
    assert look_up(root, images=["keystone"]) == {"keystone": [ROCKY, UBUNTU]}
    assert "specify images" in refusal(root)


def test_what_is_not_built_is_reported_by_the_configuration_and_by_the_caller(configuration):
    root = configuration(images=["keystone", "nova-api"], unbuildable={"rocky-9": ["keystone"]})
    assert look_up(root, unbuildable={"ubuntu-noble": ["nova-api"], "rocky-9": None}) == {
        "keystone": [UBUNTU],
        "nova-api": [NEW],
    }


@pytest.mark.parametrize("program", [None, LISTS.replace("nova-api", "nova-apy")])
def test_an_image_that_is_in_no_list_is_an_error(configuration, program):
    root = configuration(images=["keystone", "nova-apy"], program=program)
    told = refusal(root, images=["keystone", "nova-api"])
    assert "missing from kolla_container_images: nova-apy (nearest: nova-api)" in told


def test_all_that_is_wrong_is_reported_at_once(configuration):
    tags = {"nova-api": {"rocky-9": "latest"}, "nova": {"rokcy-9": ROCKY, "rocky-9": ROCKY}}
    told = refusal(configuration(tags, images=["x"]), images=["keystone"])
    for words in ("openstack is missing", "key 'nova-api'", "'latest'", "rokcy-9", "images: x"):
        assert words in told


def test_tags_of_no_release_at_all_are_reported_one_by_one(configuration):
    told = refusal(configuration({"openstack": {"rocky-9": "latest"}, "a-b": 1}), images=["x"])
    assert "invalid tag 'latest'" in told
    assert "'a-b'" in told


def test_the_branch_says_the_release_that_tags_are_for(configuration):
    told = refusal(configuration(images=["keystone"], branch="stackhpc/2024.1"))
    assert "expected 2024.1-rocky-9-YYYYMMDDTHHMMSS" in told


def test_a_release_without_tables_is_reported_with_those_there_are(configuration):
    told = refusal(configuration(images=["keystone"], branch="master"))
    assert "release 'master': there are tables for 2024.1" in told
    assert "kolla_tags_source=configuration" in told


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("print('Errors:'); print('nova is odd'); raise SystemExit(1)", "Errors:; nova is odd"),
        ("{}['rocky-9']", "KeyError: 'rocky-9'"),
        ("raise SystemExit(3)", "exit code 3 without any output"),
        ("print('a: [')", "the output is not YAML"),
        ("print('a: b')", "the output does not map images"),
        ("pass", "the output does not map images"),
    ],
)
def test_a_program_that_fails_is_reported_in_its_own_words(configuration, program, words):
    told = refusal(configuration(program=program))
    assert "kolla-images.py list-tags: " in told
    assert words in told
    assert "Traceback" not in told


def test_a_missing_program_is_reported_with_what_to_do(configuration):
    assert "set kolla_tags_source=builtin" in refusal(configuration(), source="configuration")


def test_a_configuration_without_tags_is_reported_with_the_way_out(tmp_path):
    told = refusal(str(tmp_path))
    assert "kolla-image-tags.yml" in told
    assert "container_tags" in told


@pytest.mark.parametrize("terms", [(), ("",), ("a", "b")])
def test_one_configuration_is_expected(terms):
    assert "one Kayobe configuration" in refusal(*terms)


def test_a_source_that_there_is_not_is_refused(configuration):
    with pytest.raises(AnsibleError):
        look_up(configuration(), source="elsewhere")


def test_a_file_that_is_no_yaml_is_reported_with_its_place(configuration, tmp_path):
    root = configuration()
    (tmp_path / "etc" / "kayobe" / "pulp.yml").write_text("a: [\n")
    assert "pulp.yml" in refusal(root)


def test_a_key_that_means_no_container_is_warned_of(configuration, monkeypatch):
    warnings = []
    monkeypatch.setattr(Display, "warning", lambda self, text, **more: warnings.append(text))
    look_up(configuration({**TAGS, "nvoa": {"rocky-9": ROCKY}}, images=["nova-api"]))
    assert "keys that match no container of an image: nvoa" in warnings[0]
