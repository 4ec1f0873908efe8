# SPDX-License-Identifier: Apache-2.0
"""Relative paths of disk images start at the directory in which Ansible was started."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
import yaml

from plugins.filter.host_path import FilterModule

VARIABLES = yaml.safe_load(
    (Path(__file__).parents[2] / "roles/image/vars/main.yml").read_text(encoding="utf-8")
)
PATHS = [
    ("image_path", "__image_upload_path"),
    ("image_download_path", "__image_download_path"),
]


def rendered(option, name, value):
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.filters["stackhpc.release_train.host_path"] = FilterModule().filters()["host_path"]
    template = environment.from_string(VARIABLES[name])
    return template.render({"inventory_hostname": "ark1", option: value})


@pytest.mark.parametrize(("option", "name"), PATHS)
def test_a_relative_path_becomes_absolute(option, name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert rendered(option, name, "images/new") == f"{tmp_path}/images/new"
    assert rendered(option, name, "./a.qcow2") == f"{tmp_path}/a.qcow2"


@pytest.mark.parametrize("value", ["", "/var/lib/images", "~/images", "$HOME/images"])
@pytest.mark.parametrize(("option", "name"), PATHS)
def test_other_paths_are_left_to_the_host(option, name, value):
    assert rendered(option, name, value) == value
