# SPDX-License-Identifier: Apache-2.0
"""A promotion reports the guards before and after, and in a preview the content."""

from __future__ import annotations

import re
from typing import Any

import pytest

from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import InvalidItem, LostResponse
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.release.promote import promote_packages
from plugins.module_utils.report.report import Report

STAMP, OLDER = "20260101T000000", "20251201T000000"
GUARDS = {"/guards/1/": "development", "/guards/2/": "release"}
API = "/pulp/api/v3"


class Ark:
    """A Pulp in memory: snapshots by name, each behind a guard and with a number of packages."""

    connection = Connection("https://ark.example.com/", "admin", "secret", concurrency=1)
    uses_basic_auth = False
    request_count = 0

    def __init__(self, **guards: str | None) -> None:
        hrefs = {name: href for href, name in GUARDS.items()}
        self.held = {
            f"/d/{name}/": {
                "name": f"{name}-{STAMP}",
                "pulp_href": f"/d/{name}/",
                "content_guard": hrefs[guard] if guard else None,
                "publication": f"{API}/publications/rpm/rpm/{name}/",
            }
            for name, guard in guards.items()
        }
        self.packages: dict[str, int] = dict.fromkeys(guards, 3)
        self.counted = 0

    def list(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = next(params[key] for key in params if key.endswith("__in")).split(",")
        if "contentguards" in path:
            found = [{"name": name, "pulp_href": href} for href, name in GUARDS.items()]
            return [
                one for one in found if {one["name"], one["pulp_href"].split("/")[-2]} & {*wanted}
            ]
        if "publications" in path:
            return [
                {
                    "pulp_href": f"{API}/publications/rpm/rpm/{name}/",
                    "repository_version": f"{API}/repositories/rpm/rpm/{name}/versions/1/",
                }
                for name in wanted
            ]
        return [
            dict(one)
            for href, one in self.held.items()
            if one["name"] in wanted or href.split("/")[-2] in wanted
        ]

    def get(self, path: str, params: dict[str, Any]) -> dict[str, Any]:
        if "name__regex" in params:
            names = [one["name"] for one in self.held.values()]
            found = [name for name in names if re.match(params["name__regex"], name)]
            return {"results": [{"name": name} for name in sorted(found, reverse=True)]}
        self.counted += 1
        number = self.packages[path.split("/")[-4]]
        return {"content_summary": {"present": {"rpm.package": {"count": number}}}}

    def patch(self, href: str, body: dict[str, Any]) -> dict[str, Any]:
        self.held[href].update(body)
        return self.held[href]


def promote(ark: Ark, check_mode: bool = False, diff: bool = False) -> tuple[list[Any], list[str]]:
    names = [href.split("/")[-2] for href in ark.held]
    nothing = {f"{kind}_{what}": None for kind in ("rpm", "deb") for what in ("filter", "defaults")}
    params = {
        **nothing,
        "rpm": [
            {
                "name": name,
                "short_name": name,
                "base_path": f"{name}/",
                "distribution_name": f"{name}-",
            }
            for name in names
        ],
        **{"package_filter": None, "sync_group": None, "retry": None, "pins_strict": False},
        "package_versions": dict.fromkeys(names, STAMP),
        "content_guard": "release",
    }
    server = Server(ark, Report(), check_mode, diff)  # type: ignore[arg-type]
    results, more = promote_packages(server, params)
    return results, more["lines"]


def test_a_run_reports_the_guards_by_name_and_counts_nothing():
    ark = Ark(a="development", b="release", c=None)
    results, lines = promote(ark)
    assert lines == [
        f"a  {STAMP}  development -> release",
        f"c  {STAMP}  everybody -> release",
    ]
    assert results[0].after == {"content_guard": "release"}
    assert results[0].as_dict()["told"] == "development -> release"
    assert "told" not in results[1].more
    assert ark.counted == 0


@pytest.mark.parametrize("how", [{"check_mode": True}, {"diff": True}])
def test_a_preview_reports_urls_and_numbers_of_changed_snapshots_only(how):
    ark = Ark(a="development", b="release", c="development")
    ark.packages["c"] = 1
    results, lines = promote(ark, **how)
    url = f"https://ark.example.com/pulp/content/a/{STAMP}/"
    assert lines[0] == f"a  {STAMP}  development -> release, 3 packages  {url}"
    assert "release, 1 package  https" in lines[1]
    assert results[0].before == {"content_guard": "development"}
    assert results[0].after == {"content_guard": "release", "visible": f"3 packages at {url}"}
    assert (results[0].more["url"], results[0].more["packages"]) == (url, 3)
    assert ark.counted == 2


def test_check_mode_leaves_the_guards_as_they_are():
    ark = Ark(a="development")
    promote(ark, check_mode=True)
    assert ark.held["/d/a/"]["content_guard"] == "/guards/1/"


def test_packages_that_cannot_be_counted_do_not_stop_a_promotion():
    ark = Ark(a="development")
    ark.packages = {}
    results, lines = promote(ark, diff=True)
    assert results[0].changed
    assert not results[0].error
    assert "unknown number of packages" in lines[0]
    assert ark.held["/d/a/"]["content_guard"] == "/guards/2/"


def test_a_server_that_does_not_show_what_was_promoted_is_a_warning():
    class Gone(Ark):
        def list(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
            if "publications" in path:
                raise LostResponse("it broke")
            return super().list(path, params)

    results, lines = promote(Gone(a="development"), diff=True)
    assert results[0].changed
    assert lines == [f"a  {STAMP}  development -> release"]


def test_a_snapshot_that_does_not_exist_is_named_and_nothing_is_written():
    ark = Ark(a="development", b="development")
    for name, words in (
        ("another", "nor any other of it"),
        (f"b-{OLDER}", f"the newest is {OLDER}"),
    ):
        ark.held["/d/b/"]["name"] = name
        with pytest.raises(InvalidItem, match=f"'b-{STAMP}' of b does not exist, {words}"):
            promote(ark)
    assert ark.held["/d/a/"]["content_guard"] == "/guards/1/"
