# SPDX-License-Identifier: Apache-2.0
"""Argument specs that follow the table of types."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.options import field_options, item_options, lists_of
from plugins.module_utils.pulp.types import CONTENT_TYPES


@pytest.mark.parametrize("content_type", CONTENT_TYPES.values(), ids=lambda one: one.name)
def test_every_secret_of_a_remote_has_no_log(content_type):
    options = field_options(content_type.remote.fields)
    secret = {name for name, option in options.items() if option.get("no_log")}
    assert secret == {"client_key", "proxy_password", "remote_password", "headers"}


def test_numbers_are_text_so_that_empty_text_can_clear_them():
    options = field_options(CONTENT_TYPES["rpm"].remote.fields)
    assert options["max_retries"] == {"type": "str"}
    assert options["total_timeout"] == {"type": "str"}


def test_text_lists_are_lists_of_strings():
    options = field_options(CONTENT_TYPES["deb"].remote.fields)
    assert options["components"] == {"type": "list", "elements": "str"}


def test_fields_with_their_own_options_are_left_out():
    fields = CONTENT_TYPES["rpm"].distribution.fields
    assert "publication" in field_options(fields)
    assert "publication" not in field_options(fields, without=["publication"])


def test_items_have_a_key_and_a_state_unless_they_cannot_be_absent():
    assert item_options("name", {"url": {"type": "str"}}) == {
        "name": {"type": "str", "required": True},
        "url": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    assert "state" not in item_options("name", absent=False)


def test_there_is_a_list_for_each_content_type():
    lists = lists_of(CONTENT_TYPES.values(), lambda one: item_options("name"))
    assert list(lists) == ["rpm", "deb", "container", "file", "python"]
    assert all(one["type"] == "list" and one["elements"] == "dict" for one in lists.values())
