# SPDX-License-Identifier: Apache-2.0
"""Values of variables that may be templates."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError, AnsibleLookupError


def evaluate(templar: Any, name: str, value: Any) -> Any:
    """Return a value with its templates evaluated. Raises AnsibleLookupError with the name of it."""
    try:
        return templar.template(value)
    except AnsibleError as error:
        raise AnsibleLookupError(f"{name}: {error}") from error
