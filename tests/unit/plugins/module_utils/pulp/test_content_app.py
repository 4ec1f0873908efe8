# SPDX-License-Identifier: Apache-2.0
"""Responses of the content app, and the account that they reveal."""

from __future__ import annotations

import base64

import pytest

from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.content_app import (
    ADMINISTRATOR,
    ANONYMOUS,
    AUTHENTICATED,
    REFUSED,
    UNKNOWN_ACCOUNT,
    ContentApp,
    content_url,
)
from plugins.module_utils.pulp.errors import ResponseError, Unreachable
from tests.unit.pulp_http_server import API, PulpHttpServer, Reply

PASSWORD = 'pä$s " : @ % wörd'
# Messages of pulpcore 3.43 and 3.123.
NO_CREDENTIALS = "403: Authentication credentials were not provided."
NO_PERMISSION = "403: You do not have permission to perform this action."
LISTING = """<h1>Index of rocky/</h1><pre><a href="../">../</a>
<a href="./20260101T000000/">20260101T000000/</a>
<a href="20260102T000000/">20260102T000000/</a>
<a href="a%20file">a file</a></pre>"""


def app(pulp: PulpHttpServer, username: str | None = "client1", url: str = "") -> ContentApp:
    password = PASSWORD if username else None
    connection = Connection(
        url or pulp.url, username, password, content_path_prefix="/pulp/content/"
    )
    return ContentApp(connection, sleep=lambda _seconds: None)


@pytest.fixture
def served(pulp):
    """Return (method, path) -> reply of a server that does not check credentials."""
    replies: dict[tuple[str, str], Reply] = {}

    def reply(request):
        pulp.seen.append(request)
        return replies.get((request.method, request.path), Reply(404, "404: Not Found"))

    pulp.reply = reply
    return replies


@pytest.mark.parametrize(
    ("status", "body", "account"),
    [
        (200, {"results": []}, ADMINISTRATOR),
        (403, {"detail": "You do not have permission to perform this action."}, AUTHENTICATED),
        (401, {"detail": "Invalid username/password."}, REFUSED),
        (403, "<html>no API for you</html>", UNKNOWN_ACCOUNT),
        (404, "<html>Not Found</html>", UNKNOWN_ACCOUNT),
    ],
)
def test_the_list_of_users_reveals_the_kind_of_account(pulp, served, status, body, account):
    served["GET", f"{API}users/"] = Reply(status, body)
    assert app(pulp).whoami() == account
    given = pulp.seen[0].headers["authorization"]
    assert base64.b64decode(given[6:]).decode() == f"client1:{PASSWORD}"


def test_requests_without_an_account_are_anonymous(pulp, served):
    served["GET", f"{API}users/"] = Reply(401, {"detail": "not provided"})
    assert app(pulp, username=None).whoami() == ANONYMOUS
    assert "authorization" not in pulp.seen[0].headers


def test_a_broken_or_wrong_server_is_an_error(pulp, served):
    served["GET", f"{API}users/"] = Reply(500, "<h1>Server Error</h1>")
    with pytest.raises(ResponseError, match="Server Error"):
        app(pulp).whoami()
    served["GET", f"{API}users/"] = Reply(301, "", {"Location": "https://elsewhere/"})
    with pytest.raises(ResponseError, match="redirects to https://elsewhere/: correct pulp_url"):
        app(pulp).whoami()


def test_an_unreachable_content_app_is_an_error(pulp):
    with pytest.raises(Unreachable, match="cannot be reached"):
        app(pulp, url="http://127.0.0.1:1").whoami()


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_a_check_transfers_no_content(pulp, served, status):
    served["HEAD", "/pulp/content/rocky/1/repodata/repomd.xml"] = Reply(status, "")
    assert app(pulp).file_status("rocky/1/repodata/repomd.xml") == status
    assert [one.method for one in pulp.seen] == ["HEAD"]


def test_a_redirect_to_object_storage_counts_as_served(pulp, served):
    path = "/pulp/content/rocky/1/repomd.xml"
    served["HEAD", path] = Reply(302, "", {"Location": "https://storage/bucket/abc?signature=x"})
    assert app(pulp).file_status("rocky/1/repomd.xml") == 200
    served["HEAD", path] = Reply(302, "", {"Location": f"https://elsewhere{path}"})
    assert app(pulp).file_status("rocky/1/repomd.xml") == 302


@pytest.mark.parametrize(
    ("body", "reason"),
    [(NO_CREDENTIALS, REFUSED), (NO_PERMISSION, AUTHENTICATED), ("403 Forbidden", UNKNOWN_ACCOUNT)],
)
def test_the_message_distinguishes_a_wrong_password_from_a_missing_permission(
    pulp, served, body, reason
):
    served["GET", "/pulp/content/rocky/1/repomd.xml"] = Reply(403, body)
    assert app(pulp).denial_reason("rocky/1/repomd.xml") == reason


def test_directories_are_listed_without_credentials(pulp, served):
    served["GET", "/pulp/content/rocky/"] = Reply(200, LISTING)
    assert app(pulp).subdirectories("rocky/") == ["20260101T000000", "20260102T000000"]
    assert app(pulp).subdirectories("nothing") == []
    assert all("authorization" not in one.headers for one in pulp.seen)


def test_requests_are_counted(pulp, served):
    content = app(pulp)
    content.file_status("a")
    content.subdirectories("b")
    assert content.request_count == 2


def test_a_domain_is_part_of_the_path():
    assert content_url(Connection("https://ark/", domain="site a"), "rocky/1") == (
        "https://ark/pulp/content/site%20a/rocky/1"
    )


# Path prefix


def asking(url: str) -> ContentApp:
    return ContentApp(Connection(url, "client1", PASSWORD), sleep=lambda _seconds: None)


@pytest.mark.parametrize("prefix", ["/content/", "/a/b/", "/"])
def test_the_path_prefix_is_read_once_from_the_public_status(pulp, served, prefix):
    served["GET", f"{API}status/"] = Reply(
        200, {"content_settings": {"content_path_prefix": prefix}}
    )
    served["HEAD", f"{prefix}rocky/1"] = Reply(200, "")
    content = asking(pulp.url)
    assert [content.file_status("rocky/1"), content.file_status("rocky/1")] == [200, 200]
    assert [one.method for one in pulp.seen] == ["GET", "HEAD", "HEAD"]
    assert "authorization" not in pulp.seen[0].headers


@pytest.mark.parametrize(
    "reply", [Reply(403, "<html>no API for you</html>"), Reply(200, {}), Reply(200, [1])]
)
def test_a_server_that_does_not_report_its_prefix_is_assumed_to_have_the_default(
    pulp, served, reply
):
    served["GET", f"{API}status/"] = reply
    assert asking(pulp.url).url("rocky/1") == f"{pulp.url}/pulp/content/rocky/1"


def test_an_unreachable_server_is_reported_by_the_request_to_its_content():
    content = asking("http://127.0.0.1:1")
    assert content.url("rocky/1") == "http://127.0.0.1:1/pulp/content/rocky/1"
    with pytest.raises(Unreachable, match="cannot be reached"):
        content.file_status("rocky/1")


def test_the_prefix_of_the_connection_overrides_that_of_the_server(pulp):
    connection = Connection(pulp.url, content_path_prefix="own")
    assert ContentApp(connection).url("rocky/1") == f"{pulp.url}/own/rocky/1"
    assert pulp.seen == []
