# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from plugins.module_utils.inventory.validation import (
    check_defaults,
    check_items,
    check_variables,
    find_duplicates,
    find_nested_paths,
    find_stamped_prefixes,
)

RPM, DEB, OLD = "rpm_package_repos", "deb_package_repos", "deprecated_rpm_package_repos"


def item(name="one", **keys):
    names = {"name": name, "short_name": name, "distribution_name": f"{name}-"}
    return {**names, "base_path": f"{name}/", "url": "https://example.com/", **keys}


def without(key, **keys):
    return {name: value for name, value in item(**keys).items() if name != key}


def found(*items, variable=RPM, defaults=None):
    """Return severity, place below the list, and problem of each finding."""
    _checked, findings = check_items(variable, list(items), defaults or {})
    return [(one.severity, one.place[1:], one.problem) for one in findings]


def test_a_valid_item_has_no_finding():
    assert found(item()) == []
    assert found(item(distributions="noble"), variable=DEB) == []


@pytest.mark.parametrize(
    ("invalid", "place", "problem"),
    [
        (without("url"), (0,), "url is missing"),
        (without("short_name"), (0,), "short_name is missing"),
        (
            item(base_path="x"),
            (0, "base_path"),
            "base_path must end in '/' and not begin with it, no",
        ),
        (item(base_path="a//b/"), (0, "base_path"), "base_path must have no space, '?', '#'"),
        (item(base_path="a b/"), (0, "base_path"), "base_path must have no space, '?', '#'"),
        (item(base_path="a/../b/"), (0, "base_path"), "base_path must have no space, '?', '#'"),
        (item(base_path="a/./b/"), (0, "base_path"), "base_path must have no space, '?', '#'"),
        (item(base_path="a?/"), (0, "base_path"), "base_path must have no space, '?', '#'"),
        (item(base_path="a#/"), (0, "base_path"), "base_path must have no space, '?', '#'"),
        (item(base_path="a%20b/"), (0, "base_path"), "base_path must have no '%', which clients"),
        (item(url="htp:/example.com/"), (0, "url"), "url must begin with http://, https:// or"),
        (item(url="https:///os/"), (0, "url"), "url must begin with http://, https:// or"),
        (item(url="example.com/os/"), (0, "url"), "url must begin with http://, https:// or"),
        (item(url="https://example.com/a b/"), (0, "url"), "url has a space: encode it as %20"),
        (item(policy="later"), (0, "policy"), "policy must be one of immediate, on_demand, stre"),
        (item(sync_group=9), (0, "sync_group"), "sync_group must be text, not a number: put it in"),
        ("text", (0,), "must be a list of mappings, one for each repository"),
    ],
)
def test_a_problem_of_an_item_is_reported_with_its_position(invalid, place, problem):
    [(severity, where, text)] = found(invalid)
    assert (severity, where) == ("error", place)
    assert text.startswith(problem)


def test_every_problem_of_an_item_is_a_finding():
    problems = [
        problem.split()[0] for _severity, _place, problem in found(without("url", policy=1))
    ]
    assert problems == ["policy", "url"]


def test_a_deb_repository_needs_its_suites():
    assert found(item(), variable=DEB) == [("error", (0,), "distributions is missing")]
    assert found(item(), variable=DEB, defaults={"distributions": "noble"}) == []


def test_unusual_values_are_warnings():
    metalink = "https://mirrors.example.com/metalink?repo=x"
    assert found(item(polcy="immediate"), item("two", url=metalink)) == [
        ("warning", (0, "polcy"), "unknown key 'polcy', ignored (did you mean 'policy'?)"),
        (
            *("warning", (1, "url")),
            "Pulp cannot sync from a metalink: set the URL of the mirror list or of the repository"
            " itself",
        ),
    ]
    [warning] = found({"polcy": 1, **without("name")})[:1]
    assert warning == (
        "warning",
        (0, "polcy"),
        "unknown key 'polcy', ignored (did you mean 'policy'?)",
    )


def test_templates_are_not_checked():
    templates = dict.fromkeys([*item(), "policy", "sync", "distributions", "mode"], "{{ x }}")
    assert found(templates, variable=DEB) == []
    assert found(without("url", sync="{{ x }}")) == []
    assert found("{{ one }}") == [("warning", (0,), "not checked: the item is a template")]
    _items, [finding] = check_items(RPM, "{{ all }}", {})
    assert (finding.severity, finding.problem) == ("warning", "not checked: the list is a template")


@pytest.mark.parametrize("value", [None, [], {}, ""])
def test_a_list_may_be_empty(value):
    assert check_items(RPM, value, {}) == ([], [])


def test_an_invalid_list_is_an_error():
    assert check_items(RPM, "text", {})[1][0].problem == "must be a list of mappings"


def test_deprecated_items_need_no_url():
    assert found(without("url"), variable=OLD) == []


def checked(**lists):
    return [one for name, items in lists.items() for one in check_items(name, items, {})[0]]


@pytest.mark.parametrize("key", ["name", "short_name", "distribution_name", "base_path"])
def test_identifying_keys_must_be_unique(key):
    first, second = item(), without("url", name="two", **{})
    second[key] = first[key]
    [finding] = find_duplicates(
        checked(rpm_package_repos=[first], deb_package_repos=[item("x"), second])
    )
    assert finding.severity == "error"
    assert finding.place == (DEB, 1, key)
    assert finding.other == (RPM, 0, key)
    assert finding.problem == f"repeats the {key} '{first[key]}' of one"


def test_an_item_that_is_listed_twice_is_one_finding():
    (finding,) = find_duplicates(checked(rpm_package_repos=[item(), item()]))
    assert finding.place == (RPM, 1, "name")
    assert finding.problem == (
        "repeats the name 'one', the short_name 'one', the distribution_name 'one-', the base_path "
        "'one/' of one"
    )


def test_keys_of_two_other_items_are_two_findings():
    third = {**item("third"), "short_name": "one", "base_path": "two/"}
    findings = list(find_duplicates(checked(rpm_package_repos=[item(), item("two"), third])))
    assert [one.problem for one in findings] == [
        "repeats the short_name 'one' of one",
        "repeats the base_path 'two/' of two",
    ]


def test_equal_templates_are_not_duplicates():
    duplicates = [item(), item("two")]
    for one in duplicates:
        one["short_name"] = "{{ x }}"
    assert list(find_duplicates(checked(rpm_package_repos=duplicates))) == []


def test_a_repository_that_is_active_and_deprecated_is_a_warning():
    items = checked(rpm_package_repos=[item()], deprecated_rpm_package_repos=[item()])
    assert {one.severity for one in find_duplicates(items)} == {"warning"}
    duplicates = checked(deprecated_rpm_package_repos=[item(), item()])
    assert {one.severity for one in find_duplicates(duplicates)} == {"error"}


def test_a_prefix_that_ends_in_a_stamp_is_a_warning():
    one = item(distribution_name="one-20261122T200001", base_path="one/20261122T200001/")
    keys = [
        finding.place[-1] for finding in find_stamped_prefixes(checked(rpm_package_repos=[one]))
    ]
    assert keys == ["distribution_name", "base_path"]


def test_a_path_below_a_snapshot_of_another_repository_is_an_error():
    items = [item(base_path="a/"), item("two", base_path="a/20261122T200001/b/")]
    [finding] = find_nested_paths(checked(rpm_package_repos=items))
    assert finding.problem == "base_path 'a/20261122T200001/b/' is below a snapshot of one"
    assert finding.other == (RPM, 0, "base_path")


def test_defaults_are_checked_once_and_valid_ones_are_used():
    value = {"policy": "later", "colour": 1, "mirror": "{{ x }}", "mode": "verbatim"}
    usable, findings = check_defaults("package_defaults_deb", value)
    assert usable == {"mode": "verbatim"}
    assert [(one.severity, one.place[1:], one.problem.split(",")[0]) for one in findings] == [
        ("warning", ("colour",), "unknown key 'colour'"),
        ("error", ("policy",), "policy must be one of immediate"),
    ]
    assert check_defaults("package_defaults_rpm", [1])[1][0].problem == "must be a mapping"
    assert check_defaults("package_defaults_rpm", "{{ x }}") == ({}, [])


@pytest.mark.parametrize(
    "url",
    ["{{ mirror }}/os/", "https://{{ a }}/{{ b }}/", "{% if x %}a b{% endif %}", "file:///srv/"],
)
def test_an_address_with_a_template_or_of_a_directory_has_no_finding(url):
    assert found(item(url=url)) == []


@pytest.mark.parametrize("short_name", ["rocky-9", "rocky.9", "rocky 9"])
def test_a_short_name_that_makes_no_variable_is_an_error(short_name):
    (finding,) = check_variables({RPM: [item(short_name=short_name)]})
    assert (finding.severity, finding.place) == ("error", (RPM, 0, "short_name"))
    assert finding.problem.startswith(f"short_name '{short_name}' makes no variable: use only ")


BROKEN = {"name": "Old", "short_name": "old"}


def test_an_error_of_a_deprecated_repository_without_a_pin_is_a_warning():
    findings = check_variables({OLD: [BROKEN, {"name": "nothing else"}]})
    assert {one.severity for one in findings} == {"warning"}
    assert len(findings) == 5


@pytest.mark.parametrize(
    ("variables", "pinned"),
    [({"package_versions": {"old": "20261122T200001"}}, ()), ({}, ("old",))],
)
def test_an_error_of_a_deprecated_repository_that_is_pinned_stays_one(variables, pinned):
    findings = check_variables({OLD: [BROKEN], **variables}, pinned)
    assert {one.severity for one in findings} == {"error"}


def test_only_a_key_that_is_close_to_a_known_one_is_misspelt():
    keys = {"sync_polcy": "immediate", "unrelated": 1, "components": "main"}
    findings = check_variables({RPM: [item(**keys)]})
    assert {one.place[-1]: one.misspelt for one in findings} == {
        "sync_polcy": True,
        "unrelated": False,
        "components": False,
    }
