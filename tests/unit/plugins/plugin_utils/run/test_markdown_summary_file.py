# SPDX-License-Identifier: Apache-2.0
"""The file to which playbooks append their summaries."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleActionFail

from plugins.plugin_utils.run.markdown import add_summary


def test_each_playbook_appends_to_a_private_file(tmp_path):
    path = tmp_path / "summary.md"
    add_summary(str(path), "one\n")
    add_summary(str(path), "two\n")
    assert path.read_text(encoding="utf-8") == "one\ntwo\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_unwritable_summary_file_is_reported(tmp_path):
    with pytest.raises(AnsibleActionFail, match="summary_path '.*' cannot be written: Is a direct"):
        add_summary(str(tmp_path), "text")


def test_a_file_of_others_keeps_its_mode(tmp_path):
    path = tmp_path / "summary.md"
    path.write_text("of another step\n")
    path.chmod(0o644)
    add_summary(str(path), "one\n")
    assert path.stat().st_mode & 0o777 == 0o644
