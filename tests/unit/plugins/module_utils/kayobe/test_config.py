# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from plugins.module_utils.kayobe.config import PACKAGE_PINS_FILE, KayobeFileError, kayobe_file


@pytest.mark.parametrize("directory", [".", "etc/kayobe"])
def test_a_file_is_found_from_the_root_and_from_etc_kayobe(tmp_path, directory):
    path = tmp_path / "etc" / "kayobe" / PACKAGE_PINS_FILE
    path.parent.mkdir(parents=True)
    path.touch()
    assert kayobe_file(str(tmp_path / directory), PACKAGE_PINS_FILE) == str(path)


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(KayobeFileError, match="nowhere': the directory does not exist. Set kay"):
        kayobe_file(str(tmp_path / "nowhere"), PACKAGE_PINS_FILE)
    with pytest.raises(KayobeFileError, match=f"{tmp_path}/etc/kayobe/x.yml does not exist. Set"):
        kayobe_file(str(tmp_path), "x.yml")
