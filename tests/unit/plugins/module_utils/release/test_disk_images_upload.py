# SPDX-License-Identifier: Apache-2.0
"""What a version serves never changes."""

from __future__ import annotations

import time

import pytest

from plugins.module_utils.pulp.errors import InvalidItem, LostResponse
from plugins.module_utils.release.disk_images import upload_disk_images
from tests.unit.fake_pulp.pulp import FakePulp

VERSION = "2025.1-20261122T200001"


@pytest.fixture
def pulp():
    """A Pulp with a guard."""
    pulp = FakePulp()
    pulp.add_guard("development")
    return pulp


@pytest.fixture
def upload(pulp, tmp_path):
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
        ((result,), _more) = upload_disk_images(pulp.server(check_mode), params)
        return result

    return run


def served(pulp, version):
    """The publication that a version, or the latest one, serves."""
    return pulp.there("distributions/")[f"images_{version}"]["publication"]


def versions(pulp):
    """How many versions the repository has, besides the empty one."""
    href = pulp.find("repositories/", name="images")["latest_version_href"]
    return pulp.store.get(href)["number"]


def names(pulp):
    return sorted(pulp.there("distributions/"))


def test_a_version_gets_a_distribution_and_latest_follows(pulp, upload):
    result = upload()
    assert (result.error, names(pulp)) == ("", [f"images_{VERSION}", "images_latest"])
    one = pulp.there("distributions/")[f"images_{VERSION}"]
    guard = pulp.find("contentguards/", name="development")["pulp_href"]
    assert (one["base_path"], one["content_guard"]) == (f"a/b/{VERSION}", guard)
    assert served(pulp, "latest") == one["publication"]


def test_the_same_again_changes_nothing(pulp, upload):
    upload()
    posted = len(pulp.writes)
    assert not upload().changed
    assert len(pulp.writes) == posted


def test_other_bits_under_the_same_version_are_refused(pulp, upload):
    upload()
    result = upload(content="other")
    assert "is served already, with other content in image, image.sha256" in result.error
    assert versions(pulp) == 1


def test_the_same_bits_under_another_version_are_served_under_both(pulp, upload):
    upload()
    sent = len(pulp.sent("PUT"))
    upload("2025.1-20261123T200001")
    assert (len(pulp.sent("PUT")), versions(pulp)) == (sent, 1)
    there = pulp.there("distributions/").values()
    assert (len(there), len({one["publication"] for one in there})) == (3, 1)


def test_latest_moves_to_the_next_version_and_not_back(pulp, upload):
    upload()
    upload("2025.1-20261123T200001", "next")
    newest = served(pulp, "latest")
    assert newest == served(pulp, "2025.1-20261123T200001")
    assert not upload().changed
    assert served(pulp, "latest") == newest


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_change_of_latest_is_reported_by_version(upload, check_mode):
    upload()
    result = upload("2025.1-20261123T200001", "next", check_mode=check_mode)
    assert (result.before["latest"], result.after["latest"]) == (
        {},
        {"version": "2025.1-20261123T200001"},
    )


def test_a_run_that_failed_before_the_version_was_served_is_completed(pulp, upload):
    upload()
    pulp.store.remove(pulp.find("distributions/", name=f"images_{VERSION}")["pulp_href"])
    result = upload()
    assert (result.error, result.changed, names(pulp)[0]) == ("", True, f"images_{VERSION}")


@pytest.mark.parametrize(
    ("content", "error"),
    [("other", "is served already, with other content in image"), ("bits", "")],
)
def test_a_version_that_another_run_served_meanwhile_is_kept_and_becomes_latest(
    pulp, upload, content, error
):
    upload("rival", content)
    rival = pulp.find("distributions/", name="images_rival")
    version = pulp.store.get(rival["publication"])["repository_version"]
    theirs = pulp.add_publication(version)["pulp_href"]

    def serve():
        name, path = f"images_{VERSION}", f"a/b/{VERSION}"
        guard = rival["content_guard"]
        pulp.add_distribution("file", name, base_path=path, content_guard=guard, publication=theirs)

    pulp.on("POST", "/distributions/", first=serve)
    result = upload()
    assert error in result.error
    assert bool(result.error) == bool(error)
    assert [served(pulp, name) for name in (VERSION, "latest")] == [theirs, theirs]


def test_latest_is_left_alone_unless_requested(pulp, upload):
    upload(latest=False)
    assert names(pulp) == [f"images_{VERSION}"]


def test_check_mode_writes_nothing(pulp, upload):
    result = upload(check_mode=True)
    assert (result.changed, pulp.writes) == (True, [])


def test_a_broken_upload_serves_nothing(pulp, upload, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    pulp.on("PUT", "/uploads/", raises=LostResponse("the connection broke"), times=99)
    pulp.versions["core"] = "3.43.1"
    assert "failed, and none was added" in upload().error
    assert names(pulp) == []


def test_a_missing_guard_ends_the_run_at_once(upload):
    with pytest.raises(InvalidItem, match="no content guard 'nowhere'"):
        upload(guard="nowhere")
