#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: access_check
short_description: Check whether an account can read pinned snapshots and pull pinned images
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Requests the metadata of each pinned snapshot from the content app of a Pulp server, usually Ark,
    with the credentials of the connection, usually those of a client.
  - Requests each pinned image tag from the server's registry with the same credentials.
  - Reports for each pin whether it is served, forbidden for the account or missing, which stamps and
    tags exist instead, and whether the password is wrong.
  - Sends one request to the REST API, to check whether the server accepts the credentials. If the
    API cannot be reached, the answers of the content app are evaluated instead.
  - Downloads no content and changes nothing.
  - Fails if a pinned snapshot is not served or an image cannot be pulled. Fails before any check if
    the server cannot be reached or its certificate is not trusted.
options:
  package_versions:
    description:
      - Pins of package repositories, a mapping of short name to stamp. Either this option or
        O(container_tags) is required.
    type: dict
    required: false
  container_tags:
    description: Pins of container images, a mapping of image name to a tag or to a list of tags.
    type: dict
  container_namespace:
    description: Namespace of the container images.
    type: str
    default: stackhpc
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.access
  - stackhpc.release_train.packages.filters
  - stackhpc.release_train.packages.pins
notes:
  - Each request costs the server a password hash. By default the module therefore sends no more than
    4 requests at the same time. O(concurrency) overrides this number.
seealso:
  - module: stackhpc.release_train.client_account
  - module: stackhpc.release_train.package_promote
"""

EXAMPLES = r"""
- name: Check which pinned snapshots this client can read on Ark
  stackhpc.release_train.access_check:
    pulp_url: "{{ stackhpc_release_pulp_url }}"
    username: "{{ stackhpc_release_pulp_username }}"
    password: "{{ stackhpc_release_pulp_password }}"
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    package_versions: "{{ lookup('stackhpc.release_train.kayobe_package_versions',
      kayobe_config_repo_path) }}"

- name: Check which images it can pull
  stackhpc.release_train.access_check:
    pulp_url: "{{ stackhpc_release_pulp_url }}"
    username: "{{ stackhpc_release_pulp_username }}"
    password: "{{ stackhpc_release_pulp_password }}"
    container_tags:
      nova-api: 2025.1-rocky-9-20261118T020000
      nova-compute: [2025.1-rocky-9-20261118T020000, 2025.1-ubuntu-noble-20261118T020000]
"""

RETURN = r"""
selected:
  description: How many package pins were selected, as text, and which ones no repository has.
  returned: always
  type: str
  sample: selected 12 of 43
unknown_pins:
  description: Pinned short names that no repository has.
  returned: when the checks were run
  type: list
  elements: str
account:
  description:
    - Account that the server recognised. V(known) is an account of a client, V(administrator) can
      read everything, V(refused) means that the password is wrong or the account is disabled,
      V(nobody) means that no credentials were sent, V(uncertain) that the API could not be reached.
  returned: when the checks were run
  type: str
lines:
  description: One line for each problem, at most 40, followed by the counts.
  returned: when the checks were run
  type: list
  elements: str
  sample:
    - epel_9  20261118T020000  missing  https://ark.example.com has no snapshot of this stamp, the
      newest of 12 is 20261121T020000, correct the pin
    - "43 pinned snapshots, user 'client1', https://ark.example.com: 42 served, 1 missing"
    - "150 pinned image tags, user 'client1', https://ark.example.com: 150 pullable"
answer:
  description: The counts as one line, with the pins that no repository has.
  returned: when the checks were run
  type: str
results:
  description:
    - One entry for each package pin, in the order of the inventory, then for each invalid item, then
      for each image tag.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the snapshot, or of the image with namespace and tag.
      type: str
      returned: always
    type: {description: 'V(rpm), V(deb) or V(image).', type: str, returned: always}
    action: {description: V(unchanged) or V(failed)., type: str, returned: always}
    changed: {description: Always V(false)., type: bool, returned: always}
    before: {description: Always empty., type: dict, returned: always}
    after: {description: Always empty., type: dict, returned: always}
    seconds: {description: Elapsed time in seconds., type: float, returned: always}
    error:
      description: Reason why the snapshot or image cannot be read, and what to do. Empty if it can.
      type: str
      returned: always
    cause: {description: Value of C(access)., type: str, returned: when the item failed}
    short_name:
      description: Short name of the repository, or name of the image without the namespace.
      type: str
      returned: always
    stamp: {description: Pinned stamp or image tag., type: str, returned: always}
    digest: {description: Digest of the image., type: str, returned: when the image can be pulled}
    base_path:
      description: Path at which the snapshot is served.
      type: str
      returned: when the item of the inventory is valid
    access:
      description:
        - V(served) means that the account can read the snapshot.
        - V(pullable) means that the account can pull the image.
        - V(forbidden) means that the snapshot exists and a content guard denies access to the account.
          For an image it can also mean that the image does not exist, in a namespace from which the
          account cannot pull.
        - V(missing) means that the snapshot does not exist. V(missing tag) and V(missing image) mean
          the same of an image.
        - V(empty) means that the snapshot exists without the metadata that a mirror needs.
        - V(wrong password) means that the password is wrong or the account is disabled.
        - V(unclear) means that the server does not reveal whether the password is wrong or access is
          forbidden.
        - V(failed) means that the server returned an unexpected response.
        - V(malformed) means that the item of the inventory or the pin is invalid.
      type: str
      returned: always
summary:
  description: Number of items that are ok (unchanged), changed, failed and skipped.
  returned: always
  type: dict
  sample: {ok: 42, changed: 0, failed: 1, skipped: 0}
statistics:
  description: Number of requests that the module sent to the content app and the registry.
  returned: always
  type: dict
  sample: {requests: 44, polls: 0, tasks: 0}
seconds:
  description: Elapsed time of the module in seconds.
  returned: always
  type: float
"""

from ..module_utils.module import run
from ..module_utils.release.access_check import check_access
from ..module_utils.release.options import (
    PIN_OPTIONS,
    SELECTION_OPTIONS,
    inventory_defaults,
    inventory_lists,
)


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_lists("deprecated_"),
        **inventory_defaults(),
        **SELECTION_OPTIONS,
        **PIN_OPTIONS,
        "package_versions": {"type": "dict"},
        "container_tags": {"type": "dict"},
        "container_namespace": {"type": "str", "default": "stackhpc"},
    }
    pinned = [("package_versions", "container_tags")]
    run(options, check_access, "pin", required_one_of=pinned)


if __name__ == "__main__":
    main()
