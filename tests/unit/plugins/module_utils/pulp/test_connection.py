# SPDX-License-Identifier: Apache-2.0
"""Invalid connection options are rejected with a message."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import InvalidItem


@pytest.mark.parametrize(
    "url", ["", "pulp", "ftp://pulp", "http://", "http://[::1", "http://pulp:99999", "//pulp"]
)
def test_a_url_without_http_is_rejected(url):
    with pytest.raises(InvalidItem, match="is not an http:// or https:// URL"):
        Connection(url)


@pytest.mark.parametrize("url", ["http://me:secret@pulp", "me:secret@pulp", "http://me:se@cret@p"])
def test_credentials_in_the_url_are_rejected_and_not_shown(url):
    with pytest.raises(InvalidItem, match="set username and password instead") as error:
        Connection(url)
    assert "cret" not in str(error.value)


# Django compares the origin with the header Host, which omits the default port of the scheme.
@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://Pulp.example.com:80/", "http://pulp.example.com"),
        ("https://pulp:443", "https://pulp"),
        ("https://pulp:80", "https://pulp:80"),
        ("http://[fd00::1]:8080", "http://[fd00::1]:8080"),
        ("https://[FD00::1]:443", "https://[fd00::1]"),
    ],
)
def test_the_host_is_sent_as_http_requires(url, origin):
    assert Connection(url).origin == origin
    assert Connection(url).host == origin.partition("//")[2]


@pytest.mark.parametrize("name", ["timeout", "task_timeout", "concurrency"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_invalid_numbers_are_rejected_with_their_option(name, value):
    with pytest.raises(InvalidItem, match=f"^{name} is .*: it must be greater than 0"):
        Connection("http://pulp", **{name: value})


@pytest.mark.parametrize("name", ["ca_path", "client_cert", "client_key"])
def test_a_missing_file_is_rejected_with_its_option(name, tmp_path):
    with pytest.raises(InvalidItem, match=f"^{name} '.*nowhere' does not exist"):
        Connection("http://pulp", **{name: str(tmp_path / "nowhere")})


def test_the_repr_of_a_connection_has_no_password():
    assert "secret" not in repr(Connection("http://pulp", "me", "secret"))


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({}, "/pulp/api/v3/"),
        ({"api_root": "pulp"}, "/pulp/api/v3/"),
        ({"api_root": "/"}, "/api/v3/"),
        ({"api_root": "/a/b/"}, "/a/b/api/v3/"),
        ({"domain": "ü"}, "/pulp/%C3%BC/api/v3/"),
        ({"domain": ""}, "/pulp/api/v3/"),
    ],
)
def test_the_path_of_the_api(options, path):
    assert Connection("http://pulp", **options).api_path == path


@pytest.mark.parametrize("url", ["http://pulp:8080", "http://pulp:8080/", "http://pulp:8080/ \n"])
def test_a_trailing_slash_of_the_url_is_ignored(url):
    assert Connection(url).url_for("tasks/") == "http://pulp:8080/pulp/api/v3/tasks/"
