# SPDX-License-Identifier: Apache-2.0
"""The command that runs again what failed, ready to paste."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.splitter import parse_kv

from .outcome import Outcome, name_of

# Variables that a retry repeats from the command line. None of them may hold a secret.
# tests/unit/plugins/plugin_utils/run/test_retry_command.py compares them with the role specifications.
_KEPT = frozenset(
    {
        "access_control_builder_groups",
        "access_control_client_groups",
        "access_control_client_url",
        "access_control_development_groups",
        "access_control_groups",
        "access_control_guards",
        "access_control_namespaces",
        "access_control_show",
        "artifact_tag",
        "client_promote_to",
        "client_update_promote",
        "container_allow_missing",
        "container_check_namespace",
        "container_force",
        "container_kayobe_config",
        "container_mirror_namespace",
        "container_mirror_policy",
        "container_mirror_private",
        "container_mirror_source",
        "container_namespace_development",
        "container_namespace_release",
        "container_prepare",
        "container_tag",
        "container_tags",
        "deb_package_repo_filter",
        "host_image_tag",
        "image_base_path",
        "image_checksum",
        "image_chunk_size",
        "image_download_files",
        "image_download_mode",
        "image_download_path",
        "image_file_name",
        "image_guard_development",
        "image_guard_release",
        "image_kayobe_config",
        "image_kind",
        "image_latest",
        "image_mirror_distribution_suffix",
        "image_mirror_policy",
        "image_mirror_repository_suffix",
        "image_mirror_source",
        "image_mirror_update_secrets",
        "image_openstack_release",
        "image_os_distribution",
        "image_os_release",
        "image_path",
        "image_pattern",
        "image_repository",
        "image_several",
        "image_state_path",
        "image_variant",
        "image_version",
        "image_versions",
        "kayobe_config_repo_path",
        "kolla_base_distros",
        "kolla_base_distros_override",
        "kolla_container_image_filter",
        "kolla_container_images",
        "kolla_tags_source",
        "kolla_unbuildable_images",
        "openstack_release",
        "os_distribution",
        "os_release",
        "package_filter",
        "package_guard_development",
        "package_guard_release",
        "package_kayobe_config",
        "package_mirror_distribution_suffix",
        "package_mirror_repository_suffix",
        "package_mirror_source",
        "package_notable",
        "package_shrink_limit",
        "package_stale_after",
        "package_stamp",
        "package_storage_limit",
        "package_sync_full",
        "package_sync_group",
        "package_update_secrets",
        "package_versions",
        "pins_strict",
        "release_train_source",
        "rpm_package_repo_filter",
        "sync_late_retry_delay",
        "sync_new_images",
        "sync_old_images",
    }
)
# Option -> where Ansible keeps it.
_VAULT = {"--vault-id": "vault_ids", "--vault-password-file": "vault_password_files"}
# What Ansible's reading of `-e name=value` leaves as it is.
_SIMPLE = re.compile(r"(?!.*(?:\{\{|\{%|\{#|\\\w))[^\s'\"]+")


def repeated_arguments(
    arguments: Mapping[str, Any], kayobe_config: str, replaced: Collection[str]
) -> list[str]:
    """Words to repeat, from Ansible's parsed command line (`context.CLIARGS`).

    Files of variables and of vault passwords stay as they were named, of other variables those
    that choose what is done; `replaced` are given anew. Kayobe adds its own configuration's files
    and passwords itself: under it, `kayobe_config` is where that is.
    """
    words = []
    for text in arguments.get("extra_vars") or ():
        if text.startswith("@"):
            if not kayobe_config or not _lies_in(text[1:], kayobe_config):
                words += ["-e", text]
            continue
        for name, value in _variables(text):
            if name in _KEPT and name not in replaced:
                words += ["-e", extra_variable(name, value)]
    if kayobe_config:
        return words
    for option, key in _VAULT.items():
        words += [word for value in arguments.get(key) or () for word in (option, str(value))]
    return [*words, "--ask-vault-pass"] if arguments.get("ask_vault_pass") else words


def extra_variable(name: str, value: Any) -> str:
    """One variable as `-e` takes it: Ansible splits `name=value` at blanks and reads quotes."""
    if isinstance(value, str) and _SIMPLE.fullmatch(value):
        return f"{name}={value}"
    return json.dumps({name: value}, ensure_ascii=False)


def _variables(text: str) -> Iterator[tuple[str, Any]]:
    """The variables in one `-e`; what is none was an error before this run began."""
    try:
        content = yaml.safe_load(text) if text[:1] in ("{", "[") else parse_kv(text)  # type: ignore[no-untyped-call]
    except (yaml.YAMLError, AnsibleError):
        return
    yield from content.items() if isinstance(content, Mapping) else ()


def _lies_in(path: str, directory: str) -> bool:
    directory = os.path.realpath(os.path.expanduser(directory))
    return os.path.realpath(os.path.expanduser(path)).startswith(directory + os.sep)


_COLLECTION = "stackhpc.release_train"
_INSTALLED = "ansible/collections/ansible_collections/stackhpc/release_train/playbooks"
_MAX_NAMES = 40
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
    extra += repeated_arguments(arguments, kayobe_config, choice)
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
    if retry == "none" or outcome.failed_later or len(outcome.failed) > _MAX_NAMES:
        return {}
    variable = options.get("filter") or _PACKAGES
    names = [name_of(result) for result in outcome.failed]
    if variable != _PACKAGES:
        names = [name.rpartition("/")[2] for name in names]
    # A blank would end the expression.
    patterns = [re.escape(name).replace(r"\ ", ".") for name in dict.fromkeys(names)]
    return {variable: f"^({'|'.join(patterns)})$"}
