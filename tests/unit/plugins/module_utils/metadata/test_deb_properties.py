# SPDX-License-Identifier: Apache-2.0
"""Properties of deb.py of the metadata, for generated input."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.metadata import deb
from plugins.module_utils.metadata.deb import read_release
from plugins.module_utils.metadata.packages import MetadataError, Package
from tests.unit.plugins.module_utils.metadata.test_deb import PACKAGE, PATH, RELEASE, packages_of
from tests.unit.repository_metadata import many_packages, packages_text


@settings(max_examples=50, derandomize=True, deadline=None, database=None)
@given(st.integers(1, 2000), st.integers(0, 40))
def test_chunks_of_any_size_give_the_same_packages(size, count):
    packages = many_packages(count)
    assert packages_of(packages_text(packages), size) == packages


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 800), st.binary(max_size=8), st.integers(0, 5), st.integers(1, 500))
def test_changed_bytes_give_packages_or_an_error(place, inserted, removed, size):
    text = packages_text([PACKAGE, *many_packages(2)])
    text = text[:place] + inserted + text[place + removed :]
    with contextlib.suppress(MetadataError):
        assert all(isinstance(package, Package) for package in packages_of(text, size))


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 3000), st.binary(max_size=8), st.integers(0, 5))
def test_changed_bytes_of_a_release_give_files_or_an_error(place, inserted, removed):
    with contextlib.suppress(MetadataError):
        release = read_release(RELEASE[:place] + inserted + RELEASE[place + removed :], PATH)
        assert isinstance(release, deb.Release)
