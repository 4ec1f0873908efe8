# SPDX-License-Identifier: Apache-2.0
"""Options that the modules of release locks share."""

from __future__ import annotations

from typing import Any

CONTAINER_OPTIONS: dict[str, dict[str, Any]] = {
    "container_namespace": {"type": "str", "default": "stackhpc"},
}
KEYRING_OPTIONS: dict[str, dict[str, Any]] = {"keyring": {"type": "path"}}
SIGNATURE_OPTIONS: dict[str, dict[str, Any]] = {
    **KEYRING_OPTIONS,
    "sign_command": {"type": "list", "elements": "str"},
}
CACHE_OPTIONS: dict[str, dict[str, Any]] = {
    "cache_path": {"type": "path", "default": "~/.cache/stackhpc-release-train"},
}
PROMOTION_OPTIONS: dict[str, dict[str, Any]] = {
    "lock": {"type": "path", "required": True},
    **CONTAINER_OPTIONS,
    **KEYRING_OPTIONS,
    **CACHE_OPTIONS,
}
