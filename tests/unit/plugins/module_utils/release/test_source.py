# SPDX-License-Identifier: Apache-2.0
"""The source of a mirror is asked with the account of the mirror, in check mode."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import requests.certs

from plugins.module_utils.inventory.pins import Pin
from plugins.module_utils.inventory.repositories import PackageRepository
from plugins.module_utils.pulp.content_app import ContentApp
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.release.source import open_source
from tests.unit.fake_pulp.pulp import FakePulp

STAMP = "20260201T000000"
CA_BUNDLE = Path(requests.certs.where()).read_text("utf-8")


def pin(content_type, **more):
    repository = PackageRepository(content_type, "A", "a", "a-", "a/", **more)
    return Pin(repository, STAMP)


@pytest.fixture
def asked(monkeypatch):
    """Requests as (path, username, CA bundle), answered by the status of their path, else 404."""
    found: list[tuple] = []
    statuses: dict[str, int] = {}

    def file_status(app, path):
        connection = app._connection
        bundle = ""
        if connection.ca_path:
            with open(connection.ca_path, encoding="utf-8") as stream:
                bundle = stream.read()
        found.append((path, connection.username, bundle))
        return statuses.get(path, 404)

    monkeypatch.setattr(ContentApp, "file_status", file_status)
    return found, statuses


@pytest.mark.parametrize(
    ("content_type", "more", "paths"),
    [
        ("rpm", {}, ["repodata/repomd.xml"]),
        ("deb", {"distributions": "noble"}, ["dists/noble/Release", "dists/noble/InRelease"]),
        ("file", {}, ["PULP_MANIFEST"]),
    ],
)
def test_one_of_the_files_that_a_mirror_reads_is_enough(asked, content_type, more, paths):
    asked_for, statuses = asked
    statuses[f"a/{STAMP}/{paths[-1]}"] = 200
    with open_source(FakePulp().server(True), "https://ark/", {}) as source:
        source.require(pin(content_type, **more))
    assert [path for path, _name, _bundle in asked_for] == [f"a/{STAMP}/{path}" for path in paths]


def test_the_account_and_the_ca_bundle_of_the_mirror_are_used_and_not_left(asked, monkeypatch):
    asked_for, _statuses = asked
    account = {"remote_username": "client", "remote_password": "secret", "ca_cert": CA_BUNDLE}
    with open_source(FakePulp().server(True), "https://ark", account) as source:
        path = source._app._connection.ca_path
        message = f"^the source has no a-{STAMP}, or user 'client' may not read it"
        with pytest.raises(InvalidItem, match=message):
            source.require(pin("rpm"))
    assert asked_for == [(f"a/{STAMP}/repodata/repomd.xml", "client", CA_BUNDLE)]
    assert not os.path.exists(path)


def test_the_check_uses_the_path_prefix_of_the_source(monkeypatch):
    urls = []

    def file_status(app, path):
        urls.append(app.url(path))
        return 200

    monkeypatch.setattr(ContentApp, "file_status", file_status)
    with open_source(FakePulp().server(True), "https://ark/", {}, "/content/") as source:
        source.require(pin("file"))
    assert urls == [f"https://ark/content/a/{STAMP}/PULP_MANIFEST"]
