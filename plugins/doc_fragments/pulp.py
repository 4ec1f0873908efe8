# SPDX-License-Identifier: Apache-2.0
"""Options of all modules that talk to Pulp: the connection, reports, and how to retry."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragments of the modules that talk to Pulp."""

    DOCUMENTATION = r"""
options:
  pulp_url:
    description:
      - URL of the Pulp server, such as C(https://pulp.example.com). It must not contain credentials.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_URL) is used, then
        O(connection_defaults).
      - Required, unless one of these is set.
    type: str
  username:
    description:
      - Username for the Pulp server. The module logs in with a session if the server offers one, and
        uses HTTP Basic authentication otherwise.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_USERNAME) is used.
    type: str
  password:
    description:
      - Password of O(username).
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_PASSWORD) is used.
    type: str
  client_cert:
    description:
      - Path of a client certificate in PEM format, used instead of a username and password.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_CLIENT_CERT) is used.
    type: path
  client_key:
    description:
      - Path of the private key of O(client_cert) in PEM format. Not needed if that file contains the
        key.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_CLIENT_KEY) is used.
    type: path
  ca_path:
    description:
      - Path of the CA bundle used to verify the Pulp server, in PEM format. It overrides
        E(REQUESTS_CA_BUNDLE).
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_CA_PATH) is used.
    type: path
  validate_certs:
    description:
      - Whether to verify the certificate of the Pulp server.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_VALIDATE_CERTS) is
        used.
    type: bool
    default: true
  timeout:
    description:
      - Timeout in seconds for one request.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_TIMEOUT) is used.
    type: float
    default: 60
  task_timeout:
    description:
      - Timeout in seconds for one Pulp task, such as a sync. The task continues on the server after
        the timeout, and the next run waits for it instead of starting another one.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_TASK_TIMEOUT) is used.
    type: float
    default: 28800
  concurrency:
    description:
      - Maximum number of items to process at the same time.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_CONCURRENCY) is used.
        If that is not set either, the number of the server's workers plus 2 is used, or 4 for
        operations that need no worker.
    type: int
  domain:
    description:
      - Name of the Pulp domain to use, on a server with domains.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_DOMAIN) is used.
    type: str
  api_root:
    description:
      - Path prefix of the server's REST API.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_API_ROOT) is used.
    type: str
    default: /pulp/
  content_path_prefix:
    description:
      - Path prefix of the server's content app, its setting C(CONTENT_PATH_PREFIX).
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_CONTENT_PATH_PREFIX) is
        used. If that is not set either, the prefix is read from the status of the server. If the status
        cannot be read, V(/pulp/content/) is used.
    type: str
  connection_defaults:
    description:
      - Connection that is used if O(pulp_url) is not set, usually the one of the inventory host. Roles set
        it, so that O(pulp_url) and the credentials in module defaults of the caller override it.
      - The username and password are used only together with the URL. A username or client certificate that
        is set overrides them.
    type: dict
    suboptions:
      pulp_url:
        description: URL of the Pulp server.
        type: str
      username:
        description: Username for the Pulp server.
        type: str
      password:
        description: Password of the user.
        type: str
      validate_certs:
        description: Whether to verify the certificate of the Pulp server.
        type: bool
      ca_path:
        description: Path of the CA bundle used to verify the Pulp server, in PEM format.
        type: path
  report_path:
    description:
      - Path of a report, written on the host that runs the module. The result of each item is added
        as a line of JSON as soon as the item is finished, so that an interrupted run leaves the results
        so far.
    type: path
  report_append:
    description:
      - Whether to append to O(report_path), for example after an earlier task has written to it. By
        default the file is overwritten.
    type: bool
    default: false
  progress_path:
    description:
      - Path of a file that receives the lines of O(report_path) and reports of running items. Action
        plugins of long-running modules set it to display progress.
    type: path
requirements:
  - requests (Python library)
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Returns details on what has changed, for each item, when in diff mode.
    support: full
"""

    SYNCING = r"""
options:
  retries:
    description: Number of times to retry a sync that failed with a transient error.
    type: int
    default: 2
  retry_delay:
    description: Delay in seconds before the first retry. It doubles with each further retry.
    type: float
    default: 5
  late_retry_delay:
    description:
      - Delay in seconds before items that still failed with a transient error are processed once more,
        each with its own O(retries). It starts when all other items are done.
      - A negative number disables it.
    type: float
    default: 60
"""

    UPLOADING = r"""
options:
  chunk_size:
    description:
      - Number of bytes to send in one request, such as V(32M). The minimum is V(64K).
      - By default 8 MiB for files of up to 512 MiB, and up to 64 MiB for larger files.
    type: bytes
  state_path:
    description:
      - Directory in which an interrupted run leaves the state of its uploads, so that the next run
        resumes them.
      - Each unfinished upload has one file with mode 0600, named after the SHA-256 checksum of the
        content. The file is deleted when the upload is complete.
    type: path
    default: ~/.local/state/release_train/uploads
"""

    SOURCE = r"""
options:
  source_url:
    description: URL of the Pulp server to mirror from, such as C(https://ark.example.com).
    type: str
    required: true
  source_username:
    description: Username for the source.
    type: str
  source_password:
    description: Password for the source.
    type: str
  source_validate_certs:
    description: Whether to verify the certificate of the source. Pulp's default is V(true).
    type: bool
  source_ca_cert:
    description: CA bundle used to verify the source, in PEM format.
    type: str
  source_content_path_prefix:
    description:
      - Path prefix of the content app of the source, its setting C(CONTENT_PATH_PREFIX). It cannot be
        read from the source, because a mirror does not use the REST API of the source.
    type: str
    default: /pulp/content/
  repository_suffix:
    description: Suffix of the names of repositories. By default the names of the source are used.
    type: str
    default: ''
  distribution_suffix:
    description: Suffix of the names of distributions. By default the names of the source are used.
    type: str
    default: ''
"""
