# SPDX-License-Identifier: Apache-2.0
"""Lookup `kolla_configuration`: what a Kayobe configuration has of images, and what is wrong."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kolla_configuration
short_description: List images and containers of a Kayobe configuration, and check them
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Lists the images and containers of a Kayobe configuration, on the controller, and says what is
    wrong with its tags. With a checkout of Kolla Ansible it compares, too, which container runs
    which image, and what the tag of each defaults to.
  - C(tools/kolla-images.py) of the configuration checks itself against the checkout where it is
    asked for tags; else the tables of this collection are compared.
options:
  _terms:
    description: Root of a Kayobe configuration, or its folder C(etc/kayobe). Give one.
    type: list
    elements: str
    required: true
  kolla_ansible:
    description:
      - A checkout of Kolla Ansible, of the branch of the release. Without it only tags are checked.
    type: str
    default: ""
  images:
    description: All images there are, usually C(kolla_container_images).
    type: list
    elements: str
  base_distros:
    description: Base distributions that tags are read for. Empty for all that the file has.
    type: list
    elements: str
    default: []
  unbuildable:
    description: Images by the base distribution that they are not built for.
    type: dict
    default: {}
  source:
    description: Who knows which container runs which image, as in the lookup kolla_container_tags.
    type: str
    choices: ["", configuration, builtin]
    default: ""
seealso:
  - plugin: stackhpc.release_train.kolla_container_tags
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show what is wrong with a configuration
  ansible.builtin.debug:
    msg: "{{ lookup('stackhpc.release_train.kolla_configuration', '/src/kayobe-config',
      kolla_ansible='/src/kolla-ansible').problems }}"
"""

RETURN = r"""
_raw:
  description: One dictionary.
  type: list
  elements: dict
  contains:
    release: {description: 'Its release of OpenStack.', type: str}
    source: {description: 'Who was asked, V(configuration) or V(builtin).', type: str}
    images: {description: 'Its images.', type: list, elements: str}
    containers: {description: 'The containers that run them.', type: list, elements: str}
    problems: {description: 'All that is wrong.', type: list, elements: str}
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..module_utils.errors import OperatorError
from ..module_utils.kayobe.kolla import TablesError
from ..plugin_utils.kolla.check import check_checkout, containers_of
from ..plugin_utils.kolla.configuration import read_configuration, tags_of, unused_keys


class LookupModule(LookupBase):
    """What Ansible asks this file for."""

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
            problems += [f"no image has a container of {unused}"] if unused else []
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
