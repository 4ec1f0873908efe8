# SPDX-License-Identifier: Apache-2.0
"""Templates in values are evaluated, and errors name the variable."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from plugins.plugin_utils.inventory.templates import evaluate

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core before 2.19 trusts all strings

    def trust_as_template(value):
        return value


def read(value, **variables):
    return evaluate(Templar(DataLoader(), variables), "images", value)


@pytest.mark.parametrize("value", [None, "plain", 7, ["a"], {"key": "a"}])
def test_a_value_without_templates_is_unchanged(value):
    assert read(value) == value


def test_templates_inside_a_value_are_evaluated():
    value = [{"name": trust_as_template("{{ prefix }}-api")}]
    assert read(value, prefix="nova") == [{"name": "nova-api"}]


def test_an_error_names_the_variable():
    with pytest.raises(AnsibleLookupError, match="^images: .*'missing' is undefined"):
        read(trust_as_template("{{ missing }}"))
