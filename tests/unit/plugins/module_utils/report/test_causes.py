# SPDX-License-Identifier: Apache-2.0
"""Causes are recognized by the messages of a real Pulp."""

from __future__ import annotations

import pytest

from plugins.module_utils.report.causes import CAUSES, cause_of, is_transient

MESSAGES = {
    "not enough space in /mnt: 24 MiB are needed and 12 MiB are free": ("local disk full", False),
    "there is no http://ark/a.sha256: set sha256, or checksum to false": ("file not found", False),
    "Worker has gone missing (task /pulp/api/v3/tasks/1/)": ("Pulp worker lost", True),
    "[Errno 28] No space left on device: '/var/lib/pulp/x'": ("Pulp storage full", False),
    "still running after task_timeout; the task": (
        "Pulp task exceeds task_timeout",
        False,
    ),
    "http://ark cannot be reached: Connection refused": ("Pulp server unreachable", True),
    "Bad Gateway (HTTP 502)": ("Pulp server unreachable", True),
    "the source oci:/x:y cannot be read: open /x: no such file or directory": (
        "source image cannot be read",
        False,
    ),
    "the registry of http://ark refused user 'a': Unauthorized": (
        "registry rejects the account",
        False,
    ),
    "Forbidden (HTTP 403)": ("Pulp credentials rejected", False),
    "401, message='Unauthorized', url='http://x/'": ("upstream credentials rejected", False),
    "404, message='Not Found', url='http://x/'": ("404 from upstream", False),
    "[RPM0004] Failed to fetch from remote URL 'http://x/': 404 - Not Found": (
        "404 from upstream",
        False,
    ),
    "429, message='Too Many Requests', url='http://x/'": ("upstream rate limit", True),
    "500, message='Internal Server Error', url='http://x/'": ("upstream server error", True),
    "Cannot connect to host x:443 ssl:True [SSLCertVerificationError: certificate verify failed]": (
        "certificate not trusted",
        False,
    ),
    "Connection timeout to host http://x/, timed out": ("upstream timed out", True),
    "Cannot connect to host x:443 [Connection refused]": ("upstream unreachable", True),
    "Response payload is not completed": ("upstream closed the connection", True),
    "A file located at the url http://x/ failed validation due to checksum.": (
        "upstream metadata and packages are inconsistent",
        True,
    ),
    "This repository uses features which are incompatible with 'mirror' sync.": (
        "metadata incompatible with mirror",
        False,
    ),
    "XML is not well-formed in repomd.xml": ("upstream metadata invalid", False),
    "name: This field must be unique.": ("name already in use", False),
    "the task is canceled": ("task canceled", False),
}


@pytest.mark.parametrize("message", MESSAGES)
def test_a_cause_is_recognized_by_the_message_of_pulp(message):
    name, transient = MESSAGES[message]
    cause = cause_of(message)
    assert cause is not None
    assert (cause.name, is_transient(message)) == (name, transient)
    assert cause.advice


def test_every_cause_has_an_example_message():
    assert {name for name, _passes in MESSAGES.values()} == {cause.name for cause in CAUSES}


def test_an_unknown_message_has_no_cause_and_is_not_retried():
    assert cause_of("something else went wrong") is None
    assert not is_transient("something else went wrong")
