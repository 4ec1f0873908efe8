# SPDX-License-Identifier: Apache-2.0
"""What an object of Pulp is made of: its fields, where it lives and what names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["OUR_LABELS", "Asked", "Field", "Kind"]

# Labels that begin so belong to this collection: users' labels do not replace them.
OUR_LABELS = "release_train_"


@dataclass(frozen=True)
class Field:
    """One writable field of an object.

    `name` is the wire's name, `key` the option's. `type` and `elements` are Ansible's words.
    `words`: space-separated text on the wire, a list in options. `ordered`: order matters.
    `secret`: written, never read back; `public` ones of these may be shown all the same.
    `hidden`: read back, but not to be shown.
    `clear`: what the wire wants for an emptied value.
    `renamed`: plugin, version and name, where the wire has called it otherwise since a version.
    """

    name: str
    type: str = "str"
    key: str = ""
    elements: str = ""
    choices: tuple[str, ...] = ()
    words: bool = False
    ordered: bool = False
    secret: bool = False
    public: bool = False
    hidden: bool = False
    clear: object = None
    renamed: tuple[str, ...] = ()

    @property
    def no_log(self) -> bool:
        """Whether the value must never be shown."""
        return self.hidden or (self.secret and not self.public)

    @property
    def option(self) -> str:
        """The key under which a user gives this field."""
        return self.key or self.name

    @property
    def names(self) -> tuple[str, ...]:
        """All names that the wire has, or had, for it; of these it reads null under all but one."""
        return (self.name, *self.renamed[2:])

    def of(self, values: Mapping[str, Any]) -> Any:
        """Its value in an object as read from any server; None when it has none."""
        return next((values[name] for name in self.names if values.get(name)), None)

    def on(self, has: Callable[[str, str], bool]) -> Field:
        """This field as a server knows it; `has(plugin, version)` asks the server."""
        if not self.renamed or not has(*self.renamed[:2]):
            return self
        return replace(self, name=self.renamed[2], key=self.option, renamed=())


@dataclass(frozen=True)
class Kind:
    """One kind of object: where it lives, what names it, what can be written."""

    noun: str
    endpoint: str
    fields: tuple[Field, ...] = ()
    key: str = "name"

    @property
    def readable(self) -> tuple[str, ...]:
        """What `fields=` asks the server for."""
        written = tuple(f.name for f in self.fields)
        # It tells which secrets are set, and only of those that are asked for by name as well.
        secrets = ("hidden_fields",) if any(f.secret for f in self.fields) else ()
        return ("pulp_href", "prn", self.key, *written, *secrets)

    def on(self, has: Callable[[str, str], bool]) -> Kind:
        """This kind as a server knows it; `has(plugin, version)` asks the server."""
        return replace(self, fields=tuple(spec.on(has) for spec in self.fields))


@dataclass(frozen=True)
class Asked:
    """What a remote asks for by name, so that it can be told whether a sync brought it.

    `includes`, `excludes`: fields of the remote, each a list of names, of shell patterns of names
    and of digests. `names`: the endpoint of the content units that are meant, known by `name`;
    `digests`: that of those which are meant by a digest. `source`: the field that says of what.
    """

    includes: str
    excludes: str
    names: str
    digests: str
    source: str
