# SPDX-License-Identifier: Apache-2.0
"""Objects that a distribution uses are not deleted."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.errors import Conflict
from plugins.module_utils.pulp.references import read_usage
from plugins.module_utils.pulp.types import CONTENT_TYPES
from tests.unit.fake_pulp.pulp import FakePulp

RPM = CONTENT_TYPES["rpm"]


@pytest.fixture
def pulp():
    return FakePulp()


@pytest.fixture
def hrefs(pulp):
    """Return hrefs of a repository, its version, publication and remote, and a content guard."""
    repository = pulp.add_repository("rpm", "a", "kernel 1-1")
    version = repository["latest_version_href"]
    return {
        "repository": repository["pulp_href"],
        "repository_version": version,
        "publication": pulp.add_publication(version)["pulp_href"],
        "remote": pulp.add("remotes/rpm/rpm/", name="a-remote")["pulp_href"],
        "content_guard": pulp.add_guard("release")["pulp_href"],
    }


@pytest.mark.parametrize(
    ("used", "deleted"),
    [
        ("repository", "repository"),
        ("repository_version", "repository"),
        ("repository_version", "repository_version"),
        ("publication", "publication"),
        ("publication", "repository"),
        ("remote", "remote"),
        ("content_guard", "content_guard"),
    ],
)
def test_dependencies_of_a_distribution_are_in_use(pulp, hrefs, used, deleted):
    pulp.add_distribution("rpm", "served", **{used: hrefs[used]})
    usage = read_usage(pulp, RPM, [hrefs["repository"]])
    with pytest.raises(Conflict, match="it is in use by the distributions served: remove"):
        usage.require_unused(hrefs[deleted], "it")


def test_a_distribution_of_one_version_uses_no_other(pulp, hrefs):
    pulp.add_distribution("rpm", "served", repository_version=hrefs["repository_version"])
    read_usage(pulp, RPM).require_unused(f"{hrefs['repository']}versions/2/", "it")


def test_nothing_is_in_use_without_distributions(pulp, hrefs):
    repository = hrefs["repository"]
    read_usage(pulp, RPM, [repository]).require_unused(repository, "it")


def test_up_to_ten_distributions_are_listed(pulp, hrefs):
    for number in range(12):
        pulp.add_distribution("rpm", f"d{number:02}", repository=hrefs["repository"])
    with pytest.raises(Conflict, match="d09 and 2 more"):
        read_usage(pulp, RPM).require_unused(hrefs["repository"], "it")
