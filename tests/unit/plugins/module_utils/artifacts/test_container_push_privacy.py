# SPDX-License-Identifier: Apache-2.0
"""Images are made private before anybody pushes or pulls them."""

from __future__ import annotations

from plugins.module_utils.artifacts.container_push import ImageAccess, plan_access


def repository(name, version, kind="container"):
    href = f"/pulp/api/v3/repositories/container/{kind}/0/"
    return {
        "name": name,
        "pulp_href": href,
        "latest_version_href": f"{href}versions/{version}/",
    }


def plan(images, repositories=(), distributions=(), **more):
    all_images = more.pop("all_images", images)
    access = ImageAccess(images, all_images, "dev", "rel", **more)
    return plan_access(access, repositories, distributions)


def names(items):
    return [item["name"] for item in items]


def test_an_image_that_was_never_pushed_is_prepared_in_both_namespaces_and_reported():
    planned = plan(["nova"])
    assert names(planned.repositories) == ["rel/nova", "dev/nova"]
    assert planned.distributions == [
        {"name": "rel/nova", "private": True, "base_path": "rel/nova", "repository": "rel/nova"},
        {"name": "dev/nova", "private": True, "base_path": "dev/nova", "repository": "dev/nova"},
    ]
    assert planned.lines == ["Never pushed to dev: nova"]


def test_nothing_is_prepared_if_the_option_is_off():
    planned = plan(["nova"], prepare=False)
    assert names(planned.repositories) == names(planned.distributions) == ["rel/nova"]
    assert planned.lines == ["Never pushed to dev: nova"]


def test_a_pushed_image_keeps_its_repository_or_version():
    pushed = repository("dev/nova", 3, "container-push")
    planned = plan(["nova"], [pushed], [{"name": "dev/nova"}, {"name": "rel/nova"}])
    assert names(planned.repositories) == ["rel/nova"]
    assert planned.distributions == [
        {"name": "rel/nova", "private": True},
        {"name": "dev/nova", "private": True},
    ]
    assert planned.lines == []


def test_an_unlisted_pushed_image_is_reported_and_made_private():
    planned = plan(["nova"], [repository("dev/nova", 1), repository("dev/old", 1)])
    assert planned.lines == ["Pushed, but not in kolla_container_images: old"]
    assert "dev/old" in names(planned.distributions)


def test_an_image_that_the_filter_excludes_is_not_unlisted():
    planned = plan(["nova"], [repository("dev/glance", 1)], all_images=["nova", "glance"])
    assert planned.lines == ["Never pushed to dev: nova"]
    assert "dev/glance" not in names(planned.distributions)


def test_an_image_with_an_empty_repository_was_never_pushed():
    planned = plan(["nova"], [repository("dev/nova", 0)], [{"name": "dev/nova"}])
    assert names(planned.repositories) == ["rel/nova"]
    assert planned.lines == ["Never pushed to dev: nova"]


def test_unlisted_images_are_reported_and_made_private_and_others_are_unchanged():
    served = [{"name": name} for name in ("rel/old", "dev/old", "rel/glance", "relic/x", "dev")]
    planned = plan(["nova"], [], served, all_images=["nova", "glance"], prepare=False)
    assert planned.lines[1:] == ["Served, but not in kolla_container_images: dev/old, rel/old"]
    assert names(planned.distributions) == ["rel/nova", "dev/old", "rel/old"]
    assert planned.distributions[1:] == [
        {"name": "dev/old", "private": True},
        {"name": "rel/old", "private": True},
    ]
