# SPDX-License-Identifier: Apache-2.0
"""Our validator finds the same documents invalid as the library jsonschema."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.module_utils.lock.schema import SCHEMA, problems
from tests.unit.plugins.module_utils.lock.locks import example_lock

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

KEYS = sorted(
    {
        *SCHEMA["properties"],
        *(key for one in SCHEMA["$defs"].values() for key in one.get("properties", ())),
    }
)
# Without floats: 1.0 is an integer for JSON Schema only.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2**64)
    | st.text(max_size=8)
    | st.from_regex("[a-z./%~\n-]{0,8}", fullmatch=True)
    | st.sampled_from(
        ["passed", "sha256:", "20261120T200001", "a" * 40, "https://a/b", "../a", "a\n"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values in a document."""
    parts: Any = []
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    return [path, *(place for key, part in parts for place in places(part, (*path, key)))]


def edited(place: tuple[Any, ...], action: str, value: Any, key: str) -> Any:
    """Return the example with a part replaced, removed or added, or its key renamed."""
    lock = example_lock()
    if not place:
        return value
    part: Any = lock
    for name in place[:-1]:
        part = part[name]
    if action == "replace":
        part[place[-1]] = value
    elif action == "remove":
        del part[place[-1]]
    elif isinstance(part, dict):
        part[key] = part.pop(place[-1]) if action == "rename" else value
    else:
        part.append(value)
    return lock


def test_the_schema_is_a_valid_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    VALIDATOR.validate(example_lock())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.builds(
        edited,
        st.sampled_from(places(example_lock())),
        st.sampled_from(["replace", "remove", "add", "rename"]),
        VALUES,
        st.sampled_from(KEYS) | st.text(max_size=5),
    )
)
def test_both_validators_agree_about_an_edited_lock(document):
    assert bool(problems(document)) == (not VALIDATOR.is_valid(document))


PATTERNS = {
    name: definition for name, definition in SCHEMA["$defs"].items() if "pattern" in definition
}


@pytest.mark.parametrize("name", sorted(PATTERNS))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_both_validators_agree_about_a_text(name, data):
    definition = PATTERNS[name]
    matching = st.from_regex(definition["pattern"])
    text = data.draw(
        matching | st.builds(lambda a, b: a + b, matching, st.sampled_from("\n/.%\x00 "))
    )
    expected = jsonschema.Draft202012Validator(definition).is_valid(text)
    assert bool(problems(text, definition)) == (not expected)
    assert text.isascii() or not expected
