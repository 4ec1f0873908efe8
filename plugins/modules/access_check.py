#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: access_check
short_description: Check whether an account can read pinned snapshots and pull images, and say why not
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Asks the content app of a Pulp, usually Ark, for the metadata of each snapshot that pins name,
    with the credentials of the connection. Those are a client's own.
  - Asks its registry for each image tag that pins name, with the same credentials.
  - Tells what is served, what is kept from the account, what is not there, which stamps and tags
    are there instead, and whether the password is wrong.
  - Asks the API for one thing only, whether it knows the account. Accounts of clients have no other
    rights there. Where the API cannot be reached, the words of the content app tell.
  - Each request costs the server a password hash, so that no more than four are under way unless
    O(concurrency) says otherwise. The registry wants one for many images. Nothing is downloaded and
    nothing is written.
  - Fails when a pinned snapshot is not served or an image cannot be pulled, and at once when the
    server cannot be reached or its certificate is not trusted.
options:
  package_versions:
    description:
      - The pins of package repositories, short name to stamp. One of this and O(container_tags) is
        needed.
    type: dict
    required: false
  container_tags:
    description: The pins of images, image to tag or to a list of tags.
    type: dict
  container_namespace:
    description: Namespace of the images.
    type: str
    default: stackhpc
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.inventory
  - stackhpc.release_train.packages.pins
seealso:
  - module: stackhpc.release_train.client_account
  - module: stackhpc.release_train.package_promote
"""

EXAMPLES = r"""
- name: Check what this client may read on Ark
  stackhpc.release_train.access_check:
    pulp_url: "{{ stackhpc_release_pulp_url }}"
    username: "{{ stackhpc_release_pulp_username }}"
    password: "{{ stackhpc_release_pulp_password }}"
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    package_versions: "{{ lookup('stackhpc.release_train.kayobe_package_versions',
      kayobe_config_repo_path) }}"

- name: Check which images it may pull
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
  description: How many pins of package repositories were selected.
  returned: always
  type: str
  sample: selected 12 of 43
unknown_pins:
  description: Short names that are pinned and that no repository has.
  returned: when the server was asked
  type: list
  elements: str
account:
  description:
    - Who the server takes us for. V(known) is an account of a client, V(administrator) may read
      everything, V(refused) has a wrong password or is disabled, V(nobody) gave no credentials,
      and for V(uncertain) the API could not be asked.
  returned: when the server was asked
  type: str
lines:
  description: A line for each problem, at most 40, and last the counts.
  returned: when the server was asked
  type: list
  elements: str
  sample:
    - epel_9  20261118T020000  missing  https://ark.example.com has no snapshot of this stamp, the
      newest of 12 is 20261121T020000, correct the pin
    - "43 pinned snapshots, user 'client1', https://ark.example.com: 42 served, 1 missing"
    - "150 pinned image tags, user 'client1', https://ark.example.com: 150 pullable"
results:
  description:
    - One entry for each pin, in the order of the inventory, then those of malformed items, then one
      for each tag of an image.
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
    changed: {description: Always false., type: bool, returned: always}
    before: {description: Always empty., type: dict, returned: always}
    after: {description: Always empty., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: 'Why it is not served, and the way out.', type: str, returned: always}
    short_name:
      description: Key of the pin; of an image, its name without the namespace.
      type: str
      returned: always
    stamp: {description: 'The pin; of an image, the tag.', type: str, returned: always}
    digest: {description: What the tag points to., type: str, returned: when it can be pulled}
    base_path:
      description: Path at which it is served.
      type: str
      returned: when the item of the inventory is not malformed
    access:
      description:
        - V(served).
        - V(forbidden), it is there, and a content guard keeps it from the account.
        - V(missing), it is not there.
        - V(empty), it is there without the metadata that a mirror needs.
        - V(wrong password), or the account is disabled.
        - V(unclear), a wrong password or V(forbidden), the server does not say which.
        - V(pullable), for images V(forbidden) can also be one that is not there, in a namespace that
          the account may not pull from; V(missing tag) and V(missing image).
        - V(failed), no usable answer; V(malformed), the item of the inventory or the pin is.
      type: str
      returned: always
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
statistics:
  description: How many requests were sent.
  returned: always
  type: dict
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
