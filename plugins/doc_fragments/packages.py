# SPDX-License-Identifier: Apache-2.0
"""Options that the package modules share: the inventory's lists, selection, pins and syncing."""

from __future__ import annotations

from textwrap import indent

_SHARED = """\
name: {description: Name of the repository in Pulp., type: raw}
short_name: {description: Key of its pin., type: raw}
distribution_name: {description: Name of its snapshots; the stamp is appended., type: raw}
base_path: {description: Path of its snapshots; it ends in a slash., type: raw}
url: {description: Upstream., type: raw}
sync_group: {description: Repositories that are synced together., type: raw}
policy: {description: 'V(immediate), V(on_demand) or V(streamed).', type: raw}
sync: {description: Whether new content is taken from upstream., type: raw}
publish: {description: Whether new snapshots are made., type: raw}
allow_failure:
  description: Whether a failed snapshot of it is reported without failing the run.
  type: raw
ca_cert: {description: 'Authorities to trust upstream by, PEM.', type: raw}
client_cert: {description: 'Client certificate for upstream, PEM.', type: raw}
client_key: {description: 'Its key, PEM.', type: raw}
tls_validation: {description: Whether upstream's certificate is verified., type: raw}
proxy_url: {description: Proxy to upstream., type: raw}
proxy_username: {description: User at the proxy., type: raw}
proxy_password: {description: Password at the proxy., type: raw}
remote_username: {description: User at upstream., type: raw}
remote_password: {description: Password at upstream., type: raw}
download_concurrency: {description: How many downloads at once., type: raw}
max_retries: {description: How often Pulp tries a download again., type: raw}
rate_limit: {description: Requests to upstream in a second., type: raw}
connect_timeout: {description: Seconds., type: raw}
sock_connect_timeout: {description: Seconds., type: raw}
sock_read_timeout: {description: Seconds., type: raw}
total_timeout: {description: Seconds., type: raw}
headers: {description: 'Headers to send to upstream, a list of mappings.', type: raw}
"""

_RPM = (
    _SHARED
    + """\
sync_policy:
  description: V(mirror_complete), V(mirror_content_only) or V(additive).
  type: raw
"""
)

_DEB = (
    _SHARED
    + """\
architectures: {description: 'Architectures, a list or words with blanks between.', type: raw}
components: {description: 'Components, a list or words with blanks between.', type: raw}
distributions: {description: 'Suites, a list or words with blanks between.', type: raw}
mirror: {description: Whether a new version holds just what upstream holds., type: raw}
mode:
  description:
    - V(simple), V(structured), V(simple_and_structured) or V(verbatim). Unless given, it is the
      last, which keeps upstream's suites and signatures.
  type: raw
"""
)


def _items(name: str, what: str, keys: str) -> str:
    return f"""\
  {name}:
    description:
      - {what}
      - A value of the wrong form fails its item and no other.
    type: list
    elements: dict
    suboptions:
{indent(keys, "      ")}"""


def _defaults(name: str, what: str, keys: str) -> str:
    return f"""\
  {name}:
    description: {what}
    type: dict
    suboptions:
{indent(keys, "      ")}"""


class ModuleDocFragment:
    """Fragments of the package modules."""

    # Annotated, because ansible-test's yamllint reads only plain text from plain assignments.

    INVENTORY: str = (
        "options:\n"
        + _items("rpm", "RPM repositories, as C(rpm_package_repos) of the inventory.", _RPM)
        + _items("deb", "Deb repositories, as C(deb_package_repos) of the inventory.", _DEB)
        + _defaults("rpm_defaults", "Laid under every item of O(rpm).", _RPM)
        + _defaults("deb_defaults", "Laid under every item of O(deb).", _DEB)
        + """\
  rpm_filter:
    description:
      - Regular expressions, as text with blanks between or as a list. An RPM repository is
        selected when one of them is found in its short name. Empty selects all.
    type: raw
  deb_filter:
    description: The same for Deb repositories.
    type: raw
  package_filter:
    description: The same for both.
    type: raw
  sync_group:
    description: Selects repositories of exactly this group. Empty selects all.
    type: str
"""
    )

    DEPRECATED: str = (
        "options:\n"
        + _items("deprecated_rpm", "RPM repositories that only pins may still name.", _RPM)
        + _items("deprecated_deb", "Deb repositories that only pins may still name.", _DEB)
    )

    PINS: str = (
        DEPRECATED
        + """\
  package_versions:
    description: The pins, short name to stamp.
    type: dict
    required: true
  pins_strict:
    description:
      - Fails on a pin whose short name no repository has. Without it, such a pin is reported
        and skipped.
    type: bool
    default: false
"""
    )

    MIRROR: str = (
        "options:\n"
        + _defaults("rpm_mirror_defaults", "Laid over O(rpm_defaults) in a mirror.", _RPM)
        + _defaults("deb_mirror_defaults", "Laid over O(deb_defaults) in a mirror.", _DEB)
    )

    SYNCING = """\
options:
  retry:
    description:
      - The O(report_path) of an earlier run. Of what is selected only that is done which failed
        there, or which that run never came to because it was killed. Nothing left is no error.
    type: path
  update_secrets:
    description:
      - V(always) sends the credentials of each remote that is going to be synced, so that a
        rotated password always arrives. Pulp compares them; the same again is no change.
      - V(all) sends them also for snapshots that are mirrored already. With the policy V(on_demand)
        those need them, too, once a password was changed at the source.
      - V(on_create) sends them for new remotes only.
    type: str
    choices: [always, all, on_create]
    default: always
"""
