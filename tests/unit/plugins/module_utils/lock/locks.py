# SPDX-License-Identifier: Apache-2.0
"""A valid release lock that uses every key of the format."""

from __future__ import annotations

import copy
from typing import Any

DIGEST = f"sha256:{'0123456789abcdef' * 4}"

_LOCK: dict[str, Any] = {
    "lock_version": 1,
    "name": "2026.1-20261122T093000",
    "source": {
        "pulp": "https://ark.example.com",
        "configuration": {
            "repository": "https://github.com/example/kayobe-config",
            "ref": "stackhpc/2026.1",
            "commit": "0123456789" * 4,
        },
    },
    "packages": {
        "rpm": {
            "rocky_9_baseos": {
                "stamp": "20261120T200001",
                "base_path": "rocky/9/BaseOS/x86_64/os/20261120T200001",
                "metadata": {"repodata/repomd.xml": DIGEST},
                "packages": {"count": 1234, "digest": DIGEST},
            }
        },
        "deb": {
            "ubuntu_noble": {
                "stamp": "20261120T200001",
                "base_path": "ubuntu/noble/20261120T200001",
                "metadata": {
                    "dists/noble/Release": DIGEST,
                    "dists/noble-security/Release": DIGEST,
                },
                "packages": {"count": 0, "digest": DIGEST},
            }
        },
        "file": {
            "firmware": {
                "stamp": "20261120T200001",
                "base_path": "firmware/20261120T200001",
                "metadata": {"PULP_MANIFEST": DIGEST},
            }
        },
        "python": {},
    },
    "containers": {"nova-api": {"2026.1-rocky-10-20261118T101112": DIGEST}},
    "images": {
        "rocky_10_overcloud": {
            "version": "2026.1-20261118T101112",
            "base_path": "kayobe-images/2026.1/rocky/10/2026.1-20261118T101112",
            "files": {"overcloud-rocky-10.qcow2": {"sha256": "ab" * 32, "size": 20000000}},
        }
    },
    "sources": {
        "kolla-ansible": {
            "repository": "https://github.com/example/kolla-ansible",
            "ref": "stackhpc/2026.1",
            "commit": "89abcdef" * 5,
        }
    },
    "evidence": [
        {
            "name": "smoke",
            "result": "passed",
            "url": "https://ci.example.com/runs/1?attempt=2",
            "digest": DIGEST,
            "recorded": "2026-11-22T10:00:00Z",
            "by": "ci",
        }
    ],
}


def example_lock(**changes: Any) -> dict[str, Any]:
    """Return a copy of the lock with other values for keys of its top level."""
    return {**copy.deepcopy(_LOCK), **changes}


def changed_lock(value: Any, *path: Any) -> dict[str, Any]:
    """Return a copy of the lock with another value at the keys and indexes of `path`."""
    lock = example_lock()
    place: Any = lock
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return lock
