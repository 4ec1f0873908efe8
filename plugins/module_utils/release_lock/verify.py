# SPDX-License-Identifier: Apache-2.0
"""Compare what a server serves with a release lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..container.registry import Registry
from ..lock.signature import load_verified_lock
from ..metadata.cache import PackageCache
from ..metadata.packages import MetadataError
from ..metadata.source import MissingFile, RepositoryMetadata, Selection
from ..pulp.connection import Connection
from ..pulp.errors import LostResponse, ResponseError, Unreachable
from ..pulp.pool import run_all
from ..pulp.server import Server
from ..release.access_check import Account, identify_account
from ..report.report import Result
from .served_files import ServedFiles

# Values of `state` in a result.
OK, MISSING, DIFFERENT, DENIED, UNREACHABLE = "ok", "missing", "different", "denied", "unreachable"
_MAX_LINES = 40


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
    """Yield the package repositories and container tags of a lock, in its order."""
    for content_type, repositories in sorted((lock.get("packages") or {}).items()):
        for name, value in sorted(repositories.items()):
            yield LockItem(content_type, name, value)
    for name, tags in sorted((lock.get("containers") or {}).items()):
        for tag, digest in sorted(tags.items()):
            yield LockItem("image", name, digest, tag)


def verify_release(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module release_verify: parameters -> results, and what else the module returns.

    Raises PulpError if the server cannot be reached.
    """
    _content, lock, signer = load_verified_lock(params["lock"], params["keyring"] or "")
    items = list(lock_items(lock))
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
        "lines": [*_problem_lines(results), answer],
        "answer": answer,
        "statistics": {"requests": verifier.request_count, "polls": 0, "tasks": 0},
    }


@dataclass(frozen=True)
class Verifier:
    """Compares entries of a lock with one server; `verify` may be called from several threads."""

    files: ServedFiles
    registry: Registry
    account: Account
    cache: PackageCache
    namespace: str

    @classmethod
    def open(
        cls, connection: Connection, images: Sequence[str], cache: PackageCache, namespace: str
    ) -> Verifier:
        """Identify the account. Raises PulpError if the server cannot be reached."""
        files = ServedFiles(connection)
        account = identify_account(files.app, connection)
        registry = Registry(connection, images)
        return cls(files, registry, account, cache, namespace)

    @property
    def request_count(self) -> int:
        """The number of requests sent."""
        return self.files.request_count + self.registry.request_count

    def verify(self, item: LockItem, result: Result) -> None:
        """Set `state` of a result, and its error unless the server serves what the lock names."""
        try:
            state, reason = self._verify_tag(item) if item.tag else self._verify_repository(item)
        except MissingFile as error:
            state, reason = MISSING, f"not served: {error}"
        except MetadataError as error:
            state, reason = DIFFERENT, f"its metadata cannot be used: {error}"
        except (Unreachable, LostResponse) as error:
            state, reason = UNREACHABLE, str(error)
        except ResponseError as error:
            denied = error.status in (401, 403)
            state, reason = (DENIED if denied else UNREACHABLE), str(error)
        result.more["state"], result.error = state, reason
        if reason:
            result.more["cause"] = state

    def _verify_repository(self, item: LockItem) -> tuple[str, str]:
        locked = item.value["metadata"]
        fetch = self.files.below(item.value["base_path"])
        served = RepositoryMetadata(fetch, _selection_of(item), self.cache)
        if served.roots == locked:
            return OK, ""
        packages = item.value.get("packages")
        if not packages:
            changed = sorted(path for path in locked if served.roots.get(path) != locked[path])
            return DIFFERENT, f"{', '.join(changed)} differs from the lock"
        # A mirror that writes its own metadata has other roots, and the same packages.
        count, digest = served.digest()
        if (count, digest) == (packages["count"], packages["digest"]):
            return OK, ""
        number = f"{count} instead of {packages['count']}"
        if count == packages["count"]:
            number = f"{count} as in the lock, with other versions or checksums"
        return DIFFERENT, f"its packages differ from the lock: {number}"

    def _verify_tag(self, item: LockItem) -> tuple[str, str]:
        status, digest = self.registry.tag_status(f"{self.namespace}/{item.name}", item.tag)
        if status == 200:
            if digest == item.value:
                return OK, ""
            return DIFFERENT, f"the tag points to {digest} instead of {item.value}"
        if status == 404:
            return MISSING, "the registry has no such image or tag"
        if status in (401, 403):
            return DENIED, f"{self.account.description} may not pull it"
        return UNREACHABLE, f"the registry responded with HTTP {status}"


def _selection_of(item: LockItem) -> Selection:
    """Return the suites of a Debian repository, which the paths of its roots have."""
    suites = []
    for path in item.value["metadata"]:
        directory = path.rpartition("/")[0]
        is_suite = directory.startswith("dists/")
        suites.append(directory[len("dists/") :] if is_suite else f"{directory}/")
    return Selection(item.kind, tuple(suites) if item.kind == "deb" else ())


def _problem_lines(results: Sequence[Result]) -> list[str]:
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
