# SPDX-License-Identifier: Apache-2.0
"""Locks are read strictly, written deterministically, and have a digest of their content."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from plugins.module_utils.lock import document
from plugins.module_utils.lock.document import (
    MAX_BYTES,
    LockError,
    load_lock,
    lock_digest,
    new_lock,
    read_lock,
    write_lock,
)
from tests.unit.plugins.module_utils.lock.locks import DIGEST, changed_lock, example_lock

RPM = ("packages", "rpm", "rocky_9_baseos")
SMALL = """\
---
containers:
  nova-api:
    "2026.1-rocky-10-20261118T101112": "sha256:{digits}"
evidence: []
images: {{}}
lock_version: 1
name: "2026.1-20261122T093000"
packages:
  rpm:
    rocky_9_baseos:
      base_path: rocky/9/BaseOS/20261120T200001
      metadata:
        repodata/repomd.xml: "sha256:{digits}"
      packages:
        count: 2
        digest: "sha256:{digits}"
      stamp: "20261120T200001"
source:
  pulp: "https://ark.example.com"
sources: {{}}
""".format(digits="0123456789abcdef" * 4)


@pytest.fixture(autouse=True, params=["libyaml", "python"])
def _parser(request, monkeypatch):
    """Read with each of the parsers that a host may have."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


def refused(text: str | bytes) -> str:
    """Return the error of a text that is not a valid lock."""
    content = text if isinstance(text, bytes) else text.encode("utf-8")
    with pytest.raises(LockError, match=r"^release\.yml: ") as caught:
        read_lock(content, "release.yml")
    message = str(caught.value)
    assert len(message) < 5000
    assert message.isprintable()
    return message


def test_the_written_form_is_exactly_this():
    lock = read_lock(SMALL.encode(), "release.yml")
    assert write_lock(lock) == SMALL.encode()


def test_evidence_is_written_as_a_list_of_mappings():
    text = write_lock(example_lock()).decode()
    assert '\nevidence:\n  - by: ci\n    digest: "sha256:' in text
    assert read_lock(text.encode(), "release.yml") == example_lock()


def test_other_programs_read_the_same_content():
    assert yaml.safe_load(write_lock(example_lock())) == example_lock()


@pytest.mark.parametrize(
    "word", ["yes", "No", "on", "y", "null", "true", "1", "0x1f", "1e3", "2026.10", "1_000"]
)
def test_a_name_that_yaml_reads_as_another_type_is_quoted(word):
    lock = changed_lock({word: {word: DIGEST}} if word.islower() else {}, "containers")
    lock["name"] = word
    text = write_lock(lock)
    assert yaml.safe_load(text) == lock
    assert read_lock(text, "release.yml") == lock


def test_the_order_of_keys_does_not_matter():
    lock = example_lock()
    turned = json.loads(json.dumps(lock), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert list(turned) != list(lock)
    assert write_lock(turned) == write_lock(lock)
    assert lock_digest(turned) == lock_digest(lock)


def test_the_digest_is_that_of_canonical_json_without_evidence():
    lock = read_lock(SMALL.encode(), "release.yml")
    canonical = (
        '{"containers":{"nova-api":{"2026.1-rocky-10-20261118T101112":"DIGEST"}},"images":{},'
        '"lock_version":1,"name":"2026.1-20261122T093000","packages":{"rpm":{"rocky_9_baseos":'
        '{"base_path":"rocky/9/BaseOS/20261120T200001","metadata":{"repodata/repomd.xml":"DIGEST"},'
        '"packages":{"count":2,"digest":"DIGEST"},"stamp":"20261120T200001"}}},'
        '"source":{"pulp":"https://ark.example.com"},"sources":{}}'
    ).replace("DIGEST", DIGEST)
    assert lock_digest(lock) == f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def test_evidence_does_not_change_the_digest():
    assert lock_digest(example_lock(evidence=[])) == lock_digest(example_lock())


def test_comments_and_another_style_do_not_change_the_digest():
    other = json.dumps(example_lock(), indent=1) + "\n# a comment\n"
    assert lock_digest(read_lock(other.encode(), "a")) == lock_digest(example_lock())


def test_plain_text_that_yaml_reads_as_text_needs_no_quotes():
    text = SMALL.replace('"', "")
    assert write_lock(read_lock(text.encode(), "release.yml")) == SMALL.encode()


@pytest.mark.parametrize("version", [0, 2, 10**18, -1])
def test_another_version_is_refused(version):
    message = refused(SMALL.replace("lock_version: 1", f"lock_version: {version}\nlater: true"))
    # The unknown key of the later version is not what the operator has to correct.
    assert "true" not in message or "YAML" in message
    message = refused(SMALL.replace("lock_version: 1", f"lock_version: {version}\nlater: 1"))
    assert f"lock_version {version} is not supported" in message
    assert "reads lock_version 1" in message


@pytest.mark.parametrize("version", ['"1"', "[]", "1.0", "true", "null"])
def test_a_version_that_is_no_number_is_refused(version):
    refused(SMALL.replace("lock_version: 1", f"lock_version: {version}"))


@pytest.mark.parametrize(
    "text", ["", "---\n", "# a comment\n", "[]", "a", "{}", "name: a", "--- |\n  a"]
)
def test_a_text_that_is_no_lock_is_refused(text):
    assert "is not a" in refused(text)


def test_billions_of_aliases_are_refused_at_the_first_anchor():
    names = "abcdefghi"
    lines = [f"{names[0]}: &{names[0]} [{','.join(['x'] * 9)}]"]
    for before, name in zip(names, names[1:]):
        lines.append(f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]")
    assert 'line 1: the anchor "a" is not allowed' in refused("\n".join(lines))


@pytest.mark.parametrize(
    ("addition", "expected"),
    [
        ("x: *a", "alias"),
        ("x: &a 1", "anchor"),
        ("&a x: 1", "anchor"),
        ("<<: {a: b}", "merge"),
        ("x: !!python/object/apply:os.system [id]", "tag"),
        ("x: !!python/name:os.system", "tag"),
        ("x: !vault |\n  $ANSIBLE_VAULT", "tag"),
        ("x: !unsafe a", "tag"),
        ("x: !!str a", "tag"),
        ("x: ! a", "tag"),
        ("!!str x: a", "tag"),
        ("x: !!set {a}", "tag"),
        ("x: !!binary aGk=", "tag"),
        ("name: again", 'the key "name" is repeated'),
        ('"name": again', 'the key "name" is repeated'),
        ("x: {a: {}, a: {}}", 'the key "a" is repeated'),
        ("x: 2026-11-22", "timestamp"),
        ("x: 2026-11-22T10:00:00Z", "timestamp"),
        ("x: 2026.10", "float"),
        ("x: .inf", "float"),
        ("x: .nan", "float"),
        ("x: 1e+3", "unknown key"),
        ("x: 0x1f", "int"),
        ("x: 010", "int"),
        ("x: 1_000", "int"),
        ("x: 190:20:30", "int"),
        ("x: 99999999999999999999", "int"),
        (f"x: {'9' * 100_000}", "int"),
        ("x: yes", "bool"),
        ("x: ~", "null"),
        ("x:", "null"),
        ("? [a, b]\n: c", "the key a list is not text"),
        ("1: a", "the key 1 is not text"),
        ("2026-11-22: a", "timestamp"),
        ("...\n---\nname: x", "expected one document"),
        ("\tx: a", "is not YAML"),
        ("x: 'a", "is not YAML"),
        ("x: \x00", "is not YAML"),
        ("x: \x1b[2J", "is not YAML"),
        ("x: a\x85y: b", "is not"),
        ('x: "\\e[2J"', "unknown key"),
        ('"\\e[2J": x', 'unknown key "\\u001b[2J"'),
        ('"a\\nb": x', 'unknown key "a\\nb"'),
    ],
)
def test_what_two_programs_may_read_differently_is_refused(addition, expected):
    assert expected in refused(f"{SMALL}{addition}\n")


@pytest.mark.parametrize("nested", ["[" * 17, "{a: " * 17, "- " * 17, "[" * 200_000, "{" * 200_000])
def test_deep_nesting_is_refused_in_short_time(nested):
    start = time.monotonic()
    refused(f"x:\n  {nested}")
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "text",
    [SMALL.encode("utf-16"), SMALL.encode("utf-32"), SMALL.encode() + b"# \xff", b"\xff\xfe"],
)
def test_another_encoding_is_refused(text):
    assert "is not" in refused(text)


def test_the_number_of_values_is_limited(monkeypatch):
    monkeypatch.setattr(document, "_MAX_VALUES", 100)
    assert "more than 100 values are not allowed" in refused(f"x: [{'a, ' * 200}]")


def test_a_byte_order_mark_does_not_change_the_content():
    assert read_lock(b"\xef\xbb\xbf" + SMALL.encode(), "a") == read_lock(SMALL.encode(), "a")


def test_a_text_of_more_than_16_mib_is_refused():
    assert "more than 16777216 bytes" in refused(b"#" * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("place", "value"),
    [((*RPM, "stamp"), "20260230T000000"), (("evidence", 0, "recorded"), "2026-02-30T00:00:00Z")],
)
def test_a_date_that_does_not_exist_is_refused(place, value):
    with pytest.raises(LockError, match="is a date that does not exist"):
        write_lock(changed_lock(value, *place))


def test_the_first_problems_are_listed_and_the_others_counted():
    lock = changed_lock({f"a{index:02}": {} for index in range(30)}, "sources")
    with pytest.raises(LockError) as caught:
        document.validate(lock, "release.yml")
    assert str(caught.value).count("the key") == 20
    assert str(caught.value).endswith("(and 70 more)")


def test_a_new_lock_has_all_sections():
    lock = new_lock("a", {"pulp": "https://ark"}, {"containers": {"nova": {"a": DIGEST}}})
    assert lock == read_lock(write_lock(lock), "a")
    assert lock["evidence"] == []
    assert lock["sources"] == {}


@pytest.mark.parametrize(
    "content",
    [
        {"helm": {}},
        {"sources": {1: {}}},
        {"sources": datetime.date(2026, 11, 22)},
        {"sources": None},
    ],
)
def test_a_new_lock_with_invalid_content_is_refused(content):
    with pytest.raises(LockError, match="the new lock: is not a valid lock"):
        new_lock("a", {"pulp": "https://ark"}, content)


def test_the_content_of_a_new_lock_sets_neither_version_nor_evidence():
    lock = new_lock("a", {"pulp": "https://ark"}, example_lock(lock_version=2))
    assert (lock["lock_version"], lock["name"], lock["evidence"]) == (1, "a", [])
    assert lock["sources"] == example_lock()["sources"]


def test_a_new_lock_does_not_share_its_content():
    images: dict = {"nova": {"a": DIGEST}}
    lock = new_lock("a", {"pulp": "https://ark"}, {"containers": images})
    images["nova"].clear()
    assert lock["containers"] == {"nova": {"a": DIGEST}}


def test_an_invalid_lock_is_not_written():
    with pytest.raises(LockError, match="the lock to write: is not a valid lock"):
        write_lock(changed_lock("x", "name") | {"name": "../x"})


def test_a_lock_file_is_read_with_its_bytes(tmp_path):
    path = tmp_path / "release.yml"
    path.write_text(SMALL)
    assert load_lock(str(path)) == (SMALL.encode(), read_lock(SMALL.encode(), "a"))


def test_a_file_that_is_no_regular_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo", tmp_path / "absent", "/dev/zero", "a\0b"):
        with pytest.raises(LockError, match="cannot be read"):
            load_lock(str(path))


def test_a_host_without_pyyaml_gets_a_remedy(monkeypatch):
    monkeypatch.setattr(document, "HAS_YAML", False)
    with pytest.raises(LockError, match="'PyYAML' is missing for .*: install it"):
        read_lock(SMALL.encode(), "a")


PAGE = (Path(__file__).resolve().parents[5] / "docs" / "release-lock.md").read_text("utf-8")


def test_the_example_of_the_page_is_in_the_written_form():
    [example] = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert write_lock(read_lock(example.encode(), "page")) == example.encode()


def test_the_command_of_the_page_prints_the_digest():
    [command] = re.findall(r"^python3 -c '(.*?)' < release.yml$", PAGE, re.DOTALL | re.MULTILINE)
    content = write_lock(example_lock())
    done = subprocess.run([sys.executable, "-c", command], input=content, stdout=subprocess.PIPE)
    assert done.stdout.decode().strip() == lock_digest(example_lock())
