# SPDX-License-Identifier: Apache-2.0
"""Refs of source repositories are resolved by git, and no part of a URL is run or shown."""

from __future__ import annotations

import subprocess

import pytest

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
        ("ext::sh -c 'touch {path}'", "main", "transport 'ext' not allowed"),
        ("--upload-pack=touch {path}", "main", "is not the URL or path of a git repository"),
        ("{path}", "--upload-pack=x", "is not the name of a branch or tag"),
        ("{path}", "a..b", "is not the name of a branch or tag"),
        ("{path}", "*", "is not the name of a branch or tag"),
        ("https://bob:S3cret@host/x", "main", r"https://\*\*\*@host/x contains a password"),
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


def test_malformed_items_are_refused():
    pairs = source_results(
        {"b": {"repository": "/b", "ref": "x"}, "a": {"repository": "/a", "ref": "y"}}
    )
    assert [result.name for result, _item in pairs] == ["a", "b"]
    for item in ("text", {"repository": "/b"}, {"repository": "/b", "ref": 1}, {"repo": "/b"}):
        with pytest.raises(InvalidItem, match="source 'a' is not a mapping"):
            source_results({"a": item})
