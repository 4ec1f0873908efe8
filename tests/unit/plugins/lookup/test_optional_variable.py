# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from plugins.lookup.optional_variable import LookupModule

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core before 2.19 trusts all strings

    def trust_as_template(value):
        return value


def look_up(name, default, **variables):
    loader = DataLoader()
    module = LookupModule(loader=loader, templar=Templar(loader, variables))
    (value,) = module.run([name], variables, default=default)
    return value


def test_a_variable_that_does_not_exist_has_the_default_value():
    assert look_up("repos", []) == []


def test_the_value_of_a_variable_is_resolved():
    repos = trust_as_template("{{ [host] }}")
    assert list(look_up("repos", [], repos=repos, host="x")) == ["x"]


def test_a_variable_that_cannot_be_templated_is_an_error_with_its_name():
    repos = trust_as_template("{{ [{'name': 'a'}] + [missing] + other.key }}")
    with pytest.raises(AnsibleLookupError, match="^repos: .*'(missing|other)' is undefined"):
        look_up("repos", [], repos=repos)
