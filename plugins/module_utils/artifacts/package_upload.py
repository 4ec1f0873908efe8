# SPDX-License-Identifier: Apache-2.0
"""Upload packages that no upstream has, publish them, and serve them with or without a stamp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..content.packages import update_packages
from ..content.upload import ContentUpload
from ..inventory.repositories import PackageRepository
from ..inventory.values import path_problem
from ..objects.distribution import DistributionSpec, Guards, read_guards, reconcile_distribution
from ..objects.publication import PublicationSpec, publish
from ..objects.repository import RepositorySpec, reconcile_repository
from ..objects.sync import RunningSyncs
from ..pulp.errors import InvalidItem
from ..pulp.options import field_options, item_options
from ..pulp.pool import refuse_invalid_names, run_all
from ..pulp.reader import read_by_key
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType
from ..release.clock import new_stamp
from ..release.newest import SnapshotItem, read_snapshot_items
from ..release.snapshot import SnapshotRun, SnapshotSettings
from ..report.report import Result

# Default values of an item's upload fields.
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


@dataclass
class _Upload:
    """One item: its options, the snapshots of its repository, and its distribution, if any."""

    options: Mapping[str, Any]
    snapshots: SnapshotItem
    distribution: dict[str, Any] | None


def upload_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module pulp_package_content: lists per content type -> results."""
    stamp = new_stamp(server, params["stamp"])
    items = [
        (content_type, item)
        for name, content_type in CONTENT_TYPES.items()
        for item in params.get(name) or []
    ]
    snapshots = read_snapshot_items(server, [_repository(*pair) for pair in items])
    distributions: dict[tuple[str, str], dict[str, Any]] = {}
    for name, content_type in CONTENT_TYPES.items():
        names = [item["distribution_name"] or "" for one, item in items if one is content_type]
        found = read_by_key(server.client, content_type.distribution, names)
        distributions.update({(name, key): entry for key, entry in found.items()})
    in_use = [entry.get("content_guard") or "" for entry in distributions.values()]
    wanted = [item["content_guard"] for _type, item in items if item["content_guard"]]
    run = UploadRun(
        server,
        ContentUpload.from_params(server, params),
        read_guards(server, wanted, in_use),
        stamp,
        bool(params["stamp"]),
    )
    work = [
        (
            Result(item["name"], content_type.name),
            _Upload(
                item, one, distributions.get((content_type.name, item["distribution_name"] or ""))
            ),
        )
        for (content_type, item), one in zip(items, snapshots)
    ]
    refuse_invalid_names(work)
    results = run_all(work, run.upload, server.task_concurrency(), server.report)
    return results, {"stamp": stamp}


@dataclass(frozen=True)
class UploadRun:
    """One run that uploads packages; its methods take an item and its result."""

    server: Server
    content: ContentUpload
    guards: Guards
    stamp: str
    explicit_stamp: bool

    def upload(self, item: _Upload, result: Result) -> None:
        """Upload packages into a repository, and publish and serve them as the item requires."""
        options, snapshots = item.options, item.snapshots
        content_type, state = snapshots.content_type, snapshots.state
        validate_item(options)
        # A guard that does not exist is an error before anything is written.
        self._guard(options)
        spec = RepositorySpec(content_type, {"name": options["name"]})
        reconcile_repository(self.server, spec, state, result)
        version = update_packages(self.content, content_type, state.repository, options, result)
        if not options["publish"] or not version or (self.server.check_mode and result.changed):
            return
        if not options["stamped"]:
            self._serve(item, version, result)
            return
        is_new = version != state.latest_version
        if state.repository:
            state.repository = {**state.repository, "latest_version_href": version}
        self._snapshot_run(options).serve(snapshots, result, is_new)

    def _guard(self, options: Mapping[str, Any]) -> str | None:
        return self.guards.href(options["content_guard"] or "")

    def _snapshot_run(self, options: Mapping[str, Any]) -> SnapshotRun:
        guard = options["content_guard"] or ""
        # A repository of own packages may shrink.
        settings = SnapshotSettings(self.stamp, self.explicit_stamp, guard, shrink_limit=100.0)
        return SnapshotRun(self.server, settings, self.guards, RunningSyncs(self.server))

    def _serve(self, item: _Upload, version: str, result: Result) -> None:
        """Publish a version, and let the item's distribution serve it where it has one."""
        options, content_type = item.options, item.snapshots.content_type
        publication = PublicationSpec(content_type, version, options.get("mode"))
        href, _duplicates = publish(self.server, publication, result)
        result.more["publication"] = href
        name = options["distribution_name"]
        if not name:
            return
        values: dict[str, Any] = {"publication": href}
        if options["base_path"]:
            values["base_path"] = options["base_path"].strip("/")
        if options["content_guard"] is not None:
            values["content_guard"] = self._guard(options)
        changes = Result(name, result.type)
        spec = DistributionSpec(content_type, name, values, item.distribution)
        reconcile_distribution(self.server, spec, self.guards, changes)
        if changes.changed:
            result.add_change(changes.action, changes.before, changes.after)
        result.more["snapshot"] = name


def _repository(content_type: ContentType, item: Mapping[str, Any]) -> PackageRepository:
    """An item as a repository of the inventory; without `stamped` it has no snapshots."""
    name = item["name"]
    prefix = (item["distribution_name"] or name) if item["stamped"] else name
    return PackageRepository(
        content_type.name, name, name, prefix, item["base_path"] or "", mode=item.get("mode")
    )


def validate_item(item: Mapping[str, Any]) -> None:
    """Raise InvalidItem for options that are missing or contradict each other."""
    if not item["packages"]:
        raise InvalidItem("packages is empty: name the files")
    named, placed = item["distribution_name"], item["base_path"]
    if item["stamped"] and not (named and placed):
        raise InvalidItem("stamped needs distribution_name and base_path: the stamp is appended")
    if item["stamped"] and not str(placed).endswith("/"):
        raise InvalidItem("with stamped, base_path ends in '/': the stamp is appended")
    if placed and not named:
        raise InvalidItem("base_path needs a distribution_name")
    problem = path_problem(f"{str(placed).strip('/')}/") if placed else ""
    if problem:
        raise InvalidItem(f"base_path {problem}")
