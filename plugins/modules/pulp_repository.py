#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_repository
short_description: Manage repositories with their remotes, and sync them
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates, updates and deletes repositories of all content types, several at the same time. A repository
    with a URL has a remote C(<name>-remote), which is deleted with it.
  - With O(sync) each repository is synced as soon as it is up to date.
  - Does not change values that are not set. An empty string clears a value, and an empty list or mapping
    clears a list or mapping.
  - Refuses to delete a repository whose content is served.
  - Processes all repositories even if some of them fail. The module then fails with the error of each.
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
          description: Description of the repository.
          type: str
        retain_repo_versions:
          description:
            - Number of versions that Pulp retains. Requires pulpcore 3.44, which also retains versions that
              are served.
          type: str
        pulp_labels:
          description:
            - Labels of the repository. Other labels are removed, except those of this collection
              (C(release_train_*)).
          type: dict
        url:
          description:
            - URL of the source. Without it no remote is created, and there is nothing to sync.
            - For RPM repositories it can be that of a mirror list, but not that of a metalink.
          type: str
        policy:
          description:
            - When Pulp downloads files. V(immediate) downloads them during the sync. V(on_demand) downloads
              and stores a file when a client first requests it. V(streamed) downloads it on each request
              and does not store it.
            - Pulp's default is V(immediate).
          type: str
          choices: [immediate, on_demand, streamed]
        ca_cert:
          description: CA bundle used to verify the source, in PEM format.
          type: str
        client_cert:
          description: Client certificate presented to the source, in PEM format.
          type: str
        client_key:
          description: Private key of O(ignore:client_cert), in PEM format.
          type: str
        download_concurrency:
          description: Maximum number of simultaneous downloads, an integer. Pulp has a default.
          type: str
        proxy_url:
          description: URL of the proxy used to reach the source. It must not contain credentials.
          type: str
        proxy_username:
          description: Username for the proxy.
          type: str
        proxy_password:
          description: Password for the proxy.
          type: str
        remote_username:
          description: Username for the source.
          type: str
        remote_password:
          description: Password for the source.
          type: str
        tls_validation:
          description: Whether to verify the certificate of the source. Pulp's default is V(true).
          type: bool
        max_retries:
          description: Maximum number of times that Pulp retries a failed download, an integer. Pulp has a default.
          type: str
        rate_limit:
          description: Maximum number of requests per second, an integer. Unlimited by default.
          type: str
        connect_timeout:
          description:
            - Timeout in seconds for obtaining a connection, including the wait for a free one. Pulp has a
              default.
          type: str
        sock_connect_timeout:
          description: Timeout in seconds for connecting to the source. Pulp has a default.
          type: str
        sock_read_timeout:
          description: Timeout in seconds for each read from the source. Pulp has a default.
          type: str
        total_timeout:
          description: Timeout in seconds for a whole download. Pulp has a default.
          type: str
        headers:
          description: HTTP headers to send to the source, each a mapping of name to value.
          type: list
          elements: dict
        pinned:
          description:
            - Whether the content at O(ignore:url) is immutable. It is then synced once, and again only after
              a change of the repository, the remote or the options of the sync.
            - Defaults to V(true) for a URL that ends in a stamp, such as C(20261120T200001/), and to V(false)
              otherwise. For container images V(true) means that tags never move at the source.
          type: bool
        state:
          description:
            - Whether the repository exists. V(absent) deletes the repository and its remote. It fails if
              content of the repository is served.
          type: str
          choices: [present, absent]
          default: present
      autopublish: &autopublish
        description: Whether Pulp automatically publishes each new version.
        type: bool
      sync_policy:
        description:
          - V(mirror_complete) copies packages and metadata of the source unchanged, and publishes them. It
            excludes O(ignore:autopublish).
          - V(mirror_content_only) copies the packages, and Pulp creates the metadata.
          - V(additive) adds packages and removes none. It is Pulp's default.
        type: str
        choices: [additive, mirror_complete, mirror_content_only]
      optimize: &optimize
        description:
          - Whether Pulp can skip a sync if the metadata of the source has not changed. Pulp's default is
            V(true).
          - V(false) forces a full sync, also of an immutable source.
        type: bool
  deb:
    description: Deb repositories.
    type: list
    elements: dict
    suboptions:
      <<: *shared
      autopublish: *autopublish
      distributions:
        description: Suites to sync. A string of names separated by spaces is accepted, too.
        type: list
        elements: str
      components:
        description: Components to sync. A string of names separated by spaces is accepted, too.
        type: list
        elements: str
      architectures:
        description: Architectures to sync. A string of names separated by spaces is accepted, too.
        type: list
        elements: str
      mirror: &mirror
        description:
          - Whether to remove content that the source does not have any more. Pulp's default is V(false).
        type: bool
      optimize: *optimize
  container:
    description: Container repositories.
    type: list
    elements: dict
    suboptions:
      <<: *shared
      upstream_name:
        description: Name of the image at the source. Defaults to the name of the repository.
        type: str
      include_tags:
        description:
          - Tags to sync, or shell patterns of tags such as V(2025.1-*). By default all tags are synced.
          - A sync fails if tags are missing afterwards, or if a pattern matches no tag.
          - With pulp_container 2.28 or later, a digest such as V(sha256:4bcf...) syncs an image without its
            tags.
          - Current versions of Pulp also sync what is attached to an image by a tag of its digest, such as
            a signature. Pulp 3.43 requires the pattern V(sha256-*.*), which syncs attached tags of all
            images. The pattern has no effect on other versions, and does not have to match a tag.
        type: list
        elements: str
      exclude_tags:
        description: Tags to ignore, or shell patterns of tags.
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
        description: Projects to sync, with or without a version specifier.
        type: list
        elements: str
      excludes:
        description: Projects to ignore, with or without a version specifier.
        type: list
        elements: str
      prereleases:
        description: Whether to sync pre-releases.
        type: bool
      mirror: *mirror
  sync:
    description: Whether to sync each repository that has a URL.
    type: bool
    default: false
  update_secrets:
    description:
      - When to send the credentials of remotes to Pulp, which does not return them for comparison.
        Sending the same credentials again does not count as a change.
      - V(always) sends the credentials of each remote, so that a changed password takes effect.
      - V(on_create) sends the credentials of new remotes only.
    type: str
    choices: [always, on_create]
    default: always
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.syncing
notes:
  - Check mode syncs nothing. It cannot predict whether the source has new content, or whether a password is
    different.
  - With O(sync), check mode fails if the source does not have included tags of an image, or the metadata of an
    immutable RPM or Deb repository. Items without credentials are not checked if their remotes have stored ones.
seealso:
  - module: stackhpc.release_train.pulp_sync
  - module: stackhpc.release_train.pulp_publication
"""

EXAMPLES = r"""
- name: Create and sync repositories
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

- name: Delete a repository and its remote
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
    changed: {description: Whether the item changed., type: bool, returned: always}
    before:
      description: Changed values before the run. Values of the remote are in C(remote).
      type: dict
      returned: always
    after:
      description: Changed values after the run. Values of the remote are in C(remote).
      type: dict
      returned: always
    seconds: {description: Elapsed time in seconds., type: float, returned: always}
    error: {description: Error message. Empty if the item succeeded., type: str, returned: always}
    cause:
      description: Cause of the error in a few words.
      type: str
      returned: when the item failed and the cause is known
    hint:
      description: What to do about the cause.
      type: str
      returned: when the item failed and the cause is known
    sync:
      description:
        - Result of the sync. V(synced) for a new version, V(unchanged), V(joined) if another run had started
          the sync, V(pinned) if the immutable content was synced before, or V(check_mode).
      type: str
      returned: with O(sync), for items with a URL
    version_before: {description: Number of the latest version before the run., type: int, returned: with sync}
    version_after: {description: Number of the latest version after the run., type: int, returned: with sync}
    packages_added:
      description: Number of added packages, files or tags.
      type: int
      returned: with sync
    packages_removed:
      description: Number of removed packages, files or tags.
      type: int
      returned: with sync
    publications:
      description: Hrefs of publications that the sync created.
      type: list
      elements: str
      returned: with sync
summary:
  description: Number of items that are ok (unchanged), changed, failed and skipped.
  returned: always
  type: dict
  sample: {ok: 1, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Number of requests, polls and tasks that the module sent to Pulp.
  returned: always
  type: dict
  sample: {requests: 12, polls: 3, tasks: 2}
seconds:
  description: Elapsed time of the module in seconds.
  returned: always
  type: float
"""

from ..module_utils.artifacts.checked_sync import manage_and_check_sources
from ..module_utils.module import run
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
    run(options, manage_and_check_sources, "repository")


if __name__ == "__main__":
    main()
