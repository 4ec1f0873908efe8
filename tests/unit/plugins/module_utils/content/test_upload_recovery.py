# SPDX-License-Identifier: Apache-2.0
"""Uploads that were begun earlier and cannot be used."""

from __future__ import annotations

import os

import pytest

from plugins.module_utils.content.upload import (
    ContentUpload,
    LocalContent,
    Uploader,
    UploadState,
    is_upload,
)
from plugins.module_utils.files import LocalFile
from plugins.module_utils.pulp.errors import LostResponse, PulpError, ResponseError, TaskFailed
from tests.unit.fake_pulp.pulp import FakePulp

K64 = 64 * 1024
CONTENT = bytes(range(256)) * 1024
ENDPOINT = "content/file/files/"
API = "/pulp/api/v3/"
LOST_CHUNK = TaskFailed("/t/1/", "[Errno 2] No such file or directory: 'upload/1/chunk'")


@pytest.fixture
def pulp():
    return FakePulp("3.43.1")  # one chunk after the other


@pytest.fixture
def server(pulp):
    return pulp.server()


@pytest.fixture
def create(server, tmp_path):
    """Upload the file; returns the number of bytes that were sent."""

    def run():
        upload = ContentUpload(server, Uploader(server, K64, pause=0), str(tmp_path))
        content = LocalContent(ENDPOINT, LocalFile("image", CONTENT), "image")
        return upload.create(content, "images: image")[1]

    return run


def begin(pulp, create):
    """An upload of which the connection broke after two chunks."""
    pulp.on("PUT", "/uploads/", raises=LostResponse("it broke"), skip=2, times=5)
    with pytest.raises(PulpError, match="it broke"):
        create()


def spoil_state(server, tmp_path, href):
    url = server.client.connection.pulp_url + API
    with UploadState(str(tmp_path), url, LocalFile("image", CONTENT).sha256) as state:
        state.save(href)


@pytest.mark.parametrize(
    "href",
    [
        "{distribution}",
        f"{API}uploads/../distributions/file/file/1/",
        f"{API}uploads/",
        "https://other/pulp/api/v3/uploads/1/",
        f"{API}uploads/1/?x=",
    ],
)
def test_no_other_object_is_deleted_for_a_state_file(pulp, server, create, tmp_path, href):
    pulp.store.add("distributions/file/file/", name="served", size=7, chunks=[])
    (served,) = pulp.store.within("distributions/file/file/")
    spoil_state(server, tmp_path, href.format(distribution=served["pulp_href"]))

    assert create() == len(CONTENT)

    assert pulp.store.within("distributions/file/file/") == [served]
    assert pulp.sent("DELETE") == []


def test_only_an_href_below_uploads_is_one_of_an_upload():
    assert is_upload(f"{API}uploads/0198-ab/", API)
    assert not is_upload(f"{API}uploads/0198-ab/", "/pulp/other/api/v3/")


@pytest.mark.parametrize("error", [LOST_CHUNK, ResponseError(400, "Object does not exist.")])
def test_an_upload_that_pulp_cannot_put_together_is_sent_again(pulp, server, create, error):
    begin(pulp, create)
    (lost,) = pulp.store.within("uploads/")
    pulp.on("POST", ENDPOINT, raises=error)

    assert create() == 2 * len(CONTENT) - 2 * K64

    assert lost["pulp_href"] not in pulp.store.objects
    assert "cannot use the upload that an earlier run began" in server.report.warnings[-1]


def test_a_new_upload_that_fails_is_not_resumed(pulp, create, tmp_path):
    pulp.on("POST", ENDPOINT, raises=LOST_CHUNK)
    with pytest.raises(TaskFailed, match="No such file"):
        create()
    assert (pulp.store.within("uploads/"), os.listdir(tmp_path)) == ([], [])
    assert create() == len(CONTENT)


@pytest.mark.parametrize(
    "error", [TaskFailed("/t/1/", "Worker has gone missing", True), ResponseError(403, "no")]
)
def test_an_upload_that_may_be_good_is_kept(pulp, create, error):
    pulp.on("POST", ENDPOINT, raises=error)
    with pytest.raises(PulpError):
        create()
    assert create() == 0
