# SPDX-License-Identifier: Apache-2.0
"""Lookup `kayobe_package_versions`: the package pins of a Kayobe configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kayobe_package_versions
short_description: Read the package pins of a Kayobe configuration
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Reads C(etc/kayobe/pulp-repo-versions.yml) of a Kayobe configuration on the controller, and returns a
    mapping of short name to stamp.
  - Pins are the keys of the form C(stackhpc_pulp_repo_<short name>_version). All other keys of the file are
    ignored. Values can be templates that use variables of the play and of the file.
  - Fails with all errors of the file at once.
options:
  _terms:
    description:
      - Roots of Kayobe configurations, usually one, or their directories C(etc/kayobe)
        (C(kayobe_config_path)).
    type: list
    elements: str
    required: true
  empty:
    description:
      - How to handle pins without a value. V(error) fails with their names, V(skip) ignores them with a
        warning.
    type: str
    choices: [error, skip]
    default: error
seealso:
  - module: stackhpc.release_train.kayobe_pins
"""

EXAMPLES = r"""
- name: Show the pins of a configuration
  ansible.builtin.debug:
    msg: "{{ lookup('stackhpc.release_train.kayobe_package_versions', '/src/kayobe-config') }}"

- name: Show the pins of a configuration in which some repositories have no stamp
  ansible.builtin.debug:
    msg: "{{ lookup('stackhpc.release_train.kayobe_package_versions', kayobe_config_repo_path,
      empty='skip') }}"
"""

RETURN = r"""
_raw:
  description: For each configuration a mapping of short name to stamp.
  type: list
  elements: dict
  sample:
    - epel_9: 20261118T020000
      rocky_9_baseos: 20261120T200001
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ..module_utils.inventory.pins import (
    PinError,
    check_stamps,
    kayobe_variable,
    package_pins_of_kayobe,
    pins_without_stamp,
)
from ..module_utils.kayobe.config import PACKAGE_PINS_FILE, KayobeFileError, kayobe_file
from ..plugin_utils.kolla.variables import read_variables

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19 all text is trusted

    def trust_as_template(value):  # type: ignore[no-untyped-def,misc]
        """Return the text unchanged."""
        return value


class LookupModule(LookupBase):
    """The lookup for Ansible."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[dict[str, str]]:
        self.set_options(var_options=variables, direct=kwargs)  # type: ignore[no-untyped-call]
        return [self._pins(_file(term), variables or {}) for term in terms]

    def _pins(self, path: Path, variables: Mapping[str, Any]) -> dict[str, str]:
        content = read_variables(path)
        pins = self._templated(path, package_pins_of_kayobe(content), {**variables, **content})
        empty = pins_without_stamp(pins)
        skip = self.get_option("empty") == "skip"  # type: ignore[no-untyped-call]
        if empty and skip:
            Display().warning(f"{path}: ignored pins without a stamp: {', '.join(empty)}")
            pins = {name: stamp for name, stamp in pins.items() if name not in empty}
        if not pins:
            raise AnsibleLookupError(
                f"{path}: no pins, expected {kayobe_variable('<short name>')} keys"
            )
        try:
            check_stamps(pins)
        except PinError as error:
            raise AnsibleLookupError(f"{path}: {error}") from error
        return pins

    def _templated(
        self, path: Path, pins: dict[str, Any], variables: Mapping[str, Any]
    ) -> dict[str, Any]:
        templates = {name for name, value in pins.items() if _is_template(value)}
        if not templates:
            return pins
        trusted = {
            name: trust_as_template(value) if _is_template(value) else value
            for name, value in variables.items()
        }
        results = dict(pins)
        scope: Any = self._templar
        templar = scope.copy_with_new_env(available_variables=trusted)
        for name in sorted(templates):
            try:
                results[name] = templar.template(trust_as_template(pins[name]))
            except AnsibleError as error:
                raise AnsibleLookupError(f"{path}: {kayobe_variable(name)}: {error}") from error
        return results


def _is_template(value: Any) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def _file(term: Any) -> Path:
    """The file of package pins of a configuration, given its root or its directory `etc/kayobe`."""
    if not isinstance(term, (str, os.PathLike)) or not str(term).strip():
        raise AnsibleLookupError(f"expected the path of a Kayobe configuration, not {term!r}")
    try:
        return Path(kayobe_file(str(term), PACKAGE_PINS_FILE))
    except KayobeFileError as error:
        raise AnsibleLookupError(
            f"no package pins {error}, or give the pins themselves in package_versions"
        ) from None
