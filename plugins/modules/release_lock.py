#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: release_lock
short_description: Resolve pins to a release lock with digests
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Resolves each pin on a Pulp server, usually Ark, and writes a release lock, one YAML file. For a package
    repository it has the digests of the metadata of the snapshot, and number and digest of its packages; for
    a tag of a container image the digest of the manifest; for a disk image SHA-256 and size of its files; for a
    source repository the commit.
  - Reads with the credentials of the connection, from the content app and the registry. Changes nothing on
    the server.
  - Fails if a pin does not resolve, lists all of them, and does not write the lock.
  - The same pins on an unchanged server give the same bytes. Evidence that was recorded in the file is kept
    if the digest of the lock is the same.
options:
  name:
    description:
      - Unique name of the release, such as V(2025.1-20261122T093000).
    type: str
    required: true
  path:
    description: File of the lock. Its directory must exist.
    type: path
    required: true
  package_versions:
    description:
      - Pins of package repositories, a mapping of short name to stamp. At least one of this option,
        O(container_tags), O(images), O(sources) and O(earlier) is required.
    type: dict
    required: false
  container_tags:
    description: Pins of container images, a mapping of image name to a tag or to a list of tags.
    type: dict
  container_namespace:
    description: Namespace of the container images.
    type: str
    default: stackhpc
  images:
    description: Versions of disk images, one of each repository.
    type: list
    elements: dict
    suboptions:
      repository:
        description: Name of the file repository. The lock has the disk image under this name.
        type: str
        required: true
      base_path:
        description:
          - Prefix of the paths of its versions.
          - Defaults to the name with slashes, such as C(kayobe-images/2025.1/rocky/9) for
            C(kayobe-images-2025.1-rocky-9).
        type: str
      version:
        description: Version of the disk image.
        type: str
        required: true
  sources:
    description:
      - Source repositories, a mapping of name to C(repository), the URL or path of a git repository, and
        C(ref), a branch, tag or commit. They are read with C(git ls-remote).
    type: dict
  earlier:
    description:
      - File of an earlier lock, whose pins are used for everything that O(package_versions), O(container_tags),
        O(images) and O(sources) do not name. A pin with the value null removes that of the earlier lock.
      - Fails if a pin of the earlier lock has other content now, or no repository in the inventory. Source repositories keep their commit.
      - Does not take over O(configuration).
    type: path
  keyring:
    description:
      - File with exported OpenPGP public keys. If it is set, the lock in O(earlier) must have a valid
        signature C(<lock>.asc) of one of these keys, and evidence that was recorded in O(path) is kept only if
        that lock has one.
    type: path
  sign_command:
    description:
      - Program and arguments that sign the lock, such as V([gpg, --batch, --armor, --detach-sign]). The program
        reads the lock from its standard input and prints a detached OpenPGP signature in ASCII armor, which is
        written to C(<path>.asc). Run without a shell, unless the lock has a signature and is unchanged.
      - With O(keyring), the signature must be one of these keys.
    type: list
    elements: str
  partial:
    description:
      - Whether a lock is written although the filters leave out some of O(package_versions). It describes only a
        part of the release.
    type: bool
    default: false
  configuration:
    description:
      - Origin of the pins, a mapping of C(repository), C(ref) and C(commit). It is part of the lock.
    type: dict
  sbom_path:
    description:
      - File to which a bill of materials of the release is written, a JSON document of CycloneDX 1.6 with a
        package URL for each package, container image and file.
    type: path
  cache_path:
    description: Directory for the package lists of repositories. It is created if it does not exist.
    type: path
    default: ~/.cache/stackhpc-release-train
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.access
  - stackhpc.release_train.packages.filters
  - stackhpc.release_train.packages.pins
notes:
  - A snapshot whose metadata is unchanged costs one request for each C(repomd.xml) or C(Release), and one for
    each architecture that is listed there and not served. The package lists of others are downloaded.
seealso:
  - module: stackhpc.release_train.release_verify
  - module: stackhpc.release_train.access_check
"""

EXAMPLES = r"""
- name: Lock the pins of a Kayobe configuration
  stackhpc.release_train.release_lock:
    name: 2025.1-20261122T093000
    path: "{{ playbook_dir }}/2025.1-20261122T093000.yml"
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    package_versions: "{{ lookup('stackhpc.release_train.kayobe_package_versions',
      kayobe_config_repo_path) }}"
    container_tags:
      nova-api: 2025.1-rocky-9-20261118T020000
    images: "{{ lookup('stackhpc.release_train.kayobe_image_versions', kayobe_config_repo_path, wantlist=true) }}"
    sources:
      kolla-ansible: {repository: "https://github.com/stackhpc/kolla-ansible", ref: stackhpc/2025.1}

- name: Lock a release that has another image, and is otherwise the same
  stackhpc.release_train.release_lock:
    name: 2025.1-20261123T093000
    path: "{{ playbook_dir }}/2025.1-20261123T093000.yml"
    earlier: "{{ playbook_dir }}/2025.1-20261122T093000.yml"
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    container_tags:
      nova-api: 2025.1-rocky-9-20261123T020000
"""

RETURN = r"""
lock:
  description: The lock.
  returned: when every pin resolves
  type: dict
digest:
  description: Digest of the lock without its evidence.
  returned: when every pin resolves
  type: str
lines:
  description: What the lock has, or one line for each pin that does not resolve.
  returned: when the pins were resolved
  type: list
  elements: str
  sample:
    - "release 2025.1-20261122T093000, sha256:5f0c7d3a81be: 43 package repositories, 41,234 packages, 150
      container images"
    - wrote /etc/kayobe/releases/2025.1-20261122T093000.yml
answer:
  description: The lines as one text.
  returned: when every pin resolves
  type: str
selected:
  description: How many package pins were selected, as text, and which ones no repository has.
  returned: when the pins were resolved
  type: str
unknown_pins:
  description: Pinned short names that no repository has.
  returned: when the pins were resolved
  type: list
  elements: str
results:
  description:
    - One entry for each package pin, in the order of the inventory, then for each invalid item, each image
      tag, each disk image and each source repository, then one for each file that is written - the lock, its
      signature and the bill of materials.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: 'Name of the snapshot, image tag, disk image, source repository or lock.', type: str, returned: always}
    type: {description: 'V(rpm), V(deb), V(image), V(disk_image), V(source), V(lock), V(signature) or V(report).', type: str, returned: always}
    action:
      description: V(unchanged) or V(failed). For the lock V(created), V(updated) or V(unchanged).
      type: str
      returned: always
    changed: {description: Whether the lock was written., type: bool, returned: always}
    before: {description: Name and digest of the lock before., type: dict, returned: always}
    after: {description: Name and digest of the lock., type: dict, returned: always}
    seconds: {description: Elapsed time in seconds., type: float, returned: always}
    error: {description: Reason why the pin does not resolve., type: str, returned: always}
    cause: {description: Cause of the error in a few words., type: str, returned: when it is known}
    hint: {description: What to do about the cause., type: str, returned: when it is known}
    short_name: {description: 'Short name, or name without the namespace.', type: str, returned: always}
    stamp: {description: 'Stamp, tag, version or ref.', type: str, returned: always}
    packages: {description: Number of packages., type: int, returned: for a snapshot}
summary:
  description: Number of items that are ok (unchanged), changed, failed and skipped.
  returned: always
  type: dict
  sample: {ok: 193, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Number of requests that the module sent to the content app and the registry.
  returned: always
  type: dict
  sample: {requests: 197, polls: 0, tasks: 0}
seconds:
  description: Elapsed time of the module in seconds.
  returned: always
  type: float
"""

from ..module_utils.artifacts.disk_images import DISK_IMAGE_OPTIONS
from ..module_utils.module import run
from ..module_utils.release.options import (
    PIN_OPTIONS,
    SELECTION_OPTIONS,
    inventory_defaults,
    inventory_lists,
)
from ..module_utils.release_lock.build import lock_release
from ..module_utils.release_lock.options import CACHE_OPTIONS, CONTAINER_OPTIONS, SIGNATURE_OPTIONS


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_lists("deprecated_"),
        **inventory_defaults(),
        **SELECTION_OPTIONS,
        **PIN_OPTIONS,
        **CONTAINER_OPTIONS,
        **CACHE_OPTIONS,
        **SIGNATURE_OPTIONS,
        "name": {"type": "str", "required": True},
        "path": {"type": "path", "required": True},
        "package_versions": {"type": "dict"},
        "container_tags": {"type": "dict"},
        "images": {"type": "list", "elements": "dict", "options": DISK_IMAGE_OPTIONS},
        "sources": {"type": "dict"},
        "earlier": {"type": "path"},
        "configuration": {"type": "dict"},
        "sbom_path": {"type": "path"},
        "partial": {"type": "bool", "default": False},
    }
    pinned = [("package_versions", "container_tags", "images", "sources", "earlier")]
    run(options, lock_release, "pin", required_one_of=pinned)


if __name__ == "__main__":
    main()
