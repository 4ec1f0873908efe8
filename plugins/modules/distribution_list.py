#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: distribution_list
short_description: List what a Pulp serves, how old it is, and who pins it
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Lists distributions of all content types with the repository version that each serves and the
    number of its packages. Changes nothing.
  - A distribution belongs to a package repository of the inventory when its base path is right
    below that of the repository, or when its name is that of one of its snapshots. The filters look
    for its short name then, and for the name of the distribution where it belongs to none.
  - Distributions are read in pages. What they serve is read only of those that the filters leave.
  - O(report_path) gets an item for each distribution that is listed.
options:
  package_filter:
    description:
      - Regular expressions, as text with blanks between or as a list. A distribution is listed when
        one of them is found in its short name, or in its name where it belongs to no package
        repository. Empty selects all.
    type: raw
  guard:
    description:
      - Lists only what has this content guard, V(private) images that only some may pull, V(none)
        what everybody may read.
    type: str
  older_than:
    description: Lists only what is more than so many days old.
    type: float
  pins:
    description:
      - For each name of a configuration its pins, short name to stamp. A snapshot is shown with the
        names of those that pin it.
    type: dict
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.inventory
  - stackhpc.release_train.packages.deprecated
seealso:
  - module: stackhpc.release_train.package_query
  - module: stackhpc.release_train.pulp_info
"""

EXAMPLES = r"""
- name: List snapshots that are not released after half a year
  stackhpc.release_train.distribution_list:
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    guard: development
    older_than: 180
    pins:
      production: "{{ lookup('stackhpc.release_train.kayobe_package_versions',
        kayobe_config_repo_path) }}"
  register: old

- name: Print them
  stackhpc.release_train.text_show:
    text: "{{ old.lines }}"

- name: Fail when somebody pins one of them
  ansible.builtin.assert:
    that: old.distributions | selectattr('pinned_by') | list | length == 0
"""

RETURN = r"""
distributions:
  description: One entry for each distribution, by content type and name.
  returned: always
  type: list
  elements: dict
  contains:
    type: {description: 'Content type, such as V(rpm).', type: str, returned: always}
    name: {description: Name of the distribution., type: str, returned: always}
    base_path: {description: Path at which it is served., type: str, returned: always}
    content_guard:
      description: Name of its guard, V(private) for images that only some may pull, null for none.
      type: str
      returned: always
    serves:
      description:
        - What it names as its content, V(publication), V(repository_version), V(repository), which
          means the latest that there is of it, V(remote), or V(nothing).
      type: str
      returned: always
    repository: {description: Name of the repository., type: str, returned: always}
    version:
      description: Number of the repository version; null where it serves the latest publication.
      type: int
      returned: always
    packages:
      description:
        - How many packages that version has; of other content types what an operator counts, such
          as tags and files.
      type: int
      returned: always
    created:
      description: When the distribution was created.
      type: str
      returned: always
      sample: '2026-11-20T20:00:01.123456Z'
    days:
      description: Age in days, by the stamp of a snapshot, else since the distribution was created.
      type: int
      returned: always
    short_name:
      description: Key of the package repository that it belongs to, or null.
      type: str
      returned: always
    stamp: {description: Stamp of a snapshot of that repository., type: str, returned: always}
    pinned_by:
      description: Names in O(pins) of those that pin this snapshot.
      type: list
      elements: str
      returned: always
lines:
  description: The same as a table, to be printed.
  returned: always
  type: list
  elements: str
selected:
  description: How many distributions were selected.
  returned: always
  type: str
  sample: selected 12 of 19950
results:
  description: Always empty, for the sake of one shape in all modules.
  returned: always
  type: list
  elements: dict
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
statistics:
  description: Requests, polls and Pulp tasks of this run.
  returned: always
  type: dict
"""

from ..module_utils.module import run
from ..module_utils.release.listing import show_distributions
from ..module_utils.release.options import SELECTION_OPTIONS, inventory_defaults, inventory_lists


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_lists("deprecated_"),
        **inventory_defaults(),
        **SELECTION_OPTIONS,
        "guard": {"type": "str"},
        "older_than": {"type": "float"},
        "pins": {"type": "dict"},
    }
    run(options, show_distributions, "distribution")


if __name__ == "__main__":
    main()
