# SPDX-License-Identifier: Apache-2.0
"""What the labels of channels record about promotions, also about interrupted ones.

The label of each channel that a promotion changes holds `<stamp of the promotion>.<new
publication>.<publication before, or none>.<channels of the promotion>`, and after a rollback
`.<channels of the rollback>`. A promotion that completes an interrupted rollback has a stamp of its
own, and appends `.<stamp of the promotion that was rolled back>`. The label is written together with
the publication. So a promotion, or a rollback, was interrupted if one of its channels does not have
its label.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..inventory.stamp import is_stamp

PROMOTION_LABEL = "release_train_promotion"
_NOTHING = "none"
_KEY_LENGTH = 8


def channel_key(content_type: str, name: str) -> str:
    """Return the key of a channel in labels, since Pulp forbids some characters of names there."""
    return hashlib.sha256(f"{content_type}/{name}".encode()).hexdigest()[:_KEY_LENGTH]


@dataclass(frozen=True)
class Promotion:
    """What the last promotion of a channel did: UUIDs of the publication after and before it.

    `before` is empty where the promotion created the channel. `members` are the keys of the channels
    that the promotion changes, `restored` those that its rollback restores, empty without one.
    `continued` is the stamp of the first promotion that it completes, empty if it completes none.
    """

    stamp: str
    after: str
    before: str
    members: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()
    continued: str = ""

    @property
    def label(self) -> str:
        """The text of the label."""
        parts = [self.stamp, self.after, self.before or _NOTHING]
        parts += ["".join(sorted(keys)) for keys in (self.members, self.restored)]
        parts.append(self.continued)
        return ".".join(parts).rstrip(".")

    @classmethod
    def from_distribution(cls, distribution: Mapping[str, Any] | None) -> Promotion | None:
        """The promotion that a distribution records; None without a valid label."""
        labels = distribution.get("pulp_labels") if distribution else None
        parts = str((labels or {}).get(PROMOTION_LABEL) or "").split(".")
        if not 3 <= len(parts) <= 6 or not is_stamp(parts[0]):
            return None
        before = "" if parts[2] == _NOTHING else parts[2]
        members, restored, continued = [*parts[3:], "", "", ""][:3]
        if continued and not is_stamp(continued):
            return None
        keys = _split(members), _split(restored)
        return cls(parts[0], parts[1], before, *keys, continued=continued)


@dataclass(frozen=True)
class ChannelState:
    """A channel: its key, the publication that it serves, and its last promotion if recorded."""

    key: str
    served: str
    promotion: Promotion | None

    def has_stamp(self, stamp: str) -> bool:
        """Whether its last promotion is the one of this stamp."""
        return self.promotion is not None and self.promotion.stamp == stamp

    @property
    def is_restored(self) -> bool:
        """Whether its last promotion was rolled back."""
        promotion = self.promotion
        return promotion is not None and self.served == promotion.before != promotion.after


class PromotionHistory:
    """The promotions that the labels of channels record; `channels` are all that have a label, that a
    promotion changes, or that are selected.

    `last` is the stamp of the latest one, empty without any. `interrupted` is the stamp of the first
    one that was interrupted, or whose rollback was, empty without any: the next promotion completes
    it, together with all later ones.
    """

    def __init__(self, channels: Iterable[ChannelState]) -> None:
        self._channels = list(channels)
        recorded = [one.promotion for one in self._channels if one.promotion]
        stamps = sorted({promotion.stamp for promotion in recorded})
        self._recorded: Sequence[Promotion] = recorded
        self.last = stamps[-1] if stamps else ""
        interrupted = next(filter(self._is_interrupted, stamps), "")
        continued = [one.continued for one in recorded if one.stamp == interrupted]
        self.interrupted = min(filter(None, continued), default=interrupted)

    @property
    def members(self) -> frozenset[str]:
        """The keys of the channels of the promotion to complete, empty without one."""
        keys = [one.members for one in self._recorded if self._is_open(one)]
        return frozenset().union(*keys)

    @property
    def is_rollback_interrupted(self) -> bool:
        """Whether some channels of the promotion to complete were restored."""
        return any(one.restored for one in self._recorded if self._is_open(one))

    def left_out(self, selected: Collection[str]) -> frozenset[str]:
        """Return the keys of the channels that a promotion to complete did not change, and that a run
        of the `selected` ones leaves out permanently.

        A run that selects all that it changed is not a part of it: then the others are not in use any
        more. Otherwise a later run completes them.
        """
        changed = {
            one.key for one in self._channels if one.promotion and self._is_open(one.promotion)
        }
        if not changed.issubset(selected):
            return frozenset()
        return self.members - changed - frozenset(selected)

    def members_of(self, stamp: str) -> frozenset[str]:
        """Return the keys of the channels of one promotion."""
        keys = [one.members for one in self._recorded if one.stamp == stamp]
        return frozenset().union(*keys)

    def restored(self, stamp: str) -> frozenset[str]:
        """Return the keys of the channels of the rollback of a promotion."""
        keys = [one.restored for one in self._recorded if one.stamp == stamp]
        return frozenset().union(*keys)

    def original(self, channel: ChannelState) -> str:
        """Return what a channel served before the promotion to complete, else what it serves."""
        promotion = channel.promotion
        if promotion is None or not self._is_open(promotion):
            return channel.served
        # Otherwise somebody has changed the channel.
        is_known = channel.served in (promotion.after, promotion.before)
        return promotion.before if is_known else channel.served

    def _is_open(self, promotion: Promotion) -> bool:
        return bool(self.interrupted) and promotion.stamp >= self.interrupted

    def _is_interrupted(self, stamp: str) -> bool:
        members, restored = self.members_of(stamp), self.restored(stamp)
        if all(one.is_restored for one in self._channels if one.has_stamp(stamp)):
            return False
        for channel in self._channels:
            promotion = channel.promotion
            if promotion is None or promotion.stamp < stamp:
                if channel.key in members:
                    return True
                continue
            is_restored = promotion.stamp == stamp and channel.key in restored
            if is_restored and channel.served == promotion.after != promotion.before:
                return True
        return False


def _split(keys: str) -> frozenset[str]:
    return frozenset(
        keys[start : start + _KEY_LENGTH] for start in range(0, len(keys), _KEY_LENGTH)
    )
