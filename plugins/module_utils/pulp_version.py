# SPDX-License-Identifier: Apache-2.0
"""Give a repository another version: content units come and go together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import LostAnswer
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import Server

__all__ = ["change_version"]


def change_version(
    server: Server,
    repository: Mapping[str, Any],
    add: Collection[str],
    remove: Collection[str],
    subject: str,
) -> str:
    """Add and remove content units (hrefs); the href of the latest version after it.

    It may be sent again after a lost answer: the second time there is nothing left to change.
    """
    body = {"add_content_units": list(add), "remove_content_units": list(remove)}
    address = f"{repository['pulp_href']}modify/"
    try:
        server.write(lambda: server.client.post(address, body), subject)
    except LostAnswer:
        server.write(lambda: server.client.post(address, body), subject)
    asked = {"fields": "latest_version_href"}
    return str(server.client.get(repository["pulp_href"], asked)["latest_version_href"])
