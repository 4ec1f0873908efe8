# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from plugins.module_utils.inventory.validation import check_pins, check_variables, short_names

STAMP = "20261122T200001"


def item(name, **keys):
    names = {"name": name, "short_name": name, "distribution_name": f"{name}-"}
    return {**names, "base_path": f"{name}/", "url": "https://example.com/", **keys}


LISTS = {
    "rpm_package_repos": [item("rocky_9", sync_group="rocky"), item("epel_9")],
    "deb_package_repos": [item("noble", distributions="noble")],
    "deprecated_rpm_package_repos": [item("rocky_8")],
}


def found(**variables):
    return [
        (one.severity, one.place, one.problem) for one in check_variables({**LISTS, **variables})
    ]


def test_valid_variables_have_no_finding():
    pins = {"rocky_9": STAMP, "rocky_8": STAMP, "noble": "{{ stamp }}"}
    filters = {"package_filter": "^rocky noble", "package_sync_group": "rocky"}
    assert found(package_versions=pins, **filters, other=[1]) == []


@pytest.mark.parametrize(
    ("variable", "value", "severity", "problem"),
    [
        ("package_filter", "rocky (", "error", "'(' is not a regular expression: "),
        ("package_filter", "rokky", "error", "'rokky' matches none of 4 names"),
        ("package_filter", ["rocky", "rokky"], "warning", "'rokky' matches none of 4 names"),
        ("package_filter", {"a": 1}, "error", "must be a string or a list of strings"),
        ("deb_package_repo_filter", "rocky", "error", "'rocky' matches none of 1 names"),
        ("rpm_package_repo_filter", "noble", "error", "'noble' matches none of 3 names"),
        (
            "package_sync_group",
            "rokky",
            "error",
            "no repository is in group 'rokky', groups: rocky",
        ),
    ],
)
def test_a_filter_must_have_a_match(variable, value, severity, problem):
    [finding] = found(**{variable: value})
    assert finding[:2] == (severity, (variable,))
    assert finding[2].startswith(problem)


@pytest.mark.parametrize("value", ["{{ x }}", ["a", "{{ x }}"], "", None, []])
def test_a_filter_that_is_a_template_or_empty_is_not_checked(value):
    assert found(package_filter=value) == []


@pytest.mark.parametrize(
    "hidden",
    [
        {"rpm_package_repos": "{{ x }}"},
        {"rpm_package_repos": ["{{ x }}"]},
        {"rpm_package_repos": [item("{{ x }}", base_path="x/", distribution_name="x-")]},
    ],
)
def test_filters_and_pins_may_match_values_of_templates(hidden):
    for other in ({"package_filter": "new"}, {"package_versions": {"new": STAMP}}):
        assert [one for one in found(**hidden, **other) if "not checked" not in one[2]] == []
    assert short_names({**LISTS, **hidden}) is None


def test_every_pin_is_checked():
    pins = {"rocky_9": 2026, "noble": None, "rocky_8": "2026-11-22", "ocky_9": STAMP}
    place = "package_versions"
    assert found(package_versions=pins) == [
        ("error", (place, "rocky_9"), f"'rocky_9' is pinned to '2026': {EXPECTED}"),
        ("error", (place, "noble"), f"'noble' has no stamp: {EXPECTED}"),
        ("error", (place, "rocky_8"), f"'rocky_8' is pinned to '2026-11-22': {EXPECTED}"),
        (
            *("warning", (place, "ocky_9")),
            "'ocky_9' is pinned, but no package repository has that short name (nearest: rocky_9,"
            " rocky_8)",
        ),
    ]
    assert found(package_versions=["a"])[0][2] == "must map short names to stamps"
    assert found(package_versions="{{ x }}") == []


EXPECTED = "expected a stamp YYYYMMDDTHHMMSS, such as 20261120T200001"


def test_a_pin_without_a_stamp_may_be_an_error_or_a_warning():
    [finding] = check_pins({"a": ""}, None, (), lambda name: f"key_{name}", empty="warning")
    assert (finding.severity, finding.place, finding.item) == ("warning", ("key_a",), "a")


def test_invalid_items_are_reported_with_other_findings():
    invalid = [{**item("a"), "url": None}, item("a")]
    problems = [problem for _severity, _place, problem in found(rpm_package_repos=invalid)]
    assert problems[0] == "url is missing"
    assert len([one for one in problems if one.startswith("repeats the ")]) == 1


def test_many_unknown_pins_are_one_finding():
    """As with the inventory of another site: a line for each would hide all other findings."""
    pins = {"rocky_9": STAMP, **{f"other_{number}": STAMP for number in range(41)}}
    [finding] = check_pins(pins, {"rocky_9"}, ())
    assert (finding.severity, finding.place) == ("warning", ("other_0",))
    start = "41 of 42 pins have no package repository of that short name: 'other_0', 'other_1', "
    assert finding.problem.startswith(start)
