# SPDX-License-Identifier: Apache-2.0
"""Files of variables of a Kayobe configuration, read without templating."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleLookupError


def read_variables(path: Path) -> dict[str, Any]:
    """Return the variables of a YAML file. Raises AnsibleLookupError with the file and line."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise AnsibleLookupError(f"{path}{place}: not YAML: {error.problem}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AnsibleLookupError(f"{path}: cannot be read: {error}") from None
    if not isinstance(content or {}, Mapping):
        raise AnsibleLookupError(f"{path}: expected a mapping of variables")
    return dict(content or {})
