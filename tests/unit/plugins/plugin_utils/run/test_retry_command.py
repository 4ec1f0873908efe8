# SPDX-License-Identifier: Apache-2.0
"""The command to paste is one that a shell takes as it is meant."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
import yaml
from ansible.parsing.splitter import parse_kv

from plugins.plugin_utils.run.outcome import Outcome
from plugins.plugin_utils.run.retry_command import retry_command

ROLES = Path(__file__).parents[5] / "roles"
FAILED = Outcome("client1", failed=[{"name": "A b", "short_name": "a.b"}, {"name": "it's c"}])
ANSIBLE = {"ansible_inventory_sources": ["/my site/hosts"], "ansible_play_hosts_all": ["client1"]}
START = ["ansible-playbook", "-i", "/my site/hosts"]


def command(retry, options, playbook="package_sync", failed=FAILED, given=(), **more):
    arguments = {"extra_vars": given}
    return retry_command(playbook, failed, retry, options, {**ANSIBLE, **more}, arguments)


@pytest.mark.parametrize(
    ("retry", "options", "chosen"),
    [
        ("report", {"report_path": "/tmp/r 1"}, {"package_retry": "/tmp/r 1"}),
        ("report", {"report_path": "/tmp/\\new"}, {"package_retry": "/tmp/\\new"}),
        ("report", {"report_path": "/tmp/r"}, {"package_retry": "/tmp/r"}),
        ("report", {}, {"package_filter": r"^(a\.b|it's.c)$"}),
        ("filter", {"report_path": "/tmp/r"}, {"package_filter": r"^(a\.b|it's.c)$"}),
        ("none", {"report_path": "/tmp/r"}, {}),
    ],
)
def test_it_chooses_what_failed_in_words_that_ansible_reads_as_they_are(retry, options, chosen):
    words = shlex.split(command(retry, options))
    assert words[:4] == [*START, "stackhpc.release_train.package_sync"]
    assert variables_of(words[4:]) == chosen


def variables_of(words):
    """What Ansible makes of `-e` and its values."""
    assert set(words[::2]) <= {"-e"}
    read = {}
    for text in words[1::2]:
        read.update(json.loads(text) if text.startswith("{") else parse_kv(text))
    return read


def test_items_of_a_later_module_have_names_that_no_filter_knows():
    later = Outcome("client1", failed=FAILED.failed, failed_later=True)
    assert "package_filter" not in command("filter", {}, failed=later)


def test_it_keeps_the_limit_or_names_the_pulp_of_several():
    assert "-l 'client*' " in command("none", {}, ansible_limit="client*")
    several = ["client1", "client2"]
    assert "-l client1 " in command("none", {}, ansible_play_hosts_all=several)
    words = command("none", {}, ansible_play_hosts_all=several, kayobe_config_path="/etc/kayobe")
    assert words.endswith(" -l client1")


def test_a_run_that_only_looked_is_not_made_one_that_writes():
    checked = {"ansible_check_mode": True, "ansible_diff_mode": True}
    assert command("none", {}, **checked).endswith(" --check --diff")
    assert command("none", {}, kayobe_config_path="/k", **checked).endswith(" --check --diff")


def test_what_chose_on_the_command_line_chooses_again():
    given = (
        "@/tmp/versions.yml",
        "package_filter=^rocky release_train_pulp_password=hidden",
        '{"kayobe_config_repo_path": "/my config", "my_token": "hidden", "package_stamp": null}',
        "package_retry=/tmp/old",
    )
    words = shlex.split(command("none", {}, "package_promote", given=given))
    assert words[4:6] == ["-e", "@/tmp/versions.yml"]
    assert variables_of(words[6:]) == {
        "package_filter": "^rocky",
        "kayobe_config_repo_path": "/my config",
        "package_stamp": None,
    }
    filtered = shlex.split(command("filter", {}, given=given))
    assert [word for word in filtered if "package_filter" in word] == [filtered[5]]


def test_under_kayobe_it_is_one_of_kayobe():
    given = ("@/etc/kayobe/globals.yml", "@/tmp/own.yml")
    text = command("filter", {}, "client_sync", given=given, kayobe_config_path="/etc/kayobe")
    assert text.startswith('kayobe playbook run "$KAYOBE_CONFIG_PATH/ansible/collections/')
    words = shlex.split(text)
    assert words[3].endswith("/playbooks/client_sync.yml")
    assert variables_of(words[4:6]) == {"package_filter": r"^(a\.b|it's.c)$"}
    assert words[6:] == ["-e", "@/tmp/own.yml"]


def test_passwords_of_a_vault_come_from_where_they_came():
    arguments = {"vault_ids": ["dev@prompt"], "vault_password_files": ["/tmp/v"]}
    text = retry_command("package_sync", FAILED, "none", {}, ANSIBLE, arguments)
    assert text.endswith(" --vault-id dev@prompt --vault-password-file /tmp/v")
    asked = retry_command("package_sync", FAILED, "none", {}, ANSIBLE, {"ask_vault_pass": True})
    assert asked.endswith(" --ask-vault-pass")


def test_without_a_failed_item_there_is_none():
    assert command("filter", {}, failed=Outcome("ark")) == ""


def test_images_are_chosen_by_their_own_filter_and_without_their_namespace():
    images = Outcome("ark1", failed=[{"name": "stackhpc/nova-api", "error": "no such tag"}])
    options = {"filter": "kolla_container_image_filter"}
    words = shlex.split(command("filter", options, "container_promote", images))
    assert variables_of(words[4:]) == {"kolla_container_image_filter": r"^(nova\-api)$"}


@pytest.mark.parametrize("role", ["container", "image"])
def test_it_keeps_what_says_which_images_but_no_secret_and_no_file_of_one_machine(role):
    defaults = yaml.safe_load((ROLES / role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    left_out = ("_username", "_password", "_url", "_ca_path", "_certs", "_defaults", "_config")
    given = dict.fromkeys([*defaults, "container_tags"], "x")
    words = shlex.split(command("none", {}, f"{role}_promote", given=[json.dumps(given)]))
    assert variables_of(words[4:]) == {name: "x" for name in given if not name.endswith(left_out)}


def test_the_filter_of_images_stays_where_none_is_given_anew():
    given = ["kolla_container_image_filter=^nova", "container_tag=first"]
    later = Outcome("client1", failed=FAILED.failed, failed_later=True)
    options = {"filter": "kolla_container_image_filter"}
    words = shlex.split(command("filter", options, failed=later, given=given))
    chosen = {"kolla_container_image_filter": "^nova", "container_tag": "first"}
    assert variables_of(words[4:]) == chosen
