# SPDX-License-Identifier: Apache-2.0
"""Causes are told from the words that Pulp really uses."""

from __future__ import annotations

import pytest

from plugins.module_utils.report.causes import CAUSES, cause_of, is_transient

WORDS = {
    "/mnt has no room: 24 MiB are wanted and 12 MiB are free": ("our disk is full", False),
    "there is no http://ark/a.sha256: set sha256, or checksum to false": ("no such file", False),
    "Worker has gone missing (task /pulp/api/v3/tasks/1/)": ("our Pulp: worker lost", True),
    "[Errno 28] No space left on device: '/var/lib/pulp/x'": ("our Pulp: disk full", False),
    "still running after task_timeout; it goes on": ("our Pulp: task_timeout", False),
    "http://ark cannot be reached: Connection refused": ("our Pulp cannot be reached", True),
    "Bad Gateway (HTTP 502)": ("our Pulp cannot be reached", True),
    "the source oci:/x:y cannot be read: open /x: no such file or directory": (
        "source of the image",
        False,
    ),
    "the registry of http://ark refused user 'a': Unauthorized": (
        "registry refuses the account",
        False,
    ),
    "Forbidden (HTTP 403)": ("credentials of our Pulp", False),
    "401, message='Unauthorized', url='http://x/'": ("our credentials", False),
    "404, message='Not Found', url='http://x/'": ("404 from upstream", False),
    "[RPM0004] Failed to fetch from remote URL 'http://x/': 404 - Not Found": (
        "404 from upstream",
        False,
    ),
    "429, message='Too Many Requests', url='http://x/'": ("too many requests for upstream", True),
    "500, message='Internal Server Error', url='http://x/'": ("upstream is broken", True),
    "Cannot connect to host x:443 ssl:True [SSLCertVerificationError: certificate verify failed]": (
        "certificate not trusted",
        False,
    ),
    "Connection timeout to host http://x/, timed out": ("upstream timed out", True),
    "Cannot connect to host x:443 [Connection refused]": ("upstream cannot be reached", True),
    "Response payload is not completed": ("upstream cut the connection", True),
    "A file located at the url http://x/ failed validation due to checksum.": (
        "upstream does not fit together",
        True,
    ),
    "This repository uses features which are incompatible with 'mirror' sync.": (
        "metadata incompatible with mirror",
        False,
    ),
    "XML is not well-formed in repomd.xml": ("metadata cannot be read", False),
    "name: This field must be unique.": ("the name is taken", False),
    "the task is canceled": ("canceled", False),
}


@pytest.mark.parametrize("words", WORDS)
def test_a_cause_is_told_from_the_words_of_pulp(words):
    name, transient = WORDS[words]
    cause = cause_of(words)
    assert cause is not None
    assert (cause.name, is_transient(words)) == (name, transient)
    assert cause.advice


def test_every_cause_has_words_that_tell_it():
    assert {name for name, _passes in WORDS.values()} == {cause.name for cause in CAUSES}


def test_what_nobody_knows_has_no_cause_and_is_not_tried_again():
    assert cause_of("something else went wrong") is None
    assert not is_transient("something else went wrong")
