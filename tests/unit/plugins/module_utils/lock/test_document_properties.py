# SPDX-License-Identifier: Apache-2.0
"""What is written is read again, equal locks have equal bytes, and any text is read or refused."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.module_utils.lock.document import LockError, lock_digest, read_lock, write_lock
from plugins.module_utils.lock.schema import SCHEMA, problems
from plugins.module_utils.text import printable
from tests.unit.plugins.module_utils.lock.locks import example_lock

# Texts that YAML reads as another type, where the pattern permits them.
TRICKY = ["1", "0", "1.5", "2026.10", "1e3", "0x1f", "010", "1_0", "yes", "no", "on", "y", "null"]
TRICKY += ["true", "inf", "a", "a.b", "0o7", "2026-11-22", "1-1", "a-", "a_b", "--", "-"]


def texts(name: str) -> st.SearchStrategy[str]:
    """Return a strategy of texts that a definition of the schema permits."""
    schema = SCHEMA["$defs"][name]
    tricky = [text for text in TRICKY if not problems(text, schema)]
    prefixes = ["", "https://a/", "http://a:1/", "git@a:", "/"]
    starts = [text for text in prefixes if not problems(f"{text}a1", schema)]
    other = st.builds("{}a{}1".format, st.sampled_from(starts), st.text("aA1._-", max_size=3))
    strategy = other.filter(lambda text: not problems(text, schema))
    return st.sampled_from(tricky) | strategy if tricky else strategy


DIGESTS = st.binary(min_size=32, max_size=32).map(lambda digest: f"sha256:{digest.hex()}")
STAMPS = st.datetimes().map(lambda time: f"{time.year:04}{time:%m%dT%H%M%S}")
TIMES = st.datetimes().map(lambda time: f"{time.year:04}-{time:%m-%dT%H:%M:%SZ}")
COMMITS = st.binary(min_size=20, max_size=20).map(bytes.hex)
SIZES = st.integers(0, 2**63 - 1)
CHECKOUTS = st.fixed_dictionaries(
    {"repository": texts("repositoryUrl"), "ref": texts("ref"), "commit": COMMITS}
)
PACKAGES = st.fixed_dictionaries({"count": SIZES, "digest": DIGESTS})
REPOSITORY = {
    "stamp": STAMPS,
    "base_path": texts("relativePath"),
    "metadata": st.dictionaries(texts("relativePath"), DIGESTS, min_size=1, max_size=3),
}


def named(keys: str, values: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[Any]:
    return st.dictionaries(texts(keys), values, min_size=least, max_size=3)


WITH_PACKAGES = named("shortName", st.fixed_dictionaries({**REPOSITORY, "packages": PACKAGES}))
REPOSITORIES = named(
    "shortName", st.fixed_dictionaries(REPOSITORY, optional={"packages": PACKAGES})
)
LOCKS = st.fixed_dictionaries(
    {
        "lock_version": st.just(1),
        "name": texts("name"),
        "source": st.fixed_dictionaries(
            {"pulp": texts("pulpUrl")}, optional={"configuration": CHECKOUTS}
        ),
        "packages": st.fixed_dictionaries(
            {},
            optional={
                "rpm": WITH_PACKAGES,
                "deb": WITH_PACKAGES,
                "file": REPOSITORIES,
                "python": REPOSITORIES,
            },
        ),
        "containers": named("imageName", named("name", DIGESTS, 1)),
        "images": named(
            "shortName",
            st.fixed_dictionaries(
                {
                    "version": texts("shortName"),
                    "base_path": texts("relativePath"),
                    "files": named(
                        "relativePath",
                        st.fixed_dictionaries(
                            {"sha256": DIGESTS.map(lambda one: one[7:]), "size": SIZES}
                        ),
                        1,
                    ),
                }
            ),
        ),
        "sources": named("shortName", CHECKOUTS),
        "evidence": st.lists(
            st.fixed_dictionaries(
                {
                    "name": texts("name"),
                    "result": st.sampled_from(["passed", "failed"]),
                    "digest": DIGESTS,
                    "recorded": TIMES,
                },
                optional={"url": texts("url"), "by": texts("account")},
            ),
            max_size=3,
        ),
    }
)
MANY = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


@MANY
@given(LOCKS)
def test_a_written_lock_is_read_again_and_written_with_the_same_bytes(lock):
    text = write_lock(lock)
    assert read_lock(text, "a") == lock
    assert write_lock(read_lock(text, "a")) == text
    assert yaml.safe_load(text) == lock  # so do other programs


@MANY
@given(LOCKS, st.randoms())
def test_the_order_of_keys_changes_neither_bytes_nor_digest(lock, random):
    def shuffled(pairs):
        random.shuffle(pairs)
        return dict(pairs)

    other = json.loads(json.dumps(lock), object_pairs_hook=shuffled)
    assert write_lock(other) == write_lock(lock)
    assert lock_digest(other) == lock_digest(lock)


@MANY
@given(LOCKS, LOCKS)
def test_the_digest_is_equal_exactly_for_equal_content(one, other):
    contents = [{**lock, "evidence": []} for lock in (one, other)]
    assert (lock_digest(one) == lock_digest(other)) == (contents[0] == contents[1])
    assert lock_digest({**one, "evidence": other["evidence"]}) == lock_digest(one)


TEXT = write_lock(example_lock())


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(TEXT)),
    st.integers(0, 40),
    st.binary(max_size=12) | st.text(max_size=6).map(str.encode),
)
def test_a_damaged_lock_is_refused_or_has_another_valid_content(start, length, inserted):
    text = TEXT[:start] + inserted + TEXT[start + length :]
    message = ""
    try:
        lock = read_lock(text, "a")
    except LockError as error:
        message = str(error)
    if message:
        assert printable(message) == message
        return
    assert read_lock(write_lock(lock), "a") == lock
    assert (lock_digest(lock) == lock_digest(example_lock())) == (
        {**lock, "evidence": []} == example_lock(evidence=[])
    )
