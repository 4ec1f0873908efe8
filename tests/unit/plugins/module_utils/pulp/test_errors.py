# SPDX-License-Identifier: Apache-2.0
"""Messages of errors have the text of Pulp and no secrets."""

from __future__ import annotations

import pytest

from plugins.module_utils.errors import (
    OperatorError,
    has_unclear_credentials,
    redact,
    redact_url,
    secrets_in,
    without_query,
)
from plugins.module_utils.pulp.errors import (
    UNEXPECTED_ERRORS,
    InvalidItem,
    PulpError,
    ResponseError,
    TaskFailed,
    error_text,
    unexpected_error,
)


@pytest.mark.parametrize(
    "text",
    [
        "get https://me:pass@host/path",
        "'https://me:pa@ss@host/path'",
        "url=URL('http://pass@host:80/x?y')",
        'proxy "socks5://me:$p"as:s@host" and http://a:pass@b/c',
    ],
)
def test_no_password_in_a_url_is_shown(text):
    assert "pass" not in redact(text).replace("path", "")
    assert "ss@" not in redact(text)
    assert "://***@" in redact(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "GET https://s3/f?X-Amz-Signature=abc&e=1: 403",
            "https://s3/f?X-Amz-Signature=***&e=1: 403",
        ),
        ("'https://blob/f?sv=1&sig=a%2Bc'", "https://blob/f?sv=1&sig=***'"),
        (
            "https://cdn/f?__token__=exp=1~hmac=ab&amp;sig=c",
            "https://cdn/f?__token__=***&amp;sig=***",
        ),
        ("https://host/?repo=a&access_token=abc", "?repo=a&access_token=***"),
    ],
)
def test_no_secret_in_the_query_of_a_url_is_shown(text, shown):
    assert redact(text).endswith(shown)


# A password that is not percent-encoded.
RAW = [
    "http://bob:pa#ss@host/x",
    "http://bob:pa/ss@host/x",
    "http://bob:pa?ss@host/x",
    "http://bob:pa ss@host/x",
    "http://bob:pa#s@s@host/x",
    "http://bob:2026#pass@host/x",
    "http://bob:pa[ss@host/x",
]


@pytest.mark.parametrize("url", RAW)
def test_no_part_of_a_password_that_is_not_encoded_is_shown(url):
    for text in (redact(f"get {url}: failed"), redact_url(url), without_query(url)):
        assert "pa" not in text
        assert "ss@" not in text
        assert "***@host/x" in text
    assert any(secret.endswith("s@") for secret in secrets_in(url))


@pytest.mark.parametrize("url", [*RAW[:4], "bob:pass@host/x", "bob:pa ss@host", "http://a#b@host"])
def test_a_url_that_cannot_be_parsed_is_recognized_and_not_shown(url):
    assert has_unclear_credentials(url)
    assert redact_url(url).startswith("***@host")


@pytest.mark.parametrize(
    "url",
    [
        "http://host/a@b",
        "https://bob:pa%23ss@host:8080/x",
        "http://[fd00::1]:80/a@b",
        "file:///a@b",
        "bob",
    ],
)
def test_other_urls_are_clear(url):
    assert not has_unclear_credentials(url)


def test_the_whole_query_of_a_url_is_masked_for_arguments():
    assert without_query("https://a/b?x=1&y=2#z") == "https://a/b?***#z"
    assert without_query("^a(?:b)?$") == "^a(?:b)?$"
    assert secrets_in("https://a/b?sig=abcdefgh&x=ijklmnop&key=a") == ["abcdefgh"]


@pytest.mark.parametrize(
    "text",
    [
        "https://host/a@b",
        "me@example.org",
        "http://host/?a=b@c",
        "docker://host:5000/a/b@sha256:12",
        "https://host:8080: refused, ask me@example.org",
        "https://[fd00::1]:80/a@b",
        "https://host: refused, ask me@example.org",
    ],
)
def test_text_without_credentials_is_kept(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "error",
    [
        OperatorError("http://a:secret@b"),
        PulpError("http://a:secret@b"),
        InvalidItem("http://a:secret@b"),
        ResponseError(400, "http://a:secret@b"),
        TaskFailed("/tasks/1/", "http://a:secret@b"),
    ],
)
def test_every_error_hides_the_credentials_of_urls(error):
    assert "secret" not in str(error)
    assert "secret" not in getattr(error, "detail", "")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"detail": "Not found."}, "Not found."),
        ({"name": ["This field must be unique."]}, "name: This field must be unique."),
        ({"non_field_errors": ["Both.", "Other."]}, "Both., Other."),
        ({"a": ["x"], "b": {"c": ["y"]}}, "a: x; b: c: y"),
        ([{"detail": "one"}, "two"], "one, two"),
        ("<html><script>x()</script><p>Bad\n Gateway</p></html>", "Bad Gateway"),
        ("<p>&lt;none&gt; &amp; all</p>", "<none> & all"),
        ("a < b and c > d", "a < b and c > d"),
        ("é\n  ü", "é ü"),
        (None, "None"),
        (17, "17"),
        ("x" * 5000, "x" * 2000),
    ],
)
def test_an_error_response_becomes_one_line_of_text(answer, message):
    assert error_text(answer) == message


def test_an_unexpected_error_is_reported_with_its_location():
    try:
        raise KeyError("results")
    except UNEXPECTED_ERRORS as error:
        message = unexpected_error(error)
    assert "KeyError: 'results'" in message
    assert "test_errors.py:" in message
    assert "\n" not in message
