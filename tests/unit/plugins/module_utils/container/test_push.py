# SPDX-License-Identifier: Apache-2.0
"""Images are private before they are pushed, pushed once, and retried after transient failures."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from plugins.module_utils.container.push import ContainerImage, PushOptions, push_images
from plugins.module_utils.pulp.errors import AuthenticationError, LostResponse, ResponseError
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.content import list_manifests, set_tags
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.fake_pulp.registry import FakeRegistry, FakeSkopeo, digest_of
from tests.unit.fake_pulp.store import ROOT


def manifest(config: str, layers: str = "unpacked") -> bytes:
    return json.dumps({"config": {"digest": config}, "layers": layers}).encode()


ONE = ("ns/nova", "1", "oci:one")


@pytest.fixture
def skopeo():
    registry = FakeRegistry(FakePulp(pulp_url="http://ark", username="builder", concurrency=1))
    skopeo = FakeSkopeo(registry)
    skopeo.sources = {"oci:one": manifest("one", "packed"), "docker-archive:one": manifest("one")}
    return skopeo


def push(
    skopeo: FakeSkopeo, *images: tuple[str, str, str], check_mode: bool = False, **options: Any
) -> list[Result]:
    items = [
        (Result(f"{name}:{tag}", "image", more={"attempts": 0}), ContainerImage(name, tag, source))
        for name, tag, source in images
    ]
    registry = skopeo.registry
    server = registry.pulp.server(check_mode)
    options = {"sleep": lambda _seconds: None, **options}
    results = push_images(server, skopeo, registry, items, PushOptions(**options))
    assert skopeo.public == []
    return results


def log(skopeo: FakeSkopeo) -> list[str]:
    """Return the writes in order."""
    lines = []
    for one in skopeo.registry.pulp.writes:
        verb = {"POST": "create", "PATCH": "change", "PUSH": "push"}[one.method]
        private = one.content.get("private")
        name = one.content.get("base_path", "") if verb == "create" else one.path
        lines.append(f"{verb} {name} private" if private else f"{verb} {name}")
    return lines


def set_listed(skopeo: FakeSkopeo, digest: str, manifests: list[str]) -> None:
    """Let Pulp have only these manifests of an index."""
    list_manifests(skopeo.registry.pulp, digest, manifests)


def test_a_new_image_is_private_before_it_is_pushed(skopeo):
    [result] = push(skopeo, ONE)
    assert log(skopeo) == ["create ns/nova private", "push ns/nova:1"]
    assert (result.error, result.action, result.before) == ("", "created", {})
    assert result.after == {"private": True, "digest": digest_of(manifest("one", "packed"))}
    assert result.more == {"attempts": 1, "digest": result.after["digest"]}


def test_a_public_image_is_made_private_before_it_is_pushed(skopeo):
    pulp = skopeo.registry.pulp
    repository = set_tags(pulp, "ns/nova", {"0": "sha256:0"})["pulp_href"]
    existing = pulp.add_distribution("container", "ns/nova", private=False, repository=repository)
    [result] = push(skopeo, ONE)
    assert log(skopeo) == [f"change {existing['pulp_href'][len(ROOT) :]} private", "push ns/nova:1"]
    assert (result.action, result.before) == ("updated", {"private": False})


def test_further_tags_of_a_new_image_wait_for_the_first_push(skopeo):
    results = push(skopeo, ONE, ("ns/nova", "2", "oci:one"))
    assert log(skopeo) == ["create ns/nova private", "push ns/nova:1", "push ns/nova:2"]
    assert [result.error for result in results] == ["", ""]


def test_tags_of_one_image_are_pushed_one_after_the_other(skopeo, monkeypatch):
    pulp = skopeo.registry.pulp
    pulp.connection = replace(pulp.connection, concurrency=4)
    in_progress: list[str] = []
    overlaps = []

    def copy(source: str, name: str, tag: str, copy=skopeo.copy) -> str:
        overlaps.append(name in in_progress)
        in_progress.append(name)
        time.sleep(0.02)
        in_progress.remove(name)
        return copy(source, name, tag)

    skopeo.copy = copy
    results = push(skopeo, *(("ns/nova", tag, "oci:one") for tag in "1234"))
    assert [result.error for result in results] == [""] * 4
    assert overlaps == [False] * 4


def test_the_first_tag_of_each_image_is_pushed_first(skopeo):
    images = [("ns/nova", "1"), ("ns/nova", "2"), ("ns/nova", "3"), ("ns/glance", "1")]
    results = push(skopeo, *((name, tag, "oci:one") for name, tag in images))
    pushed = [line[len("push ") :] for line in log(skopeo) if line.startswith("push ")]
    assert pushed == ["ns/nova:1", "ns/glance:1", "ns/nova:2", "ns/nova:3"]
    assert [result.name for result in results] == [f"{name}:{tag}" for name, tag in images]


def test_an_index_with_missing_manifests_is_pushed_again(skopeo):
    skopeo.sources["oci:two"] = json.dumps(
        {"manifests": [{"digest": "sha256:a"}, {"digest": "sha256:b"}]}
    ).encode()
    image = ("ns/nova", "1", "oci:two")
    skopeo.lost = [1]
    [result] = push(skopeo, image)
    assert (result.error, result.more["attempts"]) == ("", 2)
    set_listed(skopeo, result.more["digest"], ["sha256:a"])  # left by an earlier run
    assert push(skopeo, image)[0].more["attempts"] == 1
    assert push(skopeo, image)[0].action == "unchanged"
    set_listed(skopeo, result.more["digest"], ["sha256:a"])
    skopeo.lost = [1] * 9
    [failed] = push(skopeo, image)
    assert "does not have all architectures of" in failed.error


@pytest.mark.parametrize("source", ["oci:one", "docker-archive:one"])
def test_an_existing_image_is_not_pushed_again(skopeo, source):
    image = ("ns/nova", "1", source)
    push(skopeo, image)
    pushes = log(skopeo)
    [result] = push(skopeo, image)
    assert log(skopeo) == pushes
    assert (result.action, result.more["attempts"]) == ("unchanged", 0)
    assert result.more["digest"] == digest_of(manifest("one", "packed"))


@pytest.mark.parametrize(
    ("source", "immutable", "action"),
    [
        ("oci:two", False, "updated"),
        ("docker-archive:two", False, "updated"),
        # The same layers and configuration with a different manifest, such as other annotations.
        ("oci:one-annotated", False, "updated"),
        ("oci:two", True, "failed"),
    ],
)
def test_a_tag_of_another_image_moves_unless_it_is_immutable(skopeo, source, immutable, action):
    skopeo.sources["oci:two"] = skopeo.sources["docker-archive:two"] = manifest("two")
    skopeo.sources["oci:one-annotated"] = manifest("one", "annotated")
    push(skopeo, ONE)
    [result] = push(skopeo, ("ns/nova", "1", source), immutable=immutable)
    assert result.action == action
    old = digest_of(manifest("one", "packed"))
    if immutable:
        assert f"the tag exists with the digest {old}, and oci:two is another image" in result.error
        assert len(log(skopeo)) == 2
    else:
        assert result.before == {"digest": old}


def test_check_mode_reports_and_does_nothing(skopeo):
    first, second = push(skopeo, ONE, ("ns/nova", "2", "docker-archive:one"), check_mode=True)
    assert log(skopeo) == []
    assert first.after == {"private": True, "digest": digest_of(manifest("one", "packed"))}
    assert second.after["digest"] == "(known after the push)"


def test_a_transient_failure_is_retried_with_growing_pauses(skopeo):
    skopeo.faults = [LostResponse("reset"), LostResponse("reset"), LostResponse("reset")]
    pauses: list[float] = []
    [result] = push(skopeo, ONE, sleep=pauses.append)
    assert (result.error, result.more["attempts"]) == ("", 4)
    assert pauses == [2, 4, 8]


def test_a_permanent_failure_is_an_error_after_all_retries(skopeo):
    skopeo.faults = [LostResponse("reset")] * 9
    [result] = push(skopeo, ONE)
    assert result.error == "reset (after 5 attempts)"


def test_rejected_credentials_are_not_retried_and_other_images_are_pushed(skopeo):
    skopeo.faults = [AuthenticationError("refused")]
    first, second = push(skopeo, ONE, ("ns/glance", "1", "oci:one"))
    assert (first.error, first.more["attempts"]) == ("refused", 1)
    assert second.error == ""


@pytest.mark.parametrize("status", [400, 403])
def test_the_error_of_an_account_without_permission_names_the_missing_role(skopeo, status):
    error = ResponseError(status, "base_path: This field must be unique.")
    skopeo.registry.pulp.on("POST", "distributions/", raises=error)
    [result] = push(skopeo, ONE)
    assert "user 'builder' may not push ns/nova" in result.error
    assert "pulp_container_namespace" in result.error
    assert log(skopeo) == ["create ns/nova private"]


def test_any_other_error_is_that_of_pulp(skopeo):
    error = ResponseError(400, "base_path: Overlaps")
    skopeo.registry.pulp.on("POST", "distributions/", raises=error)
    [result] = push(skopeo, ONE)
    assert result.error == "base_path: Overlaps (HTTP 400)"


def test_a_tag_that_another_client_moved_meanwhile_is_an_error(skopeo):
    skopeo.rival = manifest("other")
    [result] = push(skopeo, ONE)
    assert f"but now it points to {digest_of(manifest('other'))}: another run" in result.error


def test_an_outdated_token_is_renewed_once(skopeo):
    skopeo.registry.outdated = 1
    [result] = push(skopeo, ONE)
    assert result.error == ""
    skopeo.registry.outdated = 2
    [result] = push(skopeo, ONE)
    assert "the registry cannot read ns/nova:1 (HTTP 401)" in result.error


def test_a_duplicate_tag_is_an_error(skopeo):
    first, second = push(skopeo, ONE, ONE)
    assert (first.error, second.error) == ("", "this tag is given twice in one list")
