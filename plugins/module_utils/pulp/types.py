# SPDX-License-Identifier: Apache-2.0
"""Content types of Pulp: for each type its kinds of objects with their endpoints and fields.

A new content type is a new entry in CONTENT_TYPES.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# The prefix of the labels of this collection, which are kept when users' labels are replaced.
LABEL_PREFIX = "release_train_"


@dataclass(frozen=True)
class Field:
    """A writable field of an object.

    `name`: the name in the API; `key`: the name of the option, if it differs; `type`, `elements`:
    those of the option in Ansible; `space_separated`: a string of words in the API, a list in
    options; `ordered`: whether the order of a list matters; `secret`: not returned by the API;
    `public`: a secret that may be shown; `hidden`: returned by the API, but must not be shown;
    `empty_value`: the value of the API for an emptied field; `renamed`: plugin, version and name,
    if the field has another name since that version.
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
        """Whether the value must not be shown."""
        return self.hidden or (self.secret and not self.public)

    @property
    def option(self) -> str:
        """The name of the option."""
        return self.key or self.name

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the field in the API; an object has a value under one of them."""
        return (self.name, *self.renamed[2:])

    def value_in(self, values: Mapping[str, Any]) -> Any:
        """Return its value in an object of any server; None without one."""
        return next((values[name] for name in self.names if values.get(name)), None)

    def for_server(self, has_version: Callable[[str, str], bool]) -> Field:
        """Return this field with its name on a server; `has_version(plugin, version)` checks it."""
        if not self.renamed or not has_version(*self.renamed[:2]):
            return self
        return replace(self, name=self.renamed[2], key=self.option, renamed=())


@dataclass(frozen=True)
class Kind:
    """A kind of objects: the endpoint, the natural key and the writable fields."""

    noun: str
    endpoint: str
    fields: tuple[Field, ...] = ()
    key: str = "name"

    @property
    def readable(self) -> tuple[str, ...]:
        """The fields to request with `fields=`."""
        written = tuple(f.name for f in self.fields)
        # `hidden_fields` contains which secrets are set, of those that are requested by name too.
        secrets = ("hidden_fields",) if any(f.secret for f in self.fields) else ()
        return ("pulp_href", "prn", self.key, *written, *secrets)

    def for_server(self, has_version: Callable[[str, str], bool]) -> Kind:
        """Return this kind with the names of its fields on a server, see `Field.for_server`."""
        return replace(self, fields=tuple(spec.for_server(has_version) for spec in self.fields))


@dataclass(frozen=True)
class RemoteFilter:
    """The filter of a remote, with which the result of a sync is verified.

    `includes`, `excludes`: fields of the remote, lists of names, shell patterns and digests;
    `names`: the endpoint of the content units with these names, `digests`: of those with these
    digests; `source`: the field with the name of the source.
    """

    includes: str
    excludes: str
    names: str
    digests: str
    source: str


# Shell pattern of the tags of signatures and attestations, except those of cosign 3: Pulp 3.43
# rejects an index whose manifests have no platform, and with it the whole sync.
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
    """A content type: its kinds of objects, and how its repositories are synced and published.

    `content_unit`: the type of content units that is counted; `sync_fields`: options of a sync;
    `publications`: publish mode -> kind and settings, empty for types without publications;
    `mirror_policy`: the `sync_policy` with which a sync creates a publication; `packages`: the
    endpoint of packages, and `package_fields`: their name, architecture and parts of the version,
    empty for types without packages; `remote_filter`: None if a sync fails for content
    that does not exist; `manifest`: the suffix of the URL of a remote that syncs from a publication;
    `upload_fields`: options that place uploaded packages, and `upload_mode`: the publish mode that
    they require.
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
        """Return the kind of publication of a publish mode, and its settings."""
        return self.publications[mode or self.default_mode]

    def is_mirrored_by(self, sync_policy: str | None) -> bool:
        """Return whether a sync with this policy creates the publication that is served.

        Publications of `autopublish` are not served, because they have other settings.
        """
        return bool(self.mirror_policy) and sync_policy == self.mirror_policy

    @property
    def source_fields(self) -> tuple[Field, ...]:
        """The fields of the remote that determine the content of a sync."""
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
            # The old names are still accepted, but are null in responses.
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
    """Return the kind `repository`, `remote` or `distribution` of a content type, or a plain kind."""
    if content_type is None:
        return PLAIN_KINDS[noun]
    return getattr(CONTENT_TYPES[content_type], noun)
