# SPDX-License-Identifier: Apache-2.0
"""Properties of compression.py of the metadata, for generated input."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.metadata import compression
from tests.unit.plugins.module_utils.metadata.test_compression import COMPRESS, read


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(st.binary(max_size=300), st.sampled_from(["", "gzip", "xz", "bzip2"]), st.integers(1, 40))
def test_chunks_of_any_size_give_the_same_bytes(text, name, size):
    magic = any(text.startswith(one.magic) for one in compression.COMPRESSIONS)
    if name:
        assert read(COMPRESS[name](text), size) == text
    elif not magic:
        assert read(text, size) == text
