# SPDX-License-Identifier: Apache-2.0
"""Unit tests mirror the directories of plugins/.

The tests of a file are in `test_<file>.py` or `test_<file>_<aspect>.py`.
"""

from __future__ import annotations

from pathlib import Path

UNIT = Path(__file__).resolve().parent
PLUGINS = UNIT.parents[1] / "plugins"
TESTS = UNIT / "plugins"
COVERED = ("module_utils", "plugin_utils")

# Files without their own test file, and what tests them. Do not add files.
WITHOUT_TESTS = {
    "module_utils/errors.py": "pulp/test_errors.py: the errors of Pulp hide secrets with it",
    "module_utils/pulp/session.py": "test_client.py logs in to an HTTP server",
    "plugin_utils/kolla/check.py": "lookup/test_kolla_container_tags.py",
    "plugin_utils/kolla/configuration.py": "lookup/test_kolla_configuration.py",
    "plugin_utils/kolla/script.py": "lookup/test_kolla_configuration.py",
    "plugin_utils/kolla/variables.py": "lookup/test_kolla_configuration.py",
}


def own_tests(path: Path) -> list[Path]:
    """Return the test files of a file of plugins."""
    directory = TESTS / path.relative_to(PLUGINS).parent
    return [*directory.glob(f"test_{path.stem}.py"), *directory.glob(f"test_{path.stem}_*.py")]


def test_every_file_has_its_own_tests():
    files = [path for name in COVERED for path in (PLUGINS / name).rglob("*.py")]
    without = [
        str(path.relative_to(PLUGINS))
        for path in sorted(files)
        if path.name != "__init__.py" and not own_tests(path)
    ]
    assert without == sorted(WITHOUT_TESTS)


def test_every_test_file_is_named_after_the_file_that_it_tests():
    named = {test for path in PLUGINS.rglob("*.py") for test in own_tests(path)}
    assert sorted(set(TESTS.rglob("test_*.py")) - named) == []
