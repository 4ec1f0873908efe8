# SPDX-License-Identifier: Apache-2.0
"""What a Pulp has of the inventory, also when one look-up fails."""

from __future__ import annotations

from plugins.module_utils.inventory.repositories import PackageRepository
from plugins.module_utils.pulp.errors import ResponseError
from plugins.module_utils.release.newest import find_newest_snapshots

STAMP = "20261120T200001"
PUBLICATION = "/publications/rpm/rpm/{}/"


def repository(name):
    return PackageRepository("rpm", name, name, f"{name}-", f"{name}/")


class Refusing:
    """A server that has every repository but `new`, and refuses to look for `bad-` snapshots."""

    def __init__(self):
        self.client = self

    def has_version(self, component, version):
        return True

    def write_concurrency(self):
        return 2

    def list(self, path, params=None):
        if path.startswith("publications/"):
            names = params["pulp_id__in"].split(",")
            return [
                {"pulp_href": PUBLICATION.format(name), "repository_version": f"version of {name}"}
                for name in names
            ]
        names = params["name__in"].split(",") if path.startswith("repositories/") else []
        return [{"name": name, "pulp_href": f"/{name}/"} for name in names if name != "new"]

    def get(self, path, params=None):
        name = params["name__regex"][1:].partition("\\")[0]
        if name == "bad":
            raise ResponseError(400, "the request line is too long")
        return {"results": [{"name": f"{name}-{STAMP}", "publication": PUBLICATION.format(name)}]}


def test_a_look_up_that_fails_leaves_the_others_alone():
    names = ["good", "bad", "new", "other"]
    found = {
        one.repository.name: one
        for one in find_newest_snapshots(Refusing(), [repository(name) for name in names])
    }
    assert list(found) == names
    for name in ("good", "other"):
        assert (found[name].stamp, found[name].error) == (STAMP, "")
        assert found[name].newest_version == f"version of {name}"
    assert found["bad"].error.startswith(
        "its newest snapshot cannot be read: the request line is too long"
    )
    assert (found["bad"].newest_version, found["new"].newest, found["new"].error) == (
        None,
        None,
        "",
    )
