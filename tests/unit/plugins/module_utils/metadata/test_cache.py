# SPDX-License-Identifier: Apache-2.0
"""The cache: order, damaged files, permissions, and old files."""

from __future__ import annotations

import os
import random
import stat
import time

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.metadata import cache
from plugins.module_utils.metadata.cache import CacheKey, PackageCache, sort_packages
from plugins.module_utils.metadata.packages import MetadataError, packages_digest
from tests.unit.repository_metadata import BLANK_ADVISORY, many_packages

KEY = CacheKey("rpm", "0" * 64)


@pytest.fixture
def directory(tmp_path):
    """Return the path of a cache that does not exist yet."""
    return tmp_path / "cache" / "metadata"


def files(directory):
    """Return the names of the files in the cache."""
    return sorted(path.name for path in directory.iterdir())


def test_an_unknown_key_has_nothing(directory):
    empty = PackageCache(str(directory))
    assert empty.packages(KEY) is empty.advisories(KEY) is empty.digest(KEY) is None
    assert not directory.exists()


def test_packages_are_returned_in_order(directory):
    packages = many_packages(300)
    PackageCache(str(directory)).store(KEY, packages)
    found = list(PackageCache(str(directory)).packages(KEY))
    assert found == sort_packages("rpm", packages)
    assert sorted(found) == sorted(packages)
    assert PackageCache(str(directory)).digest(KEY) == packages_digest(packages)


def test_advisories_are_returned_by_id(directory):
    advisories = [
        BLANK_ADVISORY._replace(id=f"A-{number}", cves=("CVE-1",), packages=(("é", "x", "1"),))
        for number in (2, 1, 3, 1)
    ]
    PackageCache(str(directory)).store_advisories(KEY, advisories)
    found = list(PackageCache(str(directory)).advisories(KEY))
    assert found == [advisories[1], advisories[0], advisories[2]]
    assert PackageCache(str(directory)).packages(KEY) is None


def test_keys_are_independent(directory):
    store = PackageCache(str(directory))
    store.store(KEY, many_packages(1))
    store.store(KEY._replace(content_type="deb"), many_packages(2))
    store.store(KEY._replace(digest="1" * 64), [])
    counts = [
        store.digest(key)[0]
        for key in (KEY, KEY._replace(content_type="deb"), KEY._replace(digest="1" * 64))
    ]
    assert counts == [1, 2, 0]


def test_files_are_private_and_nothing_else_is_left(directory):
    old = os.umask(0)
    try:
        PackageCache(str(directory)).store(KEY, many_packages(3))
    finally:
        os.umask(old)
    assert files(directory) == [f"rpm-{KEY.digest}.packages"]
    assert stat.S_IMODE((directory / files(directory)[0]).stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_nothing_is_stored_when_the_packages_end_with_an_error(directory):
    def broken():
        yield from many_packages(3)
        raise OSError("connection lost")

    store = PackageCache(str(directory))
    for write in (store.store, store.store_advisories):
        with pytest.raises(OSError, match="connection lost"):
            write(KEY, broken())
    assert not directory.exists()


@pytest.mark.parametrize("method", ["packages", "digest"])
def test_a_damaged_file_counts_as_missing(directory, method):
    store = PackageCache(str(directory))
    store.store(KEY, many_packages(20))
    (path,) = directory.iterdir()
    text = path.read_bytes()
    rng = random.Random(1)
    damaged = [
        text[:-1],
        text[:50],
        b"",
        text + b"x",
        b"x" + text,
        text.replace(b"data 2 ", b"data 1 "),
    ]
    for _number in range(20):
        place = rng.randrange(len(text))
        damaged.append(text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :])
    for one in damaged:
        path.write_bytes(one)
        assert getattr(store, method)(KEY) is None
    store.store(KEY, many_packages(20))
    assert path.read_bytes() == text


def test_a_file_that_is_replaced_meanwhile_is_read_to_its_end(directory):
    store = PackageCache(str(directory))
    store.store(KEY, many_packages(5000))
    packages = store.packages(KEY)
    first = next(packages)
    store.store(KEY, many_packages(3))
    assert len([first, *packages]) == 5000


def test_files_that_nobody_read_for_long_are_deleted(directory):
    store = PackageCache(str(directory))
    days = {"used": 89, "old": 91}
    for number, (name, age) in enumerate(days.items()):
        key = KEY._replace(digest=str(number) * 64)
        store.store(key, [])
        path = directory / f"rpm-{key.digest}.packages"
        then = time.time() - age * 24 * 3600
        os.utime(path, (then, then))
        (directory / f"{name}.txt").touch()
        os.utime(directory / f"{name}.txt", (then, then))
    temporary = directory / "killed.tmp"
    temporary.touch()
    os.utime(temporary, (time.time() - 90_000,) * 2)
    assert store.digest(KEY) == packages_digest([])
    store.store(KEY._replace(digest="9" * 64), [])
    assert files(directory) == [
        "old.txt",
        f"rpm-{'0' * 64}.packages",
        f"rpm-{'9' * 64}.packages",
        "used.txt",
    ]
    assert time.time() - (directory / f"rpm-{'0' * 64}.packages").stat().st_mtime < 100


def test_the_number_of_packages_is_limited(directory, monkeypatch):
    monkeypatch.setattr(cache, "_MAX_ITEMS", 10)
    with pytest.raises(OperatorError, match="more than 10 packages or advisories"):
        PackageCache(str(directory)).store(KEY, many_packages(11))
    PackageCache(str(directory)).store(KEY, many_packages(10))


def test_a_directory_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "file").touch()
    path = f"{tmp_path}/file/cache"
    with pytest.raises(OperatorError, match=f"{path}.*cannot be used: Not a directory. Correct"):
        PackageCache(path).store(KEY, [])
    with pytest.raises(OperatorError, match=f"{path}.*cannot be used: Not a directory. Correct"):
        PackageCache(path).packages(KEY)


def test_the_characters_that_are_kept_in_memory_are_limited(directory, monkeypatch):
    monkeypatch.setattr(cache, "_MAX_CHARACTERS", 1000)
    store = PackageCache(str(directory))
    large = many_packages(1)[0]._replace(location="x" * 1000)
    advisory = BLANK_ADVISORY._replace(packages=(("a" * 500, "b" * 400, "c" * 100),))
    with pytest.raises(MetadataError, match="more than 1000 characters"):
        store.store(KEY, [large])
    with pytest.raises(MetadataError, match="more than 1000 characters"):
        store.store_advisories(KEY, [advisory])
    assert store.packages(KEY) is store.advisories(KEY) is None


@pytest.mark.filterwarnings("error")
def test_packages_that_are_not_read_are_closed(directory):
    store = PackageCache(str(directory))
    store.store(KEY, many_packages(3))
    found = store.packages(KEY)
    found.close()
    assert list(found) == []
