# SPDX-License-Identifier: Apache-2.0
"""Properties of rpm.py of the metadata, for generated input."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.metadata.packages import MetadataError, Package
from tests.unit.plugins.module_utils.metadata.test_rpm import PACKAGE, packages_of
from tests.unit.repository_metadata import (
    many_packages,
    primary_xml,
)


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 3000), st.binary(max_size=8), st.integers(0, 5), st.integers(1, 500))
def test_changed_bytes_give_packages_or_an_error(place, inserted, removed, size):
    text = primary_xml([PACKAGE, *many_packages(2)], entries=1)
    text = text[:place] + inserted + text[place + removed :]
    with contextlib.suppress(MetadataError):
        assert all(isinstance(package, Package) for package in packages_of(text, size))


@settings(max_examples=30, derandomize=True, deadline=None, database=None)
@given(st.integers(1, 2000), st.integers(0, 40), st.integers(0, 4))
def test_chunks_of_any_size_give_the_same_packages(size, count, entries):
    packages = many_packages(count)
    assert packages_of(primary_xml(packages, entries), size) == packages
