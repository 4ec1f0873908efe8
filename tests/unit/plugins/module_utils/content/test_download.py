# SPDX-License-Identifier: Apache-2.0
"""Each item names the source and the destination of a file; a correct file is kept."""

from __future__ import annotations

import hashlib

import pytest

from plugins.module_utils.content.download import download_files
from plugins.module_utils.files import checksum_file_content
from plugins.module_utils.pulp.client import PulpClient
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.report.report import Report
from tests.unit.file_server import file_server

SHA256 = hashlib.sha256(b"content").hexdigest()
PATH = "/pulp/content/images/1/a b.img"
ENCODED_PATH = "/pulp/content/images/1/a%20b.img"


@pytest.fixture
def server():
    with file_server() as served:
        served.files[ENCODED_PATH] = b"content"
        served.files[f"{ENCODED_PATH}.sha256"] = checksum_file_content(SHA256, "a b.img")
        yield served


@pytest.fixture
def get(server, tmp_path):
    """Return a function that runs the module with items and returns their results."""

    def run(*items, check_mode=False):
        defaults = {"path": "images/1/a b.img", "checksum": True, "dest": str(tmp_path) + "/"}
        params = {"files": [{**defaults, **item} for item in items or [{}]]}
        prefix = "/pulp/content/"
        connection = Connection(server.url, "client", "secret", content_path_prefix=prefix)
        server.requests.clear()
        results, more = download_files(Server(PulpClient(connection), Report(), check_mode), params)
        assert more["statistics"]["requests"] == len(server.requests)
        return results

    return run


def test_a_file_is_verified_with_its_checksum_file_and_keeps_its_name(get, tmp_path):
    (result,) = get()
    assert (result.error, result.action, result.more["received"]) == ("", "created", 7)
    assert (tmp_path / "a b.img").read_bytes() == b"content"
    assert result.more["sha256"] == SHA256


def test_an_existing_file_is_not_downloaded(get, server, tmp_path):
    get()
    before = (tmp_path / "a b.img").stat()
    (result,) = get()
    assert not result.changed
    assert [path for path, _headers in server.requests] == [f"{ENCODED_PATH}.sha256"]
    assert (tmp_path / "a b.img").stat().st_mtime_ns == before.st_mtime_ns
    assert not get({"sha256": SHA256.upper()})[0].changed
    assert server.requests == []


def test_a_different_file_is_replaced_and_keeps_its_mode(get, tmp_path):
    (tmp_path / "a b.img").write_bytes(b"old")
    (tmp_path / "a b.img").chmod(0o604)
    (result,) = get()
    assert (result.action, result.after) == ("updated", {"sha256": SHA256})
    assert (tmp_path / "a b.img").stat().st_mode & 0o777 == 0o604


def test_a_mode_is_set_with_and_without_a_download(get, tmp_path):
    get({"mode": "0600"})
    assert (tmp_path / "a b.img").stat().st_mode & 0o777 == 0o600
    (result,) = get({"mode": "0640"})
    assert (result.before, result.after) == ({"mode": "0600"}, {"mode": "0640"})
    assert (tmp_path / "a b.img").stat().st_mode & 0o777 == 0o640
    assert not get({"mode": "0640"})[0].changed


def test_check_mode_downloads_nothing(get, tmp_path):
    (result,) = get(check_mode=True)
    assert (result.changed, list(tmp_path.iterdir())) == (True, [])


def test_a_file_without_a_checksum_is_downloaded_once(get, server, tmp_path):
    del server.files[f"{ENCODED_PATH}.sha256"]
    assert get()[0].error == (
        "a b.img has no a b.img.sha256 beside it: set sha256, or checksum to false "
        "(image_checksum=false) to skip the check"
    )
    (result,) = get({"checksum": False})
    assert (result.error, result.after["sha256"]) == ("", SHA256)
    (tmp_path / "a b.img").write_bytes(b"mine")
    assert not get({"checksum": False})[0].changed


def test_any_url_is_accepted(get, server, tmp_path):
    (result,) = get({"path": None, "url": server.url + ENCODED_PATH, "dest": str(tmp_path / "x")})
    assert (result.error, (tmp_path / "x").read_bytes()) == ("", b"content")


def test_a_signed_url_is_verified_with_its_checksum_file_and_not_shown(get, server, tmp_path):
    signed = f"{ENCODED_PATH}?Signature=secret"
    server.files[signed] = server.files[ENCODED_PATH]
    server.files[f"{ENCODED_PATH}.sha256?Signature=secret"] = checksum_file_content(
        SHA256, "a b.img"
    )
    (result,) = get({"path": None, "url": server.url + signed})
    assert (result.error, (tmp_path / "a b.img").read_bytes()) == ("", b"content")
    assert "secret" not in result.name + result.more["url"]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"url": "http://a/b"}, "either url or path"),
        ({"path": None, "url": "http://u:p@a/b"}, r"http://***@a/b contains credentials"),
        ({"path": None, "url": "a/b"}, "is not an http:// or https:// URL"),
        ({"path": "images/1/"}, "the URL has no file name"),
        ({"dest": "/nowhere/at/all"}, "the directory /nowhere/at does not exist"),
        ({"sha256": "abc"}, "invalid sha256 'abc'"),
        ({"mode": "420"}, "expected a quoted octal number"),
        ({"path": "images/2/a.img"}, "/images/2/a.img"),
        ({"path": "images/2/a.img"}, "there is no http"),
    ],
)
def test_invalid_items_are_reported(get, item, message):
    (result,) = get(item)
    assert message in result.error


@pytest.mark.parametrize(
    ("directory", "name"),
    [("images/1", "a b.img"), ("images", "1/a b.img")],
    ids=["beside", "above"],
)
def test_without_a_checksum_file_the_pulp_manifest_reveals_an_older_file(
    get, server, tmp_path, directory, name
):
    manifest = f"{name},{SHA256},7\n1/other,{'a' * 64},9\n"
    server.files[f"/pulp/content/{directory}/PULP_MANIFEST"] = manifest.encode()
    (tmp_path / "a b.img").write_bytes(b"older")
    (result,) = get({"checksum": False})
    assert (result.error, result.action, result.more["sha256"]) == ("", "updated", SHA256)
    assert (tmp_path / "a b.img").read_bytes() == b"content"
    assert not get({"checksum": False})[0].changed
    server.files[ENCODED_PATH] = b"damaged"
    (tmp_path / "a b.img").unlink()
    assert f"but {SHA256} was expected" in get({"checksum": False})[0].error


def test_a_failed_item_does_not_affect_the_others(get, tmp_path):
    first, second, third = get({"path": "nowhere"}, {}, {"dest": str(tmp_path)})
    assert (bool(first.error), second.error) == (True, "")
    assert "this dest is given twice" in third.error


@pytest.mark.parametrize("size", [5, 9])
def test_a_file_has_the_size_that_the_manifest_of_its_publication_announces(
    get, server, tmp_path, size
):
    server.files["/pulp/content/images/1/PULP_MANIFEST"] = f"a b.img,{SHA256},{size}".encode()
    (result,) = get({"checksum": False})
    assert f"does not have the {size} bytes that the manifest" in result.error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [{"url": "http://["}, {"dest": "/tmp/a\0b"}])
def test_an_impossible_url_or_path_fails_its_own_item_only(get, wrong):
    usual = {"path": None} if "url" in wrong else {}
    good, bad = get({}, {**usual, **wrong})
    assert (good.error, good.action) == ("", "created")
    assert "unexpected" not in bad.error
    assert bad.error


def test_the_path_prefix_is_that_of_the_server(server, tmp_path):
    status = b'{"content_settings": {"content_path_prefix": "/content/"}}'
    server.files["/pulp/api/v3/status/"] = status
    server.files["/content/images/2"] = b"content"
    server.files["/content/images/PULP_MANIFEST"] = f"2,{SHA256},7".encode()
    files = [{"path": "images/2", "checksum": False, "dest": str(tmp_path / "2")}]
    connection = Connection(server.url, "client", "secret")
    (result,), more = download_files(Server(PulpClient(connection), Report()), {"files": files})
    assert (result.error, result.more["sha256"]) == ("", SHA256)
    assert result.more["url"] == f"{server.url}/content/images/2"
    assert more["statistics"]["requests"] == len(server.requests)
