# SPDX-License-Identifier: Apache-2.0
"""Run one module of the collection, unmodified, in this process, without ansible-playbook.

Reads ``{"module", "arguments"}`` on stdin and prints ``{"seconds", "answer", "memory"}``: the wall
time of the module's main() without the start of Python and imports, the module's result, and the
peak memory of this process in MiB.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import time
from pathlib import Path

from ansible.module_utils import basic

MODULES = "ansible_collections.stackhpc.release_train.plugins.modules"


def main() -> None:
    job = json.load(sys.stdin)
    module = importlib.import_module(f"{MODULES}.{job['module']}")
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": job["arguments"]}).encode()
    # Since ansible-core 2.19, a module needs the serialization profile of its arguments.
    basic._ANSIBLE_PROFILE = "legacy"
    printed = io.StringIO()
    began = time.monotonic()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        module.main()
    seconds = time.monotonic() - began
    answer = json.loads(printed.getvalue())
    if answer.get("failed"):
        sys.exit(f"{job['module']}: {answer['msg']}")
    print(json.dumps({"seconds": seconds, "answer": answer, "memory": _peak_memory()}))


def _peak_memory() -> float:
    """Return the peak of this process; getrusage() would count that of its parent before exec."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
