# SPDX-License-Identifier: Apache-2.0
"""Lookup `kolla_container_tags`: the pinned tags of container images of a Kayobe configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kolla_container_tags
short_description: Read the pinned tags of container images of a Kayobe configuration
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Reads C(etc/kayobe/kolla-image-tags.yml) of a Kayobe configuration on the controller, and returns the tags
    of each image.
  - The tag of a container is the value of the most specific key, which is the container itself, its service,
    or C(openstack). An image that several containers run can have several tags.
  - Fails with all errors of the file at once.
options:
  _terms:
    description:
      - Root of one Kayobe configuration, or its directory C(etc/kayobe).
    type: list
    elements: str
    required: true
  images:
    description:
      - Names of all images, usually C(kolla_container_images). An image of the configuration that is not
        listed is an error. By default any image can be pinned.
      - Tags are returned for the images of the configuration, C(stackhpc_pulp_images_kolla), or for these
        images if the configuration does not define that variable.
    type: list
    elements: str
  base_distros:
    description:
      - Base distributions whose tags are read, such as V(rocky-9), or V(rocky) for all its versions. By
        default all in the file.
    type: list
    elements: str
    default: []
  unbuildable:
    description:
      - Images that are not built, a mapping of base distribution to a list of images. Images in
        C(new_scheme) are built for no base distribution. Not used with the program of the configuration.
    type: dict
    default: {}
  source:
    description:
      - Where to look up which container runs which image. V(configuration) uses
        C(tools/kolla-images.py) of the configuration, V(builtin) uses the tables of this collection for
        its OpenStack release.
      - By default the program is used if the configuration has it.
    type: str
    choices: ["", configuration, builtin]
    default: ""
seealso:
  - plugin: stackhpc.release_train.container_pins
    plugin_type: filter
    description: Selects some of the pins.
"""

EXAMPLES = r"""
- name: Show the tags that a configuration pins
  ansible.builtin.debug:
    msg: "{{ lookup('stackhpc.release_train.kolla_container_tags', '/src/kayobe-config') }}"

- name: Show those for Rocky Linux according to the tables of this collection
  ansible.builtin.debug:
    msg: "{{ lookup('stackhpc.release_train.kolla_container_tags', kayobe_config_repo_path,
      images=kolla_container_images, base_distros=['rocky-9'], source='builtin') }}"
"""

RETURN = r"""
_raw:
  description: One mapping of image to tags.
  type: list
  elements: dict
  sample:
    - keystone: [2025.1-rocky-9-20250801T000000]
      nova-conductor: [2025.1-rocky-9-20250802T000000]
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ..module_utils.errors import OperatorError
from ..plugin_utils.kolla.configuration import read_configuration, tags_of, unused_keys


class LookupModule(LookupBase):
    """The lookup for Ansible."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[dict[str, list[str]]]:
        self.set_options(var_options=variables, direct=kwargs)  # type: ignore[no-untyped-call]
        if len(terms) != 1 or not str(terms[0] or "").strip():
            raise AnsibleLookupError("expected the path of one Kayobe configuration")
        try:
            configuration = read_configuration(str(terms[0]), self._option("source"))
            tags = tags_of(
                configuration,
                self._option("images"),
                self._option("base_distros"),
                self._option("unbuildable"),
            )
        except OperatorError as error:
            raise AnsibleLookupError(str(error)) from error
        unused = unused_keys(configuration)
        if unused:
            keys = ", ".join(unused)
            Display().warning(
                f"{configuration.path}: keys that match no container of an image: {keys}"
            )
        return [tags]

    def _option(self, name: str) -> Any:
        return self.get_option(name)  # type: ignore[no-untyped-call]
