# SPDX-License-Identifier: Apache-2.0
"""Repositories that are read through the cache: requests, roots, suites, and servers that fail."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.metadata.cache import PackageCache, sort_packages
from plugins.module_utils.metadata.packages import MetadataError, packages_digest
from plugins.module_utils.metadata.source import (
    ChangedRoot,
    MissingFile,
    RepositoryMetadata,
    Selection,
)
from tests.unit.repository_metadata import (
    BLANK_ADVISORY,
    Site,
    deb_site,
    many_packages,
    packages_text,
    release_text,
    rpm_site,
)

RPM = Selection("rpm")
NOBLE = Selection("deb", ("noble",), ("main",), ("amd64",))


@pytest.fixture
def store(tmp_path):
    """Return an empty cache."""
    return PackageCache(str(tmp_path / "cache"))


def debs(count, arch="amd64", suffix=""):
    """Return packages for one architecture."""
    return [one._replace(arch=arch) for one in many_packages(count, suffix=suffix)]


def digest_of(text):
    """Return the digest of a root."""
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def test_an_rpm_repository_has_one_root(store):
    site = rpm_site(many_packages(3))
    metadata = RepositoryMetadata(site.fetch, RPM, store)
    path = "repodata/repomd.xml"
    assert metadata.roots == {path: digest_of(site.files[path])}
    assert metadata.roots == metadata.roots
    assert site.requests == [path]
    assert metadata.valid_until is None


def test_packages_and_advisories_of_an_rpm_repository_are_read(store):
    packages = many_packages(50)
    advisory = BLANK_ADVISORY._replace(packages=(("a", "noarch", "1-1"),))
    metadata = RepositoryMetadata(rpm_site(packages, [advisory]).fetch, RPM, store)
    assert list(metadata.packages()) == sort_packages("rpm", packages)
    assert metadata.digest() == packages_digest(packages)
    assert list(metadata.advisories()) == [advisory]


def test_an_unchanged_repository_is_read_by_its_root_only(store):
    site = rpm_site(many_packages(5), [BLANK_ADVISORY])
    for number in range(2):
        metadata = RepositoryMetadata(site.fetch, RPM, store)
        assert metadata.digest()[0] == len(list(metadata.packages())) == 5
        assert list(metadata.advisories()) == [BLANK_ADVISORY]
        assert len(site.requests) == 3 + number
    assert site.requests[-1] == "repodata/repomd.xml"


def test_a_known_root_in_the_cache_needs_no_request(store):
    site = rpm_site(many_packages(5))
    roots = RepositoryMetadata(site.fetch, RPM, store).roots
    assert RepositoryMetadata(site.fetch, RPM, store, roots).digest()[0] == 5
    site.requests.clear()
    known = RepositoryMetadata(site.fetch, RPM, store, roots)
    assert known.roots == roots
    assert len(list(known.packages())) == known.digest()[0] == 5
    assert site.requests == []


def test_a_known_root_that_changed_is_an_error(store):
    roots = RepositoryMetadata(rpm_site(many_packages(5)).fetch, RPM, store).roots
    metadata = RepositoryMetadata(rpm_site(many_packages(6)).fetch, RPM, store, roots)
    with pytest.raises(ChangedRoot, match="not the one that the lock names"):
        metadata.packages()


def test_a_changed_repository_is_read_again(store):
    for revision in range(2):
        packages = many_packages(30, revision)
        metadata = RepositoryMetadata(rpm_site(packages).fetch, RPM, store)
        assert metadata.digest() == packages_digest(packages)


def test_a_damaged_cache_is_read_again(store, tmp_path):
    site = rpm_site(many_packages(5))
    RepositoryMetadata(site.fetch, RPM, store).packages()
    (path,) = (tmp_path / "cache").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert len(list(RepositoryMetadata(site.fetch, RPM, store).packages())) == 5


def test_a_repository_without_advisories_has_none(store):
    metadata = RepositoryMetadata(rpm_site([]).fetch, RPM, store)
    assert list(metadata.advisories()) == []
    assert metadata.digest() == packages_digest([])


def test_a_file_that_is_not_as_the_root_states_is_an_error(store):
    site = rpm_site(many_packages(5))
    path = next(path for path in site.files if "primary" in path)
    site.files[path] = gzip.compress(b"<metadata/>")
    metadata = RepositoryMetadata(site.fetch, RPM, store)
    with pytest.raises(MetadataError, match="which is not what repodata/repomd.xml states"):
        metadata.packages()
    del site.files[path]
    with pytest.raises(MissingFile, match=path):
        metadata.packages()


def test_an_error_of_the_server_is_raised_as_it_is(store):
    class Refused(OperatorError):
        pass

    def fetch(path, _limit):
        raise Refused(path)

    with pytest.raises(Refused):
        RepositoryMetadata(fetch, RPM, store).packages()
    with pytest.raises(Refused):
        RepositoryMetadata(fetch, NOBLE, store).packages()


def test_a_root_is_limited(store):
    def endless(_path, limit):
        while True:
            yield bytes(1_000_000)

    with pytest.raises(MetadataError, match="repomd.xml: it is larger than"):
        RepositoryMetadata(endless, RPM, store).packages()


def test_each_suite_of_a_debian_repository_has_a_root(store):
    noble, security = debs(20), debs(10, suffix="ubuntu1")
    site = deb_site(
        {"noble": {"main/binary-amd64": noble}, "security": {"main/binary-amd64": security}}
    )
    selection = Selection("deb", ("noble", "security", "noble"))
    metadata = RepositoryMetadata(site.fetch, selection, store)
    paths = ["dists/noble/Release", "dists/security/Release"]
    assert metadata.roots == {path: digest_of(site.files[path]) for path in paths}
    assert list(metadata.packages()) == sort_packages("deb", [*noble, *security])
    assert list(metadata.advisories()) == []
    assert metadata.valid_until is None


@pytest.mark.parametrize("plain", [False, True])
def test_a_selection_is_read(store, plain):
    wanted, others = debs(20), debs(10, "arm64")
    shared = debs(3, "all", "all")
    places = {
        "main/binary-amd64": [*wanted, *shared],
        "main/binary-all": shared,
        "main/binary-arm64": others,
        "universe/binary-amd64": others,
    }
    site = deb_site({"noble": places}, plain)
    metadata = RepositoryMetadata(site.fetch, NOBLE, store)
    assert list(metadata.packages()) == sort_packages("deb", [*wanted, *shared])
    everything = RepositoryMetadata(site.fetch, Selection("deb", ("noble",)), store)
    assert everything.digest() == packages_digest([*wanted, *shared, *others])


def test_architectures_that_are_listed_and_not_served_are_errors_only_if_selected(store):
    site = deb_site(
        {"noble": {"main/binary-amd64": debs(5), "main/binary-arm64": debs(3, "arm64")}}
    )
    del site.files["dists/noble/main/binary-arm64/Packages.gz"]
    everything = RepositoryMetadata(site.fetch, Selection("deb", ("noble",)), store)
    assert everything.digest() == packages_digest(debs(5))
    selected = Selection("deb", ("noble",), (), ("amd64", "arm64"))
    with pytest.raises(MissingFile, match="binary-arm64/Packages.gz"):
        RepositoryMetadata(site.fetch, selected, store).packages()
    del site.files["dists/noble/main/binary-amd64/Packages.gz"]
    with pytest.raises(MissingFile, match="binary-amd64/Packages.gz"):
        RepositoryMetadata(site.fetch, Selection("deb", ("noble",), ("main",)), store).packages()


def test_a_list_without_an_architecture_is_not_used_once_it_is_served(store):
    site = deb_site(
        {"noble": {"main/binary-amd64": debs(5), "main/binary-arm64": debs(3, "arm64")}}
    )
    everything = packages_digest([*debs(5), *debs(3, "arm64")])
    path = "dists/noble/main/binary-arm64/Packages.gz"
    text = site.files.pop(path)

    def metadata(**known):
        return RepositoryMetadata(site.fetch, Selection("deb", ("noble",)), store, **known)

    assert metadata().digest() == packages_digest(debs(5))
    site.requests.clear()
    assert metadata().digest() == packages_digest(debs(5))
    assert site.requests == ["dists/noble/Release", path]
    roots = metadata().roots
    with pytest.raises(MetadataError, match="not those of the lock"):
        metadata(known_roots=roots).packages(everything)
    site.files[path] = text
    assert len(list(metadata(known_roots=roots).packages(everything))) == 8
    assert metadata().digest() == everything
    site.requests.clear()
    assert metadata().digest() == everything
    assert site.requests == ["dists/noble/Release"]


def test_a_file_that_is_missing_although_its_architecture_is_served_is_an_error(store):
    parts = {
        f"{component}/binary-{arch}": debs(3, arch)
        for component in ("main", "universe")
        for arch in ("amd64", "arm64")
    }
    site = deb_site({"noble": parts, "noble-security": parts})
    everything = Selection("deb", ("noble", "noble-security"))
    for path in [path for path in site.files if "/universe/" in path]:
        del site.files[path]
    assert RepositoryMetadata(site.fetch, everything, store).digest()[0] == 6
    del site.files["dists/noble-security/main/binary-arm64/Packages.gz"]
    site.files["dists/noble/Release"] += b"X: y\n"
    with pytest.raises(MissingFile, match="noble-security/main/binary-arm64/Packages.gz"):
        RepositoryMetadata(site.fetch, everything, store).digest()


def test_a_missing_release_is_replaced_by_the_signed_one(store):
    site = deb_site({"noble": {"main/binary-amd64": debs(5)}})
    release = site.files.pop("dists/noble/Release")
    site.files["dists/noble/InRelease"] = (
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
        + release
        + b"-----BEGIN PGP SIGNATURE-----\n"
    )
    metadata = RepositoryMetadata(site.fetch, NOBLE, store)
    assert list(metadata.roots) == ["dists/noble/InRelease"]
    assert metadata.digest()[0] == 5
    del site.files["dists/noble/InRelease"]
    with pytest.raises(MissingFile, match="dists/noble/Release"):
        RepositoryMetadata(site.fetch, NOBLE, store).packages()


@pytest.mark.parametrize(
    ("suite", "path", "listed"),
    [
        ("./", "Release", "Packages"),
        ("/", "Release", "Packages"),
        ("sub/dir/", "sub/dir/Release", "Packages"),
        ("/", "dists/flat-repo/Release", "flat-repo-component/binary-amd64/Packages"),
        ("sub/", "dists/sub/Release", "flat-repo-component/binary-amd64/Packages"),
    ],
)
def test_a_flat_repository_is_read(store, suite, path, listed):
    text = packages_text(debs(5))
    component = listed.partition("/")[0]
    fields = {"Components": component} if "/" in listed else {}
    directory = path[: -len("Release")]
    site = Site({path: release_text({listed: text}, fields), f"{directory}{listed}": text})
    metadata = RepositoryMetadata(site.fetch, Selection("deb", (suite,), ("main",)), store)
    assert list(metadata.roots) == [path]
    assert metadata.digest() == packages_digest(debs(5))


@pytest.mark.parametrize(
    ("selection", "roots", "reason"),
    [
        (Selection("deb"), None, "nothing states the roots of the repository: set its suites"),
        (RPM, {}, "nothing states the roots of the repository"),
        (RPM, {"../x": "sha256:00"}, "roots: invalid path '../x'"),
        (RPM, {"other": digest_of(b"abc")}, "repodata/repomd.xml is not among the roots"),
    ],
)
def test_roots_that_cannot_be_used_are_an_error(store, selection, roots, reason):
    site = Site({"other": b"abc"})
    with pytest.raises(MetadataError, match=reason):
        RepositoryMetadata(site.fetch, selection, store, roots).packages()


def test_the_first_release_that_expires_decides(store):
    site = deb_site({name: {"main/binary-amd64": debs(1)} for name in ("noble", "security")})
    for day, name in ((8, "noble"), (3, "security")):
        path = f"dists/{name}/Release"
        line = f"Valid-Until: Wed, 0{day} Jan 2025 00:00:00 UTC\n".encode()
        site.files[path] = line + site.files[path]
    metadata = RepositoryMetadata(site.fetch, Selection("deb", ("noble", "security")), store)
    assert metadata.valid_until.day == 3


def test_selections_do_not_share_what_is_cached(store):
    site = deb_site(
        {"noble": {"main/binary-amd64": debs(5), "main/binary-arm64": debs(3, "arm64")}}
    )
    counts = [
        RepositoryMetadata(site.fetch, Selection("deb", ("noble",), (), arches), store).digest()[0]
        for arches in (("amd64",), ("arm64",), ())
    ]
    assert counts == [5, 3, 8]


def test_memory_is_that_of_the_sorted_packages(store):
    site = rpm_site(many_packages(4000), entries=5)
    tracemalloc.start()
    try:
        count = RepositoryMetadata(site.fetch, RPM, store).digest()[0]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 4000
    assert peak < 10_000_000
