# SPDX-License-Identifier: Apache-2.0
"""Compare two release locks down to the packages that their snapshots have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..files import require_directory, write_text_file
from ..lock.difference import compare_locks
from ..lock.report_page import comparison_page
from ..lock.report_text import comparison_markdown, text_lines
from ..lock.signature import load_verified_lock
from ..metadata.cache import PackageCache
from ..metadata.packages import Advisory, Package
from ..metadata.source import MissingFile, RepositoryMetadata, Selection
from ..pulp.errors import PulpError
from ..pulp.pool import for_each
from ..pulp.server import Server
from ..report.report import Result
from .served_files import ServedFiles

_FORMATS: dict[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "markdown_path": ("Markdown", comparison_markdown),
    "html_path": ("HTML", comparison_page),
    "json_path": ("JSON", lambda difference: f"{json.dumps(difference, indent=1)}\n"),
}


class ServedPackages:
    """Packages and advisories of repositories of a lock: from the cache, else from a server."""

    def __init__(self, files: ServedFiles, cache: PackageCache) -> None:
        self._files = files
        self._cache = cache

    def packages(
        self, content_type: str, short_name: str, entry: Mapping[str, Any]
    ) -> Iterator[Package]:
        """Return the packages of a repository, sorted. Raises OperatorError."""
        try:
            locked = entry["packages"]
            metadata = self._metadata(content_type, entry)
            return metadata.packages((locked["count"], locked["digest"]))
        except MissingFile as error:
            raise PulpError(
                f"the server does not serve the snapshot {short_name} {entry['stamp']} any more, and "
                f"its packages are not in the cache: {error}"
            ) from error

    def advisories(
        self, content_type: str, _short_name: str, entry: Mapping[str, Any]
    ) -> Iterator[Advisory]:
        """Return the advisories of a repository, sorted. Raises OperatorError."""
        return self._metadata(content_type, entry).advisories()

    def _metadata(self, content_type: str, entry: Mapping[str, Any]) -> RepositoryMetadata:
        fetch = self._files.below(entry["base_path"])
        return RepositoryMetadata(fetch, Selection(content_type), self._cache, entry["metadata"])


def diff_releases(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module release_diff: parameters -> results, and what else the module returns."""
    for path in (params[option] for option in _FORMATS if params[option]):
        require_directory(path)
    old, new = (
        load_verified_lock(params[name], params["keyring"] or "")[1] for name in ("old", "new")
    )
    files = ServedFiles(server.client.connection)
    reader = ServedPackages(files, PackageCache(params["cache_path"]))
    _fill_cache(server, old, new, reader)
    difference = compare_locks(old, new, reader)
    results = [_result(one) for one in difference["packages"]]
    server.report.finish_all(results)
    results += [
        write_report(server, params[option], make(difference), format_name)
        for option, (format_name, make) in _FORMATS.items()
        if params[option]
    ]
    lines = text_lines(difference)
    return results, {
        "differs": difference["changed"],
        "counts": difference["counts"],
        "cves": difference["cves"],
        "lines": lines,
        "answer": lines[1] if difference["changed"] else lines[0],
        "statistics": {"requests": files.request_count, "polls": 0, "tasks": 0},
    }


def _fill_cache(
    server: Server, old: Mapping[str, Any], new: Mapping[str, Any], reader: ServedPackages
) -> None:
    """Read what the comparison will read, several at once; errors occur again there."""
    wanted: list[tuple[Callable[..., Any], tuple[str, str, Mapping[str, Any]]]] = []
    for content_type in sorted({*old["packages"]} & {*new["packages"]}):
        olds, news = (lock["packages"][content_type] for lock in (old, new))
        for name in sorted({*olds} & {*news}):
            both = (olds[name], news[name])
            for key, read in (("packages", reader.packages), ("metadata", reader.advisories)):
                if all("packages" in entry for entry in both) and both[0][key] != both[1][key]:
                    wanted += [(read, (content_type, name, entry)) for entry in both]

    def fill(one: tuple[Callable[..., Any], tuple[str, str, Mapping[str, Any]]]) -> None:
        read, repository = one
        # An iterator that is not used would keep its file open.
        read(*repository).close()

    for_each(wanted, fill, server.write_concurrency())


def _result(repository: Mapping[str, Any]) -> Result:
    more = {
        "short_name": repository["name"],
        "stamp": (repository["new"] or repository["old"])["stamp"],
        "change": repository["change"],
        **{kind: len(repository[kind]) for kind in ("added", "removed", "upgraded", "downgraded")},
    }
    error = repository["error"] or ""
    action = "failed" if error else "unchanged"
    return Result(repository["name"], repository["content_type"], action, error=error, more=more)


def write_report(server: Server, path: str, text: str, name: str) -> Result:
    """Write a file unless it has this text; `name` is its format."""
    result = Result(path, "report", more={"short_name": path, "stamp": None})
    action = write_text_file(path, text, server.check_mode)
    if action != "unchanged":
        result.add_change(action, {}, {"format": name})
    server.report.finish(result)
    return result
