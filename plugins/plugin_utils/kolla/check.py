# SPDX-License-Identifier: Apache-2.0
"""A Kayobe configuration against a checkout of Kolla Ansible."""

from __future__ import annotations

from pathlib import Path

from ...module_utils.errors import OperatorError
from ...module_utils.kayobe.kolla import Checkout, checkout_of, hierarchy_problems, image_problems
from .configuration import KollaConfiguration
from .script import check_with_script


def check_checkout(
    configuration: KollaConfiguration, images: list[str], kolla_ansible: str
) -> list[str]:
    """What the tables that a configuration uses have otherwise than Kolla Ansible: its own program
    is asked, or the tables of this collection are compared. Raises OperatorError."""
    checkout = _read(Path(kolla_ansible).expanduser())
    if configuration.source == "configuration":
        return check_with_script(
            configuration.root, str(Path(kolla_ansible).expanduser().resolve())
        )
    tables = configuration.tables()
    return image_problems(tables, checkout, images) + hierarchy_problems(tables, checkout)


def containers_of(configuration: KollaConfiguration, images: list[str]) -> list[str]:
    """All containers that run these images, by the tables of the release. Raises OperatorError."""
    tables = configuration.tables()
    return sorted({one for image in images for one in tables.containers_of(image)})


def _read(root: Path) -> Checkout:
    """The defaults of all roles of a checkout, or of an installed `share/kolla-ansible`."""
    files = sorted(root.glob("ansible/roles/*/defaults/main.yml"))
    if not files:
        raise OperatorError(
            f"{root}: no Kolla Ansible: there is no ansible/roles/*/defaults/main.yml"
        )
    try:
        return checkout_of(file.read_text(encoding="utf-8") for file in files)
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{root}: cannot be read: {error}") from error
