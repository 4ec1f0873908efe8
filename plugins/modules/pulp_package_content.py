#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_package_content
short_description: Upload packages to repositories, publish and serve them
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Adds local package files to repositories, and serves them. Use it for packages without an upstream
    repository.
  - Creates one new repository version for all packages of an item. If one package fails, the repository
    does not change. Existing packages are kept.
  - Does not upload packages that Pulp has already. Packages are compared by SHA-256 checksum. Uploads are
    chunked and resumable, as those of M(stackhpc.release_train.pulp_file_content).
  - Publishes a new version and serves it with a distribution. With O(rpm[].stamped) each new version gets an
    immutable distribution with a stamp.
  - Processes all items even if some of them fail. The module then fails with the error of each.
options:
  rpm:
    description: RPM repositories.
    type: list
    elements: dict
    suboptions:
      name: &name
        description: Name of the repository. It is created if it does not exist.
        type: str
        required: true
      packages: &packages
        description: Paths of local package files, on the host that runs the module.
        type: list
        elements: path
        required: true
      publish: &publish
        description:
          - Whether to publish the new version, and to serve it if O(ignore:distribution_name) is set.
        type: bool
        default: true
      distribution_name: &distribution_name
        description:
          - Name of the distribution. With O(ignore:stamped), prefix of the names, to which the stamp is
            appended.
        type: str
      base_path: &base_path
        description:
          - Path of the distribution. With O(ignore:stamped), prefix of the paths, which must end in a slash
            and to which the stamp is appended.
        type: str
      content_guard: &content_guard
        description: Content guard of the distribution. An empty string makes it public.
        type: str
      stamped: &stamped
        description: Whether each new version gets its own distribution with a stamp.
        type: bool
        default: false
  deb:
    description: Deb repositories.
    type: list
    elements: dict
    suboptions:
      name: *name
      packages: *packages
      publish: *publish
      distribution_name: *distribution_name
      base_path: *base_path
      content_guard: *content_guard
      stamped: *stamped
      suite:
        description: Suite of the packages, such as V(noble).
        type: str
        default: stable
      component:
        description: Component of the packages.
        type: str
        default: main
      architectures:
        description:
          - Architectures of the suite in addition to those of the packages. Required if all packages have the
            architecture V(all).
        type: list
        elements: str
        default: []
      mode:
        description:
          - How the repository is published. V(structured) creates suites and components, V(simple) a single
            suite C(default) with all packages, V(simple_and_structured) both. V(verbatim) requires metadata of
            an upstream repository.
        type: str
        choices: [simple, structured, simple_and_structured, verbatim]
        default: structured
  stamp:
    description: Stamp of new distributions. Defaults to the start time of the run.
    type: str
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.uploading
seealso:
  - module: stackhpc.release_train.pulp_file_content
  - module: stackhpc.release_train.package_snapshot
"""

EXAMPLES = r"""
- name: Upload packages and serve each new version with a stamp
  stackhpc.release_train.pulp_package_content:
    rpm:
      - name: Site packages
        packages: [/srv/packages/site-tools-1.0-1.noarch.rpm]
        distribution_name: site-packages-
        base_path: site/packages/
        content_guard: development
        stamped: true

- name: Upload Deb packages and serve them at one path
  stackhpc.release_train.pulp_package_content:
    deb:
      - name: Site packages (Ubuntu)
        packages: "{{ query('ansible.builtin.fileglob', '/srv/packages/*.deb') }}"
        suite: noble
        distribution_name: site-ubuntu
        base_path: site/ubuntu
"""

RETURN = r"""
stamp:
  description: Stamp of new distributions of this run.
  returned: success
  type: str
results:
  description: One entry for each item, by content type, in the order of the lists.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the repository., type: str, returned: always}
    type: {description: V(rpm) or V(deb)., type: str, returned: always}
    action: {description: 'V(created), V(updated), V(unchanged) or V(failed).', type: str, returned: always}
    changed: {description: Whether the item changed., type: bool, returned: always}
    before: {description: Changed values before the run., type: dict, returned: always}
    after:
      description: Changed values after the run, with the names of added package files in C(packages).
      type: dict
      returned: always
    seconds: {description: Elapsed time in seconds., type: float, returned: always}
    error: {description: Error message. Empty if the item succeeded., type: str, returned: always}
    cause:
      description: Cause of the error in a few words.
      type: str
      returned: when the item failed and the cause is known
    hint:
      description: What to do about the cause.
      type: str
      returned: when the item failed and the cause is known
    packages_added: {description: Number of added packages., type: int, returned: when packages were added}
    snapshot: {description: Name of the distribution., type: str, returned: when it is served}
    files:
      description:
        - Package files, in the form of C(results[].files) of
          M(stackhpc.release_train.pulp_file_content).
      returned: when the files could be read
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

from ..module_utils.artifacts.package_upload import package_options, upload_packages
from ..module_utils.content.upload import UPLOAD_OPTIONS
from ..module_utils.module import run
from ..module_utils.pulp.options import lists_of
from ..module_utils.pulp.types import CONTENT_TYPES


def main() -> None:
    packaged = [one for one in CONTENT_TYPES.values() if one.packages]
    lists = lists_of(packaged, package_options)
    run({**lists, **UPLOAD_OPTIONS, "stamp": {"type": "str"}}, upload_packages, "repository")


if __name__ == "__main__":
    main()
