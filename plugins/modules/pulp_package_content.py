#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_package_content
short_description: Upload packages, publish them, and serve them
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes repositories hold local package files, and serves them. For packages that no upstream has.
  - The packages of an item come into one new version of its repository, all of them or none.
    Packages that are there stay.
  - What Pulp has already is not sent; a package is known by its sha256. Uploads are chunked and
    go on after a killed run, as those of M(stackhpc.release_train.pulp_file_content).
  - A new version is published, and the distribution serves it. With a stamp it is served for ever
    under a name and path of its own, and a distribution is only made for what is new.
  - A failed item does not stop the others. The module fails at the end and names each.
options:
  rpm:
    description: RPM repositories.
    type: list
    elements: dict
    suboptions:
      name: &name
        description: Name of the repository. It is made where it is missing.
        type: str
        required: true
      packages: &packages
        description: Local package files, where the module runs.
        type: list
        elements: path
        required: true
      publish: &publish
        description: Whether the version is published, and served where O(rpm[].distribution_name) says by what.
        type: bool
        default: true
      distribution_name: &distribution_name
        description: Name of the distribution that serves it. With a stamp, which is appended, what it begins with.
        type: str
      base_path: &base_path
        description: Where it is served. With a stamp, which is appended, it ends in a slash.
        type: str
      content_guard: &content_guard
        description: Content guard of the distribution. The empty text means none.
        type: str
      stamped: &stamped
        description: Whether a new version gets a distribution of its own, with a stamp.
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
        description: Suite that the packages belong to, such as V(noble).
        type: str
        default: stable
      component:
        description: Component of the suite.
        type: str
        default: main
      architectures:
        description:
          - Architectures of the suite besides those of the packages. One is needed where all
            packages are of V(all).
        type: list
        elements: str
        default: []
      mode:
        description: How it is published.
        type: str
        choices: [simple, structured, simple_and_structured, verbatim]
        default: structured
  stamp:
    description: Stamp of new distributions. The start of the run unless given.
    type: str
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.uploading
seealso:
  - module: stackhpc.release_train.pulp_file_content
  - module: stackhpc.release_train.package_snapshot
"""

EXAMPLES = r"""
- name: Serve packages of our own, each state of them under a stamp
  stackhpc.release_train.pulp_package_content:
    rpm:
      - name: Site packages
        packages: [/srv/packages/site-tools-1.0-1.noarch.rpm]
        distribution_name: site-packages-
        base_path: site/packages/
        content_guard: development
        stamped: true

- name: Serve Deb packages where hosts read them
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
  description: The stamp of this run.
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
    action: {description: What was done., type: str, returned: always}
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: What differed before., type: dict, returned: always}
    after: {description: 'What differs now; under C(packages), names of files that came.', type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
    packages_added: {description: Packages that came., type: int, returned: when packages came}
    snapshot: {description: Name of the distribution., type: str, returned: when it has one}
    files:
      description: The packages, as M(stackhpc.release_train.pulp_file_content) returns files.
      returned: when they were looked at
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

from ..module_utils.content.upload import UPLOAD_OPTIONS
from ..module_utils.module import run
from ..module_utils.pulp.options import lists_of
from ..module_utils.pulp.types import CONTENT_TYPES
from ..module_utils.release.package_upload import package_options, upload_packages


def main() -> None:
    packaged = [one for one in CONTENT_TYPES.values() if one.packages]
    lists = lists_of(packaged, package_options)
    run({**lists, **UPLOAD_OPTIONS, "stamp": {"type": "str"}}, upload_packages, "repository")


if __name__ == "__main__":
    main()
