# SPDX-License-Identifier: Apache-2.0
"""The command that runs again what failed, ready to paste."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.plugin_utils.run_outcome import (
    Outcome,
    name_of,
)

__all__ = ["retry_command"]

_COLLECTION = "stackhpc.release_train"
_INSTALLED = "ansible/collections/ansible_collections/stackhpc/release_train/playbooks"
_MOST_NAMES = 40


def retry_command(
    playbook: str,
    outcome: Outcome,
    retry: str,
    options: Mapping[str, Any],
    variables: Mapping[str, Any],
    given: Mapping[str, Any] | None = None,
) -> str:
    """One shell command; empty where nothing failed.

    `retry` says how the playbook chooses: `report` (`package_retry`), `filter` (`package_filter`)
    or `none`, the whole again. `variables` are those of the task: Kayobe's own say that it runs
    under Kayobe, Ansible's which inventory and which limit were given. `given` is the command line
    of Ansible: files of variables and how the vault is opened are kept. Values given on it are not,
    because they may be secrets.
    """
    if not outcome.failed:
        return ""
    extra = _choice(outcome, retry, options.get("report_path"))
    if variables.get("kayobe_config_path"):
        words = ["kayobe", "playbook", "run", f"$KAYOBE_CONFIG_PATH/{_INSTALLED}/{playbook}.yml"]
        return " ".join([*words, *map(shlex.quote, extra)])
    sources = variables.get("ansible_inventory_sources") or []
    inventory = [word for source in sources for word in ("-i", str(source))]
    several = len(variables.get("ansible_play_hosts_all") or []) > 1
    limit = str(variables.get("ansible_limit") or "")
    chosen = outcome.host if several else limit
    only = ["-l", chosen] if chosen else []
    start = ["ansible-playbook", *inventory, *_kept(given or {}), *only]
    return " ".join(map(shlex.quote, [*start, f"{_COLLECTION}.{playbook}", *extra]))


def _kept(given: Mapping[str, Any]) -> list[str]:
    files = [text for text in given.get("extra_vars") or () if str(text).startswith("@")]
    options = {
        "-e": files,
        "--vault-password-file": given.get("vault_password_files") or (),
        "--vault-id": given.get("vault_ids") or (),
    }
    words = [
        str(word) for name, values in options.items() for value in values for word in (name, value)
    ]
    return [*words, *(["--ask-vault-pass"] if given.get("ask_vault_pass") else [])]


def _choice(outcome: Outcome, retry: str, report: str | None) -> list[str]:
    # A blank would end the expression.
    names = [re.escape(name_of(result)).replace(r"\ ", ".") for result in outcome.failed]
    if retry == "report" and report:
        return ["-e", f"package_retry={report}"]
    if retry == "none" or len(names) > _MOST_NAMES:
        return []
    return ["-e", f"package_filter=^({'|'.join(names)})$"]
