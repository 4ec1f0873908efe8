# SPDX-License-Identifier: Apache-2.0
"""The role image reads the version from the names that operators already use."""

from __future__ import annotations

import os
from pathlib import Path

import jinja2
import pytest
import yaml

DEFAULTS = yaml.safe_load(
    (Path(__file__).parents[2] / "roles/image/defaults/main.yml").read_text(encoding="utf-8")
)


def lookup(_plugin, name):
    return os.environ.get(name, "")


def version(**variables):
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(
        DEFAULTS["image_version"]
    )
    return template.render({"image_kind": "host", "lookup": lookup, **variables}).strip()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.delenv("ARTIFACT_TAG", raising=False)
    monkeypatch.setenv("OVERCLOUD_HOST_IMAGE_TAG", "host-tag")


def test_the_version_of_a_host_image_is_read_from_its_environment_variable():
    assert version() == "host-tag"


@pytest.mark.parametrize("kind", ["ipa", "amphora"])
def test_other_images_do_not_take_the_version_of_host_images(kind):
    assert version(image_kind=kind) == ""


def test_names_that_were_read_before_take_precedence(monkeypatch):
    assert version(artifact_tag="artifact") == "artifact"
    monkeypatch.setenv("ARTIFACT_TAG", "from-ci")
    assert version() == "from-ci"
