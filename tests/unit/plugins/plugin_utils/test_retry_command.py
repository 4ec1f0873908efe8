# SPDX-License-Identifier: Apache-2.0
"""The command to paste is one that a shell takes as it is meant."""

from __future__ import annotations

import shlex

import pytest

from ansible_collections.stackhpc.release_train.plugins.plugin_utils.retry_command import (
    retry_command,
)
from ansible_collections.stackhpc.release_train.plugins.plugin_utils.run_outcome import Outcome

FAILED = Outcome("client1", failed=[{"name": "A b", "short_name": "a.b"}, {"name": "it's c"}])
ANSIBLE = {"ansible_inventory_sources": ["/my site/hosts"], "ansible_play_hosts_all": ["client1"]}
START = ["ansible-playbook", "-i", "/my site/hosts"]


@pytest.mark.parametrize(
    ("retry", "options", "extra"),
    [
        ("report", {"report_path": "/tmp/r 1"}, ["-e", "package_retry=/tmp/r 1"]),
        ("report", {}, ["-e", r"package_filter=^(a\.b|it's.c)$"]),
        ("filter", {"report_path": "/tmp/r"}, ["-e", r"package_filter=^(a\.b|it's.c)$"]),
        ("none", {"report_path": "/tmp/r"}, []),
    ],
)
def test_it_chooses_what_failed(retry, options, extra):
    words = shlex.split(retry_command("package_sync", FAILED, retry, options, ANSIBLE))
    assert words == [*START, "stackhpc.release_train.package_sync", *extra]


def test_it_keeps_the_limit_or_names_the_pulp_of_several():
    limited = {**ANSIBLE, "ansible_limit": "client*"}
    assert "-l 'client*' " in retry_command("client_sync", FAILED, "none", {}, limited)
    several = {**limited, "ansible_play_hosts_all": ["client1", "client2"]}
    assert "-l client1 " in retry_command("client_sync", FAILED, "none", {}, several)


def test_it_keeps_files_of_variables_and_vaults_and_no_value_that_may_be_secret():
    given = {
        "extra_vars": ("@my vars.yml", "password=secret"),
        "vault_password_files": ["~/.vault"],
        "vault_ids": ["a@prompt"],
        "ask_vault_pass": True,
    }
    words = shlex.split(retry_command("client_sync", FAILED, "none", {}, ANSIBLE, given))
    kept = ["-e", "@my vars.yml", "--vault-password-file", "~/.vault", "--vault-id", "a@prompt"]
    assert words == [*START, *kept, "--ask-vault-pass", "stackhpc.release_train.client_sync"]


def test_under_kayobe_it_is_one_of_kayobe():
    kayobe = {**ANSIBLE, "kayobe_config_path": "/etc/kayobe"}
    command = retry_command("client_sync", FAILED, "filter", {}, kayobe)
    assert command.startswith("kayobe playbook run $KAYOBE_CONFIG_PATH/ansible/collections/")
    assert command.endswith("/playbooks/client_sync.yml -e 'package_filter=^(a\\.b|it'\"'\"'s.c)$'")


def test_without_a_failed_item_there_is_none():
    assert retry_command("package_sync", Outcome("ark"), "filter", {}, ANSIBLE) == ""
