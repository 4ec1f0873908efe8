# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses

import pytest

from plugins.module_utils.inventory.repositories import PackageRepository, parse_repositories

STAMP = "20261120T200001"


def rpm(number=1, **keys):
    item = {
        "name": f"Repository {number}",
        "short_name": f"repository_{number}",
        "distribution_name": f"repository-{number}-",
        "base_path": f"repository/{number}/",
        "url": "https://upstream.example.com/os/",
    }
    return {key: value for key, value in {**item, **keys}.items() if value != "ABSENT"}


def deb(number=1, **keys):
    return rpm(number, **{"distributions": "noble", **keys})


def test_an_rpm_item_gets_the_defaults_of_ark():
    parsed = parse_repositories(rpm=[rpm(1, sync_group="g")])
    assert parsed.repositories == [
        PackageRepository(
            content_type="rpm",
            name="Repository 1",
            short_name="repository_1",
            distribution_name="repository-1-",
            base_path="repository/1/",
            url="https://upstream.example.com/os/",
            sync_group="g",
            policy="immediate",
            sync_policy="mirror_complete",
        )
    ]
    assert parsed.warnings == []
    assert parsed.errors == []


def test_a_deb_item_gets_the_defaults_of_ark():
    (repository,) = parse_repositories(
        deb=[deb(architectures=["amd64", "arm64"], components="main  universe")]
    ).repositories
    assert repository.content_type == "deb"
    assert repository.policy == "immediate"
    assert repository.mirror is True
    assert repository.mode == "verbatim"
    assert repository.sync_policy is None
    assert repository.architectures == "amd64 arm64"
    assert repository.components == "main universe"


def test_snapshots_are_named_by_prefix_and_stamp_without_a_separator():
    (repository,) = parse_repositories(
        rpm=[rpm(distribution_name="mariadb-10.5-centos8", base_path="mariadb/8/")]
    ).repositories
    assert repository.snapshot_name(STAMP) == "mariadb-10.5-centos820261120T200001"
    assert repository.snapshot_path(STAMP) == "mariadb/8/20261120T200001"


def test_items_override_site_defaults_which_override_defaults_of_ark():
    site = {"rpm": {"policy": "on_demand", "sync_policy": "additive", "proxy_url": "http://p:3128"}}
    (repository,) = parse_repositories(
        rpm=[rpm(sync_policy="mirror_content_only")], defaults=site
    ).repositories
    assert repository.policy == "on_demand"
    assert repository.sync_policy == "mirror_content_only"
    assert repository.remote_options == {"proxy_url": "http://p:3128"}


def test_defaults_of_one_type_do_not_apply_to_another():
    parsed = parse_repositories(deb=[deb()], defaults={"rpm": {"policy": "streamed"}})
    assert parsed.repositories[0].policy == "immediate"


def test_defaults_of_ark_do_not_apply_to_a_mirror():
    (repository,) = parse_repositories(rpm=[rpm()], purpose="mirror").repositories
    assert repository.policy is None
    assert repository.sync_policy is None


def test_text_values_are_converted():
    (repository,) = parse_repositories(
        deb=[deb(sync="False", publish="true", mirror="no", download_concurrency="2")]
    ).repositories
    assert (repository.sync, repository.publish, repository.mirror) == (False, True, False)
    assert repository.remote_options == {"download_concurrency": 2}


def test_a_metalink_url_is_a_warning():
    url = "https://mirrors.example.com/metalink?repo=epel-9"
    parsed = parse_repositories(rpm=[rpm(url=url), rpm(2, url=url, sync=False)])
    assert [warning.partition(":")[0] for warning in parsed.warnings] == [rpm()["name"]]
    assert "mirror list" in parsed.warnings[0]


def test_an_omit_placeholder_means_that_the_key_is_not_set():
    omit = type("Omit", (), {})()
    (repository,) = parse_repositories(
        rpm=[rpm(policy="__omit_place_holder__abc", sync_policy=omit, sync_group=None)]
    ).repositories
    assert repository.policy == "immediate"
    assert repository.sync_policy == "mirror_complete"
    assert repository.sync_group == ""


def test_credentials_are_kept_and_hidden_in_the_repr():
    (repository,) = parse_repositories(
        rpm=[rpm(remote_username="u", remote_password='s3cret $":@%é', proxy_password="")]
    ).repositories
    assert repository.remote_options == {
        "remote_username": "u",
        "remote_password": 's3cret $":@%é',
        "proxy_password": "",
    }
    assert "s3cret" not in repr(repository)


def test_an_invalid_secret_is_not_shown():
    parsed = parse_repositories(rpm=[rpm(remote_password=31337)])
    assert str(parsed.errors[0]) == (
        "Repository 1: remote_password must be text, not a number: put it in quotes"
    )


@pytest.mark.parametrize(
    ("items", "warning"),
    [
        ({"rpm": [rpm(polcy="x")]}, "unknown key 'polcy', ignored (did you mean 'policy'?)"),
        ({"rpm": [rpm(zzz=1)]}, "unknown key 'zzz', ignored"),
        ({"rpm": [rpm(mode="simple")]}, "key 'mode' is for deb repositories, ignored"),
        ({"deb": [deb(sync_policy="x")]}, "key 'sync_policy' is for rpm repositories, ignored"),
    ],
)
def test_an_unknown_key_is_a_warning_with_item_and_key(items, warning):
    parsed = parse_repositories(**items)
    assert parsed.warnings == [f"Repository 1: {warning}"]
    assert len(parsed.repositories) == 1
    assert parsed.errors == []


def test_unknown_keys_are_kept_separately():
    assert parse_repositories(rpm=[rpm(zzz=1)]).repositories[0].extra == {"zzz": 1}


def test_an_unknown_key_of_the_defaults_is_reported_once():
    parsed = parse_repositories(rpm=[rpm(1), rpm(2)], defaults={"rpm": {"polcy": "immediate"}})
    assert parsed.warnings == [
        "package_defaults_rpm: unknown key 'polcy', ignored (did you mean 'policy'?)"
    ]


@pytest.mark.parametrize(
    ("keys", "name", "message"),
    [
        ({"name": "ABSENT"}, "rpm_package_repos[0]", "name is missing"),
        ({"name": None}, "rpm_package_repos[0]", "name is missing"),
        ({"name": " "}, "rpm_package_repos[0]", "name is empty"),
        (
            {"name": 9},
            "rpm_package_repos[0]",
            "name must be text, not a number: put it in quotes",
        ),
        ({"short_name": "ABSENT"}, "Repository 1", "short_name is missing"),
        ({"distribution_name": "ABSENT"}, "Repository 1", "distribution_name is missing"),
        ({"base_path": "ABSENT"}, "Repository 1", "base_path is missing"),
        (
            {"base_path": "a/b"},
            "Repository 1",
            "base_path must end in '/' and not begin with it, not 'a/b'",
        ),
        (
            {"base_path": "/a/"},
            "Repository 1",
            "base_path must end in '/' and not begin with it, not '/a/'",
        ),
        ({"url": "ABSENT"}, "Repository 1", "url is missing"),
        ({"url": ""}, "Repository 1", "url is missing"),
        ({"url": 5}, "Repository 1", "url must be text, not a number: put it in quotes"),
        ({"sync": "perhaps"}, "Repository 1", "sync must be true or false, not 'perhaps'"),
        (
            {"policy": "nightly", "url": "ABSENT"},
            "Repository 1",
            "policy must be one of immediate, on_demand, streamed, not 'nightly'; url is missing",
        ),
    ],
)
def test_an_invalid_item_is_one_error_with_all_its_problems(keys, name, message):
    parsed = parse_repositories(rpm=[rpm(1, **keys), rpm(2)])
    assert [(error.name, error.message) for error in parsed.errors] == [(name, message)]
    assert [repository.short_name for repository in parsed.repositories] == ["repository_2"]


def test_an_error_has_the_fields_that_filters_select_by():
    (error,) = parse_repositories(deb=[deb(url="ABSENT", sync_group="g")]).errors
    assert (error.content_type, error.short_name, error.sync_group) == ("deb", "repository_1", "g")


@pytest.mark.parametrize("items", ["rpm_package_repos", {"name": "A"}, 5])
def test_an_invalid_list_is_one_error_with_the_variable(items):
    parsed = parse_repositories(rpm=items, deb=[deb()])
    assert [error.name for error in parsed.errors] == ["rpm_package_repos"]
    assert len(parsed.repositories) == 1


@pytest.mark.parametrize("item", ["text", 5, None, ["a"]])
def test_an_invalid_list_item_is_one_error_with_its_position(item):
    parsed = parse_repositories(rpm=[rpm(1), item, rpm(2)])
    assert [error.name for error in parsed.errors] == ["rpm_package_repos[1]"]
    assert len(parsed.repositories) == 2


@pytest.mark.parametrize("items", [None, [], ()])
def test_an_undefined_list_has_no_repositories(items):
    parsed = parse_repositories(rpm=items, deb=items)
    assert (parsed.repositories, parsed.errors, parsed.warnings) == ([], [], [])


@pytest.mark.parametrize("key", ["name", "short_name", "distribution_name", "base_path"])
def test_the_second_of_two_duplicate_items_is_an_error(key):
    parsed = parse_repositories(rpm=[rpm(1), rpm(2, **{key: rpm(1)[key]}), rpm(3)])
    assert [repository.short_name for repository in parsed.repositories] == [
        "repository_1",
        "repository_3",
    ]
    assert [error.message for error in parsed.errors] == [
        f"rpm_package_repos[1] repeats the {key} '{rpm(1)[key]}' of rpm_package_repos[0]"
    ]


def test_identities_are_unique_across_types():
    parsed = parse_repositories(rpm=[rpm(1)], deb=[deb(2, base_path="repository/1/")])
    assert [str(error) for error in parsed.errors] == [
        "Repository 2: deb_package_repos[0] repeats the base_path 'repository/1/'"
        " of rpm_package_repos[0]"
    ]


def test_an_invalid_item_does_not_reserve_its_name():
    parsed = parse_repositories(rpm=[rpm(1, policy="x"), rpm(1)])
    assert len(parsed.repositories) == 1
    assert len(parsed.errors) == 1


@pytest.mark.parametrize(
    ("purpose", "keys", "missing"),
    [
        ("snapshot", {"url": "ABSENT"}, "url is missing"),
        ("snapshot", {"distributions": "ABSENT"}, "distributions is missing"),
        ("snapshot", {"distributions": []}, "distributions is missing"),
        ("snapshot", {"url": "ABSENT", "distributions": "ABSENT", "sync": False}, None),
        ("mirror", {"url": "ABSENT"}, None),
        ("mirror", {"distributions": "ABSENT"}, "distributions is missing"),
        ("mirror", {"distributions": "ABSENT", "sync": False}, "distributions is missing"),
        ("pins", {"url": "ABSENT", "distributions": "ABSENT"}, None),
    ],
)
def test_each_purpose_requires_the_keys_that_it_uses(purpose, keys, missing):
    parsed = parse_repositories(deb=[deb(**keys)], purpose=purpose)
    assert [error.message for error in parsed.errors] == ([missing] if missing else [])


def test_deprecated_repositories_are_marked_and_need_no_url():
    parsed = parse_repositories(deb=[deb(url="ABSENT", distributions="ABSENT")], deprecated=True)
    assert [repository.deprecated for repository in parsed.repositories] == [True]
    parsed = parse_repositories(rpm=["x"], deprecated=True)
    assert parsed.errors[0].name == "deprecated_rpm_package_repos[0]"


def test_only_the_invalid_item_of_a_long_list_is_dropped():
    items = [rpm(number) for number in range(155)]
    items[77] = rpm(77, base_path="no/slash")
    debs = [deb(number) for number in range(155, 176)]
    parsed = parse_repositories(rpm=items, deb=debs)
    assert len(parsed.repositories) == 175
    assert [error.short_name for error in parsed.errors] == ["repository_77"]


def test_repositories_are_compared_by_value():
    (repository,) = parse_repositories(rpm=[rpm(headers=[{"a": "b"}])]).repositories
    assert len({repository, dataclasses.replace(repository)}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        repository.name = "other"


def test_input_data_is_not_modified():
    item, defaults = rpm(zzz=1), {"rpm": {"polcy": "x"}}
    before = (dict(item), {"rpm": dict(defaults["rpm"])})
    parse_repositories(rpm=[item], defaults=defaults)
    assert (item, defaults) == before
