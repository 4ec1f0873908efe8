# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from ansible.errors import AnsibleLookupError

from plugins.lookup.kayobe_image_versions import LookupModule

PIN = "stackhpc_rocky_9_overcloud_host_image_version"


@pytest.fixture
def configuration(tmp_path):
    """Return a function that writes the file of a configuration and returns its root."""

    def write(text):
        directory = tmp_path / "etc" / "kayobe"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "pulp-host-image-versions.yml").write_text(text)
        return str(tmp_path)

    return write


def test_pins_become_items(configuration):
    root = configuration(f'---\n{PIN}: "2025.1-20261122T200001"\n')
    item = {
        "repository": "kayobe-images-2025.1-rocky-9",
        "base_path": "kayobe-images/2025.1/rocky/9",
        "version": "2025.1-20261122T200001",
    }
    assert LookupModule().run([root]) == [item]
    assert LookupModule().run([f"{root}/etc/kayobe"]) == [item]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n", "no pins, expected stackhpc_"),
        ("", "no pins, expected stackhpc_"),
        (f"{PIN}: 7\n", "pulp-host-image-versions.yml: .* is '7'"),
        ("a: [\n", "line 2, column 1: not YAML"),
    ],
)
def test_errors_are_reported_with_the_file(configuration, text, message):
    with pytest.raises(AnsibleLookupError, match=message):
        LookupModule().run([configuration(text)])


@pytest.mark.parametrize(
    ("term", "message"),
    [("/nowhere", "no pins of images at '/nowhere'"), (" ", "not an empty string")],
)
def test_a_missing_configuration_is_reported(term, message):
    with pytest.raises(AnsibleLookupError, match=message):
        LookupModule().run([term])


@pytest.mark.parametrize("text", ["", "---\n# No image is pinned.\n"])
def test_a_file_without_variables_may_be_skipped(configuration, text):
    assert LookupModule().run([configuration(text)], empty="skip") == []
    with pytest.raises(AnsibleLookupError, match="no pins, expected stackhpc_"):
        LookupModule().run([configuration(text)])
    with pytest.raises(AnsibleLookupError, match="no pins, expected stackhpc_"):
        LookupModule().run([configuration("a: 1\n")], empty="skip")
