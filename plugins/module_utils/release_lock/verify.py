# SPDX-License-Identifier: Apache-2.0
"""Compare what a server serves with a release lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import OperatorError
from ..lock.signature import load_verified_lock
from ..metadata.cache import PackageCache
from ..metadata.manifest import ROOT_PATH, read_manifest
from ..metadata.source import MissingFile, RepositoryMetadata, Selection, read_digests, read_root
from ..pulp.errors import AuthenticationError, InvalidItem, ResponseError
from ..pulp.pool import run_all
from ..pulp.server import Server
from ..release.access_check import Account
from ..report.report import Result
from .resolve import DISK_IMAGE, IMAGE, digest_problem
from .served_files import ServerReader

# Values of `state` in a result.
OK, MISSING, DIFFERENT, DENIED, UNREACHABLE = "ok", "missing", "different", "denied", "unreachable"
_MAX_LINES = 40
_MAX_LISTED = 5


@dataclass(frozen=True)
class LockItem:
    """One entry of a lock: its section, content type or image, name, and value."""

    kind: str
    name: str
    value: Any
    tag: str = ""

    def result(self) -> Result:
        """Return the result of the item, before anything is checked."""
        stamp = self.tag or str(self.value.get("stamp") or self.value.get("version") or "")
        name = f"{self.name}:{self.tag}" if self.tag else self.name
        more = {"short_name": self.name, "stamp": stamp, "state": UNREACHABLE}
        return Result(name, self.kind, more=more)


def lock_items(lock: Mapping[str, Any]) -> Iterator[LockItem]:
    """Yield the package repositories, container tags and disk images of a lock, in its order."""
    for content_type, repositories in sorted((lock.get("packages") or {}).items()):
        for name, value in sorted(repositories.items()):
            yield LockItem(content_type, name, value)
    for name, tags in sorted((lock.get("containers") or {}).items()):
        for tag, digest in sorted(tags.items()):
            yield LockItem(IMAGE, name, digest, tag)
    for name, value in sorted((lock.get("images") or {}).items()):
        yield LockItem(DISK_IMAGE, name, value)


def verify_release(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module release_verify: parameters -> results, and what else the module returns.

    Raises PulpError if the server cannot be reached.
    """
    _content, lock, signer = load_verified_lock(params["lock"], params["keyring"] or "")
    items = list(lock_items(lock))
    if not items:
        raise InvalidItem(
            f"{params['lock']} has no package repositories, container images and disk images: there is "
            "nothing to compare"
        )
    namespace = params["container_namespace"]
    verifier = Verifier.open(
        server.client.connection,
        [f"{namespace}/{item.name}" for item in items if item.tag],
        PackageCache(params["cache_path"]),
        namespace,
    )
    pairs = [(item.result(), item) for item in items]
    results = run_all(pairs, verifier.verify, server.write_concurrency(), server.report)
    answer = _answer(lock, results, verifier.account)
    return results, {
        "release": lock["name"],
        "signer": signer,
        "lines": [*_problem_lines(results, verifier.account), answer],
        "answer": answer,
        "statistics": {"requests": verifier.request_count, "polls": 0, "tasks": 0},
    }


@dataclass(frozen=True)
class Verifier(ServerReader):
    """Compares entries of a lock with one server; `verify` may be called from several threads."""

    namespace: str

    def verify(self, item: LockItem, result: Result) -> None:
        """Set `state` of a result, and its error unless the server serves what the lock names."""
        try:
            state, reason = self._verify(item)
        except MissingFile as error:
            state, reason = MISSING, f"not served: {error}"
        except AuthenticationError as error:
            state, reason = DENIED, str(error)
        except ResponseError as error:
            denied = error.status in (401, 403)
            state, reason = (DENIED if denied else UNREACHABLE), str(error)
        except OperatorError as error:
            # Also metadata that cannot be read, here or because of a proxy: nothing was compared.
            state, reason = UNREACHABLE, str(error)
        result.more["state"], result.error = state, reason
        if reason:
            result.more["cause"] = state

    def _verify(self, item: LockItem) -> tuple[str, str]:
        if self.account.is_refused:
            return DENIED, self.account.refusal
        if item.tag:
            return self._verify_tag(item)
        if item.kind in ("rpm", "deb"):
            return self._verify_packages(item)
        fetch = self.files.below(item.value["base_path"])
        if item.kind == DISK_IMAGE:
            return _compare_files(read_manifest(read_root(fetch, ROOT_PATH)), item.value["files"])
        return _compare_roots(read_digests(fetch, item.value["metadata"]), item)

    def _verify_packages(self, item: LockItem) -> tuple[str, str]:
        fetch = self.files.below(item.value["base_path"])
        served = RepositoryMetadata(fetch, _selection_of(item), self.cache)
        if served.roots == item.value["metadata"]:
            return OK, ""
        # A mirror that writes its own metadata has other roots, and the same packages.
        locked = item.value["packages"]
        count, digest = served.digest()
        if (count, digest) == (locked["count"], locked["digest"]):
            return OK, ""
        number = f"{count:,} instead of {locked['count']:,}"
        if count == locked["count"]:
            number = f"{count:,} as in the lock, with other versions or checksums"
        return DIFFERENT, f"its packages differ from the lock: {number}"

    def _verify_tag(self, item: LockItem) -> tuple[str, str]:
        status, digest = self.registry.tag_status(f"{self.namespace}/{item.name}", item.tag)
        if status == 200:
            if digest == item.value:
                return OK, ""
            problem = digest_problem(digest)
            if problem:
                return UNREACHABLE, problem
            return DIFFERENT, f"the tag points to {digest} instead of {item.value}"
        if status == 404:
            return MISSING, "the registry has no such image or tag"
        if status in (401, 403):
            return DENIED, f"{self.account.description} may not pull it"
        return UNREACHABLE, f"the registry responded with HTTP {status}"


def _compare_roots(served: Mapping[str, str], item: LockItem) -> tuple[str, str]:
    """Compare digests of files, by path, with those of an item."""
    locked = item.value["metadata"]
    changed = sorted(path for path, digest in served.items() if digest != locked[path])
    return (DIFFERENT, f"{_listed(changed)} differs from the lock") if changed else (OK, "")


def _compare_files(served: Mapping[str, Any], locked: Mapping[str, Any]) -> tuple[str, str]:
    """Compare the files of a disk image, by path, with those of a lock."""
    both = {*served} & {*locked}
    groups = {
        "differs from the lock": {path for path in both if served[path] != locked[path]},
        "is missing": {*locked} - both,
        "is not in the lock": {*served} - both,
    }
    parts = [f"{_listed(sorted(paths))} {what}" for what, paths in groups.items() if paths]
    return (DIFFERENT, "; ".join(parts)) if parts else (OK, "")


def _listed(names: Sequence[str]) -> str:
    left = len(names) - _MAX_LISTED
    return ", ".join(names[:_MAX_LISTED]) + (f" and {left} more" if left > 0 else "")


def _selection_of(item: LockItem) -> Selection:
    """Return the suites of a Debian repository, which the paths of its roots have."""
    suites = []
    for path in item.value["metadata"]:
        directory = path.rpartition("/")[0]
        is_suite = directory.startswith("dists/")
        suites.append(directory[len("dists/") :] if is_suite else f"{directory}/")
    return Selection(item.kind, tuple(suites) if item.kind == "deb" else ())


def _problem_lines(results: Sequence[Result], account: Account) -> list[str]:
    if account.is_refused:
        return [account.refusal]
    problems = [one for one in results if one.more["state"] != OK]
    shown = problems if len(problems) <= _MAX_LINES else problems[: _MAX_LINES - 1]
    lines = [f"{one.name}  {one.more['state']}  {one.error}" for one in shown]
    left = len(problems) - len(shown)
    return [*lines, f"... and {left} more, in the report"] if left else lines


def _answer(lock: Mapping[str, Any], results: Sequence[Result], account: Account) -> str:
    counter = Counter(one.more["state"] for one in results)
    states = [OK, *(state for state in counter if state != OK)]
    counts = ", ".join(f"{counter[state]} {state}" for state in states)
    return f"release {lock['name']}, {account.pulp_url}: {counts}"
