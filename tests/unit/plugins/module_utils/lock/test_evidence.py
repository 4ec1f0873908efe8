# SPDX-License-Identifier: Apache-2.0
"""Evidence is valid for the digest it was recorded for, and the last record of a name decides."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from plugins.module_utils.lock.document import LockError, lock_digest, read_lock, write_lock
from plugins.module_utils.lock.evidence import (
    Evidence,
    Signing,
    add_evidence,
    evidence_problems,
    list_evidence,
    record_in_file,
    valid_evidence,
)
from tests.unit.plugins.module_utils.lock.locks import example_lock

NOON = 1795348800  # 2026-11-22T12:00:00Z
SMOKE = Evidence("smoke", "passed", "https://ci.example.com/1", "ci")


def recorded(*evidence):
    """Return a lock with evidence."""
    lock = example_lock(evidence=[])
    for one in evidence:
        lock = add_evidence(lock, one, lambda: NOON).lock
    return lock


def test_evidence_is_recorded_for_the_digest_at_a_time_in_utc():
    lock = example_lock(evidence=[])
    added = add_evidence(lock, SMOKE, lambda: NOON + 0.9)
    assert added.changed
    assert added.record == {
        "name": "smoke",
        "result": "passed",
        "url": "https://ci.example.com/1",
        "by": "ci",
        "digest": lock_digest(lock),
        "recorded": "2026-11-22T12:00:00Z",
    }
    assert added.lock["evidence"] == [added.record]
    assert lock["evidence"] == []
    assert lock_digest(added.lock) == lock_digest(lock)
    assert read_lock(write_lock(added.lock), "a") == added.lock


def test_the_same_record_is_added_once():
    lock = recorded(SMOKE)
    again = add_evidence(lock, SMOKE._replace(by="somebody"), lambda: NOON + 60)
    assert not again.changed
    assert again.lock == lock
    assert again.record == lock["evidence"][0]


@pytest.mark.parametrize(
    "other",
    [SMOKE._replace(result="failed"), SMOKE._replace(url=""), SMOKE._replace(name="tempest")],
)
def test_another_record_is_added_at_the_end(other):
    added = add_evidence(recorded(SMOKE), other, lambda: NOON)
    assert added.changed
    assert [one["name"] for one in added.lock["evidence"]] == ["smoke", other.name]


def test_the_same_result_is_recorded_again_after_another_one():
    lock = recorded(SMOKE, SMOKE._replace(result="failed"))
    assert add_evidence(lock, SMOKE, lambda: NOON).changed


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence("", "passed"),
        Evidence("a\nb", "passed"),
        Evidence("smoke", "ok"),
        Evidence("smoke", ""),
        Evidence("smoke", "passed", "ftp://a"),
        Evidence("smoke", "passed", "https://user:secretword@ci"),
        Evidence("smoke", "passed", "https://ci/1?token=secretword"),
        Evidence("smoke", "passed", "", "a\nb"),
    ],
)
def test_invalid_evidence_is_refused(evidence):
    with pytest.raises(
        LockError, match="^the evidence cannot be recorded: (name|result|url|by|the lock): "
    ) as caught:
        add_evidence(example_lock(), evidence)
    assert "secretword" not in str(caught.value)


def test_evidence_that_passed_meets_the_policy():
    lock = recorded(SMOKE, Evidence("tempest", "failed"), Evidence("tempest", "passed"))
    assert evidence_problems(lock, ["smoke", "tempest"]) == []
    assert evidence_problems(lock, []) == []


def test_each_requirement_that_is_not_met_is_reported_once():
    lock = recorded(
        SMOKE, Evidence("tempest", "passed"), Evidence("tempest", "failed", "https://ci/2")
    )
    assert evidence_problems(lock, ["upgrade", "smoke", "tempest", "upgrade"]) == [
        'evidence "upgrade" is missing: run the test and record it with release_record',
        'evidence "tempest" has the result failed (https://ci/2)',
    ]


def test_evidence_of_another_content_is_not_valid():
    lock = {**recorded(SMOKE), "name": "other"}
    assert valid_evidence(lock) == {}
    assert evidence_problems(lock, ["smoke"]) == [
        'evidence "smoke" was recorded for another content of the lock: run the test again and '
        "record it"
    ]
    assert add_evidence(lock, SMOKE, lambda: NOON).changed


def test_the_list_marks_the_valid_record_of_each_name():
    lock = recorded(SMOKE, SMOKE._replace(result="failed"), Evidence("tempest", "passed"))
    lock["evidence"].insert(0, {**lock["evidence"][0], "digest": f"sha256:{'0' * 64}"})
    shown = [(one["name"], one["result"], one["valid"]) for one in list_evidence(lock)]
    assert shown == [
        ("smoke", "passed", False),
        ("smoke", "passed", False),
        ("smoke", "failed", True),
        ("tempest", "passed", True),
    ]


@pytest.fixture
def lock_file(tmp_path):
    """Return a lock file without evidence."""
    path = tmp_path / "release.yml"
    path.write_bytes(write_lock(example_lock(evidence=[])))
    path.chmod(0o640)
    return path


def test_evidence_is_recorded_in_a_file_once(lock_file):
    before = lock_file.read_bytes()
    result, warnings = record_in_file(str(lock_file), SMOKE, write=True)
    lock = read_lock(lock_file.read_bytes(), "a")
    assert (result["changed"], warnings) == (True, [])
    assert result["path"] == str(lock_file)
    assert result["name"] == lock["name"]
    assert result["digest"] == lock_digest(lock) == result["record"]["digest"]
    assert result["evidence"] == [{**lock["evidence"][0], "valid": True}]
    assert result["diff"]["before"] == before.decode()
    assert result["diff"]["after"] == lock_file.read_text()
    assert lock_file.stat().st_mode & 0o777 == 0o640
    again, _warnings = record_in_file(str(lock_file), SMOKE, write=True)
    assert not again["changed"]
    assert again["record"] == result["record"]
    assert again["diff"]["before"] == again["diff"]["after"] == lock_file.read_text()


def test_check_mode_does_not_write_the_file(lock_file):
    before = lock_file.read_bytes()
    result, _warnings = record_in_file(str(lock_file), SMOKE, write=False)
    assert result["changed"]
    assert lock_file.read_bytes() == before != result["diff"]["after"].encode()


def test_a_file_that_does_not_change_keeps_its_comments(lock_file):
    record_in_file(str(lock_file), SMOKE, write=True)
    text = lock_file.read_text() + "# a comment\n"
    lock_file.write_text(text)
    result, _warnings = record_in_file(str(lock_file), SMOKE, write=True)
    assert not result["changed"]
    assert lock_file.read_text() == text


def test_a_signature_that_does_not_match_any_more_is_a_warning(lock_file):
    signature = lock_file.with_name("release.yml.asc")
    signature.write_text("")
    _result, warnings = record_in_file(str(lock_file), SMOKE, write=True)
    assert warnings == [
        f"{signature} is the signature of the lock without this record: sign the lock again"
    ]
    assert record_in_file(str(lock_file), SMOKE, write=True)[1] == []


def test_an_invalid_lock_is_neither_read_nor_written(lock_file):
    lock_file.write_text("lock_version: 2\n")
    with pytest.raises(LockError, match="lock_version 2 is not supported"):
        record_in_file(str(lock_file), SMOKE, write=True)
    assert lock_file.read_text() == "lock_version: 2\n"


def test_a_lock_without_signature_is_refused_where_a_keyring_is_configured(lock_file, tmp_path):
    before = lock_file.read_bytes()
    with pytest.raises(LockError, match="has no signature"):
        record_in_file(str(lock_file), SMOKE, True, Signing(str(tmp_path / "keyring.asc")))
    assert lock_file.read_bytes() == before


def test_a_lock_with_evidence_is_signed_by_a_command(lock_file):
    program = "echo '-----BEGIN PGP SIGNATURE-----'; sha256sum; echo '-----END PGP SIGNATURE-----'"
    signing = Signing(command=["sh", "-c", program])
    result, warnings = record_in_file(str(lock_file), SMOKE, True, signing)
    assert result["changed"]
    assert warnings == []
    digest = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    assert digest in Path(f"{lock_file}.asc").read_text()


def test_evidence_is_not_recorded_if_the_lock_cannot_be_signed(lock_file):
    before = lock_file.read_bytes()
    with pytest.raises(LockError, match="failed with status 1"):
        record_in_file(str(lock_file), SMOKE, True, Signing(command=["false"]))
    assert lock_file.read_bytes() == before
