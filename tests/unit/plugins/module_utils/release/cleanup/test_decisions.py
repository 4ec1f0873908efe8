# SPDX-License-Identifier: Apache-2.0
"""Which distributions are snapshots, and what names them."""

from __future__ import annotations

import pytest

from plugins.module_utils.inventory.repositories import PackageRepository
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.release.cleanup.decisions import decide, read_wanted, restorable
from plugins.module_utils.release.cleanup.retention import Retention, Scope
from plugins.module_utils.release.promotion_history import PROMOTION_LABEL, Promotion
from tests.unit.fake_pulp.pulp import FakePulp

RULES = Retention("development", keep_last=1, min_age=0)
STAMPS = ("20260101T000000", "20260102T000000", "20260103T000000")
WHOLE = Scope(is_whole=True)


def served(kind, names):
    """A Pulp with a repository of this type, whose versions have distributions: name -> path."""
    pulp = FakePulp()
    guard = pulp.add_guard("development")["pulp_href"]
    repository = pulp.add_repository(kind, "own")
    for name, path in names.items():
        content = f"{name} 1-1" if kind == "rpm" else f"{name} sha256:1"
        version = pulp.add_version(repository, content)["pulp_href"]
        publication = pulp.add_publication(version)["pulp_href"]
        more = {"publication": publication, "content_guard": guard}
        pulp.add_distribution(kind, name, base_path=path, **more)
    return pulp


def reasons(pulp, scope, **params):
    server = pulp.server()
    params = {"pins": {}, "confirm": False, "allow_empty_pins": False, **params}
    found = decide(server, read_wanted(server, params, RULES, scope, ""))
    return {one.snapshot.listed.name: one.kept for one in found.decisions}


def test_versions_of_disk_images_are_snapshots_if_all_is_cleaned_up():
    names = {f"own_2026.1-{stamp}": f"images/2026.1-{stamp}" for stamp in STAMPS}
    others = {"own_latest": "images/latest", "own_1.2": "images/1.2", "other_1": "other"}
    pulp = served("file", {**names, **others})
    first, second, third = names
    newest = "one of the 1 newest of its repository"
    assert reasons(pulp, WHOLE) == {first: "", second: "", third: newest}
    paths = {("file", names[first]): ["release one"], ("file", second): ["site"]}
    kept = reasons(pulp, Scope(paths=paths, is_whole=True))
    assert kept == {first: "pinned by release one", second: "pinned by site", third: newest}
    scope = Scope(repositories=[PackageRepository("rpm", "", "own", "", "own/")], is_whole=True)
    assert reasons(pulp, scope, package_filter="^own$") == {}


def test_the_repositories_of_a_scope_have_snapshots():
    pulp = served("rpm", {f"own-{stamp}": f"own/{stamp}" for stamp in STAMPS})
    assert reasons(pulp, WHOLE) == {}
    scope = Scope(repositories=[PackageRepository("rpm", "", "own", "", "own/")], is_whole=True)
    assert [bool(one) for one in reasons(pulp, scope).values()] == [False, False, True]
    item = {"name": "own", "short_name": "own", "distribution_name": "own-", "base_path": "own/"}
    assert len(reasons(pulp, scope, rpm=[item])) == 3
    assert reasons(pulp, scope, package_filter="^own$") == reasons(pulp, scope)


def test_a_missing_guard_is_an_error_only_with_an_inventory_alone():
    pulp = FakePulp()
    item = {"name": "own", "short_name": "own", "distribution_name": "own-", "base_path": "own/"}
    with pytest.raises(InvalidItem, match="there is no content guard 'development'"):
        reasons(pulp, Scope(), rpm=[item])
    with pytest.raises(InvalidItem, match="there is no package repository"):
        reasons(pulp, Scope())
    assert reasons(pulp, WHOLE) == {}


def test_what_a_rollback_restores_is_named_after_its_channel():
    pulp = served("rpm", {"production": "own/production"})
    one = pulp.find("distributions/rpm/rpm/", name="production")
    one["pulp_labels"] = {PROMOTION_LABEL: Promotion(STAMPS[0], "new", "old").label}
    server = pulp.server()
    params = {"pins": {}, "confirm": False, "allow_empty_pins": False}
    found = decide(server, read_wanted(server, params, RULES, WHOLE, ""))
    [(href, reason)] = restorable(found.served).items()
    assert href.endswith("/publications/rpm/rpm/old/")
    assert reason == "a rollback of 'production' restores it"
    assert found.repositories("rpm", with_channels=True) == {"own"}
    assert found.repositories("rpm", with_channels=False) == set()
