# SPDX-License-Identifier: Apache-2.0
"""The planner compares wanted and current values, and returns the change."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.pulp.planner import HIDDEN, plan, to_api_values
from plugins.module_utils.pulp.types import Field

FIELDS = (
    Field("url"),
    Field("ca_cert"),
    Field("words", type="list", elements="str", space_separated=True),
    Field("tags", type="list", elements="str", empty_value=[]),
    Field("headers", type="list", elements="dict", hidden=True, ordered=True, empty_value=[]),
    Field("number", type="int"),
    Field("rate", type="float"),
    Field("tls", type="bool"),
    Field("pulp_labels", type="dict", empty_value={}),
    Field("username", key="remote_username", secret=True, public=True),
    Field("password", key="remote_password", secret=True),
)
PEM = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"


@pytest.mark.parametrize("url", ["http://bob:S3#cret@host/", "bob:S3cret@host/x"])
def test_a_url_that_cannot_be_parsed_is_refused_and_not_shown(url):
    with pytest.raises(InvalidItem, match="url is not a valid URL, and is not shown") as caught:
        to_api_values(FIELDS, {"url": url})
    assert "S3" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "api_values"),
    [
        ({}, {}),
        ({"url": None, "tags": None, "pulp_labels": None}, {}),
        ({"url": ""}, {"url": None}),
        ({"url": "http://x"}, {"url": "http://x"}),
        ({"words": "b  a\nc"}, {"words": "b a c"}),
        ({"words": ["b a", "c"]}, {"words": "b a c"}),
        ({"words": ""}, {"words": None}),
        ({"words": []}, {"words": None}),
        ({"tags": [""]}, {"tags": []}),
        ({"tags": "x"}, {"tags": ["x"]}),
        ({"number": "2"}, {"number": 2}),
        ({"number": 0}, {"number": 0}),
        ({"number": ""}, {"number": None}),
        ({"rate": "2.5"}, {"rate": 2.5}),
        ({"tls": False}, {"tls": False}),
        ({"pulp_labels": {}}, {"pulp_labels": {}}),
        (
            {"pulp_labels": {"a": 1, "b": True, "c": None, 4: "x"}},
            {"pulp_labels": {"a": "1", "b": "true", "c": None, "4": "x"}},
        ),
        ({"remote_password": "p", "password": "no option"}, {"password": "p"}),
        ({"unknown": 1}, {}),
    ],
)
def test_options_are_converted_to_api_values(options, api_values):
    assert to_api_values(FIELDS, options) == api_values


@pytest.mark.parametrize("value", ["two", [2], "2x"])
def test_an_invalid_number_is_reported(value):
    with pytest.raises(InvalidItem, match="^number: .* is not a number"):
        to_api_values(FIELDS, {"number": value})


@pytest.mark.parametrize(
    ("wanted", "current"),
    [
        ({}, {"url": "http://x"}),
        ({"url": "http://x"}, {"url": "http://x"}),
        ({"url": None}, {"url": ""}),
        ({"url": None}, {}),
        ({"ca_cert": PEM + "\n"}, {"ca_cert": PEM}),
        ({"ca_cert": PEM}, {"ca_cert": PEM + "\n"}),
        ({"words": "a b"}, {"words": "b a"}),
        ({"words": None}, {"words": None}),
        ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}),
        ({"tags": ["a", "a"]}, {"tags": ["a"]}),
        ({"tags": []}, {"tags": None}),
        ({"headers": [{"a": "1"}]}, {"headers": [{"a": "1"}]}),
        ({"rate": 2.0}, {"rate": 2}),
        ({"tls": False}, {"tls": False}),
        ({"pulp_labels": {"a": "1"}}, {"pulp_labels": {"a": "1"}}),
        ({"pulp_labels": {}}, {"pulp_labels": {"release_train_pinned": "x"}}),
        ({"pulp_labels": {"a": ""}}, {"pulp_labels": {"a": "", "release_train_x": "y"}}),
        ({"password": None}, {"hidden_fields": [{"name": "password", "is_set": False}]}),
        ({"password": None}, {}),
    ],
)
def test_equal_values_are_not_sent(wanted, current):
    change = plan(FIELDS, wanted, {"pulp_href": "/1/", **current}, {"name": "a"})
    assert (change.action, change.payload, change.changes) == ("none", {}, False)


@pytest.mark.parametrize(
    ("wanted", "current", "payload", "before", "after"),
    [
        ({"url": "b"}, {"url": "a"}, {"url": "b"}, {"url": "a"}, {"url": "b"}),
        ({"url": None}, {"url": "a"}, {"url": None}, {"url": "a"}, {"url": None}),
        ({"tls": False}, {"tls": None}, {"tls": False}, {"tls": None}, {"tls": False}),
        ({"number": 0}, {"number": None}, {"number": 0}, {"number": None}, {"number": 0}),
        ({"words": "a"}, {"words": "a b"}, {"words": "a"}, {"words": "a b"}, {"words": "a"}),
        ({"tags": ["a"]}, {}, {"tags": ["a"]}, {"tags": None}, {"tags": ["a"]}),
        (
            {"headers": [{"b": "1"}, {"a": "1"}]},
            {"headers": [{"a": "1"}, {"b": "1"}]},
            {"headers": [{"b": "1"}, {"a": "1"}]},
            {"headers": HIDDEN},
            {"headers": HIDDEN},
        ),
        (
            {"url": "http://me:new@x/y", "tls": True},
            {"url": "http://me:old@x/y", "tls": True},
            {"url": "http://me:new@x/y"},
            {"url": "http://***@x/y"},
            {"url": "http://***@x/y"},
        ),
        (
            {"pulp_labels": {"a": "2"}},
            {"pulp_labels": {"a": "1", "b": "1", "release_train_x": "y"}},
            {"pulp_labels": {"a": "2", "release_train_x": "y"}},
            {"pulp_labels": {"a": "1", "b": "1", "release_train_x": "y"}},
            {"pulp_labels": {"a": "2", "release_train_x": "y"}},
        ),
        (
            {"password": "p"},
            {"hidden_fields": [{"name": "password", "is_set": False}]},
            {"password": "p"},
            {"password": None},
            {"password": HIDDEN},
        ),
        (
            {"username": None, "password": None},
            {
                "hidden_fields": [
                    {"name": "username", "is_set": True},
                    {"name": "password", "is_set": True},
                ]
            },
            {"username": None, "password": None},
            {"username": HIDDEN, "password": HIDDEN},
            {"username": None, "password": None},
        ),
    ],
)
@pytest.mark.parametrize("send_secrets", [True, False])
def test_differences_are_sent_and_shown(wanted, current, payload, before, after, send_secrets):
    change = plan(FIELDS, wanted, current, {"name": "a"}, send_secrets)
    assert (change.action, change.changes) == ("update", True)
    assert (change.payload, change.before, change.after) == (payload, before, after)


def test_secrets_are_always_sent_and_are_no_change():
    current = {"hidden_fields": [{"name": "password", "is_set": True}]}
    change = plan(FIELDS, {"password": "p", "username": "u"}, current, {"name": "a"})
    assert (change.action, change.secrets_only, change.changes) == ("update", True, False)
    assert change.payload == {"password": "p", "username": "u"}
    assert (change.before, change.after) == ({}, {})


def test_existing_secrets_are_not_sent_with_send_secrets_off():
    current = {"hidden_fields": [{"name": "password", "is_set": True}]}
    assert plan(FIELDS, {"password": "p"}, current, {"name": "a"}, False).action == "none"


def test_secrets_are_sent_with_other_changes_and_not_shown():
    current = {"url": "a", "hidden_fields": [{"name": "password", "is_set": True}]}
    change = plan(FIELDS, {"url": "b", "password": "p"}, current, {"name": "a"})
    assert change.payload == {"url": "b", "password": "p"}
    assert (change.before, change.after) == ({"url": "a"}, {"url": "b"})


def test_a_new_object_gets_its_key_and_all_values_that_are_not_empty():
    wanted = {"url": "http://me:p@x", "ca_cert": None, "username": "u", "password": "p"}
    change = plan(FIELDS, wanted, None, {"name": "a"}, send_secrets=False)
    assert (change.action, change.changes) == ("create", True)
    assert change.payload == {
        "name": "a",
        "url": "http://me:p@x",
        "username": "u",
        "password": "p",
    }
    assert change.before == {}
    shown = {"name": "a", "url": "http://***@x", "username": "u", "password": HIDDEN}
    assert change.after == shown


def test_a_text_with_commas_is_compared_as_the_list_of_pulp():
    # Ansible splits at commas and keeps spaces, which Pulp removes.
    tags = Field("include_tags", type="list", elements="str", empty_value=[])
    values = to_api_values([tags], {"include_tags": ["a", " b*", ""]})
    assert values == {"include_tags": ["a", "b*"]}
