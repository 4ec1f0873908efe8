# SPDX-License-Identifier: Apache-2.0
"""The shell command that retries the failed items of a run."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .extra_variables import inline_variables, is_added_by_kayobe
from .outcome import Outcome, name_of

_COLLECTION = "stackhpc.release_train"
_INSTALLED = "ansible/collections/ansible_collections/stackhpc/release_train/playbooks"
_MAX_NAMES = 40
_PACKAGE_FILTER = "package_filter"

# Variables of the command line that the retry repeats. None of them may hold a secret.
# tests/unit/plugins/plugin_utils/run/test_retry_command.py compares them with the specifications of
# roles.
_REPEATED = frozenset(
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
        "confirm",
        "container_allow_missing",
        "container_check_group",
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
        "distribution_clean_allow_empty_pins",
        "distribution_clean_configurations",
        "distribution_clean_guard",
        "distribution_clean_keep_last",
        "distribution_clean_limit",
        "distribution_clean_min_age",
        "distribution_clean_orphans",
        "distribution_clean_pins",
        "host_image_tag",
        "image_base_path",
        "image_checksum",
        "image_chunk_size",
        "image_download_files",
        "image_download_mode",
        "image_download_path",
        "image_file_name",
        "image_filter",
        "image_guard_development",
        "image_guard_release",
        "image_kayobe_config",
        "image_kind",
        "image_latest",
        "image_mirror_distribution_suffix",
        "image_mirror_policy",
        "image_mirror_repository_suffix",
        "image_mirror_source",
        "image_mirror_source_content_path_prefix",
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
        "kolla_docker_namespace",
        "kolla_tags_source",
        "kolla_unbuildable_images",
        "openstack_release",
        "os_distribution",
        "os_release",
        "package_allow_empty",
        "package_filter",
        "package_guard_development",
        "package_guard_release",
        "package_kayobe_config",
        "package_mirror_distribution_suffix",
        "package_mirror_repository_suffix",
        "package_mirror_source",
        "package_mirror_source_content_path_prefix",
        "package_notable",
        "package_shrink_limit",
        "package_stale_after",
        "package_stamp",
        "package_storage_limit",
        "package_sync_full",
        "package_sync_group",
        "package_update_secrets",
        "package_versions",
        "package_withdraw_configurations",
        "package_withdraw_pins",
        "pins_strict",
        "release_content_path_prefix",
        "release_directory",
        "release_keyring",
        "release_prune_allow_empty_pins",
        "release_prune_configurations",
        "release_prune_group",
        "release_prune_guard",
        "release_prune_keep_last",
        "release_prune_limit",
        "release_prune_locks",
        "release_prune_min_age",
        "release_prune_namespaces",
        "release_prune_orphans",
        "release_prune_pins",
        "release_prune_published",
        "release_train_source",
        "rpm_package_repo_filter",
        "stackhpc_overcloud_host_image_is_ofed",
        "stackhpc_overcloud_host_image_version",
        "sync_late_retry_delay",
        "sync_new_images",
        "sync_old_images",
    }
)
# Option -> key in Ansible's parsed command line.
_VAULT = {"--vault-id": "vault_ids", "--vault-password-file": "vault_password_files"}
# Values that Ansible's parser of `-e name=value` does not change.
_SIMPLE = re.compile(r"(?!.*(?:\{\{|\{%|\{#|\\\w))[^\s'\"]+")


@dataclass(frozen=True)
class RetryOptions:
    """How a playbook selects the failed items.

    `selection`: `report` (variable `package_retry`), `filter` (the variable named `filter`), or
    `none`, to repeat all items. `report_path`: the report of the run, if it has one.
    """

    playbook: str
    selection: str = "none"
    filter: str = _PACKAGE_FILTER
    report_path: str | None = None


@dataclass(frozen=True)
class RunContext:
    """How a run was started.

    `variables` are those of the task, templated: Ansible's for inventory, limit and check mode, and
    Kayobe's `kayobe_config_path` and `kayobe_environment`. `arguments` is Ansible's parsed command
    line (`context.CLIARGS`).
    """

    variables: Mapping[str, Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kayobe_config(self) -> str:
        """The path of the Kayobe configuration; empty without Kayobe."""
        return str(self.variables.get("kayobe_config_path") or "")

    @property
    def kayobe_environment(self) -> list[str]:
        """The option of Kayobe that selects an environment."""
        name = str(self.variables.get("kayobe_environment") or "")
        return ["--environment", name] if name else []

    @property
    def inventory(self) -> list[str]:
        """The inventory options."""
        sources = self.variables.get("ansible_inventory_sources") or []
        return [word for source in sources for word in ("-i", _short_path(str(source)))]

    @property
    def modes(self) -> list[str]:
        """The options of check mode and diff mode."""
        modes = {"--check": "ansible_check_mode", "--diff": "ansible_diff_mode"}
        return [option for option, name in modes.items() if self.variables.get(name)]

    def limit(self, host: str) -> list[str]:
        """The option that limits the retry: to `host` if the play has several, else as given."""
        several = len(self.variables.get("ansible_play_hosts_all") or []) > 1
        limit = host if several else str(self.variables.get("ansible_limit") or "")
        return ["-l", limit] if limit else []


def retry_command(outcome: Outcome, options: RetryOptions, context: RunContext) -> str:
    """Return the command that retries the failed items of one host; empty without failed items."""
    return (
        _command(outcome, options, context, context.limit(outcome.host)) if outcome.failed else ""
    )


def fleet_command(outcomes: Sequence[Outcome], options: RetryOptions, context: RunContext) -> str:
    """Return the command that repeats a run on the hosts that failed; empty if none did."""
    failed = [outcome.host for outcome in outcomes if outcome.has_failed]
    limit = ["-l", ",".join(failed)]
    return (
        _command(Outcome(""), replace(options, selection="none"), context, limit) if failed else ""
    )


def _command(
    outcome: Outcome, options: RetryOptions, context: RunContext, limit: Sequence[str]
) -> str:
    selection = _selection(outcome, options)
    extra = [word for pair in selection.items() for word in ("-e", extra_variable(*pair))]
    extra += repeated_arguments(context, selection)
    if context.kayobe_config:
        path = f'"$KAYOBE_CONFIG_PATH/{_INSTALLED}/{options.playbook}.yml"'
        words = [*context.kayobe_environment, *limit, *extra, *context.modes]
        quoted = map(shlex.quote, words)
        return " ".join(["kayobe playbook run", path, *quoted])
    playbook = f"{_COLLECTION}.{options.playbook}"
    words = ["ansible-playbook", *context.inventory, *limit, playbook, *extra, *context.modes]
    return " ".join(map(shlex.quote, words))


def _selection(outcome: Outcome, options: RetryOptions) -> dict[str, str]:
    """Return the variable that selects the failed items; nothing if no variable can.

    A filter works on every machine, so the report is used only for more than _MAX_NAMES items.
    """
    too_many = len(outcome.failed) > _MAX_NAMES
    unnamed = any(not result.get("short_name") for result in outcome.failed)
    no_filter = too_many or outcome.failed_later or unnamed
    if options.selection == "report" and options.report_path and no_filter:
        return {"package_retry": options.report_path}
    if options.selection == "none" or outcome.failed_later or too_many:
        return {}
    names = [name_of(result) for result in outcome.failed]
    if options.filter != _PACKAGE_FILTER:
        names = [name.rpartition("/")[2] for name in names]
    # A filter is split at blanks.
    patterns = [re.escape(name).replace(r"\ ", ".") for name in dict.fromkeys(names)]
    return {options.filter: f"^({'|'.join(patterns)})$"}


def repeated_arguments(context: RunContext, replaced: Collection[str]) -> list[str]:
    """Return the arguments of the command line that the retry repeats.

    These are files of variables, the variables in _REPEATED except `replaced`, and vault passwords.
    Kayobe adds the files of its configuration and the vault password itself.
    """
    kayobe_config = context.kayobe_config
    words = []
    for text in context.arguments.get("extra_vars") or ():
        if text.startswith("@"):
            if not kayobe_config or not is_added_by_kayobe(text[1:], kayobe_config):
                words += ["-e", text]
            continue
        for name, value in inline_variables(text):
            if name in _REPEATED and name not in replaced:
                words += ["-e", extra_variable(name, value)]
    if kayobe_config:
        return words
    for option, key in _VAULT.items():
        values = context.arguments.get(key) or ()
        words += [word for value in values for word in (option, str(value))]
    return [*words, "--ask-vault-pass"] if context.arguments.get("ask_vault_pass") else words


def extra_variable(name: str, value: Any) -> str:
    """Return the argument of `-e` for a variable, as JSON unless `name=value` is unambiguous."""
    if isinstance(value, str) and _SIMPLE.fullmatch(value):
        return f"{name}={value}"
    return json.dumps({name: value}, ensure_ascii=False)


def _short_path(path: str) -> str:
    """Return a path relative to the current directory if it is below; list of hosts unchanged."""
    if not os.path.isabs(path) or not _is_below(path, os.getcwd()):
        return path
    return os.path.relpath(path)


def _is_below(path: str, directory: str) -> bool:
    directory = os.path.realpath(directory)
    return os.path.realpath(path).startswith(directory + os.sep)
