# SPDX-License-Identifier: Apache-2.0
"""Comparison of a Kayobe configuration with a checkout of Kolla Ansible."""

from __future__ import annotations

from pathlib import Path

from ...module_utils.errors import OperatorError
from ...module_utils.kayobe.kolla import Checkout, checkout_of, hierarchy_problems, image_problems
from .configuration import KollaConfiguration
from .script import check_with_script


def check_checkout(
    configuration: KollaConfiguration, images: list[str], kolla_ansible: str
) -> list[str]:
    """Return how the image tables of a configuration differ from Kolla Ansible, a line each.

    `kolla_ansible` is the path of the checkout. The tables are compared by the script of the
    configuration if it is the source, else here. Raises OperatorError.
    """
    checkout = _read(Path(kolla_ansible).expanduser())
    if configuration.source == "configuration":
        return check_with_script(
            configuration.root, str(Path(kolla_ansible).expanduser().resolve())
        )
    tables = configuration.tables()
    return image_problems(tables, checkout, images) + hierarchy_problems(tables, checkout)


def containers_of(configuration: KollaConfiguration, images: list[str]) -> list[str]:
    """Return all containers that run these images by the tables of the release, sorted.

    Raises OperatorError.
    """
    tables = configuration.tables()
    return sorted({one for image in images for one in tables.containers_of(image)})


def _read(root: Path) -> Checkout:
    """Read the defaults of the roles in a checkout, or in an installed `share/kolla-ansible`."""
    files = sorted(root.glob("ansible/roles/*/defaults/main.yml"))
    if not files:
        raise OperatorError(
            f"{root} is not a checkout of Kolla Ansible: it has no "
            "ansible/roles/*/defaults/main.yml"
        )
    try:
        return checkout_of(file.read_text(encoding="utf-8") for file in files)
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{root}: cannot be read: {error}") from error
