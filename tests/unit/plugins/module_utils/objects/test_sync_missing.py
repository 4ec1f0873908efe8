# SPDX-License-Identifier: Apache-2.0
"""Tags and digests that a remote includes, but that are missing after a sync."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.repository import sync_repositories
from plugins.module_utils.objects.sync import missing_content
from plugins.module_utils.pulp.types import CONTENT_TYPES
from tests.unit.fake_pulp.pulp import FakePulp

CONTAINER = CONTENT_TYPES["container"]
DIGEST, OTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
TAGS = ("2025.1-rocky-9-a", "2025.1-noble-b")


def pulp_with(*tags: str) -> tuple[FakePulp, str]:
    """Return a Pulp, and the href of a version with these tags of one image."""
    pulp = FakePulp()
    made = pulp.add_repository("container", "nova", *(f"{tag} {DIGEST}" for tag in tags))
    pulp.add_version(made, *(f"{tag} {DIGEST}" for tag in tags), f"late {OTHER}")
    return pulp, made["versions_href"] + "1/"


def missing(includes, excludes=None):
    remote = {"include_tags": includes, "exclude_tags": excludes}
    pulp, version = pulp_with(*TAGS)
    return missing_content(pulp, CONTAINER, remote, version)


@pytest.mark.parametrize(
    ("includes", "expected"),
    [
        (None, []),
        ([], []),
        (["2025.1-rocky-9-a"], []),
        (["2025.1-rocky-9-a", "b", "2025.1-noble-b", "a"], ["b", "a"]),
        (["2025.1-*"], []),
        (["2024.1-*", "2025.1-rocky-?-a", "2025.1-NOBLE-*"], ["2024.1-*", "2025.1-NOBLE-*"]),
        (["2025.1-rocky-9-a", "sha256-*.*"], []),
        ([DIGEST], []),
        ([OTHER, "2025.1-*"], [OTHER]),
    ],
)
def test_missing_names_patterns_and_digests_are_found(includes, expected):
    assert missing(includes) == expected


def test_excluded_tags_are_not_missing():
    assert missing(["a", "b", "2025.1-noble-b"], ["a", "2025.1-*"]) == ["b"]


def test_the_field_names_of_newer_servers_are_supported():
    remote = {"include_tags": None, "includes": ["a", "b"], "excludes": ["b"]}
    pulp, version = pulp_with(*TAGS)
    assert missing_content(pulp, CONTAINER, remote, version) == ["a"]


def test_a_hundred_names_need_few_requests():
    tags = [f"2025.1-rocky-9-{number:03}" for number in range(100)]
    pulp, version = pulp_with(*tags)
    assert missing_content(pulp, CONTAINER, {"includes": tags}, version) == []
    assert len(pulp.requests) == 1


def test_no_request_is_sent_if_the_remote_includes_no_names():
    pulp, version = pulp_with(*TAGS)
    assert missing_content(pulp, CONTAINER, {}, version) == []
    assert missing_content(pulp, CONTENT_TYPES["python"], {"includes": ["a"]}, version) == []
    assert pulp.requests == []


def test_missing_content_is_an_error_with_a_remedy_after_the_sync():
    pulp, _version = pulp_with(*TAGS)
    url = "https://ark"
    pulp.upstream[url] = [f"{tag} {OTHER}" for tag in TAGS]
    fields = {"upstream_name": "stackhpc/nova", "includes": ["a", "b", TAGS[0]]}
    pulp.add("remotes/container/container/", name="nova-remote", url=url, **fields)
    params = {"retries": 0, "retry_delay": 0, "late_retry_delay": -1}
    ((result,), _more) = sync_repositories(
        pulp.server(), {**params, "container": [{"name": "nova"}]}
    )
    assert result.error == (
        "the sync succeeded, but these are missing: a, b. stackhpc/nova at https://ark does not "
        "have them, or the account cannot read them: correct include_tags, or add them there"
    )
    assert (result.changed, result.more["sync"], result.more["version_after"]) == (
        True,
        "synced",
        3,
    )
