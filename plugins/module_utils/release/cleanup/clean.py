# SPDX-License-Identifier: Apache-2.0
"""Deletion of snapshots that nobody needs, with their publications, versions and orphaned content.

The plan is made, and carried out, under the lock that promotions hold, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...objects.status import StorageChange, size_text
from ...pulp.errors import InvalidItem
from ...pulp.server import Server
from ...report.report import Result
from .decisions import Wanted, decide, read_wanted, restorable
from .deletion import CleanRun, PlannedVersion, snapshot_result, tags_of
from .retention import Decision, Retention, Scope
from .space import freed_bytes
from .tags import CONTAINER, TagDecision, read_images

_MAX_NAMES = 5
_OR_ALLOW = ". To delete without pins, set allow_empty_pins (distribution_clean_allow_empty_pins in a playbook)"


@dataclass(frozen=True)
class _Kept:
    """An object that is kept, and why; `label` and `group`: its name and the reason in the lines."""

    name: str
    type: str
    why: str
    label: str
    group: str = ""


@dataclass(frozen=True)
class _Plan:
    """What is deleted in this run, and by kind of object what is left for later runs, and kept.

    `freed`: how many bytes this frees at most, None if that is unknown or not a plan.
    """

    snapshots: Sequence[Decision]
    tags: Sequence[TagDecision]
    versions: Sequence[PlannedVersion]
    stale_versions: int
    rest: Mapping[str, int]
    kept: Mapping[str, Sequence[_Kept]]
    freed: int | None = None


def clean_distributions(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module distribution_clean: parameters -> results, and the plan as lines."""
    if params["confirm"] and not params["pins"] and not params["allow_empty_pins"]:
        raise InvalidItem(
            "nothing was deleted, because no configuration was given, and what configurations pin "
            f"must be kept. Give the pins of all configurations that use this server{_OR_ALLOW}"
        )
    return clean(server, params, Scope, _OR_ALLOW)


def clean(
    server: Server, params: Mapping[str, Any], read_scope: Callable[[], Scope], hint: str
) -> tuple[list[Result], dict[str, Any]]:
    """Plan a cleanup, and carry it out if it is confirmed.

    `read_scope` is called while promotions are locked out. `hint`: the end of errors about pins, with
    the option that allows them.
    """
    rules = Retention(params["content_guard"], params["keep_last"], params["min_age"])
    _validate(rules, params)
    run = CleanRun(server, rules, params["confirm"])
    storage = StorageChange(server)
    with run.lock() as run.interruption:
        scope = read_scope()
        wanted = read_wanted(server, params, rules, scope, hint)
        plan = _plan(run, wanted, params["limit"])
        results = run.delete(plan.snapshots, plan.tags, plan.versions)
    if params["orphans"]:
        # Without the lock: this takes long, and does not delete what a repository contains.
        results.append(run.clean_orphans())
    lines = _lines(plan, scope, params["limit"])
    if plan.freed is not None:
        lines.append(
            f"This frees up to {size_text(plan.freed)}, except what other repositories have, too"
        )
    lines.append(storage.line(run.deletes))
    if not params["confirm"]:
        lines.append("This is a plan: nothing was deleted. Repeat with -e confirm=true to delete.")
    return results, {
        "kept": [
            {"name": one.name, "type": one.type, "why": one.why}
            for kept in plan.kept.values()
            for one in kept
        ],
        "stale_versions": plan.stale_versions,
        "storage_use": storage.as_dict(),
        **({"frees": plan.freed} if scope.is_whole else {}),
        "lines": lines,
    }


def _validate(rules: Retention, params: Mapping[str, Any]) -> None:
    for name in ("keep_last", "limit"):
        if params[name] < 1:
            raise InvalidItem(f"{name} is {params[name]}: expected 1 or more")
    if not rules.min_age >= 0:
        raise InvalidItem(f"min_age is {rules.min_age:g}: expected 0 or more days")


def _plan(run: CleanRun, wanted: Wanted, limit: int) -> _Plan:
    """Read the server, and report what is kept."""
    server, scope = run.server, wanted.scope
    found = decide(server, wanted)
    run.images = read_images(server, scope, wanted.rules)
    candidates = [one for one in found.decisions if not one.kept]
    snapshots = sorted(candidates, key=lambda one: one.snapshot.stamp)[:limit]
    tags = [one for image in run.images.values() for one in image.decisions]
    surplus = sorted((one for one in tags if not one.kept), key=lambda one: one.stamp)
    gone = {one.snapshot.listed.href for one in snapshots}
    remaining = replace(found, served=[one for one in found.served if one.href not in gone])
    run.restorable = restorable(remaining.served)
    versions = run.plan(wanted, remaining, {one.repository for one in surplus[:limit]})
    stale = [one for one in versions if not one.kept]
    server.report.finish_all(snapshot_result(one) for one in found.decisions if one.kept)
    kept = {"snapshots": [_kept_snapshot(one) for one in found.decisions if one.kept]}
    rest = {"snapshots": len(candidates) - len(snapshots)}
    if scope.namespaces:
        kept["image tags"] = [_kept_tag(one) for one in tags if one.kept]
        rest["image tags"] = max(len(surplus) - limit, 0)
    if scope.is_whole:
        kept["repository versions"] = [_kept_version(one) for one in versions if one.kept]
    rest["repository versions"] = max(len(stale) - limit, 0)
    freed = None
    if scope.is_whole and not run.deletes:
        freed = freed_bytes(server, versions, stale[:limit], tags_of(surplus[:limit]))
    return _Plan(snapshots, surplus[:limit], stale[:limit], len(stale), rest, kept, freed)


def _kept_snapshot(decision: Decision) -> _Kept:
    one = decision.snapshot
    label = f"{one.short_name} {one.stamp}"
    return _Kept(one.listed.name, one.listed.content_type, decision.kept, label)


def _kept_tag(one: TagDecision) -> _Kept:
    name = f"{one.repository}:{one.tag}"
    return _Kept(name, CONTAINER, one.kept, name)


def _kept_version(one: PlannedVersion) -> _Kept:
    # Most versions are served, each by a distribution of its own.
    group = "a distribution serves it" if one.is_served else ""
    return _Kept(one.name, one.content_type.name, one.kept, one.name, group)


def _lines(plan: _Plan, scope: Scope, limit: int) -> list[str]:
    """Return the plan: what is deleted, and what is kept by reason."""
    lines = [f"To delete: {len(plan.snapshots)} snapshots"]
    for decision in plan.snapshots:
        one = decision.snapshot
        packages = "" if one.listed.packages is None else f", {one.listed.packages} packages"
        lines.append(f"  {one.short_name}  {one.stamp}  {one.age:.0f} days old{packages}")
    if scope.namespaces:
        lines.append(f"To delete: {len(plan.tags)} image tags")
        lines += [f"  {name}" for name in _by_repository(plan.tags)]
    publications = sum(len(one.version.publications) for one in plan.versions)
    lines.append(
        f"To delete: {len(plan.versions)} repository versions with {publications} publications "
        "that no distribution serves then"
    )
    lines += [f"  {one.repository}, version {one.version.number}" for one in plan.versions]
    for what, kept in plan.kept.items():
        lines.append(f"To keep: {len(kept)} {what}")
        lines += _reason_lines(kept)
    if any(plan.rest.values()):
        rest = ", ".join(f"{number} {what}" for what, number in plan.rest.items())
        lines.append(f"Left for later runs by the limit of {limit}: {rest}")
    return lines


def _by_repository(tags: Iterable[TagDecision]) -> list[str]:
    """Return a line for each repository, with its tags."""
    return [f"{name}  {_listed(own)}" for name, own in sorted(tags_of(tags).items())]


def _reason_lines(kept: Iterable[_Kept]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for one in kept:
        reasons.setdefault(one.group or one.why, []).append(one.label)
    return [
        f"  {len(names)}: {reason}: {_listed(names)}" for reason, names in sorted(reasons.items())
    ]


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return f"{', '.join(names[:_MAX_NAMES])}{rest}"
