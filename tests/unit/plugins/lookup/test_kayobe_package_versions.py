# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.display import Display

from plugins.lookup import kayobe_package_versions as plugin

STAMP = "20261120T200001"
PINS = """\
---
# Written by a workflow.
stackhpc_pulp_repo_rocky_9_baseos_version: 20261120T200001
stackhpc_pulp_repo_epel_9_version: "20261118T020000"
other: 5
"""


@pytest.fixture
def lookup(tmp_path):
    """Return a function that looks up the pins of a file with the given text."""

    def look_up(text=PINS, term=None, variables=None, **options):
        if text is not None:
            directory = tmp_path / "etc" / "kayobe"
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "pulp-repo-versions.yml").write_text(text, encoding="utf-8")
        loader = DataLoader()
        module = plugin.LookupModule(loader=loader, templar=Templar(loader, variables or {}))
        module._load_name = "stackhpc.release_train.kayobe_package_versions"
        constants.config.initialize_plugin_configuration_definitions(
            "lookup", module._load_name, yaml.safe_load(plugin.DOCUMENTATION)["options"]
        )
        return module.run([term or str(tmp_path)], variables or {}, **options)[0]

    return look_up


def test_pins_are_short_names_and_stamps(lookup):
    assert lookup() == {"rocky_9_baseos": STAMP, "epel_9": "20261118T020000"}


def test_the_directory_of_kayobe_itself_is_accepted_too(lookup, tmp_path):
    lookup()
    assert lookup(None, term=str(tmp_path / "etc" / "kayobe"))["rocky_9_baseos"] == STAMP


def test_a_relative_path_is_relative_to_the_current_directory(lookup, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    assert lookup(PINS, term=tmp_path.name)["rocky_9_baseos"] == STAMP


def test_templates_may_use_variables_of_the_play_and_of_the_file(lookup):
    text = (
        'stackhpc_pulp_repo_a_version: "{{ night }}T200001"\n'
        'stackhpc_pulp_repo_b_version: "{{ stackhpc_pulp_repo_a_version }}"\n'
        'stackhpc_pulp_repo_c_version: "{{ shared }}"\n'
        'shared: "{{ night }}T000000"\n'
    )
    assert lookup(text, variables={"night": "20261120"}) == {
        "a": STAMP,
        "b": STAMP,
        "c": "20261120T000000",
    }


def test_a_failed_template_is_reported_with_its_key(lookup):
    with pytest.raises(AnsibleError) as refused:
        lookup('stackhpc_pulp_repo_a_version: "{{ nowhere }}"\n')
    assert "pulp-repo-versions.yml: stackhpc_pulp_repo_a_version: " in str(refused.value)
    assert "nowhere" in str(refused.value)


def test_a_missing_file_is_reported_with_a_remedy(lookup, tmp_path):
    with pytest.raises(AnsibleLookupError) as refused:
        lookup(None)
    assert str(refused.value) == (
        f"no package pins at '{tmp_path}': {tmp_path}/etc/kayobe/pulp-repo-versions.yml does not"
        " exist. Set kayobe_config_repo_path to the root"
        " of a Kayobe configuration, or give the pins themselves in package_versions"
    )


def test_a_missing_directory_is_reported(lookup, tmp_path):
    with pytest.raises(AnsibleLookupError, match="nowhere': the directory does not exist"):
        lookup(None, term=str(tmp_path / "nowhere"))


@pytest.mark.parametrize("term", [" ", 5, ["/src"]])
def test_an_invalid_path_is_rejected(lookup, term):
    with pytest.raises(AnsibleLookupError, match="expected the path of a Kayobe configuration"):
        lookup(None, term=term)


def test_invalid_yaml_is_reported_with_its_line(lookup):
    with pytest.raises(AnsibleLookupError) as refused:
        lookup(PINS + "stackhpc_pulp_repo_x_version: [\n")
    assert "pulp-repo-versions.yml, line 7, column 1: not YAML: " in str(refused.value)


@pytest.mark.parametrize("text", ["- a\n- b\n", "text\n"])
def test_an_invalid_mapping_is_rejected(lookup, text):
    with pytest.raises(AnsibleLookupError, match="expected a mapping of variables"):
        lookup(text)


@pytest.mark.parametrize("text", ["", "---\n", "other: 5\n"])
def test_a_file_without_pins_is_rejected(lookup, text):
    with pytest.raises(AnsibleLookupError, match="no pins, expected stackhpc_pulp_repo_"):
        lookup(text)


def test_all_invalid_and_empty_values_are_reported_at_once(lookup):
    text = (
        "stackhpc_pulp_repo_a_version:\n"
        'stackhpc_pulp_repo_b_version: ""\n'
        "stackhpc_pulp_repo_c_version: 20261120\n"
        "stackhpc_pulp_repo_d_version: 2026-11-20T20:00:01Z\n"
    )
    with pytest.raises(AnsibleLookupError) as refused:
        lookup(PINS + text)
    assert (
        "'a' has no stamp; 'b' has no stamp; 'c' is pinned to '20261120';"
        " 'd' is pinned to '2026-11-20 20:00:01+00:00': expected a stamp"
    ) in str(refused.value)


def test_empty_values_may_be_skipped_with_a_warning(lookup, monkeypatch):
    warnings = []
    monkeypatch.setattr(
        Display, "warning", lambda self, text, *args, **kwargs: warnings.append(text)
    )
    pins = lookup(PINS + "stackhpc_pulp_repo_a_version:\n", empty="skip")
    assert sorted(pins) == ["epel_9", "rocky_9_baseos"]
    assert [text.split(": ", 1)[1] for text in warnings] == ["ignored pins without a stamp: a"]


def test_a_file_with_empty_values_only_is_rejected_even_when_they_are_skipped(lookup, monkeypatch):
    monkeypatch.setattr(Display, "warning", lambda self, text, *args, **kwargs: None)
    with pytest.raises(AnsibleLookupError, match="no pins"):
        lookup("stackhpc_pulp_repo_a_version:\n", empty="skip")
