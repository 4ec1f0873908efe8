# SPDX-License-Identifier: Apache-2.0
"""Options that the package modules share: the inventory's lists, selection, pins and syncing."""

from __future__ import annotations

from textwrap import indent

# Documentation of the keys of an inventory item. In each, @ is the option that holds the items.
_NAMES = """\
name:
  description: Name of the repository in Pulp. It must be unique among all items.
  type: str
  required: true
short_name:
  description:
    - Name of the repository in pins and filters, such as V(rocky_9_baseos). It must be unique
      among all items.
  type: str
  required: true
distribution_name:
  description:
    - Prefix of the names of the repository's snapshots. The stamp of each snapshot is appended.
  type: str
  required: true
base_path:
  description:
    - Prefix of the paths of the repository's snapshots. It must end in a slash. The stamp of each
      snapshot is appended.
  type: str
  required: true
"""

_GROUP = """\
sync_group:
  description: Group of repositories that are synced together. O(sync_group) selects by it.
  type: str
"""

_UPSTREAM = """\
url:
  description:
    - URL of the upstream repository or of its mirror list. Required unless O(@.sync) is V(false).
  type: str
sync:
  description: Whether to sync the repository from upstream. Defaults to V(true).
  type: bool
publish:
  description: Whether to take snapshots of the repository. Defaults to V(true).
  type: bool
allow_failure:
  description:
    - Whether a failure of this repository is reported without failing the module. Defaults to
      V(false).
  type: bool
allow_empty:
  description:
    - Whether a snapshot of this repository may have no packages. By default it is flagged, and
      M(stackhpc.release_train.package_promote) refuses it. Defaults to V(false).
  type: bool
"""

_POLICY = """\
policy:
  description:
    - When Pulp downloads packages. V(immediate) downloads them during the sync. V(on_demand)
      downloads and stores a package when a client first requests it. V(streamed) downloads it on
      each request and does not store it.
    - Defaults to V(%s).
  type: str
  choices: [immediate, on_demand, streamed]
"""

_REMOTE = """\
ca_cert:
  description: CA bundle used to verify the upstream server, in PEM format.
  type: str
client_cert:
  description: Client certificate presented to the upstream server, in PEM format.
  type: str
client_key:
  description: Private key of O(@.client_cert), in PEM format.
  type: str
tls_validation:
  description: Whether to verify the certificate of the upstream server. Pulp's default is V(true).
  type: bool
proxy_url:
  description: URL of the proxy used to reach the upstream server.
  type: str
proxy_username:
  description: Username for the proxy.
  type: str
proxy_password:
  description: Password for the proxy.
  type: str
remote_username:
  description: Username for the upstream server.
  type: str
remote_password:
  description: Password for the upstream server.
  type: str
download_concurrency:
  description: Maximum number of simultaneous downloads. Pulp has a default.
  type: int
max_retries:
  description: Maximum number of times that Pulp retries a failed download. Pulp has a default.
  type: int
rate_limit:
  description: Maximum number of requests per second. Unlimited by default.
  type: int
connect_timeout:
  description:
    - Timeout in seconds for obtaining a connection, including the wait for a free one of
      O(@.download_concurrency). Pulp has a default.
  type: float
sock_connect_timeout:
  description: Timeout in seconds for connecting to the upstream server. Pulp has a default.
  type: float
sock_read_timeout:
  description: Timeout in seconds for each read from the upstream server. Pulp has a default.
  type: float
total_timeout:
  description: Timeout in seconds for a whole download. Pulp has a default.
  type: float
headers:
  description: HTTP headers to send to the upstream server, each a mapping of name to value.
  type: list
  elements: dict
"""

_RPM = """\
sync_policy:
  description:
    - V(mirror_complete) copies packages and metadata of the source unchanged, with its signatures.
      V(mirror_content_only) copies the packages, and Pulp creates the metadata. V(additive) adds
      packages and removes none.
    - Defaults to V(mirror_complete).
  type: str
  choices: [additive, mirror_complete, mirror_content_only]
"""

_SUITES = """\
distributions:
  description:
    - Suites to sync, such as V(noble-updates). At least one is required to sync or to mirror.
    - A string of names separated by spaces is accepted, too.
  type: list
  elements: str
"""

_DEB = (
    _SUITES
    + """\
components:
  description:
    - Components to sync. By default all components are synced.
    - A string of names separated by spaces is accepted, too.
  type: list
  elements: str
architectures:
  description:
    - Architectures to sync. By default all architectures are synced.
    - A string of names separated by spaces is accepted, too.
  type: list
  elements: str
mirror:
  description:
    - Whether to remove packages that the source does not have any more. Defaults to V(true).
  type: bool
mode:
  description:
    - How a snapshot is published. V(verbatim) serves metadata and signatures of the source
      unchanged. V(structured) serves the suites and components of the source with metadata that
      Pulp creates. V(simple) serves all packages as one suite C(default). V(simple_and_structured)
      serves both.
    - Defaults to V(verbatim).
  type: str
  choices: [simple, structured, simple_and_structured, verbatim]
"""
)

_ALL_CHECKED = """\
- Items may have all keys that the options of M(stackhpc.release_train.package_snapshot) have. This
  module checks the keys that are not listed here, and does not use them.
"""

_ONE_FAILS = """\
- An invalid value fails its item and no other. Values of keys that are booleans or numbers may be
  strings.
"""


def _option(name: str, description: str, keys: str) -> str:
    """An option of inventory items, or of default values where its name ends so."""
    is_list = not name.endswith("_defaults")
    text = f"- {description}\n{_ONE_FAILS if is_list else ''}"
    if is_list and _UPSTREAM not in keys:
        text += _ALL_CHECKED
    kind = "type: list\nelements: dict" if is_list else "type: dict"
    option = f"description:\n{indent(text, '  ')}{kind}\nsuboptions:\n{indent(keys, '  ')}"
    return f"  {name}:\n{indent(option, '    ')}".replace("@", name + ("[]" if is_list else ""))


def _lists(rpm: str = "", deb: str = "") -> str:
    """The options `rpm` and `deb`, whose items have these keys besides their names."""
    return _option(
        "rpm", "RPM repositories, C(rpm_package_repos) of the inventory.", _NAMES + _GROUP + rpm
    ) + _option(
        "deb", "Deb repositories, C(deb_package_repos) of the inventory.", _NAMES + _GROUP + deb
    )


def _deprecated(rpm: str = "", deb: str = "") -> str:
    """The options `deprecated_rpm` and `deprecated_deb`."""
    listed = "Pins may name them, and they are never synced from upstream."
    return _option(
        "deprecated_rpm",
        f"RPM repositories, C(deprecated_rpm_package_repos) of the inventory. {listed}",
        _NAMES + _GROUP + rpm,
    ) + _option(
        "deprecated_deb",
        f"Deb repositories, C(deprecated_deb_package_repos) of the inventory. {listed}",
        _NAMES + _GROUP + deb,
    )


def _defaults(rpm: str = "", deb: str = "") -> str:
    """The options `rpm_defaults` and `deb_defaults`."""
    return _option(
        "rpm_defaults", "Default values for each item of O(rpm).", _GROUP + rpm
    ) + _option("deb_defaults", "Default values for each item of O(deb).", _GROUP + deb)


class ModuleDocFragment:
    """Fragments of the package modules."""

    # Annotated, because ansible-test's yamllint reads only plain text from plain assignments.

    SNAPSHOT: str = (
        "options:\n"
        + _lists(
            _UPSTREAM + _POLICY % "immediate" + _RPM + _REMOTE,
            _UPSTREAM + _POLICY % "immediate" + _DEB + _REMOTE,
        )
        + _defaults(
            _UPSTREAM + _POLICY % "immediate" + _RPM + _REMOTE,
            _UPSTREAM + _POLICY % "immediate" + _DEB + _REMOTE,
        )
    )

    MIRROR: str = (
        "options:\n"
        + _lists(_RPM, _DEB)
        + _deprecated(_RPM, _DEB)
        + _defaults(_RPM, _DEB)
        + _option(
            "rpm_mirror_defaults",
            "Default values for each item of O(rpm). They override O(rpm_defaults).",
            _GROUP + _POLICY % "on_demand" + _RPM + _REMOTE,
        )
        + _option(
            "deb_mirror_defaults",
            "Default values for each item of O(deb). They override O(deb_defaults).",
            _GROUP + _POLICY % "on_demand" + _DEB + _REMOTE,
        )
    )

    ACCESS: str = (
        "options:\n" + _lists(deb=_SUITES) + _deprecated(deb=_SUITES) + _defaults(deb=_SUITES)
    )

    NAMES: str = "options:\n" + _lists() + _deprecated() + _defaults()

    FILTERS = """\
options:
  rpm_filter:
    description:
      - Regular expressions, as a list or as a string in which spaces or commas separate them. An RPM repository
        is selected if one of them matches a part of its short name.
      - By default all RPM repositories are selected. A repository must match all filters that apply to
        it. A filter that matches no repository is an error.
    type: raw
  deb_filter:
    description:
      - Regular expressions for Deb repositories, in the form of O(rpm_filter).
      - By default all Deb repositories are selected.
    type: raw
  package_filter:
    description:
      - Regular expressions for RPM and Deb repositories, in the form of O(rpm_filter).
      - By default all repositories are selected.
    type: raw
  sync_group:
    description:
      - Selects the repositories whose C(sync_group) is exactly this.
      - By default repositories of all groups are selected.
    type: str
"""

    PINS = """\
options:
  package_versions:
    description: Pins, a mapping of short name to stamp.
    type: dict
    required: true
  pins_strict:
    description:
      - Whether a pin whose short name no repository has fails the module.
      - By default such a pin is skipped with a warning.
    type: bool
    default: false
"""

    SYNCING = """\
options:
  retry:
    description:
      - Path of the O(report_path) of an earlier run. Of the selected items only those are processed
        that failed in that run, or that it did not reach because it was interrupted.
      - It is no error if no item remains.
    type: path
  update_secrets:
    description:
      - When to send the credentials of remotes to Pulp, which does not return them for comparison.
        Sending the same credentials again does not count as a change.
      - V(always) sends the credentials of each remote that is about to be synced, so that a changed
        password takes effect.
      - V(all) also sends those of snapshots that are mirrored already. Use it after a password has
        changed at the source, because with the policy V(on_demand) Pulp needs them to download
        packages later.
      - V(on_create) sends the credentials of new remotes only.
    type: str
    choices: [always, all, on_create]
    default: always
"""
