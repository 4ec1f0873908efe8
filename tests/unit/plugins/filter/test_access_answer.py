# SPDX-License-Identifier: Apache-2.0
"""Access checks of packages and images are one answer, and neither hides the other."""

from __future__ import annotations

from plugins.filter.access_answer import access_answer


def result(name, access, error=""):
    return {"name": name, "short_name": name, "access": access, "error": error}


PACKAGES = {
    "lines": ["b  20250801T000000  missing  gone", "2 pinned snapshots: 1 served, 1 missing"],
    "answer": "2 pinned snapshots: 1 served, 1 missing",
    "results": [result("a", "served"), result("b", "missing", "gone")],
    "failed": True,
    "msg": "1 of 2 failed",
}
IMAGES = {
    "lines": ["1 pinned image tag: 1 pullable"],
    "answer": "1 pinned image tag: 1 pullable",
    "results": [result("nova-api", "pullable")],
}
LOOKUP = "The lookup plugin 'stackhpc.release_train.kolla_container_tags' failed: lists differ"


def test_both_parts_are_one_answer():
    answer = access_answer({"packages": PACKAGES, "images": IMAGES}, "client1")
    assert answer["lines"] == [*PACKAGES["lines"], *IMAGES["lines"]]
    assert answer["answer"] == f"{PACKAGES['answer']}; {IMAGES['answer']}"
    assert answer["failures"] == ["1 of 3 pins are not served to the account of client1: see above"]
    assert [row["name"] for row in answer["rows"]] == ["b"]


def test_an_error_of_one_part_is_reported_beside_the_results_of_the_other():
    answer = access_answer({"packages": {"msg": LOOKUP}, "images": IMAGES}, "client1")
    assert answer["lines"] == [*IMAGES["lines"], "packages not checked: lists differ"]
    assert answer["failures"] == ["packages not checked: lists differ"]


def test_one_error_of_both_parts_is_reported_once():
    away = {"msg": "http://ark cannot be reached", "failed": True, "results": []}
    answer = access_answer({"packages": away, "images": away}, "client1")
    assert answer["failures"] == ["packages and images not checked: http://ark cannot be reached"]
    assert answer["answer"] == answer["failures"][0]


def test_what_was_not_looked_at_is_no_failure():
    answer = access_answer({"images": IMAGES, "packages": {}}, "c", ["packages not checked: no"])
    assert answer["failures"] == []
    assert answer["lines"][-1] == "packages not checked: no"
    assert answer["answer"].endswith("; packages not checked: no")
