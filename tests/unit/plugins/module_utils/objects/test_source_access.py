# SPDX-License-Identifier: Apache-2.0
"""Accounts of items for checks of their sources."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from plugins.module_utils.objects.source_access import SourceAccess
from tests.unit.fake_pulp.pulp import FakePulp


@pytest.mark.parametrize(
    ("option", "is_set", "known"),
    [(None, True, False), (None, False, True), ("", True, True), ("site", True, True)],
)
def test_stored_credentials_are_unknown_unless_the_item_sets_them(option, is_set, known):
    server = FakePulp().server(True)
    remote = {"hidden_fields": [{"name": "username", "is_set": is_set}]}
    with ExitStack() as stack:
        access = SourceAccess(server, stack)
        for _number in range(2):
            assert access.is_known({"remote_username": option}, remote) is known
    assert len(server.report.warnings) == (0 if known else 1)
