# SPDX-License-Identifier: Apache-2.0
"""What a prune keeps and deletes, and that it deletes nothing without the locks to keep."""

from __future__ import annotations

from functools import partial

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.lock.document import write_lock
from plugins.module_utils.objects.server_lock import ServerLock
from plugins.module_utils.pulp.errors import Conflict
from plugins.module_utils.pulp.reader import uuid_of
from plugins.module_utils.release.cleanup import deletion, retention
from plugins.module_utils.release.promotion_history import PROMOTION_LABEL, Promotion

from .pruned import STAMPS, PrunedPulp, digest, lock_of, tag_of

NOW = 1795219200.0  # 21 November 2026; objects of the fake are of January


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(retention.time, "time", lambda: NOW)
    monkeypatch.setattr(deletion, "ServerLock", partial(ServerLock, longest=0))


@pytest.fixture
def ark():
    """Six days of a package repository, an image and a disk image, and a release of the second."""
    made = PrunedPulp()
    for stamp in STAMPS:
        made.add_snapshot("rocky", stamp)
        made.add_snapshot("ipa", stamp, kind="file")
        made.push("nova", {tag_of(stamp): stamp})
    made.publish(first())
    return made


def first():
    return lock_of("first", {"rocky": STAMPS[1]}, {"nova": [STAMPS[1]]}, {"ipa": STAMPS[1]})


def reasons(outcome):
    return {one["name"]: one["why"] for one in outcome["kept"]}


def errors(results):
    return [one.error for one in results if one.error]


def test_only_what_a_release_names_and_the_newest_is_kept(ark):
    results, outcome = ark.prune()
    assert errors(results) == []
    left = [STAMPS[1], STAMPS[5]]
    assert (ark.stamps("rocky"), ark.stamps("ipa"), ark.tags("nova")) == (left, left, left)
    assert outcome["releases"] == ["first"]
    why = reasons(outcome)
    assert why[f"rocky-{STAMPS[1]}"] == "pinned by release first"
    assert why[f"ipa_2026.1-{STAMPS[1]}"] == "pinned by release first"
    assert why[f"stackhpc-dev/nova:{tag_of(STAMPS[1])}"] == "pinned by release first"
    assert why[f"stackhpc-dev/nova:{tag_of(STAMPS[5])}"] == "one of the 1 newest of its image"
    assert len(ark.pulp.store.within("content/rpm/packages/")) == 2
    results, _outcome = ark.prune()
    assert [one.name for one in results if one.changed] == []


def test_it_plans_without_confirmation_and_in_check_mode(ark):
    results, outcome = ark.prune(confirm=False)
    assert {one.action for one in results} == {"planned"}
    assert "To delete: 4 image tags" in outcome["lines"]
    assert "This is a plan" in outcome["lines"][-1]
    results, _outcome = ark.prune(check_mode=True)
    assert sum(one.changed for one in results) > 8
    assert ark.pulp.writes == []


def test_the_versions_of_deleted_tags_are_deleted_and_the_latest_is_kept(ark):
    ark.prune()
    repository = ark.pulp.find("repositories/", name="stackhpc-dev/nova")
    versions = ark.pulp.store.within(f"{repository['pulp_href']}versions/")
    assert [one["number"] for one in versions] == [0, 7]
    assert len(ark.pulp.store.within("content/container/manifests/")) == 2


def test_an_image_of_a_release_whose_tag_moved_is_kept(ark):
    ark.push("nova", {tag_of(STAMPS[1]): "another image"})
    _results, outcome = ark.prune()
    manifests = ark.pulp.store.within("content/container/manifests/")
    assert digest(STAMPS[1]) in {one["digest"] for one in manifests}
    assert "has an image of release first" in " ".join(outcome["lines"])


def test_other_namespaces_are_not_looked_at(ark):
    ark.push("nova", {tag_of(stamp): stamp for stamp in STAMPS}, "stackhpc")
    ark.prune()
    assert ark.tags("nova", "stackhpc") == STAMPS


def test_pins_of_configurations_are_kept(ark):
    _results, outcome = ark.prune(
        pins={"site": {"rocky": STAMPS[0]}},
        container_tags={"site": [tag_of(STAMPS[0])]},
        image_versions={"site": {"ipa": f"2026.1-{STAMPS[0]}"}},
    )
    left = [STAMPS[0], STAMPS[1], STAMPS[5]]
    assert (ark.stamps("rocky"), ark.stamps("ipa"), ark.tags("nova")) == (left, left, left)
    assert reasons(outcome)[f"rocky-{STAMPS[0]}"] == "pinned by site"


def test_another_guard_and_young_objects_are_kept(ark):
    ark.add_snapshot("other", STAMPS[0], guard="release")
    _results, outcome = ark.prune(min_age=400)
    assert all("younger" in why for why in reasons(outcome).values() if "400" in why)
    assert ark.tags("nova") == STAMPS
    ark.pulp.by_name("distributions/")  # nothing was deleted
    assert ark.stamps("rocky") == STAMPS


def test_a_limit_leaves_the_newer_ones_for_later_runs(ark):
    _results, outcome = ark.prune(limit=2)
    assert ark.tags("nova") == [STAMPS[1], *STAMPS[3:]]
    assert "Left for later runs by the limit of 2: " in " ".join(outcome["lines"])
    for _night in range(9):
        ark.prune(limit=2)
    assert ark.tags("nova") == [STAMPS[1], STAMPS[5]]
    assert ark.stamps("ipa") == [STAMPS[1], STAMPS[5]]


def test_locks_in_files_and_directories_are_kept(ark, tmp_path):
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "second.yml").write_bytes(
        write_lock(lock_of("second", {"rocky": STAMPS[2]}))
    )
    (tmp_path / "third.yml").write_bytes(write_lock(lock_of("third", {"rocky": STAMPS[3]})))
    locks = [str(tmp_path / "releases"), str(tmp_path / "third.yml")]
    _results, outcome = ark.prune(locks=locks)
    assert outcome["releases"] == ["first", "second", "third"]
    assert ark.stamps("rocky") == [*STAMPS[1:4], STAMPS[5]]


def test_a_release_that_is_published_before_the_lock_is_held_is_kept(ark):
    later = lock_of("later", {"rocky": STAMPS[0]})
    ark.pulp.on("POST", "contentguards/", first=lambda: ark.publish(later))
    ark.prune()
    assert ark.stamps("rocky") == [STAMPS[0], STAMPS[1], STAMPS[5]]


def test_a_lock_that_cannot_be_read_deletes_nothing(ark, tmp_path):
    (tmp_path / "bad.yml").write_text("lock_version: 2\n")
    with pytest.raises(
        OperatorError, match="nothing was deleted, because a lock .* lock_version 2"
    ):
        ark.prune(locks=[str(tmp_path)])
    ark.published["first.yml"] = b"other"
    with pytest.raises(Conflict, match="nothing was deleted: the lock first.yml cannot be read"):
        ark.prune()
    ark.pulp.find("distributions/", name="releases")["publication"] = None
    with pytest.raises(Conflict, match="serves no publication"):
        ark.prune()
    assert ark.pulp.sent("DELETE", "distributions/") == []


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"published": False}, "no lock of a release and no configuration"),
        ({"keep_last": 0}, "keep_last is 0"),
        ({"container_tags": {"site": "latest"}}, "container_tags of 'site': expected a list"),
        ({"image_versions": {"site": ["ipa"]}}, "image_versions of 'site': expected a mapping"),
        ({"container_namespaces": [""]}, "container_namespaces: an entry is empty"),
    ],
)
def test_wrong_options_delete_nothing(ark, options, error):
    with pytest.raises(OperatorError, match=error):
        ark.prune(**options)
    assert ark.pulp.sent("DELETE", "distributions/") == []


def test_without_locks_it_deletes_only_if_that_is_allowed(ark):
    ark.prune(published=False, allow_empty_pins=True, pins={"site": {"rocky": STAMPS[2]}})
    assert ark.stamps("ipa") == [STAMPS[5]]


def test_nothing_is_deleted_while_an_interrupted_promotion_waits(ark):
    ark.pulp.add_guard("release-train-journal")
    with pytest.raises(Conflict, match="was interrupted .* run it again first"):
        ark.prune()
    assert "This is a plan" in ark.prune(confirm=False)[1]["lines"][-1]


def test_on_a_client_the_newest_versions_of_a_channel_and_its_predecessor_are_kept():
    client = PrunedPulp()
    repository = client.pulp.add_repository("rpm", "Rocky 9")
    publications = []
    for stamp in STAMPS:
        version = client.pulp.add_version(repository, f"bash {stamp}-1")
        publications.append(client.pulp.add_publication(version["pulp_href"])["pulp_href"])
    promotion = Promotion(STAMPS[4], uuid_of(publications[4]), uuid_of(publications[1]))
    client.pulp.add_distribution(
        "rpm",
        "rocky-production",
        publication=publications[4],
        pulp_labels={PROMOTION_LABEL: promotion.label},
    )
    options = {"allow_empty_pins": True, "content_guard": "none", "keep_last": 2}
    _results, outcome = client.prune(**options)
    versions = client.pulp.store.within(f"{repository['pulp_href']}versions/")
    assert sorted(one["number"] for one in versions) == [0, 2, 5, 6]
    why = reasons(outcome)
    assert why["Rocky 9 version 2"] == "a rollback of 'rocky-production' restores it"
    assert why["Rocky 9 version 5"] == "distribution 'rocky-production' serves it"
    assert why["Rocky 9 version 6"] == "the latest version of its repository"


def test_without_the_guard_of_development_all_snapshots_are_kept(ark):
    _results, outcome = ark.prune(content_guard="developmnt")
    assert ark.stamps("rocky") == STAMPS
    assert reasons(outcome)[f"rocky-{STAMPS[0]}"] == "content guard 'development'"


def test_a_repository_that_neither_locks_nor_the_inventory_name_is_not_touched(ark):
    for stamp in STAMPS:
        ark.add_snapshot("foreign", stamp)
    ark.prune()
    assert ark.stamps("foreign") == STAMPS
    item = {"name": "foreign", "short_name": "foreign", "distribution_name": "foreign-"}
    ark.prune(rpm=[{**item, "base_path": "foreign/"}])
    assert ark.stamps("foreign") == [STAMPS[5]]
