# SPDX-License-Identifier: Apache-2.0
"""Whatever is changed on a server, exactly these items of a lock are reported."""

from __future__ import annotations

import shutil

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.module_utils.lock.document import read_lock, write_lock
from tests.unit.plugins.module_utils.release.snapshots import item
from tests.unit.plugins.module_utils.release_lock.conftest import STAMP
from tests.unit.repository_metadata import deb_site, many_packages, rpm_site, sha256

VERSION = "2025.1-20260101T000000"
KINDS = ("rpm", "deb", "image", "disk_image")
EXPECTED = {"keep": "ok", "change": "different", "delete": "missing"}
DIGEST, OTHER = (f"sha256:{letter * 64}" for letter in "ab")


def serve(release, kind: str, name: str, revision: int) -> None:
    """Serve an item; each revision has other content."""
    packages = many_packages(8 + revision, revision)
    if kind == "rpm":
        release.serve(rpm_site(packages), name)
    elif kind == "deb":
        release.serve(deb_site({"noble": {"main/binary-amd64": packages}}), name)
    elif kind == "image":
        release.tags[f"stackhpc/{name}:1"] = OTHER if revision else DIGEST
    else:
        line = f"x.qcow2,{sha256(bytes([revision]))},10\n"
        release.files[f"{name}/{VERSION}/PULP_MANIFEST"] = line.encode()


def delete(release, kind: str, name: str) -> None:
    """Serve an item no more."""
    if kind == "image":
        del release.tags[f"stackhpc/{name}:1"]
    else:
        stamp = VERSION if kind == "disk_image" else STAMP
        path = f"{name}/{stamp}/"
        release.files = {one: text for one, text in release.files.items() if path not in one}


items = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sampled_from(list(EXPECTED))), min_size=1, max_size=8
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chosen=items)
def test_exactly_what_was_changed_is_found(release, chosen):
    release.files.clear()
    release.tags.clear()
    shutil.rmtree(release.cache, ignore_errors=True)
    release.directory.joinpath("first.yml").unlink(missing_ok=True)
    named = [(f"{kind.replace('_', '')}{number}", kind, change)
             for number, (kind, change) in enumerate(chosen)]  # fmt: skip
    for name, kind, _change in named:
        serve(release, kind, name, 0)
    of_kind = {kind: [name for name, one, _change in named if one == kind] for kind in KINDS}
    _results, more = release.lock(
        *of_kind["rpm"],
        deb=[item(name, distributions="noble") for name in of_kind["deb"]],
        container_tags=dict.fromkeys(of_kind["image"], "1"),
        images=[{"repository": name, "version": VERSION} for name in of_kind["disk_image"]],
    )
    assert read_lock(write_lock(more["lock"]), "x") == more["lock"]
    for name, kind, change in named:
        if change == "change":
            serve(release, kind, name, 1)
        elif change == "delete":
            delete(release, kind, name)
    results, _more = release.verify()
    states = {one.more["short_name"]: one.more["state"] for one in results}
    assert states == {name: EXPECTED[change] for name, _kind, change in named}
