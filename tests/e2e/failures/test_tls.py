# SPDX-License-Identifier: Apache-2.0
"""A Pulp server behind HTTPS whose certificate has a private CA."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.rig import Rig, Servers, server_name
from tests.lab.demo.site import pulp_of
from tests.lab.oci_layout import Image, write_layout
from tests.lab.pulp import launcher

NAME = server_name("fail-tls")


@pytest.fixture(scope="module")
def encrypted(servers: Servers) -> Iterator[Servers]:
    """Replace Ark by a server with HTTPS."""
    try:
        ark = pulp_of("ark", launcher.start(NAME, tls=True, workers=1)[NAME])
        yield replace(servers, ark=ark)
    finally:
        launcher.destroy(NAME)


@pytest.fixture
def tls(encrypted: Servers, tmp_path: Path) -> Rig:
    """Return a rig whose Ark uses HTTPS."""
    return Rig(encrypted, tmp_path, "tls")


def test_an_untrusted_ca_is_reported_with_advice(tls: Rig) -> None:
    untrusted = replace(tls.servers.ark, ca_path=None)
    tls.add_host("ark", "ark1", untrusted)

    run = tls.run("package_sync", rpm_package_repos=[tls.rpm(1)]).failed()

    error = f"the certificate of {untrusted.url} is not trusted"
    assert error in run.message
    assert "set ca_path to the certificate of its CA" in run.message


def test_a_missing_ca_bundle_is_named(tls: Rig) -> None:
    tls.add_host("ark", "ark1", replace(tls.servers.ark, ca_path="/nowhere/ca.pem"))

    run = tls.run("package_sync", rpm_package_repos=[tls.rpm(1)]).failed()

    assert "/nowhere/ca.pem" in run.message


def test_snapshots_are_taken_promoted_and_mirrored_over_tls(tls: Rig) -> None:
    wanted = {"rpm_package_repos": [tls.rpm(1)]}
    tls.run("access_control").succeeded()
    stamps = tls.snapshot(tls.rpm(1))
    tls.run("package_promote", package_versions=stamps, **wanted).succeeded()

    no_ca = {"package_mirror_source_ca_path": ""}
    run = tls.run("package_mirror", package_versions=stamps, **wanted, **no_ca).failed()
    assert "certificate" in run.errors[tls.rpm(1)["name"]].lower()
    tls.run("package_mirror", package_versions=stamps, **wanted).succeeded()
    run = tls.run("access_check", package_versions=stamps, **wanted, **no_ca).failed()
    assert f"the certificate of {tls.servers.ark.url} is not trusted" in run.message
    tls.run("access_check", package_versions=stamps, **wanted).succeeded()

    base_path = f"{tls.rpm(1)['base_path']}{stamps[tls.rpm(1)['short_name']]}"
    served = tls.servers.client.content(base_path, "repodata/repomd.xml")
    assert tls.servers.client.as_user("").get(served)[0] == 200


def test_images_are_pushed_over_tls(tls: Rig) -> None:
    digests = write_layout(tls.directory / "layout", {"1": Image("first"), "2": Image("second")})
    source = f"oci:{tls.directory}/layout:{{tag}}"
    options = {"namespace": "tls", "names": ["nova"], "source": source}

    run = tls.run_module("container_push", tag="1", **options).succeeded()
    assert [line["digest"] for line in run.report] == [digests["1"]]
    no_ca = {"ca_path": "", "tag": "2", **options}
    error = f"the certificate of {tls.servers.ark.url} is not trusted"
    assert error in tls.run_module("container_push", **no_ca).failed().message
    tls.run_module("container_push", **no_ca, validate_certs=False).succeeded()


def test_an_untrusted_server_is_used_without_validate_certs(tls: Rig) -> None:
    tls.add_host("ark", "ark1", replace(tls.servers.ark, ca_path=None))
    tls.hosts["ark"]["ark1"]["release_train_pulp_validate_certs"] = False

    tls.run("access_control").succeeded()
