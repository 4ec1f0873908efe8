# SPDX-License-Identifier: Apache-2.0
"""Over random histories of a server: a prune never deletes what a kept lock names, what has another
guard, or what something serves."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.objects.server_lock import LOCK_NAME, ServerLock
from plugins.module_utils.pulp.errors import PulpError
from plugins.module_utils.release.cleanup import deletion, retention
from tests.unit.fake_pulp.content import tags_of

from .pruned import STAMPS, PrunedPulp, digest, lock_of, tag_of
from .test_prune import NOW

NAMES = ("rocky", "epel")
IMAGES = ("nova", "keystone")
_STAMPS = st.sampled_from(STAMPS)
_SNAPSHOT = st.tuples(st.just("snapshot"), st.sampled_from(NAMES), _STAMPS, st.booleans())
_IMAGE = st.tuples(st.just("push"), st.sampled_from(IMAGES), _STAMPS, st.booleans())
_DISK = st.tuples(st.just("disk"), st.just("ipa"), _STAMPS, st.booleans())
# A lock of all that exists of a day, and of all images until then.
_LOCK = st.tuples(st.just("lock"), st.just(""), _STAMPS, st.booleans())
_CHANNEL = st.tuples(st.just("channel"), st.sampled_from(NAMES), _STAMPS, st.booleans())
_PRUNE = st.tuples(st.just("prune"), st.just(""), _STAMPS, st.booleans())
HISTORIES = st.lists(
    st.one_of(_SNAPSHOT, _SNAPSHOT, _IMAGE, _IMAGE, _DISK, _LOCK, _CHANNEL, _PRUNE), max_size=25
)
RULES = st.fixed_dictionaries(
    {
        "keep_last": st.integers(1, 3),
        "min_age": st.sampled_from([0.0, 320.0, 323.0]),
        "limit": st.sampled_from([1, 3, 100]),
        "orphans": st.booleans(),
    }
)


class History:
    """A server that changes step by step, and all locks that are kept."""

    def __init__(self, rules):
        self.ark, self.rules, self.locks, self.released = PrunedPulp(), rules, [], set()

    def apply(self, step):
        kind, name, stamp, flag = step
        getattr(self, f"_{kind}")(name, stamp, flag)

    def _snapshot(self, name, stamp, is_released, kind="rpm"):
        end = f"_2026.1-{stamp}" if kind == "file" else f"-{stamp}"
        if f"{name}{end}" not in self.ark.pulp.by_name("distributions/"):
            guard = "release" if is_released else "development"
            self.ark.add_snapshot(name, stamp, guard, kind)
            if is_released:
                self.released.add(f"{name}{end}")

    def _disk(self, name, stamp, is_released):
        self._snapshot(name, stamp, is_released, "file")

    def _push(self, image, stamp, is_moved):
        if is_moved and image in self._tagged() and stamp in self.ark.tags(image):
            self.ark.push(image, {tag_of(stamp): f"another {stamp}"})
        elif image not in self._tagged() or stamp not in self.ark.tags(image):
            self.ark.push(image, {tag_of(stamp): stamp})

    def _tagged(self):
        names = (one["name"] for one in self.ark.pulp.store.within("repositories/"))
        return {name.partition("/")[2] for name in names if name.startswith("stackhpc-dev/")}

    def _channel(self, name, stamp, _flag):
        snapshot = self.ark.pulp.by_name("distributions/").get(f"{name}-{stamp}")
        channel = self.ark.pulp.by_name("distributions/").get(f"{name}-channel")
        if snapshot and channel:
            self.ark.pulp.store.get(channel["pulp_href"])["publication"] = snapshot["publication"]
        elif snapshot:
            self.ark.pulp.add_distribution(
                "rpm",
                f"{name}-channel",
                base_path=f"{name}/channel",
                publication=snapshot["publication"],
            )

    def _lock(self, _name, until, _flag):
        def existing(name):
            return until if until in self.ark.stamps(name) else ""

        packages = {name: existing(name) for name in NAMES}
        images = {
            image: [
                stamp
                for stamp in self.ark.tags(image)
                if stamp <= until
                and tags_of(self.ark.pulp, f"stackhpc-dev/{image}")[tag_of(stamp)] == digest(stamp)
            ]
            for image in self._tagged()
        }
        disks = {"ipa": existing("ipa")}
        lock = lock_of(
            f"release-{len(self.locks)}",
            {name: stamp for name, stamp in packages.items() if stamp},
            {image: stamps for image, stamps in images.items() if stamps},
            {name: stamp for name, stamp in disks.items() if stamp},
        )
        self.locks.append(lock)
        self.ark.publish(lock)

    def _prune(self, _name, _stamp, is_interrupted):
        pulp = self.ark.pulp
        if is_interrupted:
            pulp.on("DELETE", "", skip=1, raises=PulpError("the connection broke"))
        items = [
            {
                "name": name,
                "short_name": name,
                "distribution_name": f"{name}-",
                "base_path": f"{name}/",
            }
            for name in NAMES
        ]
        with suppress(OperatorError):
            self.ark.prune(rpm=items, allow_empty_pins=True, **self.rules)
        lock = pulp.by_name("contentguards/").get(LOCK_NAME)
        pulp.store.objects.pop((lock or {}).get("pulp_href"), None)
        self.check()

    def check(self):
        """Assert that what a lock names, is released or served exists with its content."""
        store = self.ark.pulp.store
        served = self.ark.pulp.by_name("distributions/")
        assert self.released <= served.keys()
        for one in served.values():
            if one.get("publication"):
                version = store.get(store.get(one["publication"])["repository_version"])
                assert {*version["_content"]} <= store.objects.keys()
        digests = {one["digest"] for one in store.within("content/container/manifests/")}
        for lock in self.locks:
            for name, entry in lock["packages"]["rpm"].items():
                assert served[f"{name}-{entry['stamp']}"]["base_path"] == entry["base_path"]
            for name, entry in lock["images"].items():
                assert served[f"{name}_{entry['version']}"]["base_path"] == entry["base_path"]
            for image, tags in lock["containers"].items():
                assert tags.keys() <= tags_of(self.ark.pulp, f"stackhpc-dev/{image}").keys()
                assert {*tags.values()} <= digests


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(HISTORIES, RULES, st.booleans())
def test_a_prune_never_deletes_what_a_lock_names(steps, rules, is_filled):
    with (
        patch.object(retention.time, "time", lambda: NOW),
        patch.object(deletion, "ServerLock", partial(ServerLock, longest=0)),
    ):
        run(steps, rules, is_filled)


def run(steps, rules, is_filled):
    """Apply steps, and prune in the end; `is_filled`: begin with all days of some objects."""
    history = History(rules)
    for stamp in STAMPS[: len(STAMPS) if is_filled else 0]:
        for name in ("rocky", "ipa", "nova"):
            kind = {"ipa": "disk", "nova": "push"}.get(name, "snapshot")
            history.apply((kind, name, stamp, False))
    for step in steps:
        history.apply(step)
    history._prune("", "", False)
    history._prune("", "", True)
