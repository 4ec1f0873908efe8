# SPDX-License-Identifier: Apache-2.0
"""What may not be deleted, because a distribution depends on it."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.errors import Conflict
from plugins.module_utils.pulp.references import read_usage
from plugins.module_utils.pulp.types import CONTENT_TYPES

RPM = CONTENT_TYPES["rpm"]
REPOSITORY = "/repositories/rpm/rpm/1/"
PUBLICATION = "/publications/rpm/rpm/1/"


class Server:
    """Answers lists from a mapping of endpoint to objects."""

    def __init__(self, **distribution):
        self.lists = {
            RPM.distribution.endpoint: [{"name": "served", **distribution}],
            "publications/rpm/rpm/": [{"pulp_href": PUBLICATION}],
        }

    def list(self, path, params=None):
        return self.lists.get(path, [])


@pytest.mark.parametrize(
    ("distribution", "deleted"),
    [
        ({"repository": REPOSITORY}, REPOSITORY),
        ({"repository_version": f"{REPOSITORY}versions/1/"}, REPOSITORY),
        ({"repository_version": f"{REPOSITORY}versions/1/"}, f"{REPOSITORY}versions/1/"),
        ({"publication": PUBLICATION}, PUBLICATION),
        ({"publication": PUBLICATION}, REPOSITORY),
        ({"remote": "/remotes/1/"}, "/remotes/1/"),
        ({"content_guard": "/contentguards/1/"}, "/contentguards/1/"),
    ],
)
def test_what_a_distribution_depends_on_is_in_use(distribution, deleted):
    usage = read_usage(Server(**distribution), RPM, [REPOSITORY])
    with pytest.raises(Conflict, match="it is in use by the distributions served: remove"):
        usage.require_unused(deleted, "it")


def test_a_distribution_of_one_version_uses_no_other():
    usage = read_usage(Server(repository_version=f"{REPOSITORY}versions/1/"), RPM)
    usage.require_unused(f"{REPOSITORY}versions/2/", "it")


def test_nothing_is_in_use_without_distributions():
    server = Server()
    server.lists.clear()
    read_usage(server, RPM, [REPOSITORY]).require_unused(REPOSITORY, "it")


def test_many_users_are_named_up_to_ten():
    server = Server()
    served = [{"name": f"d{number:02}", "repository": REPOSITORY} for number in range(12)]
    server.lists[RPM.distribution.endpoint] = served
    with pytest.raises(Conflict, match="d09 and 2 more"):
        read_usage(server, RPM).require_unused(REPOSITORY, "it")
