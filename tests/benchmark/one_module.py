# SPDX-License-Identifier: Apache-2.0
"""Run one module of the collection as it is, in this Python process, without ansible-playbook.

Reads ``{"module", "arguments"}`` on stdin and prints ``{"seconds", "answer"}``: the wall time of
the module's main(), from its arguments to its answer, without the start of Python and imports.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import time

from ansible.module_utils import basic

MODULES = "ansible_collections.stackhpc.release_train.plugins.modules"


def main() -> None:
    order = json.load(sys.stdin)
    module = importlib.import_module(f"{MODULES}.{order['module']}")
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": order["arguments"]}).encode()
    # From ansible-core 2.19 on, a module wants to know how its arguments were written.
    basic._ANSIBLE_PROFILE = "legacy"
    printed = io.StringIO()
    began = time.monotonic()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        module.main()
    seconds = time.monotonic() - began
    answer = json.loads(printed.getvalue())
    if answer.get("failed"):
        sys.exit(f"{order['module']}: {answer['msg']}")
    print(json.dumps({"seconds": seconds, "answer": answer}))


if __name__ == "__main__":
    main()
