# SPDX-License-Identifier: Apache-2.0
"""The command that runs again what failed, ready to paste."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from .given_words import extra_variable, given_words
from .run_outcome import Outcome, name_of

__all__ = ["retry_command"]

_COLLECTION = "stackhpc.release_train"
_INSTALLED = "ansible/collections/ansible_collections/stackhpc/release_train/playbooks"
_MOST_NAMES = 40
_PACKAGES = "package_filter"


def retry_command(
    playbook: str,
    outcome: Outcome,
    retry: str,
    options: Mapping[str, Any],
    variables: Mapping[str, Any],
    arguments: Mapping[str, Any],
) -> str:
    """One shell command; empty where nothing failed.

    `retry` says how the playbook chooses: `report` (`package_retry`), `filter` (the variable that
    is the option of this name) or `none`, the whole again. `variables` are those of the task:
    Kayobe's own say that it runs under Kayobe, Ansible's which inventory and which limit were
    given, and whether it only looked. `arguments` are those of the command line (`context.CLIARGS`).
    """
    if not outcome.failed:
        return ""
    kayobe_config = str(variables.get("kayobe_config_path") or "")
    choice = _choice(outcome, retry, options)
    extra = [word for pair in choice.items() for word in ("-e", extra_variable(*pair))]
    extra += given_words(arguments, kayobe_config, choice)
    several = len(variables.get("ansible_play_hosts_all") or []) > 1
    limit = str(variables.get("ansible_limit") or "")
    chosen = outcome.host if several else limit
    only = ["-l", chosen] if chosen else []
    looks = ["--check"] if variables.get("ansible_check_mode") else []
    looks += ["--diff"] if variables.get("ansible_diff_mode") else []
    if kayobe_config:
        path = f'"$KAYOBE_CONFIG_PATH/{_INSTALLED}/{playbook}.yml"'
        return " ".join(["kayobe playbook run", path, *map(shlex.quote, [*only, *extra, *looks])])
    sources = variables.get("ansible_inventory_sources") or []
    inventory = [word for source in sources for word in ("-i", str(source))]
    words = ["ansible-playbook", *inventory, *only, f"{_COLLECTION}.{playbook}", *extra, *looks]
    return " ".join(map(shlex.quote, words))


def _choice(outcome: Outcome, retry: str, options: Mapping[str, Any]) -> dict[str, str]:
    """The variable that chooses what failed; none where there is no way to."""
    report = options.get("report_path")
    if retry == "report" and report:
        return {"package_retry": report}
    if retry == "none" or outcome.failed_later or len(outcome.failed) > _MOST_NAMES:
        return {}
    variable = options.get("filter") or _PACKAGES
    names = [name_of(result) for result in outcome.failed]
    if variable != _PACKAGES:
        names = [name.rpartition("/")[2] for name in names]
    # A blank would end the expression.
    patterns = [re.escape(name).replace(r"\ ", ".") for name in dict.fromkeys(names)]
    return {variable: f"^({'|'.join(patterns)})$"}
