# SPDX-License-Identifier: Apache-2.0
"""The retry command selects the failed items, and is quoted for a shell."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from ansible.parsing.splitter import parse_kv

from plugins.plugin_utils.run.outcome import Outcome
from plugins.plugin_utils.run.retry_command import (
    RetryOptions,
    RunContext,
    fleet_command,
    retry_command,
)

ROLES = Path(__file__).parents[5] / "roles"
FAILED = Outcome("client1", failed=[{"name": "A b", "short_name": "a.b"}, {"name": "it's c"}])
ANSIBLE = {"ansible_inventory_sources": ["/my site/hosts"], "ansible_play_hosts_all": ["client1"]}
START = ["ansible-playbook", "-i", "/my site/hosts"]


# Output files, lists of the inventory, and variables that may contain a secret.
LEFT_OUT = re.compile(
    r"^(report_path|summary_path|package_retry|access_control_users|release_train_clients)$"
    r"|_package_repos$|_defaults(_rpm|_deb)?$|_source_(url|username|password|validate_certs|ca_path)$"
)
FALLBACKS = {
    *("artifact_tag", "host_image_tag", "openstack_release", "os_distribution", "os_release"),
    *("stackhpc_overcloud_host_image_is_ofed", "stackhpc_overcloud_host_image_version"),
    *("kolla_docker_namespace", "release_train_source"),
}


def specifications():
    """Return role -> options of the entry points that print a run summary."""
    found = {}
    for path in ROLES.glob("*/tasks/*.yml"):
        if "name: stackhpc.release_train.run," in path.read_text(encoding="utf-8"):
            text = (path.parents[1] / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
            entry = yaml.safe_load(text)["argument_specs"][path.stem]
            found.setdefault(path.parents[1].name, {}).update(entry["options"])
    return found


SPECIFICATIONS = specifications()


def command(retry, options, playbook="package_sync", failed=FAILED, given=(), **more):
    context = RunContext({**ANSIBLE, **more}, {"extra_vars": given})
    return retry_command(failed, RetryOptions(playbook, retry, **options), context)


@pytest.mark.parametrize(
    ("retry", "options", "selected"),
    [
        ("report", {"report_path": "/tmp/r 1"}, {"package_retry": "/tmp/r 1"}),
        ("report", {"report_path": "/tmp/\\new"}, {"package_retry": "/tmp/\\new"}),
        ("report", {}, {"package_filter": r"^(a\.b|it's.c)$"}),
        ("filter", {"report_path": "/tmp/r"}, {"package_filter": r"^(a\.b|it's.c)$"}),
        ("none", {"report_path": "/tmp/r"}, {}),
    ],
)
def test_the_command_selects_failed_items_with_quoted_values(retry, options, selected):
    arguments = shlex.split(command(retry, options))
    assert arguments[:4] == [*START, "stackhpc.release_train.package_sync"]
    assert variables_of(arguments[4:]) == selected


def variables_of(arguments):
    """Return the variables that Ansible reads from `-e` options."""
    assert set(arguments[::2]) <= {"-e"}
    read = {}
    for text in arguments[1::2]:
        read.update(json.loads(text) if text.startswith("{") else parse_kv(text))
    return read


def test_items_of_a_later_module_cannot_be_selected():
    later = Outcome("client1", failed=FAILED.failed, failed_later=True)
    assert "package_filter" not in command("filter", {}, failed=later)


def test_the_command_keeps_the_limit_or_selects_one_of_several_hosts():
    assert "-l 'client*' " in command("none", {}, ansible_limit="client*")
    several = ["client1", "client2"]
    assert "-l client1 " in command("none", {}, ansible_play_hosts_all=several)
    arguments = command(
        "none", {}, ansible_play_hosts_all=several, kayobe_config_path="/etc/kayobe"
    )
    assert arguments.endswith(" -l client1")


def test_the_command_of_a_check_mode_run_has_check():
    checked = {"ansible_check_mode": True, "ansible_diff_mode": True}
    assert command("none", {}, **checked).endswith(" --check --diff")
    assert command("none", {}, kayobe_config_path="/k", **checked).endswith(" --check --diff")


def test_the_command_keeps_tags_and_selections_of_the_command_line():
    given = (
        "@/tmp/versions.yml",
        "package_filter=^rocky release_train_pulp_password=hidden",
        '{"kayobe_config_repo_path": "/my config", "my_token": "hidden", "package_stamp": null}',
        "package_retry=/tmp/old",
    )
    arguments = shlex.split(command("none", {}, "package_promote", given=given))
    assert arguments[4:6] == ["-e", "@/tmp/versions.yml"]
    assert variables_of(arguments[6:]) == {
        "package_filter": "^rocky",
        "kayobe_config_repo_path": "/my config",
        "package_stamp": None,
    }
    filtered = shlex.split(command("filter", {}, given=given))
    assert [word for word in filtered if "package_filter" in word] == [filtered[5]]


def test_the_command_under_kayobe_is_a_kayobe_command():
    given = ("@/etc/kayobe/globals.yml", "@/tmp/own.yml")
    text = command("filter", {}, "client_sync", given=given, kayobe_config_path="/etc/kayobe")
    assert text.startswith('kayobe playbook run "$KAYOBE_CONFIG_PATH/ansible/collections/')
    arguments = shlex.split(text)
    assert arguments[3].endswith("/playbooks/client_sync.yml")
    assert variables_of(arguments[4:6]) == {"package_filter": r"^(a\.b|it's.c)$"}
    assert arguments[6:] == ["-e", "@/tmp/own.yml"]


def test_the_command_keeps_the_sources_of_vault_passwords():
    arguments = {"vault_ids": ["dev@prompt"], "vault_password_files": ["/tmp/v"]}
    options = RetryOptions("package_sync")
    text = retry_command(FAILED, options, RunContext(ANSIBLE, arguments))
    assert text.endswith(" --vault-id dev@prompt --vault-password-file /tmp/v")
    prompting = retry_command(FAILED, options, RunContext(ANSIBLE, {"ask_vault_pass": True}))
    assert prompting.endswith(" --ask-vault-pass")


def test_without_a_failed_item_there_is_no_command():
    assert command("filter", {}, failed=Outcome("ark")) == ""


def test_images_are_selected_by_their_own_filter_without_namespace():
    images = Outcome("ark1", failed=[{"name": "stackhpc/nova-api", "error": "no such tag"}])
    options = {"filter": "kolla_container_image_filter"}
    arguments = shlex.split(command("filter", options, "container_promote", images))
    assert variables_of(arguments[4:]) == {"kolla_container_image_filter": r"^(nova\-api)$"}


@pytest.mark.parametrize("role", sorted(SPECIFICATIONS))
def test_the_command_repeats_the_options_of_a_role_without_secrets(role):
    options = SPECIFICATIONS[role]
    given = [json.dumps(dict.fromkeys([*options, *FALLBACKS], "x"))]
    arguments = shlex.split(command("none", {}, f"{role}_promote", given=given))
    left_out = {name for name in options if LEFT_OUT.search(name) or options[name].get("no_log")}
    assert variables_of(arguments[4:]) == dict.fromkeys(
        [*options.keys() - left_out, *FALLBACKS], "x"
    )


@pytest.mark.parametrize("name", sorted(FALLBACKS))
def test_the_command_repeats_variables_that_options_default_to(name):
    files = [*ROLES.glob("*/defaults/main.yml"), *ROLES.glob("*/vars/main.yml")]
    texts = [path.read_text(encoding="utf-8") for path in files]
    assert any(re.search(rf"\b{name} \| default", text) for text in texts)


def test_the_filter_of_images_is_kept_if_no_image_failed():
    given = ["kolla_container_image_filter=^nova", "container_tag=first"]
    later = Outcome("client1", failed=FAILED.failed, failed_later=True)
    options = {"filter": "kolla_container_image_filter"}
    words = shlex.split(command("filter", options, failed=later, given=given))
    chosen = {"kolla_container_image_filter": "^nova", "container_tag": "first"}
    assert variables_of(words[4:]) == chosen


def named(number):
    failed = [{"name": f"N {n}", "short_name": f"n{n}", "error": "x"} for n in range(number)]
    return Outcome("client1", failed=failed)


def test_a_filter_is_used_up_to_40_items_and_the_report_for_more():
    report = {"report_path": "/tmp/r"}
    few = variables_of(shlex.split(command("report", report, failed=named(40)))[4:])
    assert list(few) == ["package_filter"]
    many = variables_of(shlex.split(command("report", report, failed=named(41)))[4:])
    assert many == {"package_retry": "/tmp/r"}


def test_what_kayobe_adds_is_left_out_and_its_environment_is_kept(tmp_path):
    config = tmp_path / "etc" / "kayobe"
    (config / "environments" / "prod").mkdir(parents=True)
    added = [config / "pulp.yml", config / "globals.yml", config / "environments/prod/pulp.yml"]
    own = config / "my" / "own.yml"
    given = [f"@{path}" for path in (*added, own)]
    kayobe = {"kayobe_config_path": str(config), "kayobe_environment": "prod"}
    words = shlex.split(command("filter", {}, "client_sync", given=given, **kayobe))
    assert words[4:6] == ["--environment", "prod"]
    assert [word for word in words if word.startswith("@")] == [f"@{own}"]


def test_an_inventory_below_the_current_directory_is_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sources = [str(tmp_path / "inventory" / "hosts.yml"), "/elsewhere/hosts", "a,b"]
    words = shlex.split(command("none", {}, ansible_inventory_sources=sources))
    assert words[1:7] == ["-i", "inventory/hosts.yml", "-i", "/elsewhere/hosts", "-i", "a,b"]


def test_the_command_of_a_fleet_is_limited_to_the_hosts_that_failed():
    down = Outcome("client2", broken=["http://client2 cannot be reached"])
    outcomes = [FAILED, down, Outcome("client3")]
    context = RunContext(ANSIBLE)
    text = fleet_command(outcomes, RetryOptions("client_sync", "filter"), context)
    assert shlex.split(text) == [
        *START,
        "-l",
        "client1,client2",
        "stackhpc.release_train.client_sync",
    ]
    assert fleet_command([Outcome("client3")], RetryOptions("client_sync"), context) == ""
