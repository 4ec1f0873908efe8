# SPDX-License-Identifier: Apache-2.0
"""Mirror: make another Pulp serve exactly the snapshots that pins name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .pulp_distribution import Guards, distribute, read_guards
from .pulp_errors import PulpError, TaskFailed
from .pulp_pipeline import run_all
from .pulp_publication import publish
from .pulp_report import Result
from .pulp_repository import declare
from .pulp_running import RunningSyncs
from .pulp_server import Server
from .pulp_sync import SyncSettings, late_delay, sync_repository
from .release_inventory import ItemError
from .release_item_keys import PACKAGE_TYPES
from .release_mirrored import Mirrored, MirrorSettings, read_mirrored
from .release_packages import given_options, pinned
from .release_pins import Pin

__all__ = ["SOURCE", "mirror_packages", "mirror_pins", "mirror_settings"]

SOURCE: dict[str, dict[str, Any]] = {
    "source_url": {"type": "str", "required": True},
    "source_username": {"type": "str"},
    "source_password": {"type": "str", "no_log": True},
    "source_validate_certs": {"type": "bool"},
    "source_ca_cert": {"type": "str"},
    "repository_suffix": {"type": "str", "default": ""},
    "distribution_suffix": {"type": "str", "default": ""},
}

# What a content app answers to those who may not read, or may not even know.
_REFUSED = re.compile(r"\b(401|403|404)\b")


def mirror_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module package_mirror: parameters -> results, and what else it returns."""
    own = {name: given_options(params[f"{name}_mirror_defaults"]) for name in PACKAGE_TYPES}
    under = {
        f"{name}_defaults": {**given_options(params[f"{name}_defaults"]), **own[name]}
        for name in PACKAGE_TYPES
    }
    resolved, selected = pinned({**params, **under}, "mirror")
    for warning in resolved.warnings:
        server.report.warn(warning)
    broken = [_malformed(error, params["package_versions"]) for error in resolved.errors]
    results = mirror_pins(server, resolved.pins, mirror_settings(params, own), broken)
    return results, {"selected": selected, "unknown_pins": resolved.unknown}


def mirror_settings(
    params: Mapping[str, Any], defaults: Mapping[str, Mapping[str, Any]]
) -> MirrorSettings:
    """From a module's parameters, with what is laid under the items of each content type."""
    remote = {
        "remote_username": params["source_username"],
        "remote_password": params["source_password"],
        "tls_validation": params["source_validate_certs"],
        "ca_cert": params["source_ca_cert"],
    }
    return MirrorSettings(
        source_url=params["source_url"],
        remote={key: value for key, value in remote.items() if value is not None},
        defaults=defaults,
        repository_suffix=params["repository_suffix"],
        distribution_suffix=params["distribution_suffix"],
        syncing=params,
        send_secrets=params["update_secrets"],
    )


def mirror_pins(
    server: Server, pins: Sequence[Pin], settings: MirrorSettings, broken: Sequence[Result] = ()
) -> list[Result]:
    """Repository, remote, sync, publication and distribution of each pin, at its own pace.

    A pin that is served already costs no Pulp task and no request of its own. Returns a result
    per pin, and last those of pins that have failed before (`broken`).
    """
    work = read_mirrored(server, pins, settings)
    guards = read_guards(
        server, [], {(one.distribution or {}).get("content_guard") or "" for one in work}
    )
    running = RunningSyncs(server)

    def walk(one: Mirrored | None, result: Result) -> None:
        if one:
            _walk(server, one, settings, guards, running, result)

    pairs: list[tuple[Result, Mirrored | None]] = [(_result(one), one) for one in work]
    pairs += [(result, None) for result in broken]
    idle = settings.send_secrets != "all" and all(one.is_done for one in work)
    at_once = 1 if idle else server.tasks_at_once()
    return run_all(pairs, walk, at_once, server.report, late_delay(settings.syncing))


def _result(one: Mirrored) -> Result:
    pin = one.pin
    more = {"short_name": pin.short_name, "stamp": pin.stamp, "base_path": pin.snapshot_path}
    return Result(one.item["name"], one.content_type.name, more=more)


def _malformed(error: ItemError, stamps: Mapping[str, Any]) -> Result:
    more = {"short_name": error.short_name, "stamp": stamps[error.short_name]}
    return Result(error.name, error.content_type, error=error.message, more=more)


def _walk(
    server: Server,
    one: Mirrored,
    settings: MirrorSettings,
    guards: Guards,
    running: RunningSyncs,
    result: Result,
) -> None:
    is_latest, is_recorded = one.is_latest, one.is_recorded
    if is_latest or not is_recorded:
        send_secrets = settings.send_secrets in ({"all"} if is_latest else {"all", "always"})
        declare(server, one.content_type, one.item, one.state, result, send_secrets)
    elif settings.send_secrets == "all":
        # The remote serves another pin by now, and this one still fetches its content through it.
        item = {**settings.remote, "name": one.item["name"], "url": (one.state.remote or {})["url"]}
        declare(server, one.content_type, item, one.state, result)
    wanted = one.place()
    if not is_latest and not is_recorded:
        _sync(server, one, settings, running, result)
        if one.state.repository is None and server.check_mode:
            return
        wanted.update(_source(server, one, result))
    name = (one.distribution or {}).get("name") or (
        one.pin.snapshot_name + settings.distribution_suffix
    )
    result.more["snapshot"] = name
    distribute(server, one.content_type, name, wanted, one.distribution, guards, result)


def _sync(
    server: Server, one: Mirrored, settings: MirrorSettings, running: RunningSyncs, result: Result
) -> None:
    item = {**one.item, "pinned": one.is_pinned}
    how = SyncSettings.of(one.content_type, item, settings.syncing)
    try:
        sync_repository(server, one.content_type, item, one.state, how, running, result)
    except TaskFailed as error:
        raise _explained(error, one, settings) from error


def _explained(error: TaskFailed, one: Mirrored, settings: MirrorSettings) -> PulpError:
    """The same error, with what to look at when the source would not give the snapshot."""
    if not _REFUSED.search(error.words):
        return error
    user = settings.remote.get("remote_username")
    reader = f"user '{user}' may not read it with this password" if user else "it is not public"
    return PulpError(f"{error}: the source has no {one.pin.snapshot_name}, or {reader}")


def _source(server: Server, one: Mirrored, result: Result) -> dict[str, Any]:
    """Fields of the distribution that say what is served: {} when that is the latest version."""
    version = (one.state.repository or {})["latest_version_href"]
    if one.served_version == version:
        return {}
    publication = _publication(server, one, version, result)
    # How a sync that was joined went about it is not known; check mode knows no publication yet.
    if publication is None or server.check_mode or result.more.get("sync") == "joined":
        return {"publication": publication}
    return {"publication": publication, "pulp_labels": one.labels(publication)}


def _publication(server: Server, one: Mirrored, version: str, result: Result) -> str | None:
    mirrored = one.content_type.mirrors(one.item.get("sync_policy"))
    made = result.more.get("publications") or []
    if mirrored and made:
        return str(made[-1])
    href, _duplicates = publish(
        server, one.content_type, result.name, version, one.item["mode"], mirrored, result
    )
    return href
