# SPDX-License-Identifier: Apache-2.0
"""The cause of an error comes first, and what only Pulp's administrators need is left out."""

from __future__ import annotations

import pytest

from plugins.plugin_utils.run.messages import item_message, module_message, shorten

TEMPLATE = f"[{{'name': '{'Ubuntu Noble ' * 180}', 'url': '{{{{ openstack_release_codename }}}}'}}]"
UNDEFINED = "'openstack_release_codename' is undefined"


@pytest.mark.parametrize(
    "text",
    [
        "Task failed: Finalization of task args for 'pulp_repository' failed: "
        f"Error while resolving value for 'deb': {TEMPLATE}: Error while resolving value for "
        f"'stackhpc_pulp_repository_deb_repos': {UNDEFINED}\n\nOrigin: /x/tasks/main.yml:3:1",
        "The task includes an option with an undefined variable. The error was: {{ "
        f"stackhpc_pulp_repository_deb_repos }}}}: {TEMPLATE}: {UNDEFINED}. {UNDEFINED}\n\nThe "
        "error appears to be in '/x/tasks/main.yml': line 3, column 3, but may\nbe elsewhere",
        UNDEFINED,
    ],
)
def test_an_undefined_variable_comes_first(text):
    message = module_message(text)
    assert message.startswith(UNDEFINED)
    assert len(message) < 500
    assert "define it" in message
    assert "main.yml" not in message


def test_a_missing_key_comes_first():
    text = f"Error was: {TEMPLATE}: object of type 'dict' has no attribute 'rocky-10'"
    assert module_message(text).startswith("object of type 'dict' has no attribute 'rocky-10'")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("404 (task /pulp/api/v3/tasks/0197-a/)", "404"),
        (
            "still running; the task /pulp/api/v3/tasks/0197-a/ continues",
            "still running; the task continues",
        ),
        (
            "Parse error '/var/lib/pulp/tmp/1@ark/0197/tmpab_c12xy' at line: 1\n (empty), from http://x/",
            "Parse error a temporary file at line: 1 (empty), from http://x/",
        ),
        (
            "[Errno 2] No such file or directory: 'tmpabcd1234'",
            "[Errno 2] No such file or directory: a temporary file",
        ),
        ("url='http://x/tmp/a.xml'", "url='http://x/tmp/a.xml'"),
    ],
)
def test_tasks_and_temporary_files_of_pulp_are_left_out(text, shown):
    assert item_message(text) == shown


def test_a_long_line_keeps_its_beginning_and_its_end():
    line = f"404 from upstream: {'x' * 300} http://x/repomd.xml"
    short = shorten(line, 80)
    assert len(short) == 80
    assert short.startswith("404 from upstream: ")
    assert short.endswith(" http://x/repomd.xml")
    assert shorten("short", 80) == "short"
