#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: distribution_clean
short_description: Delete snapshots that are not needed, with their content
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Deletes distributions of old snapshots, then the publications and repository versions that no
    distribution serves, then content that is in no repository version. Without O(confirm) it only
    returns what would be deleted.
  - Keeps a snapshot that is pinned, that has another content guard than O(content_guard), that is one
    of the newest of its repository, that is young, or whose content another distribution serves,
    such as a channel.
  - Never deletes the latest version of a repository, its newest published version, or distributions
    that are no snapshots of the package repositories in the inventory.
  - With O(confirm), no promotion of the collection runs at the same time, except while content is
    deleted that is in no repository version. The module waits two minutes for a promotion.
  - Before each deletion reads again what it deletes and what serves it. Deletes a distribution before
    its publication, and that before the repository version. If a run is interrupted, the next one
    deletes the rest.
options:
  pins:
    description:
      - Pins that are kept, a mapping of the name of a configuration or lock to its pins (short name to
        stamp). With O(confirm) at least one name is required, and each must pin a repository of the
        inventory, unless O(allow_empty_pins).
    type: dict
  allow_empty_pins:
    description:
      - Whether to delete although O(pins) is empty, or one of its names pins no repository of the
        inventory. Then only the other rules keep snapshots.
    type: bool
    default: false
  content_guard:
    description:
      - Content guard of snapshots that are not released. All others are kept. V(none) is for a server
        whose snapshots are public.
    type: str
    default: development
  keep_last:
    description: Number of newest snapshots of each repository that are kept, 1 or more.
    type: int
    default: 3
  min_age:
    description:
      - Age in days below which a snapshot, a publication or a repository version is kept. A snapshot
        is as old as its stamp or its distribution, whichever is newer.
    type: float
    default: 30
  limit:
    description:
      - Maximum number of snapshots, and of repository versions, that one run deletes, the oldest first.
    type: int
    default: 100
  orphans:
    description:
      - Whether content that is in no repository version is deleted in the end, on the whole server.
        Pulp keeps content that is younger than its setting C(ORPHAN_PROTECTION_TIME).
    type: bool
    default: true
  confirm:
    description: Whether to delete. By default the module returns a plan.
    type: bool
    default: false
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.names
  - stackhpc.release_train.packages.filters
notes:
  - The account must be able to see all distributions of the server, as an administrator can.
seealso:
  - module: stackhpc.release_train.distribution_list
"""

EXAMPLES = r"""
- name: Plan the deletion of snapshots that are older than half a year
  stackhpc.release_train.distribution_clean:
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    pins:
      production: "{{ lookup('stackhpc.release_train.kayobe_package_versions',
        kayobe_config_repo_path) }}"
    min_age: 180
  register: plan

- name: Print the plan
  stackhpc.release_train.text_show:
    text: "{{ plan.lines }}"
"""

RETURN = r"""
lines:
  description: What is deleted, what is kept for which reason, and the used storage.
  returned: always
  type: list
  elements: str
kept:
  description: One entry for each snapshot that is kept.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the distribution., type: str, returned: always}
    type: {description: V(rpm) or V(deb)., type: str, returned: always}
    why: {description: Why it is kept., type: str, returned: always}
stale_versions:
  description: Number of repository versions to delete, in this run and, because of the limit, in later ones.
  returned: always
  type: int
storage_use:
  description: Used storage of the server. Object storage is not reported by Pulp.
  returned: always
  type: dict
  contains:
    used_before: {description: 'In bytes, before the run. Null if unknown.', type: int, returned: always}
    used_after: {description: 'In bytes, after a run that deletes. Null otherwise.', type: int, returned: always}
results:
  description: One entry for each snapshot and each repository version to delete, and one for orphaned content.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: 'Name of the distribution, or repository and version.', type: str, returned: always}
    type: {description: 'V(rpm), V(deb) or V(orphans).', type: str, returned: always}
    action:
      description: V(deleted), V(planned), V(skipped) if it came into use meanwhile, V(unchanged) or V(failed).
      type: str
      returned: always
    changed: {description: Whether the item changed., type: bool, returned: always}
    before: {description: Changed values before the run., type: dict, returned: always}
    after: {description: Changed values after the run., type: dict, returned: always}
    seconds: {description: Elapsed time in seconds., type: float, returned: always}
    error: {description: Error message. Empty if the item succeeded., type: str, returned: always}
    cause:
      description: Cause of the error in a few words.
      type: str
      returned: when the item failed and the cause is known
    kept: {description: Why it was kept after all., type: str, returned: for snapshots and skipped items}
    short_name: {description: Short name of the repository., type: str, returned: for snapshots}
    stamp: {description: Stamp of the snapshot., type: str, returned: for snapshots}
    base_path: {description: Path at which the snapshot is served., type: str, returned: for snapshots}
    repository: {description: Name of the repository., type: str, returned: for repository versions}
    version: {description: Number of the version., type: int, returned: for repository versions}
summary:
  description: Number of items that are ok (unchanged), changed, failed and skipped.
  returned: always
  type: dict
  sample: {ok: 1, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Number of requests, polls and tasks that the module sent to Pulp.
  returned: always
  type: dict
  sample: {requests: 12, polls: 3, tasks: 2}
seconds:
  description: Elapsed time of the module in seconds.
  returned: always
  type: float
"""

from ..module_utils.module import run
from ..module_utils.release.cleanup.clean import clean_distributions
from ..module_utils.release.options import SELECTION_OPTIONS, inventory_defaults, inventory_lists


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_lists("deprecated_"),
        **inventory_defaults(),
        **SELECTION_OPTIONS,
        "pins": {"type": "dict"},
        "allow_empty_pins": {"type": "bool", "default": False},
        "content_guard": {"type": "str", "default": "development"},
        "keep_last": {"type": "int", "default": 3},
        "min_age": {"type": "float", "default": 30},
        "limit": {"type": "int", "default": 100},
        "orphans": {"type": "bool", "default": True},
        "confirm": {"type": "bool", "default": False},
    }
    run(options, clean_distributions, "item")


if __name__ == "__main__":
    main()
