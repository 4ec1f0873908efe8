# SPDX-License-Identifier: Apache-2.0
"""Build the lock of a release: every pin resolved on one server, or no lock at all."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..artifacts.disk_images import DiskImageError, disk_image_pin
from ..files import require_directory, write_text_file
from ..inventory.pins import Pin, ResolvedPins, unknown_pins_text
from ..lock.document import load_lock, lock_digest, new_lock, write_lock
from ..lock.sbom import sbom_lines
from ..lock.signature import (
    SIGNATURE_SUFFIX,
    SignatureError,
    read_signature,
    require_signature,
    sign,
)
from ..metadata.cache import PackageCache
from ..pulp.errors import InvalidItem
from ..pulp.pool import run_all
from ..pulp.server import Server
from ..release.access_check import ContainerPin, container_pins, read_package_pins
from ..release.options import refuse_unknown_keys
from ..report.report import Result
from .compare import ServedPackages, write_report
from .earlier import EarlierLock, Kept
from .resolve import (
    CONTAINERS,
    DISK_IMAGE,
    IMAGE,
    IMAGES,
    PACKAGES,
    EntryKey,
    Resolver,
    contents_of,
)
from .sources import SOURCE, resolve_source, source_results

_SHOWN_DIGITS = 12


def lock_release(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module release_lock: parameters -> results, and what else the module returns.

    Nothing is written unless every pin resolves. Raises PulpError if the server cannot be reached, and
    other OperatorErrors for invalid options, before anything is read from the server.
    """
    refuse_unknown_keys(params)
    earlier = EarlierLock.read(params)
    params = earlier.params
    resolved, selected = read_package_pins(server, params)
    earlier.require_known(resolved.unknown)
    known = len(resolved.pins) + len(resolved.errors) + len(resolved.unknown)
    is_partial = known < len(params["package_versions"] or {})
    if is_partial and not params["partial"]:
        raise InvalidItem(
            f"the filters leave out a part of the release ({selected}): remove package_filter, "
            "rpm_filter, deb_filter and sync_group, or set partial to lock this part only"
        )
    images = container_pins(params["container_tags"], params["container_namespace"])
    pairs = [
        *_package_pairs(resolved, params),
        *images,
        *_disk_image_pairs(params["images"] or []),
        *earlier.sources(),
        *source_results(params["sources"]),
    ]
    if not pairs:
        raise InvalidItem(
            "nothing is pinned: set package_versions, container_tags, images, sources or earlier, and "
            f"check the filters ({selected})"
        )
    connection = server.client.connection
    entries = _Entries(params["name"], _source(connection.pulp_url, params), earlier)
    if not server.check_mode:  # in which a task before this one has not created it
        for path in filter(None, (params["path"], params["sbom_path"])):
            require_directory(path)
    existing = _existing(server, params)
    names = [pin.name for _result, pin in images if not pin.mistake]
    resolver = Resolver.open(connection, names, PackageCache(params["cache_path"]))
    results = run_all(
        pairs, _resolve_with(resolver, entries), server.write_concurrency(), server.report
    )
    more: dict[str, Any] = {
        "selected": selected,
        "unknown_pins": resolved.unknown,
        "statistics": {"requests": resolver.request_count, "polls": 0, "tasks": 0},
    }
    failed = [result for result in results if result.error]
    if failed:
        return results, {**more, "lines": _failures(failed, len(results), params["path"])}
    lock = _with_evidence(entries.lock(), existing)
    sbom = ""
    if params["sbom_path"]:  # before the lock is written, because the server may fail
        reader = ServedPackages(resolver.files, resolver.cache)
        sbom = "".join(sbom_lines(lock, reader, params["container_namespace"]))
    written = _save(server, params, lock, existing)
    if sbom:
        written.append(write_report(server, params["sbom_path"], sbom, "CycloneDX"))
    lines = _answer(lock, written[0], params["path"], server.check_mode)
    if is_partial:
        lines.insert(1, f"not a whole release: {selected}")
    elif resolved.unknown:
        lines.insert(1, unknown_pins_text(resolved.unknown))
    more.update(lock=lock, digest=lock_digest(lock), lines=lines, answer="; ".join(lines))
    return [*results, *written], more


def _package_pairs(resolved: ResolvedPins, params: Mapping[str, Any]) -> list[tuple[Result, Any]]:
    pairs: list[tuple[Result, Any]] = []
    for pin in resolved.pins:
        more = {"short_name": pin.short_name, "stamp": pin.stamp}
        pairs.append((Result(pin.snapshot_name, pin.content_type, more=more), pin))
    for error in resolved.errors:
        more = {
            "short_name": error.short_name,
            "stamp": params["package_versions"][error.short_name],
            "cause": "malformed",
        }
        pairs.append((Result(error.name, error.content_type, error=error.message, more=more), None))
    return pairs


def _disk_image_pairs(images: Sequence[Mapping[str, Any]]) -> list[tuple[Result, Any]]:
    """Return a result and a pin for each item; the error of an invalid item is in its result."""
    pairs: list[tuple[Result, Any]] = []
    seen: set[str] = set()
    for item in images:
        more = {"short_name": item["repository"], "stamp": item["version"]}
        result, pin = Result(item["repository"] or "images", DISK_IMAGE, more=more), None
        try:
            pin = disk_image_pin(item)
            result.name = pin.snapshot_name
            more.update(short_name=pin.short_name, stamp=pin.stamp)
            if pin.short_name in seen:
                result.error = "a lock has one version of a disk image: remove all others"
            seen.add(pin.short_name)
        except DiskImageError as error:
            result.error = str(error)
        if result.error:
            more["cause"] = "malformed"
        pairs.append((result, pin))
    return pairs


class _Entries:
    """What a new lock has for the pins, with its name and source; may be used from several threads.

    Raises LockError if these two are invalid.
    """

    def __init__(self, name: str, source: Mapping[str, Any], earlier: EarlierLock) -> None:
        self._name, self._of, self._earlier = name, source, earlier
        self._found: dict[EntryKey, Any] = {}
        new_lock(name, source, {})

    def add(self, result: Result, entry: Any) -> None:
        """Add the entry of a pin. Raises LockError if a lock cannot have it, and InvalidItem if it
        differs from that of the earlier lock."""
        key = (result.type, result.more["short_name"], str(result.more["stamp"]))
        new_lock(self._name, self._of, _sections({key: entry}))
        self._earlier.require_same(key, entry)
        self._found[key] = entry

    def lock(self) -> dict[str, Any]:
        """Return the lock with all entries."""
        return new_lock(self._name, self._of, _sections(self._found))


def _sections(entries: Mapping[EntryKey, Any]) -> dict[str, Any]:
    """Return the sections of a lock, of entries by type, short name, and stamp or tag."""
    packages: dict[str, dict[str, Any]] = {}
    containers: dict[str, dict[str, str]] = {}
    images: dict[str, Any] = {}
    sources: dict[str, dict[str, str]] = {}
    for (kind, name, stamp), entry in entries.items():
        if kind == IMAGE:
            containers.setdefault(name, {})[stamp] = entry
        elif kind == DISK_IMAGE:
            images[name] = entry
        elif kind == SOURCE:
            sources[name] = entry
        else:
            packages.setdefault(kind, {})[name] = entry
    return {PACKAGES: packages, CONTAINERS: containers, IMAGES: images, "sources": sources}


def _resolve_with(resolver: Resolver, entries: _Entries) -> Any:
    def resolve(wanted: Any, result: Result) -> None:
        entry: Any
        if isinstance(wanted, ContainerPin):
            entry = resolver.resolve_image(wanted, result)
        elif isinstance(wanted, Pin) and result.type == DISK_IMAGE:
            entry = resolver.resolve_disk_image(wanted, result)
        elif isinstance(wanted, Pin):
            entry = resolver.resolve_snapshot(wanted, result)
        elif isinstance(wanted, Kept):
            entry = wanted.entry
        else:
            entry = resolve_source(wanted)
        entries.add(result, entry)

    return resolve


def _source(pulp_url: str, params: Mapping[str, Any]) -> dict[str, Any]:
    configuration = params["configuration"]
    return {"pulp": pulp_url, **({"configuration": configuration} if configuration else {})}


def _existing(server: Server, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the lock that will be replaced, if any. Raises OperatorError for another file.

    With a keyring, it has no evidence unless it has a valid signature.
    """
    path, keyring = params["path"], params["keyring"] or ""
    if not os.path.lexists(path):
        return None
    content, lock = load_lock(path)
    try:
        require_signature(content, read_signature(path), keyring, path)
    except SignatureError as error:
        if lock["evidence"]:
            server.report.warn(f"the evidence of the lock is not kept: {error}")
        lock["evidence"] = []
    return lock


def _with_evidence(lock: dict[str, Any], existing: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a lock with the evidence for the same digest that the lock in its place has."""
    digest = lock_digest(lock)
    kept = [one for one in (existing or {}).get("evidence", ()) if one["digest"] == digest]
    return {**lock, "evidence": kept}


def _save(
    server: Server,
    params: Mapping[str, Any],
    lock: Mapping[str, Any],
    existing: Mapping[str, Any] | None,
) -> list[Result]:
    """Write a lock unless the file has it already, and with a command its signature."""
    path, content, check_mode = params["path"], write_lock(lock), server.check_mode
    before: dict[str, Any] = {}
    if existing:
        before = {"name": existing["name"], "digest": lock_digest(existing)}
    result = Result(lock["name"], "lock", more={"short_name": lock["name"], "stamp": None})
    action = write_text_file(path, content.decode(), check_mode=True)
    signature = _Signature(f"{path}{SIGNATURE_SUFFIX}", params, content)
    signature.make(server, action != "unchanged")
    if not check_mode:
        write_text_file(path, content.decode())
    if action != "unchanged":
        result.add_change(action, before, {"name": lock["name"], "digest": lock_digest(lock)})
    server.report.finish(result)
    return [result, *signature.save(server)]


class _Signature:
    """The signature of a lock that is written. `make` before that, so that nothing is written if the
    command fails, and `save` afterwards."""

    def __init__(self, path: str, params: Mapping[str, Any], content: bytes) -> None:
        self._path, self._content = path, content
        self._lock_path, self._keyring = params["path"], params["keyring"] or ""
        self._command = params["sign_command"]
        self._is_needed = False
        self._text = b""

    def make(self, server: Server, lock_changes: bool) -> None:
        """Run the command if the lock has no valid signature. Raises SignatureError."""
        if not self._command:
            if lock_changes and os.path.lexists(self._path):
                server.report.warn(
                    f"{self._path} is the signature of the lock before this change: sign the lock again"
                )
            return
        self._is_needed = lock_changes or not self._is_valid()
        if self._is_needed and not server.check_mode:
            self._text = sign(self._command, self._content, self._keyring, self._lock_path)

    def save(self, server: Server) -> Iterator[Result]:
        """Write the signature, and yield its result; nothing without a command."""
        if not self._command:
            return
        result = Result(self._path, "signature", more={"short_name": self._path, "stamp": None})
        if self._is_needed:
            action = "updated" if os.path.lexists(self._path) else "created"
            if not server.check_mode:
                write_text_file(self._path, self._text.decode("ascii"))
            result.add_change(action, {}, {"format": "OpenPGP"})
        server.report.finish(result)
        yield result

    def _is_valid(self) -> bool:
        signature = read_signature(self._lock_path)
        with contextlib.suppress(SignatureError):
            require_signature(self._content, signature, self._keyring, self._lock_path)
            return signature is not None
        return False


def _answer(lock: Mapping[str, Any], result: Result, path: str, check_mode: bool) -> list[str]:
    digest = lock_digest(lock)[: len("sha256:") + _SHOWN_DIGITS]
    written = f"{path} is unchanged"
    if result.changed:
        written = f"{'would write' if check_mode else 'wrote'} {path}"
    return [f"release {lock['name']}, {digest}: {contents_of(lock)}", written]


def _failures(failed: Sequence[Result], total: int, path: str) -> list[str]:
    counter = Counter(result.type for result in failed)
    counts = ", ".join(
        f"{number} {kind.replace('_', ' ')}" for kind, number in sorted(counter.items())
    )
    lines = [f"{result.name}  {result.error}" for result in failed]
    return [
        *lines,
        f"{len(failed)} of {total} pins do not resolve ({counts}): {path} was not written",
    ]
