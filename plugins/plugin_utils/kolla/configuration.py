# SPDX-License-Identifier: Apache-2.0
"""Container images and their tags in a Kayobe configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError

from ...module_utils.errors import OperatorError
from ...module_utils.kayobe.config import CONTAINER_IMAGE_PINS, KayobeFileError, kayobe_file
from ...module_utils.kayobe.kolla import (
    KollaTables,
    TablesError,
    base_distro_of,
    container_image_tags,
    release_of,
    selected_base_distros,
    tables_of,
    tag_problems,
    unknown_images,
)
from .script import list_with_script, script_of
from .variables import read_variables

SOURCES = ("configuration", "builtin")
_TABLES = Path(__file__).with_name("tables")
_IMAGES, _UNBUILDABLE = "stackhpc_pulp_images_kolla", "stackhpc_kolla_unbuildable_images"


@dataclass(frozen=True)
class KollaConfiguration:
    """The container image settings of one Kayobe configuration.

    `root`: its directory; `path`: the tag file, and `tags` its value of `kolla_image_tags`;
    `release`: the OpenStack release; `images` and `unbuildable`: those of `pulp.yml`, None and empty
    without such a list; `source`: where the tables of images come from, one of SOURCES.
    """

    root: Path
    path: Path
    tags: Any
    release: str
    images: list[str] | None
    unbuildable: dict[str, Any]
    source: str

    def tables(self) -> KollaTables:
        """Return the tables of this collection for the release. Raises TablesError."""
        file = _TABLES / f"{self.release}.yml"
        if not self.release or not file.is_file():
            supported = ", ".join(sorted(one.stem for one in _TABLES.glob("*.yml")))
            problem = f"release '{self.release}'" if self.release else "tags without a release"
            raise TablesError(
                f"{self.path}: {problem}: there are tables for {supported} only; add "
                "tools/kolla-images.py to the configuration and set "
                "kolla_tags_source=configuration"
            )
        return tables_of(self.release, yaml.safe_load(file.read_text(encoding="utf-8")))


def read_configuration(root: str, source: str = "") -> KollaConfiguration:
    """Read a configuration; the default `source` is its script if it has one.

    Raises OperatorError.
    """
    if source and source not in SOURCES:
        raise OperatorError(f"kolla_tags_source is '{source}': expected {' or '.join(SOURCES)}")
    try:
        path = Path(kayobe_file(root, CONTAINER_IMAGE_PINS))
    except KayobeFileError as error:
        raise KayobeFileError(
            f"no container image tags {error}, or set container_tags to the tags"
        ) from error
    top = path.parent.parent.parent
    if source == "configuration" and not script_of(top).is_file():
        raise OperatorError(
            f"there is no {script_of(top)}: set kolla_tags_source=builtin to use the tables of "
            "this collection"
        )
    try:
        variables = read_variables(path)
        pulp = read_variables(path.with_name("pulp.yml")) if _has_pulp(path) else {}
    except AnsibleError as error:
        raise OperatorError(str(error)) from error
    tags = variables.get("kolla_image_tags")
    images, unbuildable = pulp.get(_IMAGES), pulp.get(_UNBUILDABLE)
    return KollaConfiguration(
        root=top,
        path=path,
        tags=tags,
        release=_branch(top) or release_of(tags),
        images=[str(one) for one in images] if isinstance(images, list) else None,
        unbuildable=dict(unbuildable) if isinstance(unbuildable, Mapping) else {},
        source=source or ("configuration" if script_of(top).is_file() else "builtin"),
    )


def tags_of(
    configuration: KollaConfiguration,
    images: Iterable[str] | None,
    base_distros: Iterable[str],
    unbuildable: Mapping[str, Any],
) -> dict[str, list[str]]:
    """Return image -> tags. Raises OperatorError with all problems.

    `images` restricts and checks the list of images, `base_distros` the tags; `unbuildable` is
    added to that of the configuration.
    """
    by_script = configuration.source == "configuration"
    tables = None if by_script or not configuration.release else configuration.tables()
    known = [*tables.base_distros, *base_distros] if tables else None
    problems = tag_problems(configuration.tags, configuration.release or "<release>", known)
    listed = None if images is None else list(images)
    where = str(configuration.root)
    found: dict[str, list[str]] = {}
    if by_script and not problems:
        found = list_with_script(configuration.root)
    named = list(found) or configuration.images or []
    if listed is not None:
        problems += unknown_images(named, listed, where)
    if problems:
        raise OperatorError(f"{configuration.path}: {'; '.join(problems)}")
    distros = selected_base_distros(configuration.tags, base_distros)
    if not tables:
        kept = {
            image: [tag for tag in tags if base_distro_of(tag) in distros]
            for image, tags in found.items()
        }
        return {image: tags for image, tags in kept.items() if tags}
    if configuration.images is None and listed is None:
        raise OperatorError(f"{where}: etc/kayobe/pulp.yml has no list {_IMAGES}: specify images")
    return container_image_tags(
        configuration.tags,
        tables,
        configuration.images if configuration.images is not None else listed or [],
        distros,
        _merged(configuration.unbuildable, unbuildable),
    )


def unused_keys(configuration: KollaConfiguration) -> list[str]:
    """Return the keys of the tag file that apply to no container; not supported by the script."""
    if configuration.source != "builtin" or configuration.images is None:
        return []
    tables = configuration.tables()
    return [key for key in configuration.tags if not tables.names(key, configuration.images)]


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, list[str]]:
    groups = dict.fromkeys([*one, *other])
    return {group: [*(one.get(group) or []), *(other.get(group) or [])] for group in groups}


def _has_pulp(path: Path) -> bool:
    return path.with_name("pulp.yml").is_file()


def _branch(root: Path) -> str:
    """Return the release in the `defaultbranch` of `.gitreview`, empty without one."""
    try:
        lines = (root / ".gitreview").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    for line in lines:
        name, _equals, value = line.partition("=")
        if name.strip() == "defaultbranch":
            return value.strip().rpartition("/")[2]
    return ""
