# SPDX-License-Identifier: Apache-2.0
"""Extra variables of the command line that Ansible does not read as the operator meant them."""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.splitter import parse_kv, split_args

_ROLES = Path(__file__).parents[3] / "roles"
_NAME = re.compile(r"[A-Za-z_]\w*")
_CUTOFF = 0.85
# Files have a site's own variables, too.
_CUTOFF_IN_FILES = 0.92
# Characters. Ansible has read the file before.
_MAX_FILE_SIZE = 1024 * 1024
# Variables that playbooks and roles read, and that no specification has as an option.
_OTHERS = (
    *("ansible_connection", "ansible_python_interpreter"),
    *("artifact_tag", "host_image_tag", "openstack_release", "os_distribution", "os_release"),
    *("kayobe_config_path", "release_train_serial", "release_train_source"),
    *(f"release_train_pulp_{one}" for one in ("url", "username", "password")),
    *("release_train_pulp_validate_certs", "release_train_pulp_ca_path"),
    *("stackhpc_overcloud_host_image_is_ofed", "stackhpc_overcloud_host_image_version"),
    *(f"stackhpc_image_repository_{one}" for one in ("username", "password")),
    "kolla_docker_namespace",
    *(f"stackhpc_release_pulp_{one}" for one in ("url", "username", "password")),
    *("stackhpc_pulp_repository_container_repos", "stackhpc_pulp_distribution_container"),
    *(
        f"stackhpc_pulp_{name}"
        for kind in ("rpm", "deb")
        for name in (
            f"repository_{kind}_repos",
            f"publication_{kind}_development",
            f"distribution_{kind}_development",
            f"distribution_{kind}_production",
        )
    ),
)
# Variables of Kayobe and Kolla that are similar to ours.
_SIMILAR = ("kolla_base_distro", "kolla_image_tags", "os_version", "pulp_user")


def extra_variable_problems(
    texts: Collection[str], raw_words: str = "", kayobe_config: str = ""
) -> list[str]:
    """Return a message for each `-e` that sets less than was written, or a misspelt variable.

    `texts` are the arguments of `-e`, `raw_words` the words that Ansible found no variable for.
    Files that Kayobe adds are not read; `kayobe_config` is the directory of its configuration.
    """
    inline = [text for text in texts if text[:1] not in ("@", "")]
    problems = [message for text in inline for message in _cut_values(text)]
    if raw_words and not problems:
        problems = [f"{_cut(raw_words)}. Quote each value that has spaces"]
    named = [(f"-e {name}", name, _CUTOFF) for name in _names(inline)]
    for path in (text[1:] for text in texts if text[:1] == "@"):
        if not kayobe_config or not is_added_by_kayobe(path, kayobe_config):
            named += [
                (f"{name} of -e @{path}", name, _CUTOFF_IN_FILES) for name in _names_in_file(path)
            ]
    known = known_variables() if named else frozenset()
    return problems + [text for one in named for text in _misspelt(*one, known)]


def inline_variables(text: str) -> Iterator[tuple[str, Any]]:
    """Yield the variables of an argument of `-e` that is no file; nothing if it is malformed."""
    try:
        content: Any = yaml.safe_load(text) if text[:1] in ("{", "[") else parse_kv(text)  # type: ignore[no-untyped-call]
    except (yaml.YAMLError, AnsibleError):
        return
    yield from content.items() if isinstance(content, Mapping) else ()


@lru_cache(maxsize=1)
def known_variables() -> frozenset[str]:
    """Return the names of all variables that the roles of the collection read."""
    found = {*_OTHERS, *_SIMILAR}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in _ROLES.glob("*/meta/argument_specs.yml"):
        # The files of this collection hold plain data.
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        for entry in content["argument_specs"].values():
            found.update(entry.get("options") or ())
    return frozenset(found)


def _cut_values(text: str) -> Iterator[str]:
    """Yield a message for each value of `name=value` words that ends at a space."""
    if text[:1] in ("{", "["):
        return
    try:
        words = split_args(text)  # type: ignore[no-untyped-call]
    except AnsibleError:
        return
    values: dict[str, list[str]] = {}
    last = ""
    for word in words:
        name, equals, value = word.partition("=")
        if equals and _NAME.fullmatch(name):
            last, values[name] = name, [value]
        else:
            values.setdefault(last, []).append(word)
    for name, parts in values.items():
        if name and len(parts) > 1:
            ignored = " ".join(parts[1:])
            yield f"{_cut(ignored)}. Use -e {_quoted(name, ' '.join(parts))}"


def _cut(words: str) -> str:
    return f"Ansible splits -e name=value at spaces and ignores '{words}'"


def _quoted(name: str, value: str) -> str:
    if re.search(r"[\"'$`\\!]", value):
        return shlex.quote(json.dumps({name: value}, ensure_ascii=False))
    return f"\"{name}='{value}'\""


def _names(texts: Collection[str]) -> Iterator[str]:
    names = dict.fromkeys(str(name) for text in texts for name, _value in inline_variables(text))
    yield from (name for name in names if _NAME.fullmatch(name) and name != "_raw_params")


def _names_in_file(path: str) -> list[str]:
    """Return the names of the variables in a file; none if it is encrypted, malformed or large."""
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as stream:
            content = stream.read(_MAX_FILE_SIZE + 1)
    except (OSError, UnicodeDecodeError):
        return []
    if len(content) > _MAX_FILE_SIZE or content.startswith("$ANSIBLE_VAULT"):
        return []
    try:
        # Only names are wanted: values may have tags of Ansible.
        node = yaml.compose(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return []
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return [key.value for key, _value in pairs if isinstance(key, yaml.ScalarNode)]


def _misspelt(words: str, name: str, cutoff: float, known: Collection[str]) -> Iterator[str]:
    """Yield a message if a variable is unknown and similar to a known one; `words` name it."""
    if name not in known:
        for closest in difflib.get_close_matches(name, known, n=1, cutoff=cutoff):
            if f"_{closest}_" in f"_{name}_":
                continue  # a name that was made from it, such as that of its value in a vault
            yield f"{words}: unknown variable, did you mean {closest}?"


def is_added_by_kayobe(path: str, config: str) -> bool:
    """Return whether Kayobe passes a file: one of its configuration, or of an environment there."""
    directory = os.path.realpath(os.path.dirname(os.path.expanduser(path)))
    config = os.path.realpath(os.path.expanduser(config))
    return directory == config or os.path.dirname(directory) == os.path.join(config, "environments")
