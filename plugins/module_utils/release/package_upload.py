# SPDX-License-Identifier: Apache-2.0
"""Upload packages that no upstream has, publish them, and serve them with or without a stamp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..content.packages import update_packages
from ..content.upload import ContentUpload
from ..inventory.repositories import PackageRepository
from ..inventory.stamp import current_stamp, parse_stamp
from ..objects.distribution import Guards, distribute, read_guards
from ..objects.publication import publish
from ..objects.repository import declare
from ..pulp.errors import InvalidItem
from ..pulp.options import field_options, item_options
from ..pulp.pool import refuse_duplicates, run_all
from ..pulp.reader import read_by_key
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType
from ..report.report import Result
from .newest import RepositorySnapshot, find_newest_snapshots
from .snapshot import SnapshotSettings, serve_snapshot

# What an item that does not say so has of the upload fields.
DEFAULTS: dict[str, Any] = {"suite": "stable", "component": "main", "architectures": []}


def package_options(content_type: ContentType) -> dict[str, Any]:
    """Options of an item of this content type."""
    placing = field_options(content_type.upload_fields)
    for name, option in placing.items():
        option["default"] = DEFAULTS[name]
    modes: dict[str, Any] = {}
    if content_type.default_mode:
        choices = list(content_type.publications)
        default = content_type.upload_mode
        modes = {"mode": {"type": "str", "choices": choices, "default": default}}
    own: dict[str, Any] = {
        "packages": {"type": "list", "elements": "path", "required": True},
        "publish": {"type": "bool", "default": True},
        "stamped": {"type": "bool", "default": False},
        **{name: {"type": "str"} for name in ("distribution_name", "base_path", "content_guard")},
    }
    return item_options("name", own, placing, modes, absent=False)


def upload_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module pulp_package_content: lists per content type -> results."""
    stamp = params["stamp"] or current_stamp()
    parse_stamp(stamp)
    items = [
        (content_type, item)
        for name, content_type in CONTENT_TYPES.items()
        for item in params.get(name) or []
    ]
    found = find_newest_snapshots(
        server, [_repository(content_type, item) for content_type, item in items]
    )
    named = {content_type.name for content_type, _item in items}
    there = {
        name: read_by_key(
            server.client,
            CONTENT_TYPES[name].distribution,
            [item["distribution_name"] or "" for one, item in items if one.name == name],
        )
        for name in named
    }
    in_use = [entry.get("content_guard") or "" for own in there.values() for entry in own.values()]
    wanted = [item["content_guard"] for _type, item in items if item["content_guard"]]
    guards = read_guards(server, wanted, in_use)
    upload = ContentUpload.from_params(server, params)
    work = [
        (Result(item["name"], one.content_type.name), (one, item))
        for (_type, item), one in zip(items, found)
    ]
    refuse_duplicates(work)

    def walk(pair: Any, result: Result) -> None:
        one, item = pair
        validate_item(item)
        guard = guards.href(item["content_guard"]) if item["content_guard"] else None
        declare(server, one.content_type, {"name": item["name"]}, one.state, result)
        version = update_packages(upload, one.content_type, one.state.repository, item, result)
        if not item["publish"] or not version or (server.check_mode and result.changed):
            return
        if item["stamped"]:
            new = version != (one.state.repository or {}).get("latest_version_href")
            one.state.repository = {**(one.state.repository or {}), "latest_version_href": version}
            name = item["content_guard"] or ""
            chosen = bool(params["stamp"])
            settings = SnapshotSettings(stamp, chosen, name, {}, shrink_limit=100.0)
            serve_snapshot(server, one, settings, guards, new, result)
            return
        current = there[result.type].get(item["distribution_name"] or "")
        _serve(server, one, item, version, current, guard, guards, result)

    return run_all(work, walk, server.task_concurrency(), server.report), {"stamp": stamp}


def _serve(
    server: Server,
    one: RepositorySnapshot,
    item: Mapping[str, Any],
    version: str,
    current: dict[str, Any] | None,
    guard: str | None,
    guards: Guards,
    result: Result,
) -> None:
    """Publish a version, and let the item's distribution serve it where it has one."""
    href, _duplicates = publish(
        server, one.content_type, item["name"], version, item.get("mode"), False, result
    )
    result.more["publication"] = href
    name = item["distribution_name"]
    if not name:
        return
    wanted: dict[str, Any] = {"publication": href}
    if item["base_path"]:
        wanted["base_path"] = item["base_path"].strip("/")
    if item["content_guard"] is not None:
        wanted["content_guard"] = guard
    changes = Result(name, result.type)
    distribute(server, one.content_type, name, wanted, current, guards, changes)
    if changes.changed:
        result.add_change(changes.action, changes.before, changes.after)
    result.more["snapshot"] = name


def _repository(content_type: ContentType, item: Mapping[str, Any]) -> PackageRepository:
    """An item as one of the inventory; without `stamped` its snapshots are not asked for."""
    name = item["name"]
    prefix = (item["distribution_name"] or name) if item["stamped"] else name
    return PackageRepository(
        content_type.name, name, name, prefix, item["base_path"] or "", mode=item.get("mode")
    )


def validate_item(item: Mapping[str, Any]) -> None:
    """Raise InvalidItem for an item that does not say enough."""
    if not item["packages"]:
        raise InvalidItem("packages is empty: name the files")
    named, placed = item["distribution_name"], item["base_path"]
    if item["stamped"] and not (named and placed):
        raise InvalidItem("stamped needs distribution_name and base_path: the stamp is appended")
    if item["stamped"] and not str(placed).endswith("/"):
        raise InvalidItem("with stamped, base_path ends in '/': the stamp is appended")
    if placed and not named:
        raise InvalidItem("base_path needs a distribution_name")
