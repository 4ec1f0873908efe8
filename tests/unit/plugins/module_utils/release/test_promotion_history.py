# SPDX-License-Identifier: Apache-2.0
"""Labels record which promotions, and which rollbacks, were interrupted."""

from __future__ import annotations

from typing import Optional

import pytest

from plugins.module_utils.release.promotion_history import (
    PROMOTION_LABEL,
    ChannelState,
    Promotion,
    PromotionHistory,
    channel_key,
)

FIRST, SECOND = "20260101T000000", "20260102T000000"
A, B, C = (channel_key("rpm", name) for name in "abc")
BOTH, NONE = frozenset((A, B)), frozenset[str]()


def state(key: str, served: str, promotion: Optional[Promotion] = None) -> ChannelState:
    return ChannelState(key, served, promotion)


def promoted(stamp: str = FIRST, restored: frozenset[str] = NONE) -> Promotion:
    """A promotion of A and B from 0 to 1."""
    return Promotion(stamp, "1", "0", BOTH, restored)


@pytest.mark.parametrize(
    "promotion",
    [
        Promotion(FIRST, "1", "0"),
        Promotion(FIRST, "1", ""),
        Promotion(FIRST, "1", "0", BOTH),
        Promotion(FIRST, "1", "0", BOTH, frozenset([A])),
        Promotion(FIRST, "1", "0", NONE, frozenset([A])),
    ],
)
def test_a_label_is_read_as_it_was_written(promotion):
    labels = {PROMOTION_LABEL: promotion.label}
    assert Promotion.from_distribution({"pulp_labels": labels}) == promotion
    assert not set(promotion.label) & set(",()")  # which Pulp forbids


def test_labels_of_earlier_versions_are_read():
    label = f"{FIRST}.aaaa.none"
    promotion = Promotion.from_distribution({"pulp_labels": {PROMOTION_LABEL: label}})
    assert promotion == Promotion(FIRST, "aaaa", "")
    assert promotion.label == label


def test_an_invalid_label_is_ignored():
    for label in ("what.is.this", "what", f"{FIRST}.a.b.c.d.e", f"{FIRST}.a.b.c.d.{FIRST}.f"):
        assert Promotion.from_distribution({"pulp_labels": {PROMOTION_LABEL: label}}) is None
    assert Promotion.from_distribution({"pulp_labels": {}}) is None
    assert Promotion.from_distribution(None) is None


@pytest.mark.parametrize(
    ("channels", "interrupted"),
    [
        pytest.param([state(A, "0"), state(B, "0")], "", id="nothing was promoted"),
        pytest.param([state(A, "1", promoted()), state(B, "1", promoted())], "", id="complete"),
        pytest.param([state(A, "1", promoted()), state(B, "0")], FIRST, id="interrupted"),
        pytest.param([state(A, "1", promoted()), state(C, "0")], "", id="another channel"),
        pytest.param(
            [state(A, "1", promoted()), state(B, "2", Promotion(SECOND, "2", "1"))],
            "",
            id="a later promotion of one channel",
        ),
        pytest.param(
            [state(A, "2", promoted(SECOND)), state(B, "1", promoted())],
            SECOND,
            id="the second promotion was interrupted",
        ),
        pytest.param(
            [state(A, "0", promoted(restored=BOTH)), state(B, "1", promoted())],
            FIRST,
            id="the rollback was interrupted",
        ),
        pytest.param(
            [state(A, "0", promoted(restored=frozenset([A]))), state(B, "1", promoted())],
            "",
            id="a rollback of one channel",
        ),
        pytest.param(
            [state(key, "0", promoted(restored=BOTH)) for key in (A, B)],
            "",
            id="the rollback is complete",
        ),
    ],
)
def test_an_interrupted_promotion_is_recognized(channels, interrupted):
    assert PromotionHistory(channels).interrupted == interrupted


def test_what_was_served_before_the_interrupted_promotion_is_kept():
    switched, waiting = state(A, "1", promoted()), state(B, "0")
    history = PromotionHistory([switched, waiting])
    assert (history.last, history.members) == (FIRST, BOTH)
    assert (history.original(switched), history.original(waiting)) == ("0", "0")
    changed = state(A, "9", promoted())
    assert PromotionHistory([changed, waiting]).original(changed) == "9"


def test_after_a_complete_promotion_what_is_served_counts():
    channels = [state(A, "1", promoted()), state(B, "1", promoted())]
    history = PromotionHistory(channels)
    assert (history.original(channels[0]), history.members) == ("1", frozenset())
