# SPDX-License-Identifier: Apache-2.0
"""Source repositories: the commit that a git ref names, without a clone."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..errors import has_unclear_credentials, redact_url
from ..pulp.errors import InvalidItem, PulpError
from ..report.report import Result
from ..text import printable

SOURCE = "source"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# What git itself accepts as a ref, without characters that have a meaning in patterns.
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/@+#=-]{0,254}")
# The short form of ssh URLs has a user name and no password.
_SCP_URL = re.compile(r"[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:[^\s]+")
_PROTOCOLS = "file:git:http:https:ssh"
_TIMEOUT = 120
_MAX_REFS = 100_000
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
    return {"repository": _shown(url), "ref": ref, "commit": commit}


def _shown(url: str) -> str:
    return url if _SCP_URL.fullmatch(url) else redact_url(url)


def _has_password(url: str) -> bool:
    if _SCP_URL.fullmatch(url):
        return False
    return has_unclear_credentials(url) or urlsplit(url).password is not None


def _require_safe(url: str, ref: str) -> None:
    if not url or url.startswith("-") or not url.isprintable():
        raise InvalidItem(f"'{_shown(url)}' is not the URL or path of a git repository")
    if _has_password(url):
        raise InvalidItem(
            f"{_shown(url)} contains a password: use a credential helper of git, or ssh"
        )
    if not _REF.fullmatch(ref) or ".." in ref:
        raise InvalidItem(f"'{printable(ref)}' is not the name of a branch or tag")


def _commit_of(url: str, ref: str) -> str:
    peeled = f"{ref}^{{}}"  # the commit of an annotated tag, which is an object of its own
    candidates = [f"refs/tags/{peeled}", f"refs/tags/{ref}", f"refs/heads/{ref}", peeled, ref]
    found: dict[str, str] = {}
    for line in _list_remote(url, candidates).splitlines()[:_MAX_REFS]:
        commit, _tab, name = line.partition("\t")
        if _COMMIT.fullmatch(commit):
            found[name] = commit
    tag = found.get(candidates[0]) or found.get(candidates[1])
    branch = found.get(candidates[2])
    if tag and branch and tag != branch:
        raise InvalidItem(
            f"{_shown(url)} has a branch and a tag '{ref}' of different commits: give "
            f"refs/heads/{ref} or refs/tags/{ref}"
        )
    named = tag or branch or found.get(peeled) or found.get(ref)
    if not named:
        raise InvalidItem(f"{_shown(url)} has no branch or tag '{ref}'")
    return named


def _list_remote(url: str, refs: list[str]) -> str:
    environment = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": _PROTOCOLS,
        "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes"),
        "LC_ALL": "C",
    }
    shown = _shown(url)
    try:
        done = subprocess.run(
            ["git", "ls-remote", "--quiet", "--", url, *refs],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        raise PulpError("git is not installed: install it to lock source repositories") from None
    except subprocess.TimeoutExpired:
        raise PulpError(f"{shown} did not answer git within {_TIMEOUT} s") from None
    if done.returncode:
        reason = printable(" ".join(done.stderr.replace(url, shown).split()))[:_MAX_REASON]
        raise PulpError(f"git cannot read {shown}: {reason}")
    return done.stdout
