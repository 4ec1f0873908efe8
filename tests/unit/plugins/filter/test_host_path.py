# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import pytest

from plugins.filter.host_path import FilterModule

host_path = FilterModule().filters()["host_path"]


@pytest.mark.parametrize(
    ("path", "hosts", "expected"),
    [
        ("out/report.json", ["a", "b"], "/here/out/report.a.json"),
        ("/out/report", ["a", "b"], "/out/report.a"),
        ("report.json", ["a"], "/here/report.json"),
        ("~/report.json", ["a"], "/home/me/report.json"),
        ("$OUT/../report.json", ["a"], "/report.json"),
        ("", ["a", "b"], ""),
        (None, ["a", "b"], ""),
    ],
)
def test_each_of_several_hosts_has_its_own_file(path, hosts, expected, monkeypatch):
    monkeypatch.setattr(os, "getcwd", lambda: "/here")
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("OUT", "/out")
    assert host_path(path, "a", hosts) == expected


def test_a_host_name_cannot_change_the_directory():
    assert host_path("/r.json", "../x y", ["a", "b"]) == "/r..._x_y.json"
