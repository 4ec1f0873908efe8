#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: package_snapshot
short_description: Take snapshots of package repositories
"""

EXAMPLES = r"""
"""

RETURN = r"""
"""

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_module import run
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_packages import (
    SELECTION,
    SYNCING,
    inventory_options,
    read_inventory,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_snapshot import (
    SnapshotSettings,
    take_snapshots,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_stamp import (
    now_stamp,
    parse,
)


def carry_out(server, params):
    if params["stamp"]:
        parse(params["stamp"])
    inventory, selected = read_inventory(params, "snapshot")
    for warning in inventory.warnings:
        server.report.warn(warning)
    settings = SnapshotSettings(
        stamp=params["stamp"] or now_stamp(),
        explicit=bool(params["stamp"]),
        guard=params["content_guard"],
        retries=params["retries"],
        retry_delay=params["retry_delay"],
        optimize=params["optimize"],
        send_secrets=params["update_secrets"] == "always",
    )
    results, stamps = take_snapshots(
        server, inventory.repositories, inventory.errors, settings
    )
    return results, {"stamp": settings.stamp, "stamps": stamps, "selected": selected}


def main():
    options = {
        **inventory_options(),
        **SELECTION,
        **SYNCING,
        "stamp": {"type": "str"},
        "content_guard": {"type": "str", "default": "development"},
    }
    run(options, carry_out, "package repository")


if __name__ == "__main__":
    main()
