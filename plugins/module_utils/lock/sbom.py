# SPDX-License-Identifier: Apache-2.0
"""The software bill of materials of a release, as CycloneDX 1.6 in JSON.

It lists packages of rpm and deb repositories, tags of container images, files of disk images, source
repositories, and other repositories as a whole. What container and disk images contain is not listed.
The same lock results in the same bytes.

Sources of the formats: https://cyclonedx.org/docs/1.6/json/ and
https://github.com/package-url/purl-spec
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import chain
from typing import Any, Optional
from urllib.parse import quote, urlsplit

from ..errors import redact_url
from ..metadata.packages import Package
from .difference import PackageReader
from .document import lock_digest

_PROPERTY = "stackhpc:release_train:"
_NAME_STAMP = re.compile(r".*?([0-9]{8}T[0-9]{6})")
# Algorithms of CycloneDX; a checksum with another one is not listed.
_ALGORITHMS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384"}
_ALGORITHMS["sha512"] = "SHA-512"
# The vendors of rpm packages by the first word of a short name; the vendor is optional there.
_RPM_VENDORS = {
    "almalinux": "almalinux",
    "centos": "centos",
    "epel": "fedora",
    "fedora": "fedora",
    "opensuse": "opensuse",
    "rhel": "redhat",
    "rocky": "rocky",
}
# Repositories whose packages have identities in the lock.
_PACKAGE_TYPES = ("deb", "rpm")
# git@host:path, which is no URL.
_SCP_URL = re.compile(r"([^@/:]+@[^:/]+):(.*)")

_Component = dict[str, Any]


def sbom_lines(
    lock: Mapping[str, Any], reader: PackageReader, container_namespace: str = ""
) -> Iterator[str]:
    """Yield the lines of the document, a component each, without keeping them in memory.

    The names of container images in a lock are relative to `container_namespace`. Raises
    OperatorError if a repository cannot be read: then what was written is not complete.
    """
    digest = lock_digest(lock)
    metadata: dict[str, Any] = {
        "component": {
            "bom-ref": "release",
            "type": "platform",
            "name": "release",
            "version": lock["name"],
            "properties": _properties(digest=digest),
        },
        "tools": {"components": [{"type": "application", "name": "stackhpc.release_train"}]},
    }
    found = _NAME_STAMP.fullmatch(lock["name"])
    with suppress(ValueError):  # digits that are no time
        if found:
            stamp = datetime.strptime(found[1], "%Y%m%dT%H%M%S")
            metadata["timestamp"] = f"{stamp.isoformat()}Z"
    serial = uuid.uuid5(uuid.NAMESPACE_URL, digest)
    yield "{\n"
    yield '"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",\n'
    yield f'"bomFormat": "CycloneDX",\n"specVersion": "1.6",\n"serialNumber": "urn:uuid:{serial}",\n'
    yield f'"version": 1,\n"metadata": {_json(metadata)},\n"components": ['
    separator = "\n"
    for component in chain(
        _packages(lock, reader),
        _container_images(lock, container_namespace),
        _disk_images(lock),
        _sources(lock),
    ):
        yield f"{separator}{_json(component)}"
        separator = ",\n"
    yield "\n]\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _packages(lock: Mapping[str, Any], reader: PackageReader) -> Iterator[_Component]:
    for content_type, repositories in sorted(lock["packages"].items()):
        for name, entry in sorted(repositories.items()):
            if content_type in _PACKAGE_TYPES:
                packages = reader.packages(content_type, name, entry)
                yield from _repository(content_type, name, packages)
            else:
                yield {
                    "bom-ref": f"{content_type}/{name}",
                    "type": "data",
                    "name": name,
                    "version": entry["stamp"],
                    "purl": purl("generic", "", name, entry["stamp"]),
                    "properties": _properties(
                        content_type=content_type, base_path=entry["base_path"]
                    ),
                }


def _repository(content_type: str, name: str, packages: Iterator[Package]) -> Iterator[_Component]:
    """Yield the packages of a repository; the same name, version and checksum is listed once."""
    identity: tuple[str, str] = ("", "")
    seen: dict[str, set[str]] = {}
    for package in packages:
        if identity != package[:2]:
            identity, seen = (package.name, package.arch), {}
        checksums = seen.setdefault(package.version, set())
        if package.checksum in checksums:
            continue
        checksums.add(package.checksum)
        reference = f"{content_type}/{name}/{package.name}/{package.version}/{package.arch}"
        if len(checksums) > 1:
            reference += f"/{len(checksums)}"
        yield {
            "bom-ref": reference,
            "type": "library",
            "name": package.name,
            "version": package.version,
            "purl": package_purl(content_type, name, package),
            **_hashes(package.checksum),
            "properties": _properties(repository=name),
        }


def package_purl(content_type: str, repository: str, package: Package) -> str:
    """Return the package URL of an rpm or deb package.

    Its namespace is the vendor, which is derived from the short name of the repository.
    """
    word = re.split("[_.-]", repository.lower(), maxsplit=1)[0]
    if content_type == "deb":
        return purl("deb", word, package.name.lower(), package.version, arch=package.arch)
    epoch, colon, version = package.version.partition(":")
    if not colon:
        epoch, version = "", package.version
    vendor = _RPM_VENDORS.get(word, "")
    return purl("rpm", vendor, package.name, version, arch=package.arch, epoch=epoch)


def purl(kind: str, namespace: str, name: str, version: str, **qualifiers: str) -> str:
    """Return a package URL in its canonical form; empty qualifiers are left out."""
    parts = [kind, *([_quoted(namespace)] if namespace else []), _quoted(name)]
    text = f"pkg:{'/'.join(parts)}@{_quoted(version)}"
    pairs = [
        f"{key}={quote(value, safe=':/')}" for key, value in sorted(qualifiers.items()) if value
    ]
    return f"{text}?{'&'.join(pairs)}" if pairs else text


def _quoted(text: str) -> str:
    return quote(text, safe=":")


def _container_images(lock: Mapping[str, Any], namespace: str) -> Iterator[_Component]:
    registry = urlsplit(lock["source"].get("pulp", "")).netloc.rpartition("@")[2]
    for name, tags in sorted(lock["containers"].items()):
        url = "/".join(filter(None, [registry, namespace, name])).lower()
        short_name = name.rpartition("/")[2].lower()
        for tag, digest in sorted(tags.items()):
            yield {
                "bom-ref": f"oci/{name}:{tag}",
                "type": "container",
                "name": name,
                "version": tag,
                "purl": purl("oci", "", short_name, digest, repository_url=url, tag=tag),
                **_hashes(digest),
            }


def _disk_images(lock: Mapping[str, Any]) -> Iterator[_Component]:
    for name, entry in sorted(lock["images"].items()):
        for file, facts in sorted(entry["files"].items()):
            checksum = f"sha256:{facts['sha256']}"
            yield {
                "bom-ref": f"image/{name}/{file}",
                "type": "file",
                "name": file,
                "version": entry["version"],
                "purl": purl("generic", "", file, entry["version"], checksum=checksum),
                **_hashes(checksum),
                "properties": _properties(disk_image=name, base_path=entry["base_path"]),
            }


def _sources(lock: Mapping[str, Any]) -> Iterator[_Component]:
    for name, entry in sorted(lock["sources"].items()):
        url = _vcs_url(entry["repository"])
        commit = entry["commit"]
        component: _Component = {
            "bom-ref": f"source/{name}",
            "type": "application",
            "name": name,
            "version": commit,
            "purl": purl("generic", "", name, commit, vcs_url=f"git+{url}@{commit}" if url else ""),
            "properties": _properties(ref=entry.get("ref")),
        }
        # The official validator refuses addresses of IPv6.
        if url and "[" not in url:
            component["externalReferences"] = [{"type": "vcs", "url": quote(url, safe="/:@~+=,")}]
        yield component


def _vcs_url(repository: str) -> str:
    """Return the URL of a source repository without credentials; empty for a local path."""
    found = _SCP_URL.fullmatch(repository)
    if found:
        return f"ssh://{found[1]}/{found[2].lstrip('/')}"
    if "://" not in repository or repository.startswith("file:"):
        return ""
    parts = urlsplit(repository)
    if parts.password is not None or (parts.username and parts.scheme != "ssh"):
        repository = redact_url(repository).replace("***@", "")
    return repository


def _hashes(checksum: str) -> dict[str, Any]:
    """Return the hashes of a component, nothing for an algorithm that CycloneDX does not have."""
    algorithm, _colon, digits = checksum.partition(":")
    if algorithm not in _ALGORITHMS:
        return {}
    return {"hashes": [{"alg": _ALGORITHMS[algorithm], "content": digits}]}


def _properties(**values: Optional[str]) -> list[dict[str, str]]:
    """Return the properties that have a value."""
    return [
        {"name": f"{_PROPERTY}{name}", "value": value} for name, value in values.items() if value
    ]
