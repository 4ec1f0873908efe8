#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_repository
short_description: Declare repositories with their remotes, and sync them
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes, changes and removes repositories, several at once. A repository with a URL has a remote
    called C(<name>-remote), which goes with it.
  - With O(sync) each repository is synced as soon as it is declared.
  - A key that is not given leaves things as they are. Empty text clears a value, an empty list or
    mapping clears a list or mapping.
  - A repository from which something is served is not removed.
  - A failed repository does not stop the others. The module fails at the end and names each.
options:
  rpm:
    description: RPM repositories.
    type: list
    elements: dict
    suboptions: &rpm
      <<: &shared
        name:
          description: Name of the repository.
          type: str
          required: true
        description:
          description: What it is for.
          type: str
        retain_repo_versions:
          description:
            - How many versions Pulp keeps, a number. It needs pulpcore 3.44, which keeps those that
              are served.
          type: str
        pulp_labels:
          description:
            - Labels of the repository, exact. The collection's own, C(release_train_*), stay as they
              are.
          type: dict
        url:
          description:
            - Where the content comes from; a mirror list will do for RPM, a metalink will not. Without it
              there is no remote, and nothing to sync.
          type: str
        policy:
          description: When files are downloaded. Pulp's default is V(immediate).
          type: str
          choices: [immediate, on_demand, streamed]
        ca_cert:
          description: Certificate authorities to trust the source by, PEM.
          type: str
        client_cert:
          description: Client certificate for the source, PEM.
          type: str
        client_key:
          description: Its key, PEM.
          type: str
        download_concurrency:
          description: How many downloads from this source at once, a number.
          type: str
        proxy_url:
          description: Proxy to the source, without credentials.
          type: str
        proxy_username:
          description: User at the proxy.
          type: str
        proxy_password:
          description: Password at the proxy.
          type: str
        remote_username:
          description: User at the source.
          type: str
        remote_password:
          description: Password at the source.
          type: str
        tls_validation:
          description: Whether the source's certificate is verified.
          type: bool
        max_retries:
          description: How often Pulp tries one download again, a number.
          type: str
        rate_limit:
          description: Greatest number of requests to the source in a second.
          type: str
        connect_timeout:
          description: Seconds until there is a connection, waiting for a free one included.
          type: str
        sock_connect_timeout:
          description: Seconds until there is a new connection.
          type: str
        sock_read_timeout:
          description: Seconds without anything read.
          type: str
        total_timeout:
          description: Seconds for one download.
          type: str
        headers:
          description: Headers to send to the source, each a mapping of a name to a value.
          type: list
          elements: dict
        pinned:
          description:
            - Whether the content at O(ignore:url) never changes. It is then synced once, and again
              only when somebody changed the repository, the remote or the options of the sync.
            - The default is true for a URL that ends in a stamp such as C(20261120T200001/). For an image
              V(true) says that its tags never move at the source.
          type: bool
        state:
          description:
            - V(absent) removes the repository and its remote, unless something is served from it.
          type: str
          choices: [present, absent]
          default: present
      autopublish: &autopublish
        description: Whether Pulp publishes every new version by itself.
        type: bool
      sync_policy:
        description:
          - V(mirror_complete) takes upstream's metadata bit for bit, and publishes it. It excludes
            O(ignore:autopublish).
          - V(mirror_content_only) makes the new version hold just what upstream holds.
          - V(additive) adds what upstream has and keeps the rest. It is Pulp's default.
        type: str
        choices: [additive, mirror_complete, mirror_content_only]
      optimize: &optimize
        description:
          - Whether Pulp may skip a sync when it sees that upstream has not changed. That is its
            default.
          - V(false) looks at everything again, at a pinned source, too.
        type: bool
  deb:
    description: Deb repositories.
    type: list
    elements: dict
    suboptions:
      <<: *shared
      autopublish: *autopublish
      distributions:
        description: Suites to take, a list or words with blanks between.
        type: list
        elements: str
      components:
        description: Components to take, a list or words with blanks between.
        type: list
        elements: str
      architectures:
        description: Architectures to take, a list or words with blanks between.
        type: list
        elements: str
      mirror: &mirror
        description:
          - Whether the new version holds just what the source holds. Otherwise nothing is removed.
        type: bool
      optimize: *optimize
  container:
    description: Container repositories.
    type: list
    elements: dict
    suboptions:
      <<: *shared
      upstream_name:
        description: Name of the image at the source. The default is the repository's name.
        type: str
      include_tags:
        description:
          - Tags to take, or patterns as the shell has them, such as V(2025.1-*). All are taken without it.
          - A sync fails, and names them, when tags of these are not there after it, or nothing that a
            pattern fits.
          - From pulp_container 2.28 on a digest such as V(sha256:4bcf...) takes an image without its tags.
          - What is attached to an image by a tag of its digest, such as a signature, is taken along by
            current versions of Pulp. Version 3.43 takes it with the pattern V(sha256-*.*), for any
            image; that pattern changes nothing with others, and no tag need fit it.
        type: list
        elements: str
      exclude_tags:
        description: Tags to leave, or patterns of these.
        type: list
        elements: str
      mirror: *mirror
  file:
    description: File repositories.
    type: list
    elements: dict
    suboptions:
      <<: *shared
      autopublish: *autopublish
      mirror: *mirror
      optimize: *optimize
  python:
    description: Python repositories.
    type: list
    elements: dict
    suboptions:
      <<: *shared
      autopublish: *autopublish
      includes:
        description: Projects to take, with or without a version specifier.
        type: list
        elements: str
      excludes:
        description: Projects to leave, with or without a version specifier.
        type: list
        elements: str
      prereleases:
        description: Whether pre-releases are taken.
        type: bool
      mirror: *mirror
  sync:
    description: Whether each repository that has a URL is synced.
    type: bool
    default: false
  update_secrets:
    description:
      - V(always) sends the credentials of each remote, so that a rotated password always arrives.
        Pulp compares them; the same again is no change.
      - V(on_create) sends them for new remotes only.
    type: str
    choices: [always, on_create]
    default: always
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.syncing
notes:
  - In check mode nothing is synced, and whether the source has something new is not known. Nor is it
    known whether a password is another one.
seealso:
  - module: stackhpc.release_train.pulp_sync
  - module: stackhpc.release_train.pulp_publication
"""

EXAMPLES = r"""
- name: Declare and sync repositories
  stackhpc.release_train.pulp_repository:
    pulp_url: https://pulp.example.com
    username: admin
    password: "{{ vault_pulp_password }}"
    rpm:
      - name: Rocky Linux 9 BaseOS
        url: https://mirrors.rockylinux.org/mirrorlist?arch=x86_64&repo=BaseOS-9
        policy: immediate
        sync_policy: mirror_complete
    deb:
      - name: Ubuntu Noble
        url: http://archive.ubuntu.com/ubuntu/
        distributions: noble noble-updates
        components: [main, universe]
        architectures: amd64
        mirror: true
    sync: true

- name: Remove a repository and its remote
  stackhpc.release_train.pulp_repository:
    container:
      - name: stackhpc/nova-api
        state: absent
"""

RETURN = r"""
results:
  description: One entry for each item, by content type, in the order of the lists.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the repository., type: str, returned: always}
    type: {description: Content type., type: str, returned: always}
    action:
      description: V(created), V(updated), V(synced), V(deleted), V(unchanged) or V(failed).
      type: str
      returned: always
    changed: {description: Whether something changed., type: bool, returned: always}
    before:
      description: What differed before; what belongs to the remote is below C(remote).
      type: dict
      returned: always
    after: {description: 'What differs now, likewise.', type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: 'What went wrong, in words of Pulp.', type: str, returned: always}
    sync:
      description:
        - V(synced), V(unchanged), V(joined) (a sync that was under way), V(pinned) (synced before)
          or V(check_mode).
      type: str
      returned: when O(sync) and the item has a URL
    version_before: {description: Number of the latest version before., type: int, returned: with sync}
    version_after: {description: Number of the latest version now., type: int, returned: with sync}
    packages_added: {description: 'Packages, files or tags that came.', type: int, returned: with sync}
    packages_removed:
      description: Packages, files or tags that went.
      type: int
      returned: with sync
    publications: {description: Publications that the sync made., type: list, returned: with sync}
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
  sample: {ok: 1, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Requests, polls and Pulp tasks of this run.
  returned: always
  type: dict
"""

from ..module_utils.module import run
from ..module_utils.objects.repository import declare_repositories
from ..module_utils.pulp.options import RETRYING, lists_of, repository_options
from ..module_utils.pulp.types import CONTENT_TYPES


def main() -> None:
    options = {
        **lists_of(CONTENT_TYPES.values(), repository_options),
        **RETRYING,
        "sync": {"type": "bool", "default": False},
        "update_secrets": {
            "type": "str",
            "choices": ["always", "on_create"],
            "default": "always",
        },
    }
    run(options, declare_repositories, "repository")


if __name__ == "__main__":
    main()
