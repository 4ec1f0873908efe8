# SPDX-License-Identifier: Apache-2.0
"""Properties of cache.py of the metadata, for generated input."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.metadata.cache import sort_packages
from plugins.module_utils.metadata.packages import Package
from plugins.module_utils.metadata.versions import compare_deb, compare_rpm

WORDS = st.text("ab~^.+-1209é", min_size=1, max_size=6)
PACKAGES = st.lists(
    st.builds(
        Package,
        st.sampled_from(["a", "a-b", "ab", "é"]),
        st.sampled_from(["noarch", "x86_64"]),
        WORDS,
        st.sampled_from(["sha256:00", "sha256:11"]),
        st.just(1),
        st.sampled_from(["p", "q r"]),
    ),
    max_size=30,
)

thorough = settings(max_examples=100, derandomize=True, deadline=None, database=None)


@thorough
@given(PACKAGES, st.sampled_from([("rpm", compare_rpm), ("deb", compare_deb)]), st.randoms())
def test_the_order_is_by_name_architecture_and_version(packages, rules, rng):
    content_type, compare = rules
    found = sort_packages(content_type, packages)
    assert {one[:4] for one in found} == {one[:4] for one in packages}
    assert len({one[:4] for one in found}) == len(found)
    for first, second in zip(found, found[1:]):
        assert first[:2] <= second[:2]
        if first[:2] == second[:2]:
            assert compare(first.version, second.version) <= 0
    rng.shuffle(packages)
    assert sort_packages(content_type, packages) == found
