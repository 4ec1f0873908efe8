# SPDX-License-Identifier: Apache-2.0
"""What runs which image in one release of Kolla Ansible, and what each container's tag defaults to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import OperatorError

__all__ = ["DEFAULT_KEY", "KollaTables", "TablesError", "tables_of"]

# The key of the tag file that all containers fall back to.
DEFAULT_KEY = "openstack"


class TablesError(OperatorError):
    """Tables that cannot be read."""


@dataclass(frozen=True)
class KollaTables:
    """The exceptions of a release: `containers` by image, where they are not just the one that is
    called as the image is; `services` by container, where the key that the tag falls back to
    is not the longest one that the name begins with; and the base distributions that are known."""

    release: str
    containers: Mapping[str, list[str]]
    services: Mapping[str, str]
    base_distros: list[str]

    def containers_of(self, image: str) -> list[str]:
        """The containers that run an image, with `_` for `-`."""
        return list(self.containers.get(image, [image.replace("-", "_")]))

    def key_of(self, container: str, keys: Iterable[str]) -> str:
        """Which of `keys` gives a container its tag; DEFAULT_KEY where no other does.

        The container itself, else the service that an exception names, else the longest key that
        the service begins with. That is the hierarchy of variables `<key>_tag` in Kolla Ansible,
        which tests compare with.
        """
        known = set(keys)
        if container in known:
            return container
        return self.parent_of(container, known)

    def parent_of(self, container: str, keys: Iterable[str]) -> str:
        """Which of `keys` gives a container its tag while it has none of its own."""
        known = set(keys)
        service = self.services.get(container, container)
        if service != container and service in known:
            return service
        begun = [key for key in known if key != service and service.startswith(key)]
        return max((key for key in begun if key != DEFAULT_KEY), key=len, default=DEFAULT_KEY)

    def names(self, key: str, images: Iterable[str]) -> bool:
        """Whether a key of the tag file means any container of these images."""
        return key == DEFAULT_KEY or any(
            self.services.get(container, container).startswith(key) or container == key
            for image in images
            for container in self.containers_of(image)
        )


def tables_of(release: str, content: Any) -> KollaTables:
    """The tables in the content of their file. Raises TablesError."""
    if not isinstance(content, Mapping):
        raise TablesError(f"tables of {release}: expected a mapping")
    wanted = {"base_distros": list, "containers": dict, "services": dict}
    wrong = [name for name, kind in wanted.items() if not isinstance(content.get(name), kind)]
    if wrong:
        raise TablesError(f"tables of {release}: {', '.join(wrong)} missing, or of another type")
    return KollaTables(release, content["containers"], content["services"], content["base_distros"])
