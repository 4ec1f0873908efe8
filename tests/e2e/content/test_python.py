# SPDX-License-Identifier: Apache-2.0
"""A Python package, synced from the index of one Pulp server to another, with modules only."""

from __future__ import annotations

import io
import zipfile

from tests.e2e.rig import Rig

VERSION = "1.0"


def _wheel(package: str) -> tuple[str, bytes]:
    """Return file name and content of a minimal wheel (PEP 427)."""
    directory = f"{package}-{VERSION}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: {VERSION}\n"
    tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as wheel:
        wheel.writestr(f"{package}/__init__.py", "")
        wheel.writestr(f"{directory}/METADATA", metadata)
        wheel.writestr(f"{directory}/WHEEL", tags)
        wheel.writestr(f"{directory}/RECORD", "")
    return f"{package}-{VERSION}-py3-none-any.whl", stream.getvalue()


def test_a_python_package_is_synced_published_and_served(rig: Rig) -> None:
    package = f"{rig.prefix}_package"
    name, content = _wheel(package)
    upstream = {"name": f"{rig.prefix} upstream"}
    served = {"repository": upstream["name"], "name": rig.prefix, "base_path": rig.prefix}
    rig.run_module("pulp_repository", python=[upstream]).succeeded()
    repository = rig.ark.find("repositories/python/python/", upstream["name"])["pulp_href"]
    response = rig.ark.call(
        "POST",
        "content/python/packages/",
        data={"relative_path": name, "repository": repository},
        files={"file": (name, content)},
    )
    assert rig.ark.wait_for(response.json()["task"])["state"] == "completed"
    rig.run_module("pulp_publication", python=[{"repository": upstream["name"]}]).succeeded()
    rig.run_module("pulp_distribution", python=[served]).succeeded()

    mirror = {
        "name": f"{rig.prefix} mirror",
        "url": f"{rig.servers.ark.url}/pypi/{rig.prefix}/",
        "includes": [package],
        "policy": "immediate",
    }
    served = {**served, "repository": mirror["name"]}
    steps = {
        "pulp_repository": {"python": [mirror], "sync": True},
        "pulp_publication": {"python": [{"repository": mirror["name"]}]},
        "pulp_distribution": {"python": [served]},
    }
    for module, options in steps.items():
        assert rig.run_module(module, "client1", **options).succeeded().changed == 1, module
    for module, options in steps.items():
        assert rig.run_module(module, "client1", **options).succeeded().changed == 0, module

    client = rig.servers.client.as_user("")
    status, index = client.get(f"{client.url}/pypi/{rig.prefix}/simple/{package}/")
    assert status == 200
    assert name.encode() in index
