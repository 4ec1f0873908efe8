# SPDX-License-Identifier: Apache-2.0
"""Tags are read with one token for many images, which is renewed before it expires."""

from __future__ import annotations

import base64

import pytest

from plugins.module_utils.container import registry as pulp_registry
from plugins.module_utils.container.registry import Registry, image_path
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import AuthenticationError, ResponseError
from tests.unit.pulp_http_server import PulpHttpServer, Reply

PASSWORD = 'pä$s " : @ % wörd'
DIGEST = "sha256:" + 64 * "a"


@pytest.fixture
def served(pulp):
    """Return path -> reply of a registry that issues the tokens `1`, `2`, ... for all scopes."""
    replies: dict[str, Reply] = {}
    tokens: list[list[str]] = []

    def reply(request):
        pulp.seen.append(request)
        if request.path == "/token/":
            tokens.append(request.scopes)
            return replies.get("/token/", Reply(200, {"token": str(len(tokens))}))
        return replies.get(request.path, Reply(404, {"errors": []}))

    pulp.reply = reply
    replies["tokens"] = tokens  # type: ignore[assignment]
    return replies


def registry(pulp: PulpHttpServer, *names: str, **more: object) -> Registry:
    given = {"username": "client1", "password": PASSWORD, **more}
    return Registry(Connection(pulp.url, **given), names, sleep=lambda _seconds: None)


def test_one_token_covers_all_image_names(pulp, served):
    served["/v2/a/b/manifests/1"] = Reply(200, "", {"Docker-Content-Digest": DIGEST})
    client = registry(pulp, "a/b", "a/c", "a/b")
    assert client.tag_status("a/b", "1") == (200, DIGEST)
    assert client.tag_status("a/c", "1") == (404, "")
    assert served["tokens"] == [["repository:a/b:pull", "repository:a/c:pull"]]
    token, first, _second = pulp.seen
    basic = base64.b64decode(token.headers["authorization"][6:]).decode()
    assert basic == f"client1:{PASSWORD}"
    assert token.query["service"] == pulp.url.partition("//")[2]
    assert (first.method, first.headers["authorization"]) == ("HEAD", "Bearer 1")
    assert "application/vnd.oci.image.index.v1+json" in first.headers["accept"]
    assert client.request_count == 3


def test_many_names_are_split_into_tokens_within_the_limits_of_the_server(pulp, served):
    names = [f"stackhpc-dev/an-image-with-a-long-name-{number}" for number in range(150)]
    client = registry(pulp, *names)
    for name in names:
        client.tag_status(name, "1")
    requested = [scope.split(":")[1] for scopes in served["tokens"] for scope in scopes]
    assert requested == names
    assert 1 < len(served["tokens"]) <= 5
    assert max(request.length for request in pulp.seen) < 4094


@pytest.mark.parametrize("how", ["expired", "dropped"])
def test_an_expired_or_dropped_token_is_requested_again(pulp, served, monkeypatch, how):
    served["/v2/a/b/manifests/1"] = Reply(200, "", {"Docker-Content-Digest": DIGEST})
    client = registry(pulp, "a/b")
    client.tag_status("a/b", "1")
    if how == "dropped":
        client.drop_token("a/b")
    else:
        now = pulp_registry.time.monotonic()
        monkeypatch.setattr(pulp_registry.time, "monotonic", lambda: now + 31)
    client.tag_status("a/b", "1")
    assert len(served["tokens"]) == 2
    assert pulp.seen[-1].headers["authorization"] == "Bearer 2"


@pytest.mark.parametrize("status", [401, 403])
def test_a_rejected_account_is_reported(pulp, served, status):
    served["/token/"] = Reply(status, {"detail": "Invalid username/password."})
    with pytest.raises(AuthenticationError, match="refused user 'client1': Invalid"):
        registry(pulp, "a/b").tag_status("a/b", "1")
    with pytest.raises(AuthenticationError, match="refused a request without credentials"):
        registry(pulp, username=None, password=None).log_in()


@pytest.mark.parametrize("body", ["<html>hello</html>", {"results": []}])
def test_a_server_that_is_not_a_registry_is_reported(pulp, served, body):
    served["/token/"] = Reply(200, body)
    with pytest.raises(ResponseError, match="response is not that of a registry: correct pulp_url"):
        registry(pulp).log_in()


def test_a_manifest_is_read_and_a_missing_one_is_an_error(pulp, served):
    served[f"/v2/a/b/manifests/{DIGEST}"] = Reply(200, {"config": {"digest": "x"}})
    client = registry(pulp, "a/b")
    assert client.manifest("a/b", DIGEST) == {"config": {"digest": "x"}}
    with pytest.raises(ResponseError, match="404"):
        client.manifest("a/b", "none")


def test_a_manifest_is_fetched_from_the_content_app_without_the_token(pulp, served):
    path = "/pulp/container/a/b/manifests/1"
    served["/v2/a/b/manifests/1"] = Reply(302, "", {"Location": f"{pulp.url}{path}?token=x"})
    served[path] = Reply(200, "", {"Docker-Content-Digest": DIGEST})
    assert registry(pulp, "a/b").tag_status("a/b", "1") == (200, DIGEST)
    assert pulp.seen[-1].query == {"token": "x"}
    assert "authorization" not in pulp.seen[-1].headers


def test_all_pages_of_tags_are_read(pulp, served, monkeypatch):
    monkeypatch.setattr(pulp_registry, "_PAGE_SIZE", 2)
    pages = {"": ["1", "2"], "2": ["3"]}
    reply = pulp.reply

    def list_tags(request):
        if not request.path.endswith("/tags/list"):
            return reply(request)
        assert request.query["n"] == "2"
        return Reply(200, {"name": "a/b", "tags": pages[request.query.get("last", "")]})

    pulp.reply = list_tags
    assert registry(pulp, "a/b").tags("a/b") == ["1", "2", "3"]


@pytest.mark.parametrize("body", ["<html>", {"errors": []}])
def test_an_invisible_image_has_no_tags(pulp, served, body):
    served["/v2/a/b/tags/list"] = Reply(404, body)
    assert registry(pulp, "a/b").tags("a/b") == []


def test_images_of_a_domain_have_its_name_as_prefix(pulp, served):
    connection = Connection(pulp.url, domain="site")
    assert image_path(connection, "a/b") == "site/a/b"
    registry(pulp, "a/b", domain="site").tag_status("a/b", "1")
    assert served["tokens"] == [["repository:site/a/b:pull"]]
    assert pulp.seen[-1].path == "/v2/site/a/b/manifests/1"
