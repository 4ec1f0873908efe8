# SPDX-License-Identifier: Apache-2.0
"""The source of each tag, and the formats of the returned pins."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.artifacts.container_push import pins_of_results, read_items
from plugins.module_utils.container.push import ContainerImage
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.report.report import Result

OLD, NEW = "2025.1-rocky-9-20260101T000000", "2025.1-rocky-9-20261122T020000"


def given(**params: Any) -> dict[str, Any]:
    daemon = "docker-daemon:{namespace}/{name}:{tag}"
    defaults = {"names": None, "images": None, "tag": None, "source": daemon}
    return {**defaults, "namespace": "stackhpc-dev", "attempts": 5, "retry_delay": 2, **params}


def test_names_share_tag_and_source_and_images_override_them():
    images = [
        {"name": "caddy", "tag": "2", "source": None},
        {"name": "deep/er", "tag": None, "source": "oci:/x/{name}:{tag}"},
    ]
    pairs = read_items(given(names=["nova-api"], images=images, tag="1"))
    assert [image for _result, image in pairs] == [
        ContainerImage("stackhpc-dev/nova-api", "1", "docker-daemon:stackhpc-dev/nova-api:1"),
        ContainerImage("stackhpc-dev/caddy", "2", "docker-daemon:stackhpc-dev/caddy:2"),
        ContainerImage("stackhpc-dev/deep/er", "1", "oci:/x/deep/er:1"),
    ]
    assert [result.name for result, _image in pairs][0] == "stackhpc-dev/nova-api:1"
    assert [result.error for result, _image in pairs] == ["", "", ""]


@pytest.mark.parametrize(
    ("item", "message"),
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
def test_invalid_images_are_reported(item, message):
    [(result, _image)] = read_items(given(images=[{"tag": "1", **item}]))
    assert message in result.error


def test_an_empty_list_of_images_is_an_error():
    with pytest.raises(InvalidItem, match="set names or images"):
        read_items(given(names=[]))


@pytest.mark.parametrize(("option", "value"), [("attempts", 0), ("retry_delay", -1)])
def test_invalid_options_are_reported(option, value):
    with pytest.raises(InvalidItem, match=f"invalid {option} {value}: expected"):
        read_items(given(names=["nova"], tag="1", **{option: value}))


def done(image: str, tag: str, digest: str = "sha256:a", error: str = "") -> Result:
    return Result("", "image", error=error, more={"image": image, "tag": tag, "digest": digest})


def test_pins_are_returned_in_the_formats_of_the_pin_files():
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
