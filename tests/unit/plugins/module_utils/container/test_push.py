# SPDX-License-Identifier: Apache-2.0
"""A push is private before it begins, is not made twice, and is tried again when that may help."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import pytest

from plugins.module_utils.container.push import ContainerImage, PushOptions, push_images
from plugins.module_utils.pulp.errors import AuthenticationError, LostResponse, ResponseError
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.report.report import Report, Result


def digest(manifest: bytes) -> str:
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def manifest(config: str, layers: str = "unpacked") -> bytes:
    return json.dumps({"config": {"digest": config}, "layers": layers}).encode()


class Site:
    """A Pulp with its API and registry, and skopeo: all that a push talks to.

    `public`: the images that are served to everybody. `tags`: (image, tag) -> manifest. `faults`:
    what the next pushes come to instead. `log`: what was done, in order. `lost`: how many manifests
    of an index Pulp does not find, push by push.
    """

    class connection:  # noqa: N801, the client's attribute
        pulp_url = "http://ark"
        username = "builder"
        concurrency = 1

    def __init__(self, *images: str, public: tuple[str, ...] = ()) -> None:
        self.served = {name: name not in public for name in (*images, *public)}
        self.tags: dict[tuple[str, str], bytes] = {}
        self.sources: dict[str, bytes] = {}
        self.faults: list[Exception] = []
        self.refusal: ResponseError | None = None
        self.denied = 0
        self.log: list[str] = []
        self.stolen = b""
        self.lost: list[int] = []
        self.links: dict[str, int] = {}

    # The API

    def list(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        if path == "content/container/manifests/":
            return [{"listed_manifests": ["/m/"] * self.links[params["digest"]]}]
        assert path == "distributions/container/container/"
        asked = (params.get("base_path__in") or params["name__in"]).split(",")
        return [self._shown(name) for name in self.served if name in asked]

    def post(self, _path: str, body: dict[str, Any]) -> dict[str, Any]:
        if self.refusal:
            raise self.refusal
        self.log.append(f"make {body['base_path']} private {body['private']}")
        self.served[body["base_path"]] = body["private"]
        return {**self._shown(body["base_path"]), "repository": None}

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.log.append(f"change {path} private {body['private']}")
        self.served[path] = body["private"]
        return {}

    def _shown(self, name: str) -> dict[str, Any]:
        private = self.served[name]
        names = {"name": name, "base_path": name, "pulp_href": name}
        return {**names, "private": private, "repository": f"/{name}/"}

    # The registry

    def tag_status(self, name: str, tag: str) -> tuple[int, str]:
        if self.denied:
            return 401, ""
        found = self.tags.get((name, tag))
        return (200, digest(found)) if found else (404, "")

    def manifest(self, name: str, wanted: str) -> dict[str, Any]:
        [found] = {one for one in self.tags.values() if digest(one) == wanted}
        return dict(json.loads(found))

    def drop_token(self, _name: str) -> None:
        self.denied = max(0, self.denied - 1)

    # skopeo

    def read(self, source: str) -> bytes:
        return self.sources[source]

    def copy(self, source: str, name: str, tag: str) -> str:
        assert self.served[name], "it would be public"
        self.log.append(f"push {name}:{tag}")
        if self.faults:
            raise self.faults.pop(0)
        sent = self.sources[source].replace(b"unpacked", b"packed")
        self.tags[name, tag] = self.stolen or sent
        listed = len(json.loads(sent).get("manifests", []))
        self.links[digest(sent)] = listed - (self.lost.pop(0) if self.lost else 0)
        return digest(sent)


def push(
    site: Site, *images: tuple[str, str, str], check_mode: bool = False, **way: Any
) -> list[Result]:
    work = [
        (Result(f"{name}:{tag}", "image", more={"attempts": 0}), ContainerImage(name, tag, source))
        for name, tag, source in images
    ]
    server = Server(site, Report(), check_mode)  # type: ignore[arg-type]
    return push_images(
        server, site, site, work, PushOptions(**{"sleep": lambda _seconds: None, **way})
    )


ONE = ("ns/nova", "1", "oci:one")


@pytest.fixture
def site():
    found = Site()
    found.sources = {"oci:one": manifest("one", "packed"), "docker-archive:one": manifest("one")}
    return found


def test_a_new_image_is_private_before_it_is_pushed(site):
    [result] = push(site, ONE)
    assert site.log == ["make ns/nova private True", "push ns/nova:1"]
    assert (result.error, result.action, result.before) == ("", "created", {})
    assert result.after == {"private": True, "digest": digest(manifest("one", "packed"))}
    assert result.more == {"attempts": 1, "digest": result.after["digest"]}


def test_a_public_image_is_made_private_before_it_is_pushed(site):
    site.served["ns/nova"] = False
    [result] = push(site, ONE)
    assert site.log == ["change ns/nova private True", "push ns/nova:1"]
    assert (result.action, result.before) == ("updated", {"private": False})


def test_the_tags_of_one_new_image_wait_until_it_is_there(site):
    results = push(site, ONE, ("ns/nova", "2", "oci:one"))
    assert site.log == ["make ns/nova private True", "push ns/nova:1", "push ns/nova:2"]
    assert [result.error for result in results] == ["", ""]


def test_tags_of_one_image_are_pushed_one_after_the_other(site, monkeypatch):
    monkeypatch.setattr(Site.connection, "concurrency", 4)
    in_progress: list[str] = []
    met = []

    def copy(_source: str, name: str, tag: str) -> str:
        met.append(name in in_progress)
        in_progress.append(name)
        time.sleep(0.02)
        in_progress.remove(name)
        site.tags[name, tag] = site.sources["oci:one"]
        return digest(site.sources["oci:one"])

    site.copy = copy
    results = push(site, *(("ns/nova", tag, "oci:one") for tag in "1234"))
    assert [result.error for result in results] == [""] * 4
    assert met == [False] * 4


def test_the_first_tags_of_all_images_come_first(site):
    images = [("ns/nova", "1"), ("ns/nova", "2"), ("ns/nova", "3"), ("ns/glance", "1")]
    results = push(site, *((name, tag, "oci:one") for name, tag in images))
    pushed = [line[len("push ") :] for line in site.log if line.startswith("push ")]
    assert pushed == ["ns/nova:1", "ns/glance:1", "ns/nova:2", "ns/nova:3"]
    assert [result.name for result in results] == [f"{name}:{tag}" for name, tag in images]


def test_an_index_that_pulp_took_in_part_is_pushed_again(site):
    site.sources["oci:two"] = json.dumps({"manifests": [{"digest": "a"}, {"digest": "b"}]}).encode()
    image = ("ns/nova", "1", "oci:two")
    site.lost = [1]
    [result] = push(site, image)
    assert (result.error, result.more["attempts"]) == ("", 2)
    site.links[result.more["digest"]] = 1  # an earlier run did not see it
    assert push(site, image)[0].more["attempts"] == 1
    assert push(site, image)[0].action == "unchanged"
    site.links[result.more["digest"]] = 1
    site.lost = [1] * 9
    [failed] = push(site, image)
    assert "does not have all architectures of" in failed.error


@pytest.mark.parametrize("source", ["oci:one", "docker-archive:one"])
def test_what_is_there_is_not_pushed_again(site, source):
    image = ("ns/nova", "1", source)
    push(site, image)
    pushes = list(site.log)
    [result] = push(site, image)
    assert site.log == pushes
    assert (result.action, result.more["attempts"]) == ("unchanged", 0)
    assert result.more["digest"] == digest(manifest("one", "packed"))


@pytest.mark.parametrize(
    ("source", "immutable", "action"),
    [
        ("oci:two", False, "updated"),
        ("docker-archive:two", False, "updated"),
        # The same layers and configuration, and another manifest: it may have other annotations.
        ("oci:one-annotated", False, "updated"),
        ("oci:two", True, "failed"),
    ],
)
def test_a_tag_of_another_image_moves_unless_it_is_immutable(site, source, immutable, action):
    site.sources["oci:two"] = site.sources["docker-archive:two"] = manifest("two")
    site.sources["oci:one-annotated"] = manifest("one", "annotated")
    push(site, ONE)
    [result] = push(site, ("ns/nova", "1", source), immutable=immutable)
    assert result.action == action
    old = digest(manifest("one", "packed"))
    if immutable:
        assert f"the tag exists with the digest {old}, and oci:two is another image" in result.error
        assert len(site.log) == 2
    else:
        assert result.before == {"digest": old}


def test_check_mode_tells_and_does_nothing(site):
    first, second = push(site, ONE, ("ns/nova", "2", "docker-archive:one"), check_mode=True)
    assert site.log == []
    assert first.after == {"private": True, "digest": digest(manifest("one", "packed"))}
    assert second.after["digest"] == "(known after the push)"


def test_what_may_pass_is_tried_again_with_growing_pauses(site):
    site.faults = [LostResponse("reset"), LostResponse("reset"), LostResponse("reset")]
    pauses: list[float] = []
    [result] = push(site, ONE, sleep=pauses.append)
    assert (result.error, result.more["attempts"]) == ("", 4)
    assert pauses == [2, 4, 8]


def test_what_does_not_pass_is_an_error_in_the_end(site):
    site.faults = [LostResponse("reset")] * 9
    [result] = push(site, ONE)
    assert result.error == "reset (after 5 attempts)"


def test_refused_credentials_are_not_tried_again_and_hide_nothing(site):
    site.faults = [AuthenticationError("refused")]
    first, second = push(site, ONE, ("ns/glance", "1", "oci:one"))
    assert (first.error, first.more["attempts"]) == ("refused", 1)
    assert second.error == ""


@pytest.mark.parametrize("status", [400, 403])
def test_an_account_that_may_not_make_an_image_is_told_what_it_needs(site, status):
    site.refusal = ResponseError(status, "base_path: This field must be unique.")
    [result] = push(site, ONE)
    assert "user 'builder' may not push ns/nova" in result.error
    assert "pulp_container_namespace" in result.error
    assert site.log == []


def test_another_refusal_is_pulps(site):
    site.refusal = ResponseError(400, "base_path: Overlaps")
    [result] = push(site, ONE)
    assert result.error == "base_path: Overlaps (HTTP 400)"


def test_a_tag_that_somebody_else_moved_meanwhile_is_an_error(site):
    site.stolen = manifest("other")
    [result] = push(site, ONE)
    assert f"but now it points to {digest(manifest('other'))}: another run" in result.error


def test_a_token_from_before_the_image_was_there_is_changed_once(site):
    site.denied = 1
    [result] = push(site, ONE)
    assert result.error == ""
    site.denied = 2
    [result] = push(site, ONE)
    assert "the registry cannot read ns/nova:1 (HTTP 401)" in result.error


def test_a_tag_that_is_given_twice_is_an_error(site):
    first, second = push(site, ONE, ONE)
    assert (first.error, second.error) == ("", "this tag is given twice in one list")
