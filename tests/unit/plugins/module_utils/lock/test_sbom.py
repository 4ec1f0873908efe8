# SPDX-License-Identifier: Apache-2.0
"""The software bill of materials of a release."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.lock.sbom import package_purl, sbom_lines
from plugins.module_utils.metadata.packages import Package
from tests.unit.plugins.module_utils.lock.compared_locks import (
    Reader,
    digest,
    lock,
    package,
    repository,
)


def sbom(document: dict[str, Any], reader: Reader | None = None) -> dict[str, Any]:
    """Return the document as data."""
    return json.loads("".join(sbom_lines(document, reader or Reader())))


def test_the_document_is_identified_by_the_lock():
    found = sbom(lock())
    assert (found["bomFormat"], found["specVersion"], found["version"]) == ("CycloneDX", "1.6", 1)
    assert found["components"] == []
    assert found["metadata"]["timestamp"] == "2026-11-22T09:30:00Z"
    assert found["metadata"]["component"]["version"] == "2026.1-20261122T093000"
    assert found["serialNumber"].startswith("urn:uuid:")
    assert found["serialNumber"] != sbom(lock(name="other"))["serialNumber"]


def test_the_same_lock_has_the_same_bytes_whatever_its_evidence():
    one = lock(containers={"b": {"t": digest("1")}, "a": {"t": digest("1")}})
    other = lock(containers={"a": {"t": digest("1")}, "b": {"t": digest("1")}})
    other["evidence"] = [{"name": "smoke"}]
    assert list(sbom_lines(one, Reader())) == list(sbom_lines(other, Reader()))


def test_a_name_without_a_stamp_has_no_timestamp():
    for name in ("latest", "2026.1-20269999T999999", "2026.1-20260230T000000"):
        assert "timestamp" not in sbom(lock(name=name))["metadata"]


def test_packages_have_urls_hashes_and_their_repository():
    reader = Reader({"1": [package("bash", "1:5.2-1.el9", checksum="ab" * 32)]})
    (found,) = sbom(lock(packages={"rpm": {"rocky_9_baseos": repository("1")}}), reader)[
        "components"
    ]
    assert found == {
        "bom-ref": "rpm/rocky_9_baseos/bash/1:5.2-1.el9/x86_64",
        "type": "library",
        "name": "bash",
        "version": "1:5.2-1.el9",
        "purl": "pkg:rpm/rocky/bash@5.2-1.el9?arch=x86_64&epoch=1",
        "hashes": [{"alg": "SHA-256", "content": "ab" * 32}],
        "properties": [{"name": "stackhpc:release_train:repository", "value": "rocky_9_baseos"}],
    }


@pytest.mark.parametrize(
    ("content_type", "repository_name", "name", "version", "expected"),
    [
        ("rpm", "epel_9", "libstdc++", "1~rc1-1", "rpm/fedora/libstdc%2B%2B@1~rc1-1?arch=noarch"),
        ("rpm", "grafana", "grafana", "1-1", "rpm/grafana@1-1?arch=noarch"),
        ("deb", "ubuntu_noble", "g++", "4:13-1^x", "deb/ubuntu/g%2B%2B@4:13-1%5Ex?arch=noarch"),
        ("deb", "docker-ce", "docker", "5:27", "deb/docker/docker@5:27?arch=noarch"),
    ],
)
def test_package_urls(content_type, repository_name, name, version, expected):
    found = package_purl(content_type, repository_name, package(name, version, "noarch"))
    assert found == f"pkg:{expected}"


def test_the_same_package_is_listed_once_and_another_one_with_its_version_too():
    packages = [
        package("a", "1", checksum="aa", location="x"),
        package("a", "1", checksum="aa", location="y"),
        package("a", "1", checksum="bb"),
        package("a", "1", "zz", checksum="bb"),
    ]
    found = sbom(lock(packages={"rpm": {"r": repository("1")}}), Reader({"1": packages}))
    assert [one["bom-ref"] for one in found["components"]] == [
        "rpm/r/a/1/x86_64",
        "rpm/r/a/1/x86_64/2",
        "rpm/r/a/1/zz",
    ]


def test_a_checksum_that_cyclonedx_does_not_have_is_left_out():
    one = Package("a", "noarch", "1", "sha224:00", 1, "a")
    found = sbom(lock(packages={"rpm": {"r": repository("1")}}), Reader({"1": [one]}))
    assert "hashes" not in found["components"][0]


def test_other_repositories_are_one_component():
    entry = {"stamp": "20261120T200001", "base_path": "files/x", "metadata": {}}
    (found,) = sbom(lock(packages={"file": {"tools": entry}}))["components"]
    assert found["purl"] == "pkg:generic/tools@20261120T200001"
    assert found["type"] == "data"


def test_container_images_have_oci_urls():
    (found,) = sbom(lock(containers={"stackhpc/nova-api": {"2026.1": digest("1")}}))["components"]
    assert found["type"] == "container"
    assert (found["name"], found["version"]) == ("stackhpc/nova-api", "2026.1")
    assert found["purl"] == (
        f"pkg:oci/nova-api@{digest('1')}"
        "?repository_url=ark.example.com/stackhpc/nova-api&tag=2026.1"
    )
    assert found["hashes"] == [{"alg": "SHA-256", "content": digest("1")[7:]}]


def test_disk_images_list_their_files():
    files = {"host.qcow2": {"sha256": "ab" * 32, "size": 5}}
    entry = {"version": "2026.1-1", "base_path": "images/1", "files": files}
    (found,) = sbom(lock(images={"host": entry}))["components"]
    assert found["purl"] == f"pkg:generic/host.qcow2@2026.1-1?checksum=sha256:{'ab' * 32}"
    assert found["type"] == "file"


@pytest.mark.parametrize(
    ("repository_url", "expected"),
    [
        ("https://git.example.com/kolla", "https://git.example.com/kolla"),
        ("https://user:secret@git.example.com/kolla", "https://git.example.com/kolla"),
        ("https://token@git.example.com/kolla", "https://git.example.com/kolla"),
        ("git@git.example.com:org/kolla.git", "ssh://git@git.example.com/org/kolla.git"),
        ("ssh://git@git.example.com:22/kolla", "ssh://git@git.example.com:22/kolla"),
    ],
)
def test_sources_have_their_url_without_credentials(repository_url, expected):
    entry = {"repository": repository_url, "ref": "main", "commit": "ab" * 20}
    (found,) = sbom(lock(sources={"kolla": entry}))["components"]
    assert found["externalReferences"] == [{"type": "vcs", "url": expected}]
    assert found["version"] == "ab" * 20
    assert found["purl"].startswith(f"pkg:generic/kolla@{'ab' * 20}?vcs_url=git%2B")


@pytest.mark.parametrize("repository_url", ["/home/user/kolla", "file:///home/user/kolla"])
def test_paths_of_this_machine_are_left_out(repository_url):
    entry = {"repository": repository_url, "ref": "main", "commit": "ab" * 20}
    assert "/home" not in json.dumps(sbom(lock(sources={"kolla": entry})))


def test_a_repository_that_cannot_be_read_is_an_error():
    with pytest.raises(OperatorError, match="1: not found"):
        sbom(lock(packages={"rpm": {"r": repository("1")}}), Reader(fails="1"))


def test_memory_does_not_grow_with_the_packages():
    class Many(Reader):
        def packages(self, *_repository: Any) -> Iterator[Package]:
            for number in range(5000):
                yield package(f"name-{number:05}", "1", checksum="ab" * 32)

    tracemalloc.start()
    try:
        lines = sum(
            1 for _line in sbom_lines(lock(packages={"rpm": {"r": repository("1")}}), Many())
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert lines > 5000
    assert peak < 100_000
