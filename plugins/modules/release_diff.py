#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: release_diff
short_description: Compare two release locks
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Compares two release locks - packages that were added, removed, upgraded or downgraded in each package
    repository, security advisories and CVEs that arrive with them, container images, disk images and
    commits of source repositories.
  - Reads the package lists of snapshots that differ from a Pulp server, usually Ark, unless they are in the
    cache. Changes nothing on the server.
  - Fails if the packages of a repository cannot be read. The comparison of everything else is written.
options:
  old:
    description: File of the lock of the earlier release.
    type: path
    required: true
  new:
    description: File of the lock of the later release.
    type: path
    required: true
  markdown_path:
    description: File to which the comparison is written as Markdown, at most 60,000 characters long.
    type: path
  html_path:
    description: File to which the comparison is written as one HTML page, which needs no network.
    type: path
  json_path:
    description: File to which the whole comparison is written as JSON.
    type: path
  keyring:
    description:
      - File with exported OpenPGP public keys. If it is set, a lock must have a valid signature C(<lock>.asc)
        of one of these keys.
    type: path
  cache_path:
    description: Directory for the package lists of repositories. It is created if it does not exist.
    type: path
    default: ~/.cache/stackhpc-release-train
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.release_lock
"""

EXAMPLES = r"""
- name: Compare a release with the previous one
  stackhpc.release_train.release_diff:
    old: "{{ playbook_dir }}/2025.1-20261115T093000.yml"
    new: "{{ playbook_dir }}/2025.1-20261122T093000.yml"
    html_path: "{{ playbook_dir }}/changes.html"
"""

RETURN = r"""
differs:
  description: Whether anything but the names of the releases differs.
  returned: when the locks were read
  type: bool
counts:
  description: Numbers of changed repositories, packages, advisories, images and source repositories.
  returned: when the locks were read
  type: dict
cves:
  description: CVEs that the new release fixes.
  returned: when the locks were read
  type: list
  elements: str
lines:
  description: The comparison as text, counts first.
  returned: when the locks were read
  type: list
  elements: str
answer:
  description: The comparison as one line.
  returned: when the locks were read
  type: str
results:
  description: One entry for each package repository that differs, then one for each written file.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: 'Short name, or path of the file.', type: str, returned: always}
    type: {description: 'V(rpm), V(deb), V(file), V(python) or V(report).', type: str, returned: always}
    action:
      description: V(unchanged) or V(failed). For a file V(created), V(updated) or V(unchanged).
      type: str
      returned: always
    changed: {description: Whether a file was written., type: bool, returned: always}
    before: {description: Always empty., type: dict, returned: always}
    after: {description: Format of the file., type: dict, returned: always}
    seconds: {description: Elapsed time in seconds., type: float, returned: always}
    error: {description: Why the packages cannot be read. Empty if they can., type: str, returned: always}
    cause: {description: Cause of the error in a few words., type: str, returned: when it is known}
    hint: {description: What to do about the cause., type: str, returned: when it is known}
    short_name: {description: 'Short name, or path of the file.', type: str, returned: always}
    stamp: {description: Stamp of the later snapshot., type: str, returned: for a repository}
    change: {description: 'V(added), V(removed) or V(changed).', type: str, returned: for a repository}
    added: {description: Number of added packages., type: int, returned: for a repository}
    removed: {description: Number of removed packages., type: int, returned: for a repository}
    upgraded: {description: Number of upgraded packages., type: int, returned: for a repository}
    downgraded: {description: Number of downgraded packages., type: int, returned: for a repository}
summary:
  description: Number of items that are ok (unchanged), changed, failed and skipped.
  returned: always
  type: dict
  sample: {ok: 12, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Number of requests that the module sent to the content app.
  returned: always
  type: dict
  sample: {requests: 0, polls: 0, tasks: 0}
seconds:
  description: Elapsed time of the module in seconds.
  returned: always
  type: float
"""

from ..module_utils.module import run
from ..module_utils.release_lock.compare import diff_releases
from ..module_utils.release_lock.options import CACHE_OPTIONS, KEYRING_OPTIONS


def main() -> None:
    options = {
        **CACHE_OPTIONS,
        **KEYRING_OPTIONS,
        "old": {"type": "path", "required": True},
        "new": {"type": "path", "required": True},
        "markdown_path": {"type": "path"},
        "html_path": {"type": "path"},
        "json_path": {"type": "path"},
    }
    run(options, diff_releases, "repository")


if __name__ == "__main__":
    main()
