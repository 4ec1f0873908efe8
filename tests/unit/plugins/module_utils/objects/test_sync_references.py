# SPDX-License-Identifier: Apache-2.0
"""What a remote asks for by name and a sync did not bring."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.sync import absent, refuse_absent
from plugins.module_utils.pulp.errors import PulpError
from plugins.module_utils.pulp.types import CONTENT_TYPES

CONTAINER = CONTENT_TYPES["container"]
DIGEST = f"sha256:{'a' * 64}"
VERSION = "/repositories/container/container/1/versions/3/"


class Registry:
    """A repository version with some tags and manifests; counts what it was asked."""

    def __init__(self, tags=("2025.1-rocky-9-a", "2025.1-noble-b"), digests=(DIGEST,)):
        self.units = {
            "content/container/tags/": ("name", tags),
            "content/container/manifests/": ("digest", digests),
        }
        self.asked = []

    def list(self, path, params=None):
        key, values = self.units[path]
        self.asked.append(params)
        assert params["repository_version"] == VERSION
        wanted = params.get(f"{key}__in")
        return [{key: one} for one in values if wanted is None or one in wanted.split(",")]

    def get(self, path, params=None):
        raise NotImplementedError


def missing(includes, excludes=None, **registry):
    remote = {"include_tags": includes, "exclude_tags": excludes}
    return absent(Registry(**registry), CONTAINER, remote, VERSION)


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
        ([f"sha256:{'b' * 64}", "2025.1-*"], [f"sha256:{'b' * 64}"]),
    ],
)
def test_names_patterns_and_digests_that_did_not_come_are_found(includes, expected):
    assert missing(includes) == expected


def test_what_is_excluded_is_not_expected():
    assert missing(["a", "b", "2025.1-noble-b"], ["a", "2025.1-*"]) == ["b"]


def test_a_server_that_calls_the_fields_otherwise_is_understood():
    remote = {"include_tags": None, "includes": ["a", "b"], "excludes": ["b"]}
    assert absent(Registry(), CONTAINER, remote, VERSION) == ["a"]


def test_a_hundred_names_are_one_request_or_few():
    registry = Registry(tags=[f"2025.1-rocky-9-{number:03}" for number in range(100)])
    remote = {"includes": list(registry.units["content/container/tags/"][1])}
    assert absent(registry, CONTAINER, remote, VERSION) == []
    assert len(registry.asked) == 1


def test_nothing_is_asked_where_nothing_was_asked_for_by_name():
    registry = Registry()
    assert absent(registry, CONTAINER, {}, VERSION) == []
    assert absent(registry, CONTENT_TYPES["python"], {"includes": ["a"]}, VERSION) == []
    assert registry.asked == []


def test_the_error_names_what_is_missing_the_source_and_the_way_out():
    remote = {"includes": ["a", "b"], "upstream_name": "stackhpc/nova", "url": "https://ark"}
    with pytest.raises(PulpError) as caught:
        refuse_absent(Registry(), CONTAINER, remote, VERSION)
    assert str(caught.value) == (
        "Pulp synced without an error, and these did not come: a, b. stackhpc/nova at https://ark "
        "has them not, or not for us: correct include_tags, or put them there"
    )
