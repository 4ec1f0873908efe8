#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: distribution_list
short_description: List distributions with their content, age and pins
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Lists distributions of all content types, with the repository version that each of them serves and
    the number of packages in that version. Changes nothing.
  - Assigns a distribution to a package repository of the inventory if its base path is directly below
    the base path of the repository, or if its name is that of a snapshot of the repository.
  - Filters match the short name of the repository, or the name of a distribution without repository.
  - Changes no item, so RV(results) is empty, and O(report_path) gets one entry for each listed
    distribution instead.
options:
  package_filter:
    description:
      - Regular expressions, as a list or as a string in which spaces or commas separate them. A distribution is
        listed if a part of its name matches one of them.
      - By default all distributions are listed.
    type: raw
  guard:
    description:
      - Lists only distributions with this content guard. V(private) lists private container
        distributions, V(none) lists public distributions. If a content guard has one of these names,
        its distributions are listed, too.
      - By default distributions with any or no content guard are listed.
    type: str
  older_than:
    description: Lists only distributions that are older than this number of days.
    type: float
  pins:
    description:
      - Pins of one or more configurations, a mapping of the name of a configuration to its pins (short
        name to stamp). RV(distributions[].pinned_by) contains the names.
    type: dict
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.names
  - stackhpc.release_train.packages.filters
seealso:
  - module: stackhpc.release_train.package_query
  - module: stackhpc.release_train.pulp_info
"""

EXAMPLES = r"""
- name: List snapshots that are older than half a year and not released
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

- name: Fail if one of them is pinned
  ansible.builtin.assert:
    that: old.distributions | selectattr('pinned_by') | list | length == 0
"""

RETURN = r"""
distributions:
  description: One entry for each distribution, ordered by content type and name.
  returned: always
  type: list
  elements: dict
  contains:
    type: {description: 'Content type, such as V(rpm).', type: str, returned: always}
    name: {description: Name of the distribution., type: str, returned: always}
    base_path: {description: Path at which the distribution is served., type: str, returned: always}
    content_guard:
      description: Name of the content guard, V(private) for private images, or null if it is public.
      type: str
      returned: always
    serves:
      description:
        - Object that the distribution serves. V(publication), V(repository_version), V(repository) (its
          latest version), V(remote) or V(nothing).
      type: str
      returned: always
    repository: {description: Name of the repository., type: str, returned: always}
    version:
      description: Number of the repository version. Null if the latest version is served.
      type: int
      returned: always
    packages:
      description: Number of packages in that version, or of tags or files for other content types.
      type: int
      returned: always
    created:
      description: Time at which the distribution was created.
      type: str
      returned: always
      sample: '2026-11-20T20:00:01.123456Z'
    days:
      description: Age in days, according to the stamp of a snapshot or else to C(created).
      type: int
      returned: always
    short_name:
      description: Short name of the package repository to which the distribution belongs, or null.
      type: str
      returned: always
    stamp: {description: Stamp of the snapshot., type: str, returned: always}
    pinned_by:
      description: Names of the configurations in O(pins) that pin this snapshot.
      type: list
      elements: str
      returned: always
lines:
  description: The distributions as a table.
  returned: always
  type: list
  elements: str
selected:
  description: How many distributions were selected, as text.
  returned: always
  type: str
  sample: selected 12 of 19950
results:
  description: Always empty, because the module changes no item. See RV(distributions).
  returned: always
  type: list
  elements: dict
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
