# SPDX-License-Identifier: Apache-2.0
"""Lookup `kolla_configuration`: container images of a Kayobe configuration and their errors."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kolla_configuration
short_description: List and validate the container images of a Kayobe configuration
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Lists the images and containers of a Kayobe configuration on the controller, and reports errors in its
    image tags.
  - With a checkout of Kolla Ansible, also reports differences in the images that containers run, and in the
    variables from which their tags default. The program C(tools/kolla-images.py) of the configuration makes
    this comparison if it is used. Otherwise the tables of this collection are compared.
options:
  _terms:
    description: Root of one Kayobe configuration, or its directory C(etc/kayobe).
    type: list
    elements: str
    required: true
  kolla_ansible:
    description:
      - Path of a checkout of Kolla Ansible, at the branch of the OpenStack release. By default only the image
        tags are validated.
    type: str
    default: ""
  images:
    description: Names of all images, usually C(kolla_container_images).
    type: list
    elements: str
  base_distros:
    description: Base distributions whose tags are read. By default all in the file.
    type: list
    elements: str
    default: []
  unbuildable:
    description: Images that are not built, a mapping of base distribution to a list of images.
    type: dict
    default: {}
  source:
    description:
      - Where to look up which container runs which image. V(configuration) uses
        C(tools/kolla-images.py) of the configuration, V(builtin) uses the tables of this collection.
      - By default the program is used if the configuration has it.
    type: str
    choices: ["", configuration, builtin]
    default: ""
seealso:
  - plugin: stackhpc.release_train.kolla_container_tags
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show the errors of a configuration
  ansible.builtin.debug:
    msg: "{{ lookup('stackhpc.release_train.kolla_configuration', '/src/kayobe-config',
      kolla_ansible='/src/kolla-ansible').problems }}"
"""

RETURN = r"""
_raw:
  description: One mapping.
  type: list
  elements: dict
  contains:
    release: {description: 'OpenStack release.', type: str}
    source: {description: 'V(configuration) or V(builtin), see O(source).', type: str}
    images: {description: 'Names of the images.', type: list, elements: str}
    containers: {description: 'Names of the containers that run them.', type: list, elements: str}
    problems: {description: 'Errors.', type: list, elements: str}
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..module_utils.errors import OperatorError
from ..module_utils.kayobe.kolla import TablesError
from ..plugin_utils.kolla.check import check_checkout, containers_of
from ..plugin_utils.kolla.configuration import read_configuration, tags_of, unused_keys


class LookupModule(LookupBase):
    """The lookup for Ansible."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)  # type: ignore[no-untyped-call]
        if len(terms) != 1 or not str(terms[0] or "").strip():
            raise AnsibleLookupError("expected the path of one Kayobe configuration")
        try:
            return [self._answer(str(terms[0]))]
        except OperatorError as error:
            raise AnsibleLookupError(str(error)) from error

    def _answer(self, root: str) -> dict[str, Any]:
        configuration = read_configuration(root, self._option("source"))
        given, problems = self._option("images"), []
        images = configuration.images if configuration.images is not None else given or []
        try:
            more = (self._option("base_distros"), self._option("unbuildable"))
            images = list(tags_of(configuration, given, *more)) or images
            unused = ", ".join(unused_keys(configuration))
            problems += [f"keys that match no container of an image: {unused}"] if unused else []
        except OperatorError as error:
            problems.append(str(error))
        kolla_ansible = self._option("kolla_ansible")
        if kolla_ansible:
            problems += check_checkout(configuration, images, kolla_ansible)
        try:
            containers = containers_of(configuration, images)
        except TablesError:
            containers = []
        return {
            "release": configuration.release,
            "source": configuration.source,
            "images": images,
            "containers": containers,
            "problems": problems,
        }

    def _option(self, name: str) -> Any:
        return self.get_option(name)  # type: ignore[no-untyped-call]
