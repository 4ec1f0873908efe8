# SPDX-License-Identifier: Apache-2.0
"""Versions of disk images are immutable."""

from __future__ import annotations

import time

import pytest

from plugins.module_utils.artifacts.disk_images import upload_disk_images
from plugins.module_utils.pulp.errors import InvalidItem, LostResponse
from tests.unit.fake_pulp.pulp import FakePulp

VERSION = "2025.1-20261122T200001"


@pytest.fixture
def pulp():
    """Return a Pulp with a content guard."""
    pulp = FakePulp()
    pulp.add_guard("development")
    return pulp


@pytest.fixture
def upload(pulp, tmp_path):
    """Return a function that uploads the file `image` as a version and returns the result."""

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
    """Return the publication that a version, or `latest`, serves."""
    return pulp.by_name("distributions/")[f"images_{version}"]["publication"]


def versions(pulp):
    """Return the number of versions of the repository, without the empty one."""
    href = pulp.find("repositories/", name="images")["latest_version_href"]
    return pulp.store.get(href)["number"]


def names(pulp):
    return sorted(pulp.by_name("distributions/"))


def test_a_version_gets_a_distribution_and_latest_is_updated(pulp, upload):
    result = upload()
    assert (result.error, names(pulp)) == ("", [f"images_{VERSION}", "images_latest"])
    one = pulp.by_name("distributions/")[f"images_{VERSION}"]
    guard = pulp.find("contentguards/", name="development")["pulp_href"]
    assert (one["base_path"], one["content_guard"]) == (f"a/b/{VERSION}", guard)
    assert served(pulp, "latest") == one["publication"]


def test_a_second_upload_changes_nothing(pulp, upload):
    upload()
    writes = len(pulp.writes)
    assert not upload().changed
    assert len(pulp.writes) == writes


def test_other_content_for_the_same_version_is_rejected(pulp, upload):
    upload()
    result = upload(content="other")
    assert "is served already, with other content in image, image.sha256" in result.error
    assert versions(pulp) == 1


def test_the_same_content_can_be_served_as_two_versions(pulp, upload):
    upload()
    sent = len(pulp.sent("PUT"))
    upload("2025.1-20261123T200001")
    assert (len(pulp.sent("PUT")), versions(pulp)) == (sent, 1)
    distributions = pulp.by_name("distributions/").values()
    assert (len(distributions), len({one["publication"] for one in distributions})) == (3, 1)


def test_latest_moves_to_the_next_version_and_not_back(pulp, upload):
    upload()
    upload("2025.1-20261123T200001", "next")
    newest = served(pulp, "latest")
    assert newest == served(pulp, "2025.1-20261123T200001")
    assert not upload().changed
    assert served(pulp, "latest") == newest


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_change_of_latest_is_reported_with_both_versions(upload, check_mode):
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
    upload("other", content)
    other = pulp.find("distributions/", name="images_other")
    version = pulp.store.get(other["publication"])["repository_version"]
    publication = pulp.add_publication(version)["pulp_href"]

    def serve():
        name, path = f"images_{VERSION}", f"a/b/{VERSION}"
        guard = other["content_guard"]
        pulp.add_distribution(
            "file", name, base_path=path, content_guard=guard, publication=publication
        )

    pulp.on("POST", "/distributions/", first=serve)
    result = upload()
    assert error in result.error
    assert bool(result.error) == bool(error)
    assert [served(pulp, name) for name in (VERSION, "latest")] == [publication, publication]


def test_latest_is_updated_on_request_only(pulp, upload):
    upload(latest=False)
    assert names(pulp) == [f"images_{VERSION}"]


def test_check_mode_writes_nothing(pulp, upload):
    result = upload(check_mode=True)
    assert (result.changed, pulp.writes) == (True, [])


def test_a_corrupted_upload_is_not_served(pulp, upload, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    pulp.on("PUT", "/uploads/", raises=LostResponse("the connection broke"), times=99)
    pulp.versions["core"] = "3.43.1"
    assert "failed, and none was added" in upload().error
    assert names(pulp) == []


def test_a_missing_content_guard_is_an_error_before_the_upload(upload):
    with pytest.raises(InvalidItem, match="no content guard 'nowhere'"):
        upload(guard="nowhere")
