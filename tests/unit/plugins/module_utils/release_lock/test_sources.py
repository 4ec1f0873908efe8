# SPDX-License-Identifier: Apache-2.0
"""Refs of source repositories are resolved by git, and no part of a URL is run or shown."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from plugins.module_utils.lock.document import new_lock
from plugins.module_utils.pulp.errors import InvalidItem, PulpError
from plugins.module_utils.release_lock import sources
from plugins.module_utils.release_lock.sources import resolve_source, source_results


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Return a function that runs git in a repository, and its output."""
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "someone")
        monkeypatch.setenv(f"{name}_EMAIL", "someone@example.com")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    path = tmp_path / "kolla"

    def run(*arguments):
        command = ["git", "-C", str(path), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    path.mkdir()
    run("init", "--quiet", "--initial-branch", "stackhpc/2025.1")
    run("commit", "--allow-empty", "--message", "first")
    run("tag", "--annotate", "stackhpc/1.0", "--message", "a tag")
    run("commit", "--allow-empty", "--message", "second")
    run.url = str(path)
    return run


def resolve(repository, ref):
    return resolve_source({"repository": repository, "ref": ref})["commit"]


def test_a_branch_a_tag_and_a_full_ref_are_resolved_to_their_commits(git):
    assert resolve(git.url, "stackhpc/2025.1") == git("rev-parse", "HEAD")
    assert resolve(f"file://{git.url}", "stackhpc/1.0") == git("rev-parse", "HEAD~1")
    assert resolve(git.url, "refs/heads/stackhpc/2025.1") == git("rev-parse", "HEAD")
    assert resolve(git.url, "refs/tags/stackhpc/1.0") == git("rev-parse", "HEAD~1")


def test_a_commit_is_kept(git):
    assert resolve(git.url, "a" * 40) == "a" * 40


def test_a_branch_and_a_tag_of_one_name_must_agree(git):
    git("tag", "both", "HEAD")
    git("branch", "both", "HEAD")
    assert resolve(git.url, "both") == git("rev-parse", "HEAD")
    git("branch", "--force", "both", "HEAD~1")
    with pytest.raises(InvalidItem, match="has a branch and a tag 'both' of different commits"):
        resolve(git.url, "both")


def test_a_part_of_a_name_is_not_enough(git):
    with pytest.raises(InvalidItem, match="has no branch or tag '2025.1'"):
        resolve(git.url, "2025.1")


@pytest.mark.parametrize(
    ("url", "ref", "error"),
    [
        ("ext::sh -c 'touch {path}'", "main", "is not the URL of a git repository"),
        ("--upload-pack=touch {path}", "main", "is not the URL of a git repository"),
        ("", "main", "is not the URL of a git repository"),
        ("relative/path", "main", "is not the URL of a git repository"),
        ("{path}", "--upload-pack=x", "is not the name of a branch or tag"),
        ("{path}", "a..b", "is not the name of a branch or tag"),
        ("{path}", "*", "is not the name of a branch or tag"),
        ("https://bob:S3cret@host/x", "main", r"https://\*\*\*@host/x contains a password"),
        ("https://S3cret@host/x", "main", r"https://\*\*\*@host/x contains a password or token"),
        ("ssh://git:S3cret@host/x", "main", r"ssh://\*\*\*@host/x contains a password"),
        ("https://host/x?token=S3cretS3cret", "main", "is not the URL of a git repository"),
        ("{path}/none", "main", "git cannot read .*does not appear to be a git repository"),
        ("git@127.0.0.1:1/x", "main", "git cannot read git@127.0.0.1:1/x"),
    ],
)
def test_what_git_must_not_be_given_is_refused(tmp_path, monkeypatch, url, ref, error):
    monkeypatch.setenv("GIT_SSH_COMMAND", "false")
    path = tmp_path / "made"
    with pytest.raises(PulpError, match=error) as raised:
        resolve(url.format(path=path), ref)
    assert "S3cret" not in str(raised.value)
    assert not path.exists()


def test_a_missing_git_and_a_server_that_does_not_answer_are_reported(git, monkeypatch):
    monkeypatch.setattr(sources, "_TIMEOUT", 0.0)
    with pytest.raises(PulpError, match="did not answer git within"):
        resolve(git.url, "stackhpc/2025.1")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PulpError, match="git is not installed"):
        resolve(git.url, "stackhpc/2025.1")


@pytest.fixture
def ssh(git, tmp_path, monkeypatch):
    """Let a program in place of ssh run what git asks for on this host."""
    program = tmp_path / "ssh"
    program.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    program.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(program))
    return program


@pytest.mark.parametrize(
    "prefix", ["ssh://git@git.example.com", "ssh://git.example.com", "git@git.example.com:"]
)
def test_a_lock_has_the_url_of_ssh_with_its_user(git, ssh, prefix):
    url = f"{prefix}{git.url}"
    entry = resolve_source({"repository": url, "ref": "stackhpc/2025.1"})
    assert entry == {
        "repository": url,
        "ref": "stackhpc/2025.1",
        "commit": git("rev-parse", "HEAD"),
    }
    assert new_lock("first", {"pulp": "https://ark"}, {"sources": {"kolla": entry}})


def is_running(process):
    """Return whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_what_git_has_started_ends_with_it(git, ssh, tmp_path, monkeypatch):
    started = tmp_path / "started"
    ssh.write_text(f"#!/bin/sh\necho $$ > {started}\nsleep 30 & wait\n")
    monkeypatch.setattr(sources, "_TIMEOUT", 1.0)
    with pytest.raises(PulpError, match="ssh://.* did not answer git within"):
        resolve(f"ssh://git.example.com{git.url}", "stackhpc/2025.1")
    process = int(started.read_text())
    deadline = time.monotonic() + 10
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(process)


def test_an_answer_without_an_end_is_refused(git, ssh):
    ssh.write_text("#!/bin/sh\nyes 1>&2\n")
    with pytest.raises(PulpError, match="its answer is too long"):
        resolve(f"ssh://git.example.com{git.url}", "stackhpc/2025.1")


def test_malformed_items_are_refused():
    pairs = source_results(
        {"b": {"repository": "/b", "ref": "x"}, "a": {"repository": "/a", "ref": "y"}}
    )
    assert [result.name for result, _item in pairs] == ["a", "b"]
    for item in ("text", {"repository": "/b"}, {"repository": "/b", "ref": 1}, {"repo": "/b"}):
        with pytest.raises(InvalidItem, match="source 'a' is not a mapping"):
            source_results({"a": item})
