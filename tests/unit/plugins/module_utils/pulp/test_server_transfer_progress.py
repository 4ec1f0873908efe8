# SPDX-License-Identifier: Apache-2.0
"""The progress of files is shown while they are transferred."""

from __future__ import annotations

from plugins.module_utils.pulp.server import TransferProgress
from plugins.module_utils.report.report import task_progress

MIB = 1024 * 1024


def test_the_progress_of_a_file_is_its_number_of_bytes():
    transfers = TransferProgress()
    transfers.begin("images: a.qcow2", 300 * MIB + 1, 100 * MIB)
    transfers.add("images: a.qcow2", 8 * MIB)
    transfers.add("unknown", 8 * MIB)
    ((name, task),) = transfers.in_progress()
    assert name == "images: a.qcow2"
    assert task_progress(task) == {"state": "running", "what": "MiB", "done": 108, "total": 301}


def test_a_finished_transfer_is_not_in_progress():
    transfers = TransferProgress()
    transfers.begin("a", 1)
    transfers.end("a")
    transfers.end("a")
    assert transfers.in_progress() == []
