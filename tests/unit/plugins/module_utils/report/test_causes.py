# SPDX-License-Identifier: Apache-2.0
"""Causes are recognized by the structure of error texts, never by URLs, paths and file names."""

from __future__ import annotations

import time

import pytest

from plugins.module_utils.report.cause_table import CAUSES
from plugins.module_utils.report.causes import cause_of, is_transient, without_names

EXAMPLES = [
    pytest.param(cause, text, id=f"{cause.name}, {source}")
    for cause in CAUSES
    for source, text in cause.examples.items()
]


@pytest.mark.parametrize(("cause", "text"), EXAMPLES)
def test_a_cause_is_recognized_by_each_of_its_examples(cause, text):
    found = cause_of(text)
    assert found is not None
    assert found.name == cause.name
    assert is_transient(text) == cause.transient


@pytest.mark.parametrize(("cause", "text"), EXAMPLES)
def test_the_url_and_the_task_that_are_added_to_a_text_do_not_change_its_cause(cause, text):
    added = ", syncing from http://x/5.14.0-503.el9/429/timeout-xml/ (task /pulp/api/v3/tasks/401/)"
    found = cause_of(f"{text}{added}")
    assert found is not None
    assert found.name == cause.name


DECEPTIVE = {
    "A file located at the url http://x/kernel-5.14.0-503.11.1.el9_5.x86_64.rpm failed validation "
    "due to checksum. Expected 'a', Actual 'b'": "upstream metadata and packages are inconsistent",
    "[PLP0003] A file located at the url http://x/builds/429/a.rpm failed validation due to "
    "checksum.": "upstream metadata and packages are inconsistent",
    "404, message='Not Found', url=URL('http://x/builds/429/timeout/500.xml')": "404 from upstream",
    "404, message='Not Found', url='http://x/401, message=/disk full'": "404 from upstream",
    "Package timeout-utils-429-1.el9 of /mnt/502 - gateway/x.xml is odd": "",
    "cannot read './429/401 - x'": "",
    "Parse error '/var/lib/pulp/503 - 429/checksum-tmp' at line: 3": "upstream metadata invalid",
    "[DEB0009] packages of 'http://x/checksum/timed-out/500/'": "packages with one version and "
    "different content",
    "[PLP0020] Content at the URL 'http://x/checksum.xml' does not contain at least one trusted "
    "hasher which is specified in the 'ALLOWED_CONTENT_CHECKSUMS' setting (['sha256']). The "
    "downloader expected one of the following hashers: {'sha1'}": "checksum type forbidden by Pulp",
    "client_cert: Invalid client_cert specified, error '('error parsing asn1 value: ParseError { "
    "kind: ShortData }',)' (HTTP 400)": "invalid certificate or key in the item",
    "[SSL] PEM lib (_ssl.c:9), syncing from https://x/": "invalid certificate or key in the item",
    "[PLP0026] SSL connection failed for https://x/401/: certificate verify failed: self-signed "
    "certificate": "certificate not trusted",
    "the certificate of https://ark is not trusted (certificate verify failed: self-signed "
    "certificate): set ca_path to the certificate of its CA": "Pulp certificate not trusted",
    "http://ark: the file does not exist, or is not served yet (HTTP 404)": "file not found",
    "File not found: http://x/repodata/503-primary.xml.gz": "404 from upstream",
    "[PLP0013] Sync failed: something about ALL": "",
}


@pytest.mark.parametrize("text", DECEPTIVE)
def test_numbers_and_words_in_urls_and_names_do_not_make_a_cause(text):
    found = cause_of(text)
    assert (found.name if found else "") == DECEPTIVE[text]


def test_an_unknown_error_has_no_cause_and_is_not_retried():
    assert cause_of("something else went wrong") is None
    assert not is_transient("something else went wrong")


def test_urls_paths_file_names_versions_and_packages_are_hidden():
    text = "a 'http://x/y?z=1', /tmp/x, repomd.xml, kernel-5 and self-signed: 404, (HTTP 500)"
    assert without_names(text) == "a 'URL', NAME, NAME, NAME and self-signed: 404, (HTTP 500)"


@pytest.mark.parametrize("part", ["a", "a.", "a-1", "http://", "https://a", "/", "'[", "1 - ", "("])
def test_long_texts_take_time_in_proportion_to_their_length(part):
    def seconds(length):
        text = part * (length // len(part))
        return min(_elapsed(text) for _repetition in range(5))

    assert seconds(40_000) < 25 * seconds(4_000) + 0.05


def _elapsed(text):
    began = time.process_time()
    cause_of(text)
    return time.process_time() - began


def test_a_tag_that_was_not_pushed_is_not_called_missing_upstream():
    cause = cause_of("Some tags not found in source repository: 2025.1-rocky-9-20250812T091848")
    assert cause.name == "image tag not found"
    assert "build and push the images" in cause.advice


def test_rejected_credentials_name_the_variables_of_a_client():
    cause = cause_of("401, message='Unauthorized', url=URL('http://x/')")
    assert "stackhpc_release_pulp_password" in cause.advice
