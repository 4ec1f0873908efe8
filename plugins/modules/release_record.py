#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: release_record
short_description: Record a test result in a release lock
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Adds evidence to a release lock, a named test result that is valid for the digest of the lock. When the
    lock is changed later, the evidence is kept and ignored.
  - Of several records with the same name, the last one is valid. A result is not recorded again if the valid
    record of its name has the same result and URL.
  - Replaces the file atomically. Its mode is preserved, its comments are not.
  - A signature covers the evidence. Set O(sign_command), or sign the lock again afterwards.
options:
  lock:
    description: Path of the lock file.
    type: path
    required: true
  name:
    description:
      - Name of the test, of at most 128 letters, digits, C(.), C(_) and C(-).
    type: str
    required: true
  result:
    description: Result of the test.
    type: str
    choices: [passed, failed]
    required: true
  url:
    description: HTTP or HTTPS URL of the details, such as a job of a CI system. It must not have credentials.
    type: str
    default: ""
  by:
    description: Account, job or person that records the result. Not compared with an existing record.
    type: str
    default: ""
  keyring:
    description:
      - File with exported OpenPGP public keys. If it is set, the lock must have a valid signature
        C(<lock>.asc) of one of these keys before the result is recorded.
    type: path
  sign_command:
    description:
      - Program and arguments that sign the lock. The program reads the lock from its standard input and prints
        a detached OpenPGP signature in ASCII armor, which is written to C(<lock>.asc). Run without a shell.
      - With O(keyring), the signature must be one of these keys.
    type: list
    elements: str
requirements:
  - PyYAML
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Returns the content of the file before and after.
    support: full
"""

EXAMPLES = r"""
- name: Record that the smoke test passed
  stackhpc.release_train.release_record:
    lock: /src/releases/2026.1-20261122T093000.yml
    name: smoke
    result: passed
    url: https://ci.example.com/runs/1
"""

RETURN = r"""
digest:
  description: Digest of the lock, for which the evidence is valid.
  returned: success
  type: str
  sample: sha256:2f0e5f1c9bd8a44c7a8f3c9c0c6d7e0f9a1b2c3d4e5f60718293a4b5c6d7e8f9
evidence:
  description:
    - All records of the lock in their order, each with the keys C(name), C(result), C(digest), C(recorded),
      and C(url) and C(by) if they are set.
    - C(valid) is whether the record is the last one of its name for the digest of the lock.
  returned: success
  type: list
  elements: dict
name:
  description: Name of the release.
  returned: success
  type: str
  sample: 2026.1-20261122T093000
path:
  description: Path of the lock file.
  returned: success
  type: str
record:
  description: The valid record, as in RV(evidence).
  returned: success
  type: dict
  sample:
    digest: sha256:2f0e5f1c9bd8a44c7a8f3c9c0c6d7e0f9a1b2c3d4e5f60718293a4b5c6d7e8f9
    name: smoke
    recorded: "2026-11-22T10:00:00Z"
    result: passed
    url: https://ci.example.com/runs/1
"""

from typing import Any

from ..module_utils.errors import OperatorError
from ..module_utils.lock.evidence import RESULTS, Evidence, Signing, record_in_file
from ..module_utils.module import Module
from ..module_utils.release_lock.options import SIGNATURE_OPTIONS


def main() -> None:
    module = Module(
        {
            "lock": {"type": "path", "required": True},
            "name": {"type": "str", "required": True},
            "result": {"type": "str", "choices": list(RESULTS), "required": True},
            "url": {"type": "str", "default": ""},
            "by": {"type": "str", "default": ""},
            **SIGNATURE_OPTIONS,
        }
    )
    result: dict[str, Any] = {}
    warnings: list[str] = []
    problem = ""
    evidence = Evidence(*(module.params[key] for key in Evidence._fields))
    try:
        signing = Signing(module.params["keyring"] or "", module.params["sign_command"] or ())
        path, write = module.params["lock"], not module.check_mode
        result, warnings = record_in_file(path, evidence, write, signing)
    except OperatorError as error:
        problem = str(error)
    for warning in warnings:
        module.warn(warning)
    if problem:
        module.fail_json(msg=problem)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
