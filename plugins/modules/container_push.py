#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: container_push
short_description: Push container images to Pulp, privately from the first byte
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Pushes images from a local Docker daemon, an OCI layout, or an OCI or Docker archive to the
    registry of a Pulp, several at once. C(skopeo) does the copying, and has to be installed on the
    host that the module runs on.
  - An image that Pulp does not have yet gets a private distribution before anything is sent. Without
    one Pulp would make a public one.
  - A tag that already points to the same image is not pushed, told by its digest. Images from a
    Docker daemon or archive are compared by their configuration, which names all layers, as their
    digest is not known before they are packed.
  - All architectures of an image are pushed. Signatures and attestations that are attached by tag
    are pushed as any other tag.
  - What fails for a reason that may pass is tried again. A registry that refuses the account is not.
  - The account is an administrator's, or one of a group that may push to the namespace, see
    M(stackhpc.release_train.pulp_container_namespace). Its password is in no list of processes and
    in no environment.
options:
  names:
    description: Images that all come from O(source), with O(tag). Each is a name below O(namespace).
    type: list
    elements: str
  images:
    description: Images with tags or sources of their own.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the image below O(namespace).
        type: str
        required: true
      tag:
        description: Tag to push it to. That of O(tag) unless given.
        type: str
      source:
        description: Where it is. That of O(source) unless given.
        type: str
  tag:
    description: Tag of all images that have none of their own.
    type: str
  source:
    description:
      - Where images are, as C(skopeo) has it, beginning with V(docker-daemon:), V(oci:),
        V(oci-archive:) or V(docker-archive:). The words V({namespace}), V({name}) and V({tag}) stand for
        those of each image.
    type: str
    default: docker-daemon:{namespace}/{name}:{tag}
  namespace:
    description: First part of the names of all images.
    type: str
    default: stackhpc-dev
  private:
    description:
      - Whether only those may pull who have the right to. An image that is there and public is made
        private before anything is pushed to it.
    type: bool
    default: true
  immutable:
    description: Whether a tag that is there and points to another image is refused, and not moved.
    type: bool
    default: false
  attempts:
    description: How often a push is tried that fails for a reason that may pass.
    type: int
    default: 5
  retry_delay:
    description: Seconds before a second attempt. The pause doubles with each one.
    type: float
    default: 2
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_container_namespace
"""

EXAMPLES = r"""
- name: Push what was built into the local Docker daemon
  stackhpc.release_train.container_push:
    names: [nova-api, nova-compute, nova-conductor]
    tag: 2025.1-rocky-9-20261122T020000

- name: Push archives, one for each image
  stackhpc.release_train.container_push:
    names: [nova-api, nova-compute]
    tag: 2025.1-rocky-9-20261122T020000
    source: oci-archive:/var/tmp/build/{name}.tar:{tag}
    immutable: true

- name: Push an image of several architectures, and its signature
  stackhpc.release_train.container_push:
    source: oci:/var/tmp/build/{name}:{tag}
    images:
      - name: caddy
        tag: "2.8"
      - name: caddy
        tag: sha256-66d5b8e9ff7e4c4b2b2a3d6ff7f3a0d6a0dc4c9f9a4b0e1f6a1c0b3d2e4f5a6b.sig
  register: pushed

- name: Keep the pins of what was pushed
  ansible.builtin.copy:
    content: "{{ {'kolla_image_tags': pushed.kolla_image_tags} | to_nice_yaml }}"
    dest: /var/tmp/build/kolla-image-tags.yml
    mode: "0644"
"""

RETURN = r"""
digests:
  description:
    - Digests of all images that are there now, by image and tag. In check mode without those that
      are known only when they are pushed.
  returned: always
  type: dict
  sample:
    nova-api:
      2025.1-rocky-9-20261122T020000: sha256:66d5b8e9ff7e4c4b2b2a3d6ff7f3a0d6a0dc4c9f9a4b0e1f6a1c0b3d2e4f5a6b
container_tags:
  description: Tags of these images, as C(container_tags) of the playbooks takes them.
  returned: always
  type: dict
  sample:
    nova-api: [2025.1-rocky-9-20261122T020000]
kolla_image_tags:
  description:
    - The same as C(kolla-image-tags.yml) has it, to be merged into that file, a key for each container
      by the name of its image. The newest tag of each distribution, where the tag has Kolla's form.
  returned: always
  type: dict
  sample:
    nova_api:
      rocky-9: 2025.1-rocky-9-20261122T020000
results:
  description: One entry for each image, O(names) first.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: 'Name of the image, with namespace and tag.', type: str, returned: always}
    type: {description: Always V(image)., type: str, returned: always}
    action:
      description:
        - V(created) is a new tag, V(updated) one that points to another image now, or an image that
          was public.
        - V(unchanged) or V(failed).
      type: str
      returned: always
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: What differed before., type: dict, returned: always}
    after: {description: What it is now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
    image: {description: Name of the image below the namespace., type: str, returned: always}
    tag: {description: Its tag., type: str, returned: always}
    source: {description: Where it came from., type: str, returned: always}
    digest: {description: What the tag points to., type: str, returned: always}
    attempts:
      description: How often it was tried to push it, 0 if it was there.
      type: int
      returned: always
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
  sample: {ok: 1, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Requests to the API, polls and Pulp tasks of this run.
  returned: always
  type: dict
"""

from ..module_utils.module import run
from ..module_utils.release.container_push import NAMESPACE, push_container_images


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
