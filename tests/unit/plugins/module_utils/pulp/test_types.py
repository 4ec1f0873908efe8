# SPDX-License-Identifier: Apache-2.0
"""Rules for all rows of the table of types."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.types import CONTENT_TYPES, PLAIN_KINDS, Field, Kind, kind_of

KINDS = [
    *PLAIN_KINDS.values(),
    *(getattr(row, noun) for row in CONTENT_TYPES.values() for noun in ("repository", "remote")),
    *(row.distribution for row in CONTENT_TYPES.values()),
]
NAMES = [kind.endpoint for kind in KINDS]
ANSIBLE_TYPES = {"str", "int", "float", "bool", "list", "dict"}


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_every_endpoint_is_a_relative_path(kind):
    assert kind.endpoint.endswith("/")
    assert not kind.endpoint.startswith("/")


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_every_field_has_one_name_one_option_and_a_type_of_ansible(kind):
    assert len({spec.name for spec in kind.fields}) == len(kind.fields)
    assert len({spec.option for spec in kind.fields}) == len(kind.fields)
    assert {spec.type for spec in kind.fields} <= ANSIBLE_TYPES
    assert all(spec.elements for spec in kind.fields if spec.type == "list")


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_no_secret_is_shown(kind):
    for spec in kind.fields:
        assert spec.no_log or "password" not in spec.name
        assert spec.no_log or not spec.name.endswith("_key")
        assert spec.no_log or spec.name != "headers"


@pytest.mark.parametrize("name", CONTENT_TYPES)
def test_the_key_of_a_content_type_is_its_name(name):
    row = CONTENT_TYPES[name]
    assert row.name == name
    assert kind_of("remote", name) is row.remote
    assert row.content_unit.startswith(name)


@pytest.mark.parametrize("name", CONTENT_TYPES)
def test_every_remote_has_a_url_and_fields_that_decide_a_sync(name):
    row = CONTENT_TYPES[name]
    assert {"url", "policy"} <= {spec.name for spec in row.source_fields}
    assert not {"password", "client_key", "max_retries"} & {spec.name for spec in row.source_fields}


@pytest.mark.parametrize("name", [name for name, row in CONTENT_TYPES.items() if row.publications])
def test_a_published_type_is_served_by_publication_and_has_a_default_mode(name):
    row = CONTENT_TYPES[name]
    assert row.publication(None) == row.publications[row.default_mode]
    assert "publication" in {spec.name for spec in row.distribution.fields}
    endpoints = [kind.endpoint for kind in row.publication_kinds]
    assert len(set(endpoints)) == len(endpoints)


def test_verbatim_publications_have_their_own_endpoint():
    assert CONTENT_TYPES["deb"].publication("verbatim")[0].endpoint == "publications/deb/verbatim/"


def test_a_kind_reads_its_key_and_which_secrets_are_set():
    kind = Kind("thing", "things/", (Field("a"), Field("b", secret=True)))
    assert kind.readable == ("pulp_href", "prn", "name", "a", "b", "hidden_fields")
    assert "hidden_fields" not in Kind("thing", "things/", (Field("a"),)).readable


def test_a_renamed_field_has_the_name_of_the_server_version():
    field = Field("old", type="list", elements="str", renamed=("container", "2.28", "new"))
    checked = []

    def has_version(plugin, version):
        checked.append((plugin, version))
        return True

    assert (field.for_server(has_version).name, field.for_server(has_version).option) == (
        "new",
        "old",
    )
    assert checked[0] == ("container", "2.28")
    assert field.for_server(lambda plugin, version: False) is field
    kind = Kind("thing", "things/", (field, Field("a")))
    assert [spec.name for spec in kind.for_server(has_version).fields] == ["new", "a"]


def test_a_public_secret_field_may_be_shown():
    assert not Field("username", secret=True, public=True).no_log
    assert Field("password", secret=True).no_log
    assert Field("headers", hidden=True).no_log


@pytest.mark.parametrize("name", CONTENT_TYPES)
def test_only_the_listed_policies_create_a_mirroring_publication(name):
    row = CONTENT_TYPES[name]
    mirroring = {
        policy for policy in (None, "", "additive", "mirror_complete") if row.is_mirrored_by(policy)
    }
    assert mirroring == ({"mirror_complete"} if name == "rpm" else set())
