# SPDX-License-Identifier: Apache-2.0
"""Bills of materials of random locks by the official schema, and read by the official library."""

from __future__ import annotations

import json
from typing import Any

from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from plugins.module_utils.lock.sbom import sbom_lines
from plugins.module_utils.metadata.packages import Package
from tests.unit.plugins.module_utils.lock.compared_locks import Reader, digest, lock

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)

names = st.text("aZ0._+~-", max_size=6).map("n".__add__)
versions = st.builds(
    "{}{}-1{}".format,
    st.sampled_from(["", "1:"]),
    st.text("09aZ.+~^_", min_size=1, max_size=6),
    st.sampled_from(["", ".el9", "~rc^1"]),
)
digests = st.text("01", max_size=4).map(digest)
commits = digests.map(lambda text: text[7:47])
packages = st.lists(
    st.builds(
        Package,
        name=names,
        arch=st.sampled_from(["x86_64", "noarch"]),
        version=versions,
        checksum=st.one_of(digests, st.just("md5:" + "0" * 32), st.just("sha224:" + "0" * 56)),
        size=st.integers(0, 9),
        location=names,
    ),
    max_size=6,
).map(sorted)
urls = st.sampled_from(
    [
        "https://git.example.com/a%20b~c/kolla.git",
        "git@git.example.com:~org/kolla.git",
        "ssh://git@[::1]:22/kolla",
        "/srv/git/kolla",
        "http://git.example.com/!'()*,;=<>|^`{}",
    ]
)


def repositories(values: Any) -> Any:
    """Return a strategy of repositories by short name."""
    return st.dictionaries(names, values, max_size=2)


entries = st.fixed_dictionaries(
    {"stamp": names, "base_path": names, "metadata": st.just({"r": digest("r")})}
)
locks = st.builds(
    lock,
    name=names,
    packages=st.fixed_dictionaries(
        {}, optional={kind: repositories(entries) for kind in ("rpm", "deb", "file", "python")}
    ),
    containers=st.dictionaries(
        st.sampled_from(["nova-api", "stackhpc/nova_api", "a/b/c__d.e"]),
        st.dictionaries(names, digests, min_size=1, max_size=2),
        max_size=2,
    ),
    images=repositories(
        st.fixed_dictionaries(
            {
                "version": names,
                "base_path": names,
                "files": st.dictionaries(
                    names,
                    st.fixed_dictionaries(
                        {"sha256": digests.map(lambda text: text[7:]), "size": st.integers(0, 9)}
                    ),
                    min_size=1,
                    max_size=2,
                ),
            }
        )
    ),
    sources=repositories(
        st.fixed_dictionaries({"repository": urls, "ref": names, "commit": commits})
    ),
)


class AllReader(Reader):
    """The same packages in each repository."""

    def __init__(self, found: list[Package]) -> None:
        super().__init__()
        self._found = found

    def packages(self, *_repository: Any) -> Any:
        """Yield the packages."""
        yield from self._found


@settings(deadline=None, max_examples=25)
@given(locks, packages)
def test_documents_are_valid_and_readable(document, found):
    text = "".join(sbom_lines(document, AllReader(found)))
    assert VALIDATOR.validate_str(text) is None
    components = json.loads(text)["components"]
    references = [one["bom-ref"] for one in components]
    assert len(references) == len(set(references))
    bom = Bom.from_json(json.loads(text))
    assert len(bom.components) == len(components)
    for one in components:
        assert PackageURL.from_string(one["purl"]).to_string() == one["purl"]
