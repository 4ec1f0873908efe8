# SPDX-License-Identifier: Apache-2.0
"""The whole of module pulp_repository, with checks of sources of all content types in check mode."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from ..container.source_tags import SourceTags
from ..content.source_metadata import SourceMetadata
from ..objects.repository import manage_repositories
from ..objects.source_access import SourceAccess
from ..pulp.server import Server
from ..report.report import Result


def manage_and_check_sources(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Manage repositories. In check mode their sources are asked for what would be synced."""
    if not (server.check_mode and params["sync"]):
        return manage_repositories(server, params)
    with ExitStack() as stack:
        access = SourceAccess(server, stack)
        images = SourceTags(server, access, params.get("container") or [])
        packages = SourceMetadata(server, access)

        def require(
            content_type: str, item: Mapping[str, Any], remote: Mapping[str, Any] | None
        ) -> None:
            if content_type == "container":
                images.require(item, remote)
            else:
                packages.require(content_type, item, remote)

        return manage_repositories(server, params, require)
