# SPDX-License-Identifier: Apache-2.0
"""The schema accepts a complete lock and refuses each kind of wrong value, with its path."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from plugins.module_utils.lock import schema
from plugins.module_utils.lock.schema import MAX_PROBLEMS, SCHEMA, problems, shown_value
from tests.unit.plugins.module_utils.lock.locks import DIGEST, changed_lock, example_lock

COLLECTION = Path(__file__).resolve().parents[5]
RPM = ("packages", "rpm", "rocky_9_baseos")
IMAGE = ("images", "rocky_10_overcloud")


def test_a_complete_lock_is_valid():
    assert problems(example_lock()) == []


def test_the_published_schema_is_that_of_the_code():
    published = (COLLECTION / "docs" / "release-lock.schema.json").read_text(encoding="utf-8")
    assert published == json.dumps(SCHEMA, indent=2) + "\n"


@pytest.mark.parametrize("key", sorted(example_lock()))
def test_every_key_of_the_top_level_is_required(key):
    lock = example_lock()
    del lock[key]
    assert problems(lock) == [f"the lock: the key {key} is missing"]


@pytest.mark.parametrize(
    "path",
    [
        "../etc/passwd",
        "/etc/passwd",
        "rocky/../../etc",
        "rocky/..",
        "..",
        ".",
        "rocky/./9",
        "rocky//9",
        "rocky/",
        "rocky/%2e%2e/9",
        "%2e%2e/9",
        "~root/9",
        "-rf",
        "rocky\\9",
        "rocky 9",
        "rocky\n9",
        "rocky/9\n",
        "rocky\x009",
        "rocky\x1b[31m",
        "rocky/9?x=1",
        "rocky/9#x",
        "räcky",
        "",
        "a" * 1025,
    ],
)
@pytest.mark.parametrize("place", [(*RPM, "base_path"), (*IMAGE, "base_path")])
def test_an_unsafe_path_is_refused(path, place):
    [problem] = problems(changed_lock(path, *place))
    assert problem.startswith(".".join(place))
    assert re.fullmatch("[ -~]+", problem)


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../b", "%2e%2e/x", "a\nb", "a\n", "", "~x", "a b"]
)
@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"sha256": "ab" * 32, "size": 1}, (*IMAGE, "files")),
        (DIGEST, (*RPM, "metadata")),
    ],
)
def test_an_unsafe_file_name_is_refused(name, value, place):
    assert len(problems(changed_lock({name: value}, *place))) == 1


@pytest.mark.parametrize(
    "name", ["a\n", "a\nb", "\x1b[2J", "../a", "a/b", "", ".a", "-a", "a\x00", "é", "a b"]
)
@pytest.mark.parametrize("section", ["images", "sources"])
def test_a_name_with_special_characters_is_refused(name, section):
    [value] = example_lock()[section].values()
    [problem] = problems(changed_lock({name: value}, section))
    assert problem.startswith(f"{section}: ")
    assert "\n" not in problem
    assert "\x1b" not in problem


@pytest.mark.parametrize(
    "name", ["Nova", "nova api", "-nova", "nova-", "/nova", "nova//api", "nova/../api", "nova\n"]
)
def test_an_invalid_image_name_is_refused(name):
    assert len(problems(changed_lock({name: {"a": DIGEST}}, "containers"))) == 1


@pytest.mark.parametrize("tag", ["-a", ".a", "a/b", "a" * 129, "a\n", "a:b", ""])
def test_an_invalid_tag_is_refused(tag):
    assert len(problems(changed_lock({"nova": {tag: DIGEST}}, "containers"))) == 1


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-11-20T200001",
        "20261320T200001",
        "20261120T250001",
        "20261120",
        "latest",
        "20261120T200001\n",
    ],
)
def test_a_text_that_is_no_stamp_is_refused(stamp):
    [problem] = problems(changed_lock(stamp, *RPM, "stamp"))
    assert "is not a stamp: expected YYYYMMDDTHHMMSS (UTC)" in problem or "characters" in problem


@pytest.mark.parametrize(
    "digest",
    [
        f"sha256:{'a' * 63}",
        f"sha256:{'a' * 65}",
        f"sha256:{'A' * 64}",
        f"sha512:{'a' * 128}",
        f"md5:{'a' * 32}",
        "a" * 64,
        "sha256:",
        f"sha256:{'a' * 64}\n",
    ],
)
def test_a_digest_of_another_form_is_refused(digest):
    assert len(problems(changed_lock({"a": digest}, "containers", "nova-api"))) >= 1


@pytest.mark.parametrize("commit", ["a" * 39, "a" * 41, "A" * 40, "main", f"{'a' * 40}\n"])
def test_an_incomplete_commit_is_refused(commit):
    assert len(problems(changed_lock(commit, "sources", "kolla-ansible", "commit"))) >= 1


@pytest.mark.parametrize(
    "ref", ["--upload-pack=x", "a..b", "/a", "a b", "a~1", "a^", "a:b", "a\n", ""]
)
def test_a_ref_that_git_would_read_as_something_else_is_refused(ref):
    assert len(problems(changed_lock(ref, "sources", "kolla-ansible", "ref"))) >= 1


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/example/x",
        "http://127.0.0.1:8080/x.git",
        "ssh://git@github.com/example/x",
        "ssh://git.example.com:2222/x",
        "git@github.com:example/x.git",
        "file:///src/x",
        "/src/x",
    ],
)
def test_a_url_of_a_git_repository_is_accepted(url):
    assert problems(changed_lock(url, "sources", "kolla-ansible", "repository")) == []


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c whoami",
        "ext::whoami",
        "--upload-pack=whoami",
        "https://user:secretword@example.com/x",
        "https://token@example.com/x",
        "https://example.com/x?token=secretword",
        "ssh://-oProxyCommand=x/y",
        "ssh://user:secretword@example.com/x",
        "user:secretword@example.com:x",
        "-x@example.com:x",
        "relative/path",
        "https://example.com/a b",
        "https://example.com/a\n",
    ],
)
def test_a_dangerous_url_of_a_git_repository_is_refused_without_its_password(url):
    [problem] = problems(changed_lock(url, "sources", "kolla-ansible", "repository"))
    assert "secretword" not in problem.replace("?token=secretword", "")


@pytest.mark.parametrize(
    "url", ["ark", "ftp://ark", "https://a:secretword@ark", "https://ark?a=b", 1]
)
def test_an_invalid_url_of_pulp_is_refused_without_its_password(url):
    [problem] = problems(changed_lock(url, "source", "pulp"))
    assert "secretword" not in problem


@pytest.mark.parametrize(
    ("value", "place", "expected"),
    [
        ("1234", (*RPM, "packages", "count"), '"1234" is not a whole number'),
        (True, (*RPM, "packages", "count"), "true is not a whole number"),
        (1.0, (*RPM, "packages", "count"), "1.0 is not a whole number"),
        (-1, (*RPM, "packages", "count"), "-1 is not between 0 and"),
        (2**63, (*RPM, "packages", "count"), "is not between 0 and"),
        (2026, ("name",), "2026 is not text (numbers, dates and truth values need quotes)"),
        (None, ("name",), "null is not text"),
        (["a"], ("name",), "a list is not text"),
        ({}, ("evidence",), "a mapping is not a list"),
        ([], ("packages",), "a list is not a mapping"),
        ("passed ", ("evidence", 0, "result"), '"passed " is not one of passed, failed'),
        ({}, (*RPM, "metadata"), "expected at least 1 entry"),
        ({"helm": {}}, ("packages",), 'unknown key "helm"'),
        ({1: {}}, ("packages",), "unknown key 1"),
        ({1: {}}, ("sources",), "the key 1 is not text"),
        ([{}] * 10001, ("evidence",), "has more than 10000 entries"),
    ],
)
def test_a_value_of_the_wrong_type_is_reported_with_its_path(value, place, expected):
    problem = problems(changed_lock(value, *place))[0]
    assert expected in problem
    assert problem.startswith(str(place[0]))


def test_package_repositories_need_a_digest_of_their_packages():
    lock = example_lock()
    del lock["packages"]["rpm"]["rocky_9_baseos"]["packages"]
    assert problems(lock) == ["packages.rpm.rocky_9_baseos: the key packages is missing"]


def test_the_path_of_a_problem_names_keys_and_indexes():
    lock = changed_lock("x", *RPM, "metadata", "repodata/repomd.xml")
    lock["evidence"][0]["digest"] = "x"
    assert [problem.partition(": ")[0] for problem in problems(lock)] == [
        'packages.rpm.rocky_9_baseos.metadata["repodata/repomd.xml"]',
        "evidence[0].digest",
    ]


def test_the_number_of_problems_and_their_length_are_limited():
    lock = changed_lock({f"a{index}": "x" * 100_000 for index in range(1000)}, "sources")
    found = problems(lock)
    assert len(found) == MAX_PROBLEMS
    assert max(map(len, found)) < 200


@pytest.mark.parametrize("value", ["\ud800", {"\ud800": {}}])
def test_a_surrogate_is_refused_and_can_be_printed(value):
    found = problems(changed_lock(value, "sources"))
    assert found
    assert all(problem.encode("utf-8") for problem in found)


def test_a_schema_with_an_unsupported_keyword_is_an_error():
    with pytest.raises(ValueError, match="unsupported keyword oneOf"):
        problems({}, {"oneOf": []})


def test_every_supported_keyword_is_used():
    def keywords(part):
        if isinstance(part, dict):
            for key, value in part.items():
                yield key
                yield from keywords(value)

    assert set(keywords(SCHEMA)) >= set(schema._KEYWORDS)


def test_a_shown_value_hides_a_password_that_is_cut():
    assert "secretword" not in shown_value(f"https://user:secretword@{'a' * 200}")
