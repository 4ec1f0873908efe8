# SPDX-License-Identifier: Apache-2.0
"""What the roles of stackhpc.pulp do: find an object by name, then create or update it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.e2e.plain_pulp import PlainPulp

# Content type -> the endpoints of its repositories, and of its publications.
PLUGINS = {"rpm": ("rpm/rpm", "rpm/rpm"), "deb": ("deb/apt", "deb/verbatim")}


@dataclass(frozen=True)
class StackhpcPulpRoles:
    """Requests for one content type, on one server. They use no labels and no old versions."""

    pulp: PlainPulp
    content_type: str

    def repository(self, name: str, url: str, **remote: Any) -> dict[str, Any]:
        """Create or update a repository and its remote; returns the repository."""
        plugin = PLUGINS[self.content_type][0]
        repository = self._ensure(f"repositories/{plugin}/", name, {})
        self._ensure(f"remotes/{plugin}/", f"{name}-remote", {"url": url, **remote})
        return repository

    def sync(self, name: str, **options: Any) -> None:
        """Sync a repository with its remote."""
        plugin = PLUGINS[self.content_type][0]
        remote = self.pulp.find(f"remotes/{plugin}/", f"{name}-remote")["pulp_href"]
        repository = self.pulp.find(f"repositories/{plugin}/", name)["pulp_href"]
        self.pulp.post(f"{repository}sync/", remote=remote, **options)

    def publish(self, name: str, **options: Any) -> str:
        """Publish the latest version, even if it has a publication already; returns the href."""
        plugins = PLUGINS[self.content_type]
        repository = self.pulp.find(f"repositories/{plugins[0]}/", name)
        version = repository["latest_version_href"]
        endpoint = f"publications/{plugins[1]}/"
        publication = self.pulp.post(endpoint, repository_version=version, **options)
        return str(publication["pulp_href"])

    def distribute(self, name: str, base_path: str, **serving: Any) -> dict[str, Any]:
        """Create or update a distribution; returns it."""
        endpoint = f"distributions/{PLUGINS[self.content_type][0]}/"
        return self._ensure(endpoint, name, {"base_path": base_path, **serving})

    def _ensure(self, endpoint: str, name: str, values: dict[str, Any]) -> dict[str, Any]:
        found = self.pulp.list(endpoint, name=name)
        if not found:
            return self.pulp.post(endpoint, name=name, **values)
        self.pulp.patch(found[0]["pulp_href"], **values)
        return found[0]
