# SPDX-License-Identifier: Apache-2.0
"""Messages of errors have the text of Pulp and no secrets."""

from __future__ import annotations

import pytest

from plugins.module_utils.errors import OperatorError, redact
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


@pytest.mark.parametrize("text", ["https://host/a@b", "me@example.org", "http://host/?a=b@c"])
def test_text_without_credentials_is_unchanged(text):
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
