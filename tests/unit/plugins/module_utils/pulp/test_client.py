# SPDX-License-Identifier: Apache-2.0
"""The client with a local HTTP server that returns errors."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest
import requests

from plugins.module_utils.pulp.client import PulpClient
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import (
    AuthenticationError,
    InvalidItem,
    LostResponse,
    PulpError,
    ResponseError,
    TLSError,
    Unreachable,
)
from tests.unit.pulp_http_server import PASSWORD, USERNAME, Reply


@pytest.fixture
def pauses():
    """Return the list of pauses of the client, which does not sleep."""
    return []


@pytest.fixture
def client_of(pulp, pauses):
    """Return a function that creates a client with these connection options."""

    def make(**options):
        settings = {"pulp_url": pulp.url, "username": USERNAME, "password": PASSWORD, **options}
        return PulpClient(Connection(**settings), sleep=pauses.append)

    return make


@pytest.fixture
def client(client_of, pulp):
    pulp.answer("GET", "tasks/", {"results": [], "next": None})
    pulp.answer("POST", "groups/", {"name": "a"}, 201)
    pulp.answer("PATCH", "groups/1/", {"name": "b"})
    return client_of()


# The clock


@pytest.mark.parametrize("ahead", [-7200, 0, 7200])
def test_the_clock_of_the_server_is_known_from_any_response(client, monkeypatch, ahead):
    monkeypatch.setattr(
        "tests.unit.pulp_http_server.Handler.date_time_string",
        lambda _self, _timestamp=None: formatdate(time.time() + ahead, usegmt=True),
    )
    client.get("tasks/")
    assert abs(client.clock_offset - ahead) < 5


def test_a_malformed_date_of_a_response_is_ignored(client, monkeypatch):
    monkeypatch.setattr(
        "tests.unit.pulp_http_server.Handler.date_time_string",
        lambda _self, _timestamp=None: "today",
    )
    client.get("tasks/")
    assert client.clock_offset == 0.0


# Logging in


def test_one_login_serves_all_threads(client, pulp):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _number: client.get("tasks/"), range(16)))
    assert pulp.logins == 1
    assert not client.uses_basic_auth


def test_a_write_sends_the_csrf_token_of_the_login(client, pulp):
    assert client.post("groups/", {"name": "a"}) == {"name": "a"}
    sent = pulp.requests("groups/")[0]
    assert (sent.headers["x-csrftoken"], sent.headers["referer"]) == ("t1", pulp.url + "/")
    assert "authorization" not in sent.headers


def test_a_new_token_in_a_response_is_used_from_then_on(client, pulp):
    pulp.routes["GET", "tasks/"] = lambda request: Reply(body={}, cookies=["csrftoken=new"])
    client.get("tasks/")
    pulp.sessions["s1"] = "new"
    client.post("groups/")
    assert pulp.requests("groups/")[0].headers["x-csrftoken"] == "new"
    assert pulp.logins == 1


@pytest.mark.parametrize("method", ["get", "post", "patch"])
def test_an_expired_session_is_renewed_and_the_request_repeated(client, pulp, method):
    client.get("tasks/")
    pulp.expire()
    arguments = {"get": ("tasks/",), "post": ("groups/", {}), "patch": ("groups/1/", {})}
    assert getattr(client, method)(*arguments[method])
    assert pulp.logins == 2


def test_a_rotated_token_is_fetched_and_the_write_repeated(client, pulp):
    client.get("tasks/")
    pulp.sessions["s1"] = "rotated"
    assert client.post("groups/") == {"name": "a"}
    assert [one.headers["x-csrftoken"] for one in pulp.requests("groups/")] == ["t1", "t2"]


def test_threads_share_one_new_login_after_a_session_expired(client, pulp):
    client.get("tasks/")
    pulp.expire()
    ready = threading.Barrier(8)

    def send(_number):
        ready.wait(5)
        return client.post("groups/")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(send, range(8))) == [{"name": "a"}] * 8
    # Each 401 response deletes the cookie of the old session, and must not delete the new one.
    assert pulp.logins == 2


def test_a_changed_password_is_an_error_with_the_user(client, pulp):
    client.get("tasks/")
    pulp.expire()
    pulp.credentials = (USERNAME, "another")
    with pytest.raises(AuthenticationError) as refused:
        client.post("groups/")
    assert "refused user 'admin': Invalid username/password." in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_a_session_that_always_expires_is_an_error(client, pulp):
    pulp.routes["GET", "tasks/"] = lambda request: Reply(401, {"detail": "No."})
    with pytest.raises(AuthenticationError, match="No."):
        client.get("tasks/")
    assert pulp.logins == 2


def test_without_a_login_endpoint_the_login_form_is_used(client, pulp):
    pulp.has_login, pulp.has_form = False, True
    assert client.post("groups/") == {"name": "a"}
    assert (pulp.logins, client.uses_basic_auth) == (1, False)


def test_a_wrong_password_in_the_login_form_is_an_error(client_of, pulp):
    pulp.has_login, pulp.has_form = False, True
    with pytest.raises(AuthenticationError, match="refused user 'admin'"):
        client_of(password="wrong").get("tasks/")


def test_without_sessions_each_request_has_the_password(client, pulp):
    pulp.has_login = False
    assert client.post("groups/") == {"name": "a"}
    assert client.uses_basic_auth
    assert "cookie" not in pulp.requests("groups/")[0].headers


def test_logging_in_reports_a_wrong_password_without_sessions(client_of, pulp):
    pulp.has_login = False
    pulp.answer("GET", "tasks/", {"results": []})
    client_of().log_in()
    with pytest.raises(AuthenticationError):
        client_of(password="wrong").log_in()


def test_the_login_url_of_a_domain_is_below_its_path(client_of, pulp):
    with pytest.raises(ResponseError):
        client_of(domain="site a", api_root="/other/").get("tasks/")
    assert pulp.seen[0].path == "/other/site%20a/api/v3/login/"


def test_a_client_certificate_needs_no_login(client_of, pulp, certificate):
    client = client_of(client_cert=str(certificate[0]), client_key=str(certificate[1]))
    with pytest.raises(AuthenticationError, match="refused the client certificate"):
        client.get("tasks/")
    assert pulp.logins == 0


def test_credentials_of_a_netrc_file_are_not_used(client_of, pulp, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with pytest.raises(AuthenticationError, match="without username"):
        client_of(username=None, password=None).get("tasks/")
    assert "authorization" not in pulp.seen[0].headers


# Network errors and retries


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_retried_while_the_server_is_unavailable(client, pulp, pauses, status):
    pulp.faults = [Reply(status, "<html>away</html>"), Reply(status), Reply(cut=True)]
    assert client.get("tasks/") == {"results": [], "next": None}
    assert pauses == [0.5, 1.0, 2.0]


def test_an_unreachable_server_is_an_error_with_the_cause(client, pulp, pauses):
    pulp.faults = [Reply(503, "<html><h1>Service Unavailable</h1></html>")] * 9
    with pytest.raises(ResponseError, match=r"^Service Unavailable \(HTTP 503\)$"):
        client.get("tasks/")
    assert len(pauses) == 4


@pytest.mark.parametrize(
    ("retry_after", "waited"),
    [("3", 3), ("100000", 30), ("0", 0.5), ("nonsense", 0.5), ("Thu, 01 Jan 1970", 0.5)],
)
def test_retry_after_is_applied_within_limits(client, pulp, pauses, retry_after, waited):
    pulp.faults = [Reply(429, headers={"Retry-After": retry_after})]
    client.get("tasks/")
    assert pauses == [waited]


def test_retry_after_may_be_a_date(client, pulp, pauses):
    pulp.faults = [Reply(503, headers={"Retry-After": formatdate(4102444800, usegmt=True)})]
    client.get("tasks/")
    assert pauses == [30]


def test_an_idempotent_write_is_retried(client, pulp):
    pulp.faults = [Reply(cut=True, carried_out=True), Reply(502)]
    assert client.patch("groups/1/", {"name": "b"}) == {"name": "b"}
    assert len(pulp.requests("groups/1/")) == 3


@pytest.mark.parametrize(
    "fault", [Reply(cut=True, carried_out=True), Reply(502), Reply(503), Reply(504)]
)
def test_a_creation_with_a_lost_response_is_not_retried(client, pulp, fault):
    pulp.faults = [fault]
    with pytest.raises(LostResponse):
        client.post("groups/")
    assert len(pulp.requests("groups/")) == 1


def test_a_postponed_creation_is_retried(client, pulp):
    pulp.faults = [Reply(429)]
    assert client.post("groups/") == {"name": "a"}


def test_a_slow_response_has_a_timeout(client_of, pulp):
    pulp.faults = [Reply(seconds=0.6)] * 9
    with pytest.raises(LostResponse, match=r"did not answer within 0.2 s"):
        client_of(timeout=0.2).post("groups/")


def test_a_response_that_arrives_byte_by_byte_has_a_timeout(client_of, pulp):
    pulp.faults = [Reply(body={"detail": "x" * 30000}, drip=True)]
    with pytest.raises(LostResponse, match="did not answer within"):
        client_of(timeout=0.5).post("groups/")


def test_a_refused_connection_means_that_nothing_was_done(pauses):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(Unreachable, match="cannot be reached.*Connection refused"):
            PulpClient(Connection(url), sleep=pauses.append).post("groups/")
    assert len(pauses) == 4


def test_a_server_without_http_is_an_error(pauses):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet():
            for _number in range(5):
                with server.accept()[0] as connection:
                    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(PulpError, match="the connection to http://127.* broke"):
            PulpClient(Connection(url), sleep=pauses.append).get("tasks/")


# Responses that are not from Pulp


def test_a_redirect_is_an_error_without_credentials(client, pulp):
    pulp.faults = [Reply(301, headers={"Location": "https://me:secret@else.where/pulp/"})]
    with pytest.raises(ResponseError) as error:
        client.get("tasks/")
    assert "redirects to https://***@else.where/pulp/: correct pulp_url" in str(error.value)


def test_the_error_of_a_missing_page_names_possible_causes(client, pulp):
    with pytest.raises(
        ResponseError, match="there is no http.*/remotes/deb/apt/: correct"
    ) as error:
        client.get("remotes/deb/apt/")
    assert error.value.status == 404
    assert "<" not in str(error.value)


@pytest.mark.parametrize("body", ["<html>Welcome</html>", [], [1], "", "[]", {"results": 3}, {}])
def test_an_unexpected_response_is_an_error_without_traceback(client, pulp, body):
    pulp.answer("GET", "tasks/", body)
    with pytest.raises(ResponseError, match="the response is not from a Pulp server"):
        client.list("tasks/")


def test_an_html_error_page_is_shown_as_text(client, pulp):
    page = "<html><style>p{}</style><title>Oops</title>\n<p>it &lt;broke&gt;</p></html>"
    pulp.answer("POST", "groups/", page, 500)
    with pytest.raises(ResponseError, match=r"^Oops it <broke> \(HTTP 500\)$"):
        client.post("groups/")


def test_an_error_of_pulp_is_shown_with_its_message(client, pulp):
    pulp.answer("POST", "groups/", {"name": ["This field must be unique."]}, 400)
    with pytest.raises(ResponseError, match=r"^name: This field must be unique. \(HTTP 400\)$"):
        client.post("groups/")


def test_deleting_a_missing_object_is_no_error(client, pulp):
    pulp.answer("DELETE", "groups/1/", {"detail": "Not found."}, 404)
    assert client.delete("groups/1/") is None
    pulp.answer("DELETE", "groups/1/", "", 204)
    assert client.delete("groups/1/") is None
    pulp.answer("DELETE", "groups/1/", {"detail": "No."}, 403)
    with pytest.raises(ResponseError, match="No."):
        client.delete("groups/1/")


# Reading


def test_all_pages_are_read_from_the_configured_address(client, pulp):
    objects = [{"name": str(number)} for number in range(5)]

    def page(request):
        begin, limit = int(request.query["offset"]), int(request.query["limit"])
        more = "http://only.the.server/knows" if begin + limit < len(objects) else None
        return Reply(body={"results": objects[begin : begin + limit], "next": more})

    pulp.routes["GET", "tasks/"] = page
    assert client.list("tasks/", {"limit": 2}) == objects
    assert len(pulp.requests("tasks/")) == 3


def test_a_list_ends_with_an_empty_page(client, pulp):
    pulp.answer("GET", "tasks/", {"results": [], "next": "http://again"})
    assert client.list("tasks/") == []


def test_filters_are_encoded_correctly(client, pulp):
    client.get("tasks/", {"name__in": "a b,ü (x),c&d=e+f/g", "fields": "name,state"})
    assert pulp.requests("tasks/")[0].query == {
        "name__in": "a b,ü (x),c&d=e+f/g",
        "fields": "name,state",
    }


def test_hrefs_and_endpoints_have_the_urls_of_the_domain(client_of):
    client = client_of(pulp_url="http://pulp/", domain="a")
    assert client.url_for("tasks/") == "http://pulp/pulp/a/api/v3/tasks/"
    assert client.url_for("/pulp/a/api/v3/tasks/1/") == "http://pulp/pulp/a/api/v3/tasks/1/"
    assert client_of(pulp_url="http://pulp", api_root="/").url_for("x/") == "http://pulp/api/v3/x/"


# TLS and proxies


@pytest.fixture
def tls_url(certificate):
    """Run a TLS server that responds to every request with an empty JSON object."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certificate))
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            while True:
                try:
                    plain = listening.accept()[0]
                except OSError:
                    return
                try:
                    with context.wrap_socket(plain, server_side=True) as connection:
                        connection.recv(65536)
                        connection.sendall(answer)
                except OSError:
                    plain.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def test_an_untrusted_certificate_is_reported_without_retries(tls_url, pauses):
    with pytest.raises(TLSError, match="is not trusted .*: set ca_path to the certificate"):
        PulpClient(Connection(tls_url), sleep=pauses.append).get("status/")
    assert pauses == []


def test_the_configured_ca_bundle_overrides_the_environment(
    tls_url, certificate, tmp_path, monkeypatch, pauses
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    assert PulpClient(Connection(tls_url), sleep=pauses.append).get("status/") == {}
    (tmp_path / "other.pem").write_bytes(ssl.DER_cert_to_PEM_cert(b"other").encode())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
    with pytest.raises(TLSError):
        PulpClient(Connection(tls_url), sleep=pauses.append).get("status/")
    trusting = Connection(tls_url, ca_path=str(certificate[0]))
    assert PulpClient(trusting, sleep=pauses.append).get("status/") == {}


@pytest.mark.parametrize("content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nx\n"])
def test_an_authority_that_cannot_be_read_is_named(tls_url, tmp_path, content, pauses):
    path = tmp_path / "ca.pem"
    path.write_text(content)
    with pytest.raises(InvalidItem, match=f"ca_path '{path}' cannot be used"):
        PulpClient(Connection(tls_url, ca_path=str(path)), sleep=pauses.append).get("status/")
    assert pauses == []


def test_an_authority_of_the_environment_that_is_missing_is_named(tls_url, monkeypatch, pauses):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(InvalidItem, match="/nowhere/ca.pem. Correct REQUESTS_CA_BUNDLE"):
        PulpClient(Connection(tls_url), sleep=pauses.append).get("status/")
    assert pauses == []


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("certificate has expired", "renew it, or correct the clock"),
        ("certificate is not yet valid", "correct the clock"),
        ("self-signed certificate", "set ca_path to the certificate of its CA"),
    ],
)
def test_the_advice_for_a_certificate_depends_on_its_fault(reason, advice, pauses, monkeypatch):
    error = ssl.SSLCertVerificationError(f"[SSL: CERTIFICATE_VERIFY_FAILED] {reason} (_ssl.c:1)")

    def refuse(*_arguments, **_options):
        raise requests.exceptions.SSLError(error)

    monkeypatch.setattr(requests.Session, "request", refuse)
    with pytest.raises(TLSError) as caught:
        PulpClient(Connection("https://pulp"), sleep=pauses.append).get("status/")
    assert advice in str(caught.value)
    assert ("ca_path" in str(caught.value)) == ("ca_path" in advice)


def test_without_validation_any_certificate_will_do(tls_url, monkeypatch, recwarn):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/hostname")
    assert PulpClient(Connection(tls_url, validate_certs=False)).get("status/") == {}
    assert [str(warning.message) for warning in recwarn] == []


def test_a_certificate_for_another_host_is_rejected_despite_the_ca_bundle(tls_url, certificate):
    url = tls_url.replace("127.0.0.1", "localhost")
    with pytest.raises(TLSError) as error:
        PulpClient(Connection(url, ca_path=str(certificate[0]))).get("status/")
    assert "localhost" in str(error.value)
    assert "ca_path" not in str(error.value)


def test_a_server_without_tls_is_detected(pulp, pauses):
    url = pulp.url.replace("http:", "https:")
    with pytest.raises(TLSError, match="does not speak TLS: pulp_url may have to begin"):
        PulpClient(Connection(url), sleep=pauses.append).get("status/")


def test_the_proxy_of_the_environment_is_used_and_its_password_is_hidden(pulp, monkeypatch):
    pulp.answer("GET", "status/", {})
    proxy = pulp.url.replace("http://", "http://me:secret@")
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(PulpError) as error:
        PulpClient(Connection("http://pulp.invalid")).get("status/")
    assert "proxy-authorization" in pulp.seen[0].headers
    assert "secret" not in str(error.value)


def test_an_unreachable_proxy_is_an_error_without_its_password(monkeypatch, pauses):
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:1")
    with pytest.raises(Unreachable) as error:
        PulpClient(Connection("http://pulp.invalid"), sleep=pauses.append).post("groups/")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("proxy", ["socks9://me:secret@x", "http://me:secret@[::1", "http://"])
def test_an_invalid_proxy_is_an_error_without_its_password(monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(PulpError) as error:
        PulpClient(Connection("http://pulp.invalid"), sleep=lambda pause: None).get("status/")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("url", ["http://a..b", "http://" + "a" * 70 + ".x"])
def test_an_invalid_host_name_is_an_error(url):
    with pytest.raises(InvalidItem, match="cannot send requests to|is not a valid URL"):
        PulpClient(Connection(url), sleep=lambda pause: None).get("status/")
