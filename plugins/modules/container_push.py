#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: container_push
short_description: Push container images to private repositories of Pulp
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Pushes images from a local Docker daemon, an OCI layout, or an OCI or Docker archive to the
    registry of a Pulp server, several at the same time.
  - Creates a private distribution for a new image before the push. Pulp itself would create a
    public one.
  - Skips a tag that already points to the same image. Images are compared by digest. Images from a
    Docker daemon or a Docker archive are compared by their configuration, because their digest is
    not known before the push.
  - Pushes all architectures of an image. Signatures and attestations that are attached by tag are
    pushed like any other tag.
  - Retries a push that failed with a transient error. A registry that refuses the account is no
    transient error.
options:
  names:
    description: Names of images below O(namespace) that have the source O(source) and the tag O(tag).
    type: list
    elements: str
  images:
    description: Images with a tag or a source of their own.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the image below O(namespace).
        type: str
        required: true
      tag:
        description: Tag of the image. Defaults to O(tag).
        type: str
      source:
        description: Source of the image. Defaults to O(source).
        type: str
  tag:
    description: Default tag of all images.
    type: str
  source:
    description:
      - Source of all images in the notation of C(skopeo). It begins with V(docker-daemon:), V(oci:),
        V(oci-archive:) or V(docker-archive:). The placeholders V({namespace}), V({name}) and V({tag})
        are replaced by the values of each image.
    type: str
    default: docker-daemon:{namespace}/{name}:{tag}
  namespace:
    description: Namespace of all images, the first part of their names.
    type: str
    default: stackhpc-dev
  private:
    description:
      - Whether only accounts with the right to pull can read the images. A public image is made private
        before the push.
    type: bool
    default: true
  immutable:
    description:
      - Whether to fail for an existing tag that points to another image. By default the tag is moved.
    type: bool
    default: false
  attempts:
    description: Maximum number of attempts to push an image, retries of transient errors included.
    type: int
    default: 5
  retry_delay:
    description: Delay in seconds before the first retry. It doubles with each further retry.
    type: float
    default: 2
extends_documentation_fragment:
  - stackhpc.release_train.pulp
requirements:
  - skopeo
notes:
  - The account must be an administrator or a member of a group that can push to the namespace, see
    M(stackhpc.release_train.pulp_container_namespace). Its password is passed neither on a command
    line nor in the environment.
seealso:
  - module: stackhpc.release_train.pulp_container_namespace
  - module: stackhpc.release_train.pulp_container_content
"""

EXAMPLES = r"""
- name: Push images from the local Docker daemon
  stackhpc.release_train.container_push:
    names: [nova-api, nova-compute, nova-conductor]
    tag: 2025.1-rocky-9-20261122T020000

- name: Push one archive for each image
  stackhpc.release_train.container_push:
    names: [nova-api, nova-compute]
    tag: 2025.1-rocky-9-20261122T020000
    source: oci-archive:/var/tmp/build/{name}.tar:{tag}
    immutable: true

- name: Push an image of several architectures and its signature
  stackhpc.release_train.container_push:
    source: oci:/var/tmp/build/{name}:{tag}
    images:
      - name: caddy
        tag: "2.8"
      - name: caddy
        tag: sha256-66d5b8e9ff7e4c4b2b2a3d6ff7f3a0d6a0dc4c9f9a4b0e1f6a1c0b3d2e4f5a6b.sig
  register: pushed

- name: Save the pins of the pushed images
  ansible.builtin.copy:
    content: "{{ {'kolla_image_tags': pushed.kolla_image_tags} | to_nice_yaml }}"
    dest: /var/tmp/build/kolla-image-tags.yml
    mode: "0644"
"""

RETURN = r"""
digests:
  description:
    - Digests of the images in the registry, by image and tag. Check mode omits digests that are not
      known before the push.
  returned: always
  type: dict
  sample:
    nova-api:
      2025.1-rocky-9-20261122T020000: sha256:66d5b8e9ff7e4c4b2b2a3d6ff7f3a0d6a0dc4c9f9a4b0e1f6a1c0b3d2e4f5a6b
container_tags:
  description: Tags by image, in the form of the variable C(container_tags) of the playbooks.
  returned: always
  type: dict
  sample:
    nova-api: [2025.1-rocky-9-20261122T020000]
kolla_image_tags:
  description:
    - Tags in the form of the variable C(kolla_image_tags) of C(kolla-image-tags.yml), with a key for
      each image and the newest tag of each distribution. Tags that do not have Kolla's form are omitted.
  returned: always
  type: dict
  sample:
    nova_api:
      rocky-9: 2025.1-rocky-9-20261122T020000
results:
  description: One entry for each image, those of O(names) first.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: 'Name of the image, with namespace and tag.', type: str, returned: always}
    type: {description: Always V(image)., type: str, returned: always}
    action:
      description:
        - V(created) for a new tag, V(updated) for a tag that was moved and for an image that was made
          private, V(unchanged) or V(failed).
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
    hint:
      description: What to do about the cause.
      type: str
      returned: when the item failed and the cause is known
    image: {description: Name of the image below the namespace., type: str, returned: always}
    tag: {description: Tag of the image., type: str, returned: always}
    source: {description: Source of the image., type: str, returned: always}
    digest: {description: Digest of the image., type: str, returned: always}
    attempts:
      description: Number of attempts to push the image. V(0) if the tag existed.
      type: int
      returned: always
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

from ..module_utils.artifacts.container_push import NAMESPACE, push_container_images
from ..module_utils.module import run


def main() -> None:
    image = {
        "name": {"type": "str", "required": True},
        "tag": {"type": "str"},
        "source": {"type": "str"},
    }
    options = {
        "names": {"type": "list", "elements": "str"},
        "images": {"type": "list", "elements": "dict", "options": image},
        "tag": {"type": "str"},
        "source": {"type": "str", "default": "docker-daemon:{namespace}/{name}:{tag}"},
        "namespace": {"type": "str", "default": NAMESPACE},
        "private": {"type": "bool", "default": True},
        "immutable": {"type": "bool", "default": False},
        "attempts": {"type": "int", "default": 5},
        "retry_delay": {"type": "float", "default": 2},
    }
    run(options, push_container_images, "image")


if __name__ == "__main__":
    main()
