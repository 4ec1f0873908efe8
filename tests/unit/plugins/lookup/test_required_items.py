# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from plugins.lookup.required_items import LookupModule

try:
    from ansible.template import trust_as_template

    LAZY = True
except ImportError:  # ansible-core before 2.19 trusts all strings
    LAZY = False

    def trust_as_template(value):
        return value


def template(text):
    return trust_as_template("{{ " + text + " }}")


def look_up(items, **variables):
    scope = {"repos": items, **variables}
    loader = DataLoader()
    module = LookupModule(loader=loader, templar=Templar(loader, scope))
    return [dict(item) for item in module.run(["repos"], scope)]


def test_items_are_required_by_default_or_by_template():
    items = [{"name": "a"}, {"name": "b", "required": template("wanted")}]
    assert [item["name"] for item in look_up(items, wanted="True")] == ["a", "b"]
    assert [item["name"] for item in look_up(items, wanted="False")] == ["a"]


def test_other_keys_of_an_item_that_is_not_required_are_not_read():
    items = [{"name": "a", "required": "no", "url": template("not_there")}, {"name": "b"}]
    assert look_up(items) == [{"name": "b"}]


def test_templates_of_required_items_are_resolved():
    (item,) = look_up([{"name": "a", "url": template("'http://' ~ host")}], host="x")
    assert item["url"] == "http://x"


def test_an_undefined_variable_is_reported_with_its_item():
    with pytest.raises(AnsibleLookupError, match="repos 'a'.*not_there"):
        look_up([{"name": "a", "url": template("not_there")}])


def test_an_undefined_list_has_no_items():
    assert LookupModule(loader=None, templar=Templar(DataLoader(), {})).run(["repos"], {}) == []


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("text", "repos is not a list"),
        (["text"], "repos: item 1 is not a mapping"),
        ([{"name": "a", "required": "maybe"}], "repos 'a': required must be true or false"),
    ],
)
def test_invalid_items_are_reported(items, message):
    with pytest.raises(AnsibleLookupError, match=message):
        look_up(items)


def test_items_of_composed_lists_that_are_not_required_are_not_read():
    """As of the images of Ceph: a site that does not use them does not define their variables."""
    lists = {
        "images": [{"name": "nova-api"}],
        "more": [{"name": template("not_there"), "required": template("flag | bool")}],
    }
    composed = template("images + more")
    if LAZY:
        assert look_up(composed, flag="false", **lists) == [{"name": "nova-api"}]
    with pytest.raises(AnsibleLookupError, match="repos.*not_there"):
        look_up(composed, flag="true", **lists)


def test_an_undefined_condition_of_a_composed_list_is_an_error():
    lists = {"images": [{"name": "nova-api"}], "more": [{"required": template("not_there")}]}
    with pytest.raises(AnsibleLookupError, match="repos.*not_there"):
        look_up(template("images + more"), **lists)
