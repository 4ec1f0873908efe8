# SPDX-License-Identifier: Apache-2.0
"""Text of others cannot control a terminal."""

from __future__ import annotations

import json
import re

import pytest

from plugins.module_utils.content.fetcher import Fetcher
from plugins.module_utils.pulp.client import PulpClient
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import PulpError, ResponseError, TaskFailed, unexpected_error
from plugins.module_utils.report.file import ReportFile
from plugins.module_utils.text import printable, text_table
from tests.unit.pulp_http_server import Reply

HOSTILE = "\x1b[2Jgone\x9b31m\u202e\u2028"
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07gone", r"\x1b[2J\x1b]0;title\x07gone"),
        ("a\r\nb\x9b31m\x7f", r"a\r\nb\x9b31m\x7f"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("Zürich\t日本 …", "Zürich\t日本 …"),
    ],
)
def test_control_characters_are_escaped_and_the_rest_is_kept(line, shown):
    assert printable(line) == shown


def received(pulp, reply: Reply) -> list[str]:
    """Return the errors of the REST API and of a download for this answer of a server."""
    pulp.reply = lambda request: reply if request.path != "/b" else Reply(404)
    connection = Connection(pulp.url)
    errors = []
    for read in (
        lambda: PulpClient(connection, sleep=lambda _seconds: None).get("tasks/"),
        lambda: Fetcher(connection).text(f"{pulp.url}/a", 999),
    ):
        with pytest.raises(PulpError) as caught:
            read()
        errors += [str(caught.value), getattr(caught.value, "detail", "")]
    return errors


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, HOSTILE + "\n" + HOSTILE),
        Reply(403, {"detail": HOSTILE}),
        Reply(302, "", {"Location": "/\x1b[2J\x9b"}),
        Reply(302, "", {"Location": "ftp://host/\x1b[2J\x9b"}),
        Reply(302, "", {"Location": "http://a@[\x1b[2J\x9b"}),
    ],
)
def test_no_answer_of_a_server_steers_the_terminal(pulp, reply):
    for text in received(pulp, reply):
        assert not CONTROLS.search(text)


@pytest.mark.parametrize("make", [PulpError, lambda text: ResponseError(400, text)])
def test_every_error_is_printable_and_keeps_its_lines(make):
    assert "two\nlines" in str(make("two\nlines"))
    assert not CONTROLS.search(str(make(HOSTILE)))


def test_details_and_unexpected_errors_are_printable():
    texts = [
        ResponseError(400, HOSTILE).detail,
        TaskFailed("/1/", HOSTILE).detail,
        unexpected_error(ValueError(HOSTILE + "\n")),
    ]
    assert not CONTROLS.search("".join(texts))


def test_tables_and_report_files_are_printable(tmp_path):
    lines = text_table(("NAME",), [(HOSTILE,)])
    path = tmp_path / "report"
    line = {"name": HOSTILE, "note": "Zürich\n"}
    ReportFile(str(path)).write(line)
    text = path.read_text(encoding="utf-8")
    assert not CONTROLS.search("\n".join([*lines, text]))
    assert json.loads(text) == line
    assert "Zürich" in text
