# SPDX-License-Identifier: Apache-2.0
"""Source repositories: the commit that a git ref names, without a clone."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..errors import has_unclear_credentials, redact_url
from ..lock.schema import SCHEMA, problems
from ..pulp.errors import InvalidItem, PulpError
from ..report.report import Result
from ..text import printable

SOURCE = "source"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# What git itself accepts as a ref, without characters that have a meaning in patterns.
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/@+#=-]{0,254}")
_URL_SCHEMA = {"$ref": "#/$defs/repositoryUrl", "$defs": SCHEMA["$defs"]}
_PROTOCOLS = "file:git:http:https:ssh"
_TIMEOUT = 120
# Only refs of these names are asked for.
_MAX_OUTPUT = 1024 * 1024
_BLOCK_SIZE = 64 * 1024
_MAX_REASON = 300


def source_results(sources: Mapping[str, Any] | None) -> list[tuple[Result, Mapping[str, Any]]]:
    """Return a result for each source repository, sorted by name. Raises InvalidItem."""
    pairs = []
    for name, item in sorted((sources or {}).items()):
        given = item if isinstance(item, Mapping) else {}
        unknown = set(given) - {"repository", "ref"}
        if unknown or not all(isinstance(given.get(key), str) for key in ("repository", "ref")):
            raise InvalidItem(
                f"source '{name}' is not a mapping with the texts repository, a URL, and ref, a "
                "branch, tag or commit"
            )
        pairs.append(
            (Result(name, SOURCE, more={"short_name": name, "stamp": given["ref"]}), given)
        )
    return pairs


def resolve_source(item: Mapping[str, Any]) -> dict[str, str]:
    """Return the entry of a lock, with the commit of a ref. Raises PulpError.

    A tag is resolved to the commit that it is for. A ref that is a full commit is not looked up,
    because servers list branches and tags only.
    """
    url, ref = item["repository"], item["ref"]
    _require_safe(url, ref)
    commit = ref if _COMMIT.fullmatch(ref) else _commit_of(url, ref)
    return {"repository": url, "ref": ref, "commit": commit}


def _has_secret(url: str) -> bool:
    """Return whether a URL has a password, or in front of an HTTP host a name, which may be a token."""
    if "://" not in url:  # a path, or user@host:path of ssh
        return False
    if has_unclear_credentials(url):
        return True
    parts = urlsplit(url)
    return parts.password is not None or (parts.scheme != "ssh" and parts.username is not None)


def _require_safe(url: str, ref: str) -> None:
    """Raise InvalidItem for what git must not be given, or a lock cannot have."""
    if _has_secret(url):
        raise InvalidItem(
            f"{redact_url(url)} contains a password or token: use a credential helper of git, or ssh"
        )
    invalid = problems(url, _URL_SCHEMA)
    if invalid:
        raise InvalidItem(f"the repository of a source is invalid: {invalid[0]}")
    if not _REF.fullmatch(ref) or ".." in ref:
        raise InvalidItem(f"'{printable(ref)}' is not the name of a branch or tag")


def _commit_of(url: str, ref: str) -> str:
    peeled = f"{ref}^{{}}"  # the commit of an annotated tag, which is an object of its own
    candidates = [f"refs/tags/{peeled}", f"refs/tags/{ref}", f"refs/heads/{ref}", peeled, ref]
    found: dict[str, str] = {}
    for line in _list_remote(url, candidates).splitlines():
        commit, _tab, name = line.partition("\t")
        if _COMMIT.fullmatch(commit):
            found[name] = commit
    tag = found.get(candidates[0]) or found.get(candidates[1])
    branch = found.get(candidates[2])
    if tag and branch and tag != branch:
        raise InvalidItem(
            f"{url} has a branch and a tag '{ref}' of different commits: give "
            f"refs/heads/{ref} or refs/tags/{ref}"
        )
    named = tag or branch or found.get(peeled) or found.get(ref)
    if not named:
        raise InvalidItem(f"{url} has no branch or tag '{ref}'")
    return named


def _list_remote(url: str, refs: list[str]) -> str:
    environment = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": _PROTOCOLS,
        "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes"),
        "LC_ALL": "C",
    }
    command = ["git", "ls-remote", "--quiet", "--", url, *refs]
    try:
        # In a session of its own, so that the programs which git starts end with it.
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise PulpError("git is not installed: install it to lock source repositories") from None
    with _ended(process):
        output, errors = _read_output(process, url)
        status = process.wait()
    if status:
        reason = printable(" ".join(errors.split()))[:_MAX_REASON]
        raise PulpError(f"git cannot read {url}: {reason}")
    return output


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process at the end of the block, with all that it has started."""
    with process:
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _read_output(process: subprocess.Popen[bytes], url: str) -> tuple[str, str]:
    """Return the output and the errors of git. Raises PulpError if it is late, or prints too much."""
    deadline = time.monotonic() + _TIMEOUT
    found = {process.stdout: bytearray(), process.stderr: bytearray()}
    with selectors.DefaultSelector() as selector:
        for stream in found:
            selector.register(stream, selectors.EVENT_READ)  # type: ignore[arg-type]
        while selector.get_map():
            left = deadline - time.monotonic()
            ready = selector.select(max(0.0, left))
            if left <= 0 or not ready:
                raise PulpError(f"{url} did not answer git within {_TIMEOUT} s")
            for key, _events in ready:
                block = os.read(key.fd, _BLOCK_SIZE)
                if not block:
                    selector.unregister(key.fileobj)
                found[key.fileobj] += block  # type: ignore[index]
                if len(found[key.fileobj]) > _MAX_OUTPUT:  # type: ignore[index]
                    raise PulpError(f"git cannot read {url}: its answer is too long")
    output, errors = (bytes(text).decode("utf-8", "replace") for text in found.values())
    return output, errors
