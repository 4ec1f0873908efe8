# SPDX-License-Identifier: Apache-2.0
"""The access of an account to each tag of an image is reported with a remedy."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.pulp.content_app import ANONYMOUS, AUTHENTICATED, REFUSED
from plugins.module_utils.pulp.errors import AuthenticationError, InvalidItem
from plugins.module_utils.release import access_check as release_access
from plugins.module_utils.release.access_check import Account, ContainerImageCheck, container_pins
from tests.unit.fake_pulp.content import set_tags
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.fake_pulp.registry import FakeContentApp, FakeRegistry

ARK = "https://ark.example.com"
OLD, NEW = "2025.1-rocky-9-20260101T000000", "2025.1-rocky-9-20261122T020000"


def registry_with(**images: Any) -> FakeRegistry:
    """Return a registry with these images of stackhpc: name -> tags, or an HTTP status or error."""
    registry = FakeRegistry(FakePulp(pulp_url=ARK, username="client1", concurrency=1))
    for short_name, found in images.items():
        name = f"stackhpc/{short_name.replace('_', '-')}"
        if not isinstance(found, list):
            registry.statuses[name] = found
            continue
        repository = set_tags(registry.pulp, name, dict.fromkeys(found, "sha256:a"))
        href = repository["pulp_href"]
        registry.pulp.add_distribution("container", name, repository=href)
    return registry


def check(registry: FakeRegistry, tags: Any, account: str = AUTHENTICATED) -> list:
    run = ContainerImageCheck(registry, Account(ARK, "user 'client1'", account)).run  # type: ignore[arg-type]
    pairs = container_pins(tags, "stackhpc")
    for result, pin in pairs:
        run(pin, result)
    return [result for result, _pin in pairs]


def test_a_pullable_tag_has_its_digest():
    first, second = check(registry_with(nova_api=[OLD, NEW]), {"nova-api": [OLD, NEW]})
    assert (first.name, first.error) == (f"stackhpc/nova-api:{OLD}", "")
    pin = {"short_name": "nova-api", "stamp": NEW}
    assert second.more == {**pin, "access": "pullable", "digest": "sha256:a"}


def test_an_invalid_name_is_reported_without_a_request():
    registry = registry_with(nova=[NEW])
    invalid, valid = check(registry, {"nova:latest": NEW, "nova": NEW})
    assert (invalid.more["access"], valid.more["access"]) == ("malformed", "pullable")
    assert "invalid image name 'stackhpc/nova:latest'" in invalid.error
    assert registry.requested == [f"stackhpc/nova:{NEW}"]


@pytest.mark.parametrize(
    ("found", "account", "access", "message"),
    [
        (
            401,
            AUTHENTICATED,
            "forbidden",
            "user 'client1' may not pull from stackhpc/nova: no image",
        ),
        (403, AUTHENTICATED, "forbidden", "access_control"),
        (401, ANONYMOUS, "forbidden", "no account was given"),
        (AuthenticationError("x"), AUTHENTICATED, "wrong password", "does not know user 'client1'"),
        (200, REFUSED, "wrong password", "does not know user 'client1' with this password"),
        (500, AUTHENTICATED, "failed", "responded with HTTP 500"),
        (
            404,
            AUTHENTICATED,
            "missing image",
            "has no image of this name: correct it, or release the",
        ),
        (
            [OLD],
            AUTHENTICATED,
            "missing tag",
            f"the only one is {OLD}: correct the pin, or release",
        ),
        (
            [OLD, "2025.1-rocky-9-20260601T000000", "9-20270101T000000", "latest"],
            AUTHENTICATED,
            "missing tag",
            "the newest of 2 is 2025.1-rocky-9-20260601T000000",
        ),
        (["latest"], AUTHENTICATED, "missing tag", "the only one is latest"),
    ],
)
def test_each_problem_has_an_access_value_and_a_remedy(found, account, access, message):
    registry = registry_with(nova=found)
    [result] = check(registry, {"nova": NEW}, account)
    assert (result.more["access"], result.more["cause"]) == (access, access)
    assert message in result.error
    assert registry.requested == ([] if account == REFUSED else [f"stackhpc/nova:{NEW}"])


@pytest.mark.parametrize("tags", [None, "", [], [3], {"rocky-9": NEW}, 5])
def test_an_invalid_tag_is_reported(tags):
    registry = registry_with()
    [result] = check(registry, {"nova": tags})
    assert result.more["access"] == "malformed"
    assert "correct container_tags" in result.error
    assert registry.requested == []


def access(
    monkeypatch: pytest.MonkeyPatch, registry: FakeRegistry, **params: Any
) -> tuple[list, dict]:
    monkeypatch.setattr(release_access, "ContentApp", lambda _connection: FakeContentApp())
    monkeypatch.setattr(release_access, "Registry", lambda _connection, _names: registry)
    given = {"package_versions": None, "container_namespace": "stackhpc", **params}
    return release_access.check_access(registry.pulp.server(), given)


def test_images_are_checked_and_counted_without_snapshots(monkeypatch):
    tags = {"nova": [NEW], "glance": OLD}
    _results, more = access(
        monkeypatch, registry_with(nova=[NEW], glance=[NEW]), container_tags=tags
    )
    problem, counts = more["lines"]
    assert problem.startswith(f"glance  {OLD}  missing tag  {ARK} has the image without this tag")
    assert counts == f"2 pinned image tags, user 'client1', {ARK}: 1 pullable, 1 missing tag"
    assert more["statistics"]["requests"] == 10


def test_empty_pins_are_an_error(monkeypatch):
    with pytest.raises(InvalidItem, match="nothing is pinned"):
        access(monkeypatch, registry_with(), container_tags={})
