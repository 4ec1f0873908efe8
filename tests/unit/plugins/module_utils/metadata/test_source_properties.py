# SPDX-License-Identifier: Apache-2.0
"""Properties of source.py of the metadata, for generated input."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.metadata.cache import PackageCache, sort_packages
from plugins.module_utils.metadata.packages import packages_digest
from plugins.module_utils.metadata.source import (
    RepositoryMetadata,
)
from tests.unit.plugins.module_utils.metadata.test_source import NOBLE, RPM
from tests.unit.repository_metadata import (
    deb_site,
    many_packages,
    rpm_site,
)


@settings(max_examples=20, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 60), st.integers(0, 3), st.booleans())
def test_what_is_read_is_what_is_served(tmp_path_factory, count, revision, is_rpm):
    directory = tmp_path_factory.mktemp("cache")
    packages = many_packages(count, revision)
    site = rpm_site(packages) if is_rpm else deb_site({"noble": {"main/binary-amd64": packages}})
    selection = RPM if is_rpm else NOBLE
    for _number in range(2):
        metadata = RepositoryMetadata(site.fetch, selection, PackageCache(str(directory)))
        assert list(metadata.packages()) == sort_packages(selection.content_type, packages)
        assert metadata.digest() == packages_digest(packages)
