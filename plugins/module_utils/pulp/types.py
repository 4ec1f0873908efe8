# SPDX-License-Identifier: Apache-2.0
"""The table of what Pulp holds: for each content type its objects, their keys and fields.

A new content type is a new entry in CONTENT_TYPES; nothing else in the engine names a type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# Labels that begin so belong to this collection: users' labels do not replace them.
LABEL_PREFIX = "release_train_"


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
    space_separated: bool = False
    ordered: bool = False
    secret: bool = False
    public: bool = False
    hidden: bool = False
    empty_value: object = None
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

    def value_in(self, values: Mapping[str, Any]) -> Any:
        """Its value in an object as read from any server; None when it has none."""
        return next((values[name] for name in self.names if values.get(name)), None)

    def for_server(self, has_version: Callable[[str, str], bool]) -> Field:
        """This field as a server knows it; `has(plugin, version)` asks the server."""
        if not self.renamed or not has_version(*self.renamed[:2]):
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

    def for_server(self, has_version: Callable[[str, str], bool]) -> Kind:
        """This kind as a server knows it; `has(plugin, version)` asks the server."""
        return replace(self, fields=tuple(spec.for_server(has_version) for spec in self.fields))


@dataclass(frozen=True)
class RemoteFilter:
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


# What is attached to images, in the words of the shell. Not that of cosign 3: Pulp 3.43 refuses an
# index whose manifests are of no platform, and all that comes with it.
ATTACHED_PATTERN = "sha256-*.*"
SOURCES = ("publication", "repository", "repository_version")


@dataclass
class RepositoryState:
    """A repository and its remote on the server; None where there is none.

    `remote_is_new`: this run creates the remote, so content that was not downloaded through an
    earlier one cannot be fetched any more. `is_changed`: this run changed either of them, so a
    sync that already runs must not be joined.
    """

    repository: dict[str, Any] | None = None
    remote: dict[str, Any] | None = None
    remote_is_new: bool = False
    is_changed: bool = False

    @property
    def latest_version(self) -> str:
        """The href of the repository's latest version; empty without a repository."""
        return str(self.repository["latest_version_href"]) if self.repository else ""


@dataclass(frozen=True)
class ContentType:
    """All kinds of one content type, and how its repositories are synced and published.

    `sync_fields`: options of the sync call. `publications`: by publish mode, the kind and what
    is posted besides the repository version; empty when the type is served without publication.
    `content_unit`: the content unit that an operator counts.
    `packages`: where its units are listed, and `package_fields`, which say what one is: its name,
    its architecture and the parts of its version; empty for types without packages.
    `asked`: what a remote asks for by name; None where a sync that does not bring it fails by itself.
    `manifest`: what a remote's URL has after the path of a publication to be synced from there.
    `upload_fields`: where among the packages of a repository those belong that are uploaded, and
    `upload_mode`: the publish mode that tells of it.
    `mirror_policy`: the value of `sync_policy` with which a sync makes its own publication.
    """

    name: str
    repository: Kind
    remote: Kind
    distribution: Kind
    content_unit: str
    sync_fields: tuple[Field, ...] = ()
    publications: dict[str, tuple[Kind, dict[str, bool]]] = field(default_factory=dict)
    default_mode: str = ""
    mirror_policy: str = ""
    packages: str = ""
    package_fields: tuple[str, ...] = ()
    remote_filter: RemoteFilter | None = None
    manifest: str = ""
    upload_fields: tuple[Field, ...] = ()
    upload_mode: str = ""

    def publication(self, mode: str | None) -> tuple[Kind, dict[str, bool]]:
        """The kind of publication for a publish mode, and the settings that go with it."""
        return self.publications[mode or self.default_mode]

    def is_mirrored_by(self, sync_policy: str | None) -> bool:
        """Whether a sync of this policy makes the publication that is to be served. What
        `autopublish` makes besides has settings of its own, and is not."""
        return bool(self.mirror_policy) and sync_policy == self.mirror_policy

    @property
    def source_fields(self) -> tuple[Field, ...]:
        """Fields of the remote that decide what a sync brings."""
        general = {spec.name for spec in _REMOTE} - {spec.name for spec in _URL_POLICY}
        return tuple(spec for spec in self.remote.fields if spec.name not in general)

    @property
    def publication_kinds(self) -> tuple[Kind, ...]:
        """Each kind of publication once."""
        kinds = {kind.endpoint: kind for kind, _settings in self.publications.values()}
        return tuple(kinds.values())


_POLICY = Field("policy", choices=("immediate", "on_demand", "streamed"))
_LABELS = Field("pulp_labels", type="dict", empty_value={})
_URL_POLICY = (Field("url"), _POLICY)

_REMOTE = (
    *_URL_POLICY,
    Field("ca_cert"),
    Field("client_cert"),
    Field("client_key", secret=True),
    Field("download_concurrency", type="int"),
    Field("proxy_url"),
    Field("proxy_username", secret=True, public=True),
    Field("proxy_password", secret=True),
    Field("username", key="remote_username", secret=True, public=True),
    Field("password", key="remote_password", secret=True),
    Field("tls_validation", type="bool"),
    Field("max_retries", type="int"),
    Field("rate_limit", type="int"),
    Field("connect_timeout", type="float"),
    Field("sock_connect_timeout", type="float"),
    Field("sock_read_timeout", type="float"),
    Field("total_timeout", type="float"),
    Field("headers", type="list", elements="dict", hidden=True, ordered=True, empty_value=[]),
)

_REPOSITORY = (Field("description"), Field("retain_repo_versions", type="int"), _LABELS)
_AUTOPUBLISH = Field("autopublish", type="bool")
_MIRROR = Field("mirror", type="bool")
_OPTIMIZE = Field("optimize", type="bool")

_DISTRIBUTION = (Field("base_path"), Field("repository"), _LABELS)
_GUARD = Field("content_guard")
_BY_PUBLICATION = Field("publication")
_BY_VERSION = Field("repository_version")


def _space_separated(name: str) -> Field:
    return Field(name, type="list", elements="str", space_separated=True)


def _strings(name: str, renamed: tuple[str, ...] = ()) -> Field:
    return Field(name, type="list", elements="str", empty_value=[], renamed=renamed)


def _repository(path: str, *more: Field) -> Kind:
    return Kind("repository", f"repositories/{path}/", (*_REPOSITORY, *more))


def _remote(path: str, *more: Field) -> Kind:
    return Kind("remote", f"remotes/{path}/", (*_REMOTE, *more))


def _publication(path: str) -> Kind:
    return Kind("publication", f"publications/{path}/", (), key="pulp_href")


def _distribution(path: str, *more: Field) -> Kind:
    return Kind("distribution", f"distributions/{path}/", (*_DISTRIBUTION, *more))


_APT = _publication("deb/apt")

CONTENT_TYPES: dict[str, ContentType] = {
    "rpm": ContentType(
        "rpm",
        repository=_repository("rpm/rpm", _AUTOPUBLISH),
        remote=_remote("rpm/rpm"),
        distribution=_distribution("rpm/rpm", _GUARD, _BY_PUBLICATION),
        content_unit="rpm.package",
        sync_fields=(
            Field("sync_policy", choices=("additive", "mirror_complete", "mirror_content_only")),
            _OPTIMIZE,
        ),
        publications={"": (_publication("rpm/rpm"), {})},
        mirror_policy="mirror_complete",
        packages="content/rpm/packages/",
        package_fields=("name", "arch", "epoch", "version", "release"),
    ),
    "deb": ContentType(
        "deb",
        repository=_repository("deb/apt", _AUTOPUBLISH),
        remote=_remote(
            "deb/apt",
            _space_separated("distributions"),
            _space_separated("components"),
            _space_separated("architectures"),
        ),
        distribution=_distribution("deb/apt", _GUARD, _BY_PUBLICATION),
        content_unit="deb.package",
        sync_fields=(_MIRROR, _OPTIMIZE),
        publications={
            "simple": (_APT, {"simple": True, "structured": False}),
            "structured": (_APT, {"simple": False, "structured": True}),
            "simple_and_structured": (_APT, {"simple": True, "structured": True}),
            "verbatim": (_publication("deb/verbatim"), {}),
        },
        default_mode="simple",
        packages="content/deb/packages/",
        package_fields=("package", "architecture", "version"),
        upload_fields=(
            Field("distribution", key="suite"),
            Field("component"),
            Field("architectures", type="list", elements="str"),
        ),
        upload_mode="structured",
    ),
    "container": ContentType(
        "container",
        repository=_repository("container/container"),
        remote=_remote(
            "container/container",
            Field("upstream_name"),
            # The old names are still written, and read back null.
            _strings("include_tags", renamed=("container", "2.28", "includes")),
            _strings("exclude_tags", renamed=("container", "2.28", "excludes")),
        ),
        distribution=_distribution(
            "container/container", _BY_VERSION, Field("private", type="bool")
        ),
        content_unit="container.tag",
        sync_fields=(_MIRROR,),
        remote_filter=RemoteFilter(
            includes="include_tags",
            excludes="exclude_tags",
            names="content/container/tags/",
            digests="content/container/manifests/",
            source="upstream_name",
        ),
    ),
    "file": ContentType(
        "file",
        repository=_repository("file/file", _AUTOPUBLISH),
        remote=_remote("file/file"),
        distribution=_distribution("file/file", _GUARD, _BY_PUBLICATION),
        content_unit="file.file",
        manifest="/PULP_MANIFEST",
        sync_fields=(_MIRROR, _OPTIMIZE),
        publications={"": (_publication("file/file"), {})},
    ),
    "python": ContentType(
        "python",
        repository=_repository("python/python", _AUTOPUBLISH),
        remote=_remote(
            "python/python",
            _strings("includes"),
            _strings("excludes"),
            Field("prereleases", type="bool"),
        ),
        distribution=_distribution("python/pypi", _GUARD, _BY_PUBLICATION),
        content_unit="python.python",
        sync_fields=(_MIRROR,),
        publications={"": (_publication("python/pypi"), {})},
    ),
}

PLAIN_KINDS: dict[str, Kind] = {
    "rbac_guard": Kind("content guard", "contentguards/core/rbac/", (Field("description"),)),
    "x509_guard": Kind(
        "content guard",
        "contentguards/certguard/x509/",
        (Field("description"), Field("ca_certificate")),
    ),
    "guard": Kind("content guard", "contentguards/"),
    "container_namespace": Kind("container namespace", "pulp_container/namespaces/"),
    "group": Kind("group", "groups/"),
    "user": Kind(
        "user",
        "users/",
        (
            Field("first_name", empty_value=""),
            Field("last_name", empty_value=""),
            Field("email", empty_value=""),
            Field("is_staff", type="bool"),
            Field("is_active", type="bool"),
            Field("password", secret=True),
        ),
        key="username",
    ),
    "task": Kind("task", "tasks/", key="pulp_href"),
    "worker": Kind("worker", "workers/"),
    "role": Kind("role", "roles/"),
}


def kind_of(noun: str, content_type: str | None = None) -> Kind:
    """The kind for `repository`, `remote`, `distribution` of a content type, or a plain kind."""
    if content_type is None:
        return PLAIN_KINDS[noun]
    return getattr(CONTENT_TYPES[content_type], noun)
