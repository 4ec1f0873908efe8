# SPDX-License-Identifier: Apache-2.0
"""The table of causes is complete and unambiguous."""

from __future__ import annotations

import pytest

from plugins.module_utils.report.cause_table import CAUSES, NEW_PULP, OLD_PULP, OWN, SKOPEO

# Only later versions of Pulp have these.
NEW_CAUSES = {"Pulp internal error", "Pulp server overloaded"}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_each_cause_has_an_example_of_each_generation_of_pulp(cause):
    sources = set(cause.examples)
    assert sources <= {OLD_PULP, NEW_PULP, OWN, SKOPEO}
    if sources & {OLD_PULP, NEW_PULP} and cause.name not in NEW_CAUSES:
        assert {OLD_PULP, NEW_PULP} <= sources
    assert cause.advice


def test_codes_statuses_and_names_belong_to_one_cause():
    for values in (
        [cause.name for cause in CAUSES],
        [code for cause in CAUSES for code in cause.codes],
        [status for cause in CAUSES for status in cause.statuses],
        [status for cause in CAUSES for status in cause.own_statuses],
    ):
        assert len(values) == len(set(values))
