# SPDX-License-Identifier: Apache-2.0
"""How the options of a repository apply to its remote."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.repository import remote_defaults, remote_name
from plugins.module_utils.pulp.types import CONTENT_TYPES


@pytest.mark.parametrize(
    ("item", "upstream_name"),
    [
        ({"name": "stackhpc/nova"}, "stackhpc/nova"),
        ({"name": "stackhpc/nova", "upstream_name": None}, "stackhpc/nova"),
        ({"name": "stackhpc/nova", "upstream_name": ""}, "stackhpc/nova"),
        ({"name": "stackhpc/nova", "upstream_name": "kolla/nova"}, "kolla/nova"),
    ],
)
def test_an_image_has_its_own_name_upstream_by_default(item, upstream_name):
    assert remote_defaults(CONTENT_TYPES["container"], item)["upstream_name"] == upstream_name


def test_other_types_have_no_upstream_name():
    assert remote_defaults(CONTENT_TYPES["rpm"], {"name": "a"}) == {"name": "a"}


def test_a_remote_is_named_after_its_repository():
    assert remote_name("Rocky Linux 9 BaseOS") == "Rocky Linux 9 BaseOS-remote"
