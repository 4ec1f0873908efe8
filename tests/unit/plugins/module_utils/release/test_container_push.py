# SPDX-License-Identifier: Apache-2.0
"""Which tags come from where, and the shapes in which they are pinned."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.container.push import ContainerImage
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.release.container_push import pins_of_results, read_items
from plugins.module_utils.report.report import Result

OLD, NEW = "2025.1-rocky-9-20260101T000000", "2025.1-rocky-9-20261122T020000"


def given(**params: Any) -> dict[str, Any]:
    daemon = "docker-daemon:{namespace}/{name}:{tag}"
    plain = {"names": None, "images": None, "tag": None, "source": daemon}
    return {**plain, "namespace": "stackhpc-dev", "attempts": 5, "retry_delay": 2, **params}


def test_names_share_tag_and_source_and_images_may_have_their_own():
    images = [
        {"name": "caddy", "tag": "2", "source": None},
        {"name": "deep/er", "tag": None, "source": "oci:/x/{name}:{tag}"},
    ]
    work = read_items(given(names=["nova-api"], images=images, tag="1"))
    assert [image for _result, image in work] == [
        ContainerImage("stackhpc-dev/nova-api", "1", "docker-daemon:stackhpc-dev/nova-api:1"),
        ContainerImage("stackhpc-dev/caddy", "2", "docker-daemon:stackhpc-dev/caddy:2"),
        ContainerImage("stackhpc-dev/deep/er", "1", "oci:/x/deep/er:1"),
    ]
    assert [result.name for result, _image in work][0] == "stackhpc-dev/nova-api:1"
    assert [result.error for result, _image in work] == ["", "", ""]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"name": "Nova"}, "invalid image name 'stackhpc-dev/Nova'"),
        ({"name": "nova//api"}, "invalid image name"),
        ({"name": "-nova"}, "invalid image name"),
        ({"name": "nova", "tag": ""}, "the image has no tag"),
        ({"name": "nova", "tag": ".1"}, "invalid tag '.1'"),
        ({"name": "nova", "tag": "a b"}, "invalid tag 'a b'"),
        ({"name": "nova", "tag": 129 * "a"}, "at most 128"),
        ({"name": "nova", "source": "docker://x/y:z"}, "transports docker-daemon, oci,"),
        ({"name": "nova", "source": "oci"}, "expected one of the transports"),
        ({"name": "nova", "source": "--option"}, "expected one of the transports"),
    ],
)
def test_what_cannot_be_pushed_is_named(item, words):
    [(result, _image)] = read_items(given(images=[{"tag": "1", **item}]))
    assert words in result.error


def test_nothing_to_push_is_an_error():
    with pytest.raises(InvalidItem, match="set names or images"):
        read_items(given(names=[]))


@pytest.mark.parametrize(("option", "value"), [("attempts", 0), ("retry_delay", -1)])
def test_options_with_which_nothing_can_be_pushed_are_named(option, value):
    with pytest.raises(InvalidItem, match=f"invalid {option} {value}: expected"):
        read_items(given(names=["nova"], tag="1", **{option: value}))


def done(image: str, tag: str, digest: str = "sha256:a", error: str = "") -> Result:
    return Result("", "image", error=error, more={"image": image, "tag": tag, "digest": digest})


def test_pins_have_the_shapes_in_which_tags_are_kept():
    pins = pins_of_results([
        done("nova-api", NEW),
        done("nova-api", OLD, "sha256:b"),
        done("nova-api", "2025.1-ubuntu-noble-20260101T000000"),
        done("caddy", "2.8"),
        done("caddy", "2.8-rocky-99999999T000000"),
        done("caddy", "later", ""),
        done("glance", NEW, error="it failed"),
    ])  # fmt: skip
    assert pins["digests"]["nova-api"][OLD] == "sha256:b"
    assert list(pins["digests"]) == ["nova-api", "caddy"]
    assert "later" not in pins["digests"]["caddy"]
    assert pins["container_tags"]["caddy"] == ["2.8", "2.8-rocky-99999999T000000", "later"]
    assert pins["kolla_image_tags"] == {
        "nova_api": {"rocky-9": NEW, "ubuntu-noble": "2025.1-ubuntu-noble-20260101T000000"}
    }
