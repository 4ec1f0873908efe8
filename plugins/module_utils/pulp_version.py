# SPDX-License-Identifier: Apache-2.0
"""Give a repository another version: content units come and go together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .pulp_errors import LostAnswer
from .pulp_server import Server
from .pulp_tasks import created_by

__all__ = ["change_version"]


def change_version(
    server: Server,
    repository: Mapping[str, Any],
    add: Collection[str],
    remove: Collection[str],
    subject: str,
    base: str = "",
) -> str:
    """Add and remove content units (hrefs); the href of the version that came of it.

    `base` is the version (href) that is changed, where another than the latest would not do. It may
    be sent again after a lost answer: the second time there is nothing left to change.
    """
    body: dict[str, Any] = {"add_content_units": list(add), "remove_content_units": list(remove)}
    if base:
        body["base_version"] = base
    address = f"{repository['pulp_href']}modify/"
    try:
        task = server.write(lambda: server.client.post(address, body), subject)
    except LostAnswer:
        task = server.write(lambda: server.client.post(address, body), subject)
    made = created_by(task, "/versions/")
    if made:
        return made[0]
    asked = {"fields": "latest_version_href"}
    return str(server.client.get(repository["pulp_href"], asked)["latest_version_href"])
