# SPDX-License-Identifier: Apache-2.0
"""What a version serves never changes."""

from __future__ import annotations

import time

import pytest

from plugins.module_utils.pulp.errors import InvalidItem, LostResponse, ResponseError
from plugins.module_utils.release.disk_images import upload_disk_images

from ..file_shelf import FileShelf

VERSION = "2025.1-20261122T200001"
GUARD = {"name": "development", "pulp_href": "/guards/1/"}


class ImageShelf(FileShelf):
    """With publications and distributions, besides."""

    def __init__(self):
        super().__init__()
        self.publications = {}
        self.distributions = {}

    def list(self, path, params=None):
        if path.startswith("contentguards/"):
            return [GUARD] if "development" in params.get("name__in", "") else []
        if path.startswith("remotes/"):
            return []
        if path.startswith("distributions/"):
            names = params["name__in"].split(",")
            return [one for name, one in self.distributions.items() if name in names]
        if path.startswith("publications/"):
            if "pulp_id__in" in params:
                return list(self.publications.values())
            version = params["repository_version"]
            all_of = self.publications.values()
            return [one for one in all_of if one["repository_version"] == version]
        return super().list(path, params)

    def post(self, path, body=None):
        if path.startswith("publications/"):
            self.posted.append((path, body))
            href = f"/publications/file/file/{len(self.publications) + 1}/"
            made = {"pulp_href": href, "pulp_created": href, **body}
            self.publications[href] = made
            return {"task": href}
        if path.startswith("distributions/"):
            self.posted.append((path, body))
            href = f"/distributions/{len(self.distributions) + 1}/"
            self.distributions[body["name"]] = {**body, "pulp_href": href}
            return {"pulp_href": href, **body}
        return super().post(path, body)

    def get(self, path, params=None):
        there = [one for one in self.distributions.values() if one["pulp_href"] == path]
        return there[-1] if there else super().get(path, params)

    def patch(self, path, body):
        for one in self.distributions.values():
            if one["pulp_href"] == path:
                one.update(body)
        return {}


@pytest.fixture
def shelf():
    return ImageShelf()


@pytest.fixture
def upload(shelf, tmp_path):
    """Upload the file `image` as a version; the result."""

    def run(version=VERSION, content="bits", check_mode=False, latest=True, guard="development"):
        (tmp_path / "image").write_text(content)
        image = {
            **{"repository": "images", "base_path": "a/b", "version": version},
            **{"path": str(tmp_path / "image"), "patterns": [], "several": False},
            **{"file_name": None, "checksums": True, "latest": latest},
        }
        params = {
            "images": [image],
            "content_guard": guard,
            "chunk_size": None,
            "state_path": str(tmp_path / "state"),
        }
        server = shelf.server(check_mode)
        # Publishing is a task: here it ends at once.
        made = server.write
        server.write = lambda request, subject: _ended(made, request, subject)
        ((result,), _more) = upload_disk_images(server, params)
        return result

    def _ended(made, request, subject):
        answer = request()
        if isinstance(answer, dict) and set(answer) == {"task"}:
            return {"created_resources": [answer["task"]]}
        return None

    return run


def names(shelf):
    return sorted(shelf.distributions)


def test_a_version_gets_a_distribution_and_latest_follows(shelf, upload):
    result = upload()
    assert (result.error, names(shelf)) == ("", [f"images_{VERSION}", "images_latest"])
    one = shelf.distributions[f"images_{VERSION}"]
    assert (one["base_path"], one["content_guard"]) == (f"a/b/{VERSION}", "/guards/1/")
    assert shelf.distributions["images_latest"]["publication"] == one["publication"]


def test_the_same_again_changes_nothing(shelf, upload):
    upload()
    posted = len(shelf.posted)
    assert not upload().changed
    assert len(shelf.posted) == posted


def test_other_bits_under_the_same_version_are_refused(shelf, upload):
    upload()
    result = upload(content="other")
    assert "is there already, and differs in image, image.sha256" in result.error
    assert len(shelf.versions) == 2


def test_the_same_bits_under_another_version_are_served_under_both(shelf, upload):
    upload()
    arrived = len(shelf.arrived)
    upload("2025.1-20261123T200001")
    assert (len(shelf.arrived), len(shelf.versions)) == (arrived, 2)
    served = {one["publication"] for one in shelf.distributions.values()}
    assert (len(shelf.distributions), len(served)) == (3, 1)


def test_latest_goes_on_with_the_next_version_and_not_back(shelf, upload):
    upload()
    upload("2025.1-20261123T200001", "next")
    newest = shelf.distributions["images_latest"]["publication"]
    assert newest == shelf.distributions["images_2025.1-20261123T200001"]["publication"]
    assert not upload().changed
    assert shelf.distributions["images_latest"]["publication"] == newest


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_becomes_of_latest_is_told_by_version(upload, check_mode):
    upload()
    result = upload("2025.1-20261123T200001", "next", check_mode=check_mode)
    assert (result.before["latest"], result.after["latest"]) == (
        {},
        {"version": "2025.1-20261123T200001"},
    )


def test_a_run_that_broke_before_the_version_was_served_is_made_good(shelf, upload):
    upload()
    del shelf.distributions[f"images_{VERSION}"]
    result = upload()
    assert (result.error, result.changed, names(shelf)[0]) == ("", True, f"images_{VERSION}")


@pytest.mark.parametrize(
    ("content", "error"), [("other", "is there already, and differs in image"), ("bits", "")]
)
def test_a_version_that_another_run_served_meanwhile_stays_and_latest_is_that_one(
    shelf, upload, content, error
):
    upload("rival", content)
    rival, post = shelf.distributions["images_rival"], shelf.post
    shelf.publications["/publications/file/file/9/"] = {
        **shelf.publications[rival["publication"]],
        "pulp_href": "/publications/file/file/9/",
    }

    def late(path, body=None):
        if body and body.get("name") == f"images_{VERSION}":
            theirs = {"pulp_href": "/theirs/", "publication": "/publications/file/file/9/"}
            shelf.distributions[body["name"]] = {**body, **theirs}
            shelf.post = post
            raise ResponseError(400, "name: This field must be unique.")
        return post(path, body)

    shelf.post = late
    result = upload()
    assert error in result.error
    assert bool(result.error) == bool(error)
    served = [shelf.distributions[f"images_{name}"]["publication"] for name in (VERSION, "latest")]
    assert served == ["/publications/file/file/9/", "/publications/file/file/9/"]


def test_latest_is_left_alone_unless_asked_for(shelf, upload):
    upload(latest=False)
    assert names(shelf) == [f"images_{VERSION}"]


def test_check_mode_writes_nothing(shelf, upload):
    result = upload(check_mode=True)
    assert (result.changed, shelf.posted) == (True, [])


def test_a_broken_upload_serves_nothing(shelf, upload, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    shelf.faults = [("", LostResponse("the connection broke"))] * 99
    shelf.version = "3.43.1"
    assert "failed, and none was added" in upload().error
    assert names(shelf) == []


def test_a_guard_that_is_not_there_ends_it_at_once(upload):
    with pytest.raises(InvalidItem, match="no content guard 'nowhere'"):
        upload(guard="nowhere")
