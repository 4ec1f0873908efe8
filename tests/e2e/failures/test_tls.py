# SPDX-License-Identifier: Apache-2.0
"""A Pulp behind HTTPS with an authority of its own."""

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
    """Let an Ark behind HTTPS take the other one's place."""
    try:
        ark = pulp_of("ark", launcher.start(NAME, tls=True, workers=1)[NAME])
        yield replace(servers, ark=ark)
    finally:
        launcher.destroy(NAME)


@pytest.fixture
def tls(encrypted: Servers, tmp_path: Path) -> Rig:
    """Return a rig whose Ark is behind HTTPS."""
    return Rig(encrypted, tmp_path, "tls")


def test_an_authority_that_is_not_trusted_is_said_with_the_way_out(tls: Rig) -> None:
    stranger = replace(tls.servers.ark, ca_path=None)
    tls.add_host("ark", "ark1", stranger)

    run = tls.run("package_sync", rpm_package_repos=[tls.rpm(1)]).failed()

    words = f"the certificate of {stranger.url} is not trusted"
    assert words in run.message
    assert "set ca_path to the certificate of its CA" in run.message


def test_a_file_of_the_authority_that_is_missing_is_named(tls: Rig) -> None:
    tls.add_host("ark", "ark1", replace(tls.servers.ark, ca_path="/nowhere/ca.pem"))

    run = tls.run("package_sync", rpm_package_repos=[tls.rpm(1)]).failed()

    assert "/nowhere/ca.pem" in run.message


def test_snapshots_are_taken_released_and_mirrored_over_tls(tls: Rig) -> None:
    wanted = {"rpm_package_repos": [tls.rpm(1)]}
    tls.run("access_control").succeeded()
    stamps = tls.snapshot(tls.rpm(1))
    tls.run("package_promote", package_versions=stamps, **wanted).succeeded()

    distrust = {"package_mirror_source_ca_path": ""}
    run = tls.run("package_mirror", package_versions=stamps, **wanted, **distrust).failed()
    assert "certificate" in run.errors[tls.rpm(1)["name"]].lower()
    tls.run("package_mirror", package_versions=stamps, **wanted).succeeded()
    run = tls.run("access_check", package_versions=stamps, **wanted, **distrust).failed()
    assert f"the certificate of {tls.servers.ark.url} is not trusted" in run.message
    tls.run("access_check", package_versions=stamps, **wanted).succeeded()

    base_path = f"{tls.rpm(1)['base_path']}{stamps[tls.rpm(1)['short_name']]}"
    served = tls.servers.client.content(base_path, "repodata/repomd.xml")
    assert tls.servers.client.as_user("").get(served)[0] == 200


def test_images_are_pushed_over_tls(tls: Rig) -> None:
    digests = write_layout(tls.directory / "layout", {"1": Image("first"), "2": Image("second")})
    options = {
        "namespace": "tls",
        "names": ["nova"],
        "source": f"oci:{tls.directory}/layout:{{tag}}",
    }

    run = tls.run_module("container_push", tag="1", **options).succeeded()
    assert [line["digest"] for line in run.report] == [digests["1"]]
    distrust = {"ca_path": "", "tag": "2", **options}
    words = f"the certificate of {tls.servers.ark.url} is not trusted"
    assert words in tls.run_module("container_push", **distrust).failed().message
    tls.run_module("container_push", **distrust, validate_certs=False).succeeded()


def test_a_server_is_used_without_trust_when_that_is_asked_for(tls: Rig) -> None:
    tls.add_host("ark", "ark1", replace(tls.servers.ark, ca_path=None))
    tls.hosts["ark"]["ark1"]["release_train_pulp_validate_certs"] = False

    tls.run("access_control").succeeded()
