# SPDX-License-Identifier: Apache-2.0
"""Lookup `kolla_container_tags`: the tags of container images that a Kayobe configuration pins."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kolla_container_tags
short_description: Read the tags of container images that a Kayobe configuration pins
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Reads C(etc/kayobe/kolla-image-tags.yml) of a Kayobe configuration on the controller, and
    returns the tags of each image.
  - A tag is looked for in the key of the container that runs the image, else in that of its service,
    else in C(openstack). An image of several containers may have several tags.
  - Which container runs which image differs between releases. The program C(tools/kolla-images.py)
    of the configuration knows, and is asked where it is there.
  - Everything that is wrong is said at once.
options:
  _terms:
    description:
      - Root of a Kayobe configuration, or its folder C(etc/kayobe). Give one.
    type: list
    elements: str
    required: true
  images:
    description:
      - All images there are, usually C(kolla_container_images). An image of the configuration that
        is not among them is an error. Without it any may be pinned.
      - The images that get tags are those of the configuration, C(stackhpc_pulp_images_kolla), or
        these where it has no such list.
    type: list
    elements: str
  base_distros:
    description:
      - Base distributions that tags are read for, such as V(rocky-9), or V(rocky) for all versions
        of it. Empty for all that the file has.
    type: list
    elements: str
    default: []
  unbuildable:
    description:
      - Images by the base distribution that they are not built for. Those under C(new_scheme) are
        built for none. The program of the configuration knows for itself.
    type: dict
    default: {}
  source:
    description:
      - V(configuration) asks C(tools/kolla-images.py) of the configuration, V(builtin) uses tables
        of this collection, chosen by the release.
      - Unless given, the program is asked where it is there.
    type: str
    choices: ["", configuration, builtin]
    default: ""
seealso:
  - plugin: stackhpc.release_train.container_pins
    plugin_type: filter
    description: Selects some of them.
"""

EXAMPLES = r"""
- name: Show the tags that a configuration pins
  ansible.builtin.debug:
    msg: "{{ lookup('stackhpc.release_train.kolla_container_tags', '/src/kayobe-config') }}"

- name: Show those for Rocky Linux, by the tables of this collection
  ansible.builtin.debug:
    msg: "{{ lookup('stackhpc.release_train.kolla_container_tags', kayobe_config_repo_path,
      images=kolla_container_images, base_distros=['rocky-9'], source='builtin') }}"
"""

RETURN = r"""
_raw:
  description: One dictionary, the tags by image.
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
    """What Ansible asks this file for."""

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
            told = ", ".join(unused)
            Display().warning(f"{configuration.path}: no image has a container of {told}")
        return [tags]

    def _option(self, name: str) -> Any:
        return self.get_option(name)  # type: ignore[no-untyped-call]
