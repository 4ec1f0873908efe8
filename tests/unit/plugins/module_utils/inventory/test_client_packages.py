# SPDX-License-Identifier: Apache-2.0
"""The snapshots in the URLs of a client's lists become repositories and pins."""

from __future__ import annotations

import pytest

from plugins.module_utils.inventory.client_lists import ClientListError
from plugins.module_utils.inventory.client_packages import client_packages
from plugins.module_utils.inventory.pins import resolve_pins
from plugins.module_utils.inventory.repositories import parse_repositories

STAMP, OTHER = "20260101T000000", "20260201T000000"
ARK = "https://ark.example.com/pulp/content"


def item(name, url, **more):
    return {"name": name, "url": url, **more}


def test_base_path_and_stamp_are_in_the_url():
    rpm = [item("Rocky Linux 9 - BaseOS", f"{ARK}/rocky/9/BaseOS/x86_64/os/{STAMP}/")]
    suites = {"distributions": "noble noble-updates", "components": "main"}
    deb = [item("Ubuntu Noble", f"{ARK}/ubuntu/noble/{OTHER}", required="true", **suites)]
    found = client_packages({"rpm": rpm, "deb": deb})
    pins = {"rocky_linux_9_baseos": STAMP, "ubuntu_noble": OTHER}
    assert found["package_versions"] == pins
    parsed = parse_repositories(found["rpm"], found["deb"], purpose="mirror")
    assert not parsed.errors
    rocky, ubuntu = resolve_pins(pins, parsed).pins
    assert rocky.snapshot_path == f"rocky/9/BaseOS/x86_64/os/{STAMP}"
    assert rocky.snapshot_name == f"rocky-9-BaseOS-x86_64-os-{STAMP}"
    assert ubuntu.repository.distributions == "noble noble-updates"
    assert found["others"] == []


@pytest.mark.parametrize(
    "url",
    [
        "https://upstream.example.com/rocky/9/os/",
        f"https://upstream.example.com/rocky/{STAMP}/",
        f"{ARK}/{STAMP}/",
        f"{ARK}/rocky/9/development/",
        "http://[",
        "",
    ],
)
def test_items_with_other_urls_are_named(url):
    found = client_packages({"rpm": [item("other", url)]})
    assert (found["rpm"], found["package_versions"], found["others"]) == ([], {}, ["other"])


def test_the_path_prefix_is_that_of_the_source():
    url = f"https://ark.example.com/content/rocky/{STAMP}/"
    assert client_packages({"rpm": [item("a", url)]}, prefix="/content/")["rpm"]
    assert not client_packages({"rpm": [item("a", url)]})["rpm"]


def test_items_that_are_not_required_are_not_read():
    class Undefined:
        def __str__(self):
            raise AssertionError("the item is not required")

    items = [item("a", Undefined(), required=False), item("b", f"{ARK}/b/{STAMP}/")]
    assert list(client_packages({"rpm": items})["package_versions"]) == ["b"]


def test_names_that_have_one_short_name_are_an_error():
    items = [item("A b", f"{ARK}/a/{STAMP}"), item("a-b", f"{ARK}/b/{STAMP}")]
    with pytest.raises(ClientListError, match="the short name a_b is that of two repositories"):
        client_packages({"rpm": items})
