# SPDX-License-Identifier: Apache-2.0
"""Mirrored snapshots are recognized by the label of their distribution or repository."""

from __future__ import annotations

import pytest

from plugins.module_utils.inventory.pins import Pin
from plugins.module_utils.inventory.repositories import PackageRepository
from plugins.module_utils.objects.pinned_source import PINNED_LABEL, source_digest
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.release.mirror import MIRRORED_LABEL, MirrorSettings, read_mirror_items
from tests.unit.fake_pulp.pulp import FakePulp

RPM = CONTENT_TYPES["rpm"]
OLD, NEW = "20261101T000000", "20261120T200001"
REPOSITORY = "/pulp/api/v3/repositories/rpm/rpm/1/"
PUBLICATION = "/pulp/api/v3/publications/rpm/rpm/{}/"
SOURCE = "https://ark/pulp/content/rocky/"
SETTINGS = MirrorSettings("https://ark/", {"remote_username": "u"}, {}, " (ark)", "-ark", "all")
SYNC_OPTIONS = {"sync_policy": "mirror_complete"}


def pin(stamp=NEW, **keys):
    return Pin(PackageRepository("rpm", "Rocky", "rocky", "rocky-", "rocky/", **keys), stamp)


def repository(url=SOURCE + NEW, version=2):
    digest = source_digest(RPM, {"url": url, "policy": "on_demand"}, SYNC_OPTIONS)
    return {
        "name": "Rocky (ark)",
        "pulp_href": REPOSITORY,
        "latest_version_href": f"{REPOSITORY}versions/{version}/",
        "pulp_labels": {PINNED_LABEL: f"{digest}.{version}"},
    }


def remote(url=SOURCE + NEW):
    return {"name": "Rocky (ark)-remote", "url": url, "policy": "on_demand"}


def distribution(publication="new", stamp=NEW, **fields):
    return {
        "name": f"rocky-{stamp}-ark",
        "base_path": f"rocky/{stamp}",
        "content_guard": None,
        "publication": PUBLICATION.format(publication),
        "pulp_labels": {},
        **fields,
    }


def pulp_with(*objects):
    """Return a Pulp with these objects, and publications `old` and `new` of versions 1 and 2."""
    pulp = FakePulp()
    for one in objects:
        kind = "distributions" if "base_path" in one else "repositories"
        pulp.add(f"{'remotes' if 'url' in one else kind}/rpm/rpm/", **one)
    for name, number in (("old", 1), ("new", 2)):
        href, version = PUBLICATION.format(name), f"{REPOSITORY}versions/{number}/"
        pulp.add("publications/rpm/rpm/", pulp_href=href, repository_version=version)
    return pulp


def read(*objects, stamp=NEW, settings=SETTINGS, **keys):
    (one,) = read_mirror_items(pulp_with(*objects).server(), [pin(stamp, **keys)], settings)
    return one


def labelled(stamp=NEW, publication="new", **fields):
    """Return a distribution with the label of a mirror."""
    labels = read(stamp=stamp).labels(PUBLICATION.format(publication))
    return distribution(publication, stamp, pulp_labels={"owner": "me", **labels}, **fields)


def test_labels_are_valid_for_pulp_and_other_labels_are_kept():
    one = read(distribution(pulp_labels={"owner": "me"}), remote(), repository())
    labels = one.labels(PUBLICATION.format("new"))
    assert labels == {"owner": "me", MIRRORED_LABEL: f"{one.digest}.new"}
    assert not set(labels[MIRRORED_LABEL]) & set(",()")


def test_an_older_pin_is_mirrored_although_the_repository_has_another_source():
    objects = (labelled(OLD, "old"), labelled(), remote(), repository())
    for stamp in (OLD, NEW):
        one = read(*objects, stamp=stamp)
        assert (one.is_recorded, one.is_done) == (True, True)
    assert not read(*objects, stamp=OLD).is_latest


@pytest.mark.parametrize(
    "fields",
    [
        {"publication": PUBLICATION.format("other")},
        {"publication": None},
        {"pulp_labels": {}},
        {"pulp_labels": None},
    ],
)
def test_a_label_matches_only_its_own_publication(fields):
    one = read({**labelled(OLD, "old"), **fields}, remote(), repository(), stamp=OLD)
    assert (one.is_recorded, one.is_done) == (False, False)


def test_a_label_matches_only_the_requested_content():
    objects = (labelled(), remote(SOURCE + OLD), repository(SOURCE + OLD, 3))
    assert read(*objects).is_done
    assert not read(*objects, sync_policy="additive").is_done
    moved = MirrorSettings("https://other", {}, {}, " (ark)", "-ark")
    assert not read(*objects, settings=moved).is_done
    slash = MirrorSettings("https://ark", {}, {}, " (ark)", "-ark")
    assert read(*objects, settings=slash).is_done


def test_on_demand_content_needs_its_remote():
    assert not read(labelled(), repository()).is_done


def test_a_distribution_without_a_label_is_compared_by_the_label_of_its_repository():
    one = read(distribution(), remote(), repository())
    assert (one.is_recorded, one.is_latest, one.is_done) == (False, True, True)
    assert not read(distribution("old"), remote(), repository()).is_done
    assert not read(distribution(), remote(), repository(SOURCE + OLD)).is_done


@pytest.mark.parametrize(
    "fields", [{"base_path": "elsewhere"}, {"content_guard": "/pulp/api/v3/contentguards/1/"}]
)
@pytest.mark.parametrize("create", [labelled, distribution])
def test_a_distribution_changed_by_hand_is_mirrored_again(create, fields):
    one = read(create(**fields), remote(), repository())
    assert one.is_latest
    assert not one.is_done


def test_a_distribution_with_another_name_at_the_base_path_is_used():
    assert read(labelled(name="by hand"), remote(), repository()).is_done


def test_requests_do_not_grow_with_pins():
    pins = [
        Pin(PackageRepository("rpm", f"r{n}", f"r{n}", f"r{n}-", f"r{n}/"), NEW) for n in range(60)
    ]
    create = [distribution(name=f"r{n}-{NEW}-ark", base_path=f"r{n}/{NEW}") for n in range(60)]
    pulp = pulp_with(*create)
    read_mirror_items(pulp.server(), pins, SETTINGS)
    assert len([one for one in pulp.requests if one.path != "status/"]) <= 6


def test_a_deb_mirror_is_verbatim_by_default():
    repository = PackageRepository("deb", "Noble", "noble", "noble-", "noble/")
    for defaults, mode in (({}, "verbatim"), ({"deb": {"mode": "simple"}}, "simple")):
        settings = MirrorSettings("https://ark", {}, defaults)
        (one,) = read_mirror_items(FakePulp().server(), [Pin(repository, NEW)], settings)
        assert one.options["mode"] == mode
