# SPDX-License-Identifier: Apache-2.0
"""Options that all modules share which talk to Pulp: the connection, and how to retry."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragments of the modules that talk to Pulp."""

    DOCUMENTATION = r"""
options:
  pulp_url:
    description:
      - URL of the Pulp server, such as C(https://pulp.example.com). It holds no credentials.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_URL) is used.
    type: str
    required: true
  username:
    description:
      - User to log in as, with a session where the server offers one, else with HTTP Basic.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_USERNAME) is used.
    type: str
  password:
    description:
      - Password of O(username). It may hold any character.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_PASSWORD) is used.
    type: str
  client_cert:
    description:
      - File with a client certificate, PEM. It takes the place of a login.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_CLIENT_CERT) is used.
    type: path
  client_key:
    description:
      - File with the key of O(client_cert), PEM, unless that file holds it, too.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_CLIENT_KEY) is used.
    type: path
  ca_path:
    description:
      - File with the certificate authorities to trust, PEM. It wins over E(REQUESTS_CA_BUNDLE).
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_CA_PATH) is used.
    type: path
  validate_certs:
    description:
      - Whether the server's certificate is verified.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_VALIDATE_CERTS) is
        used.
    type: bool
    default: true
  timeout:
    description:
      - Seconds to wait for the answer to one request.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_TIMEOUT) is used.
    type: float
    default: 60
  task_timeout:
    description:
      - Seconds to wait for one Pulp task, such as a sync. The task goes on afterwards, and the next
        run joins it.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_TASK_TIMEOUT) is used.
    type: float
    default: 28800
  concurrency:
    description:
      - How many items are under way at once. The default is the number of the server's workers
        and two more, or four for what needs no worker.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_CONCURRENCY) is used.
    type: int
  domain:
    description:
      - Domain of the Pulp server to work in, where the server has domains.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_DOMAIN) is used.
    type: str
  api_root:
    description:
      - Path below which the server offers its API.
      - If not set, the value of the environment variable E(RELEASE_TRAIN_PULP_API_ROOT) is used.
    type: str
    default: /pulp/
  report_path:
    description:
      - File on the machine that runs the module, to which the result of each item is written as
        it finishes, a line of JSON each. A run that is killed leaves what it did.
    type: path
  report_append:
    description: Whether O(report_path) keeps what is in it, because an earlier task wrote it.
    type: bool
    default: false
  progress_path:
    description:
      - File for the same lines, and for what is under way while nothing ends. On the controller,
        modules that take long set it themselves, and show what comes.
    type: path
requirements:
  - requests (Python library)
attributes:
  check_mode:
    description: Can run in check mode and say what it would change, without a write to the server.
    support: full
  diff_mode:
    description: Returns what differs, item by item, in diff mode.
    support: full
"""

    SYNCING = r"""
options:
  retries:
    description: How often a sync is tried again that failed for a reason that may pass.
    type: int
    default: 2
  retry_delay:
    description: Seconds before the first such try; doubled for each further one.
    type: float
    default: 5
  late_retry_delay:
    description:
      - What still failed for a reason that may pass is tried once more when all others are done, so
        many seconds later. Negative for never.
    type: float
    default: 60
"""

    UPLOADING = r"""
options:
  chunk_size:
    description:
      - How much is sent in one request, such as V(32M), at least V(64K).
      - The default is 8 MiB for files up to 512 MiB, and grows with the file up to 64 MiB.
    type: bytes
  state_path:
    description:
      - Folder in which a run leaves what the next one needs to go on with an upload.
      - Each upload under way has a file there, named by the sha256 of what is sent, of mode 0600. It goes
        when the upload is over.
    type: path
    default: ~/.local/state/release_train/uploads
"""

    SOURCE = r"""
options:
  source_url:
    description: URL of the Pulp to mirror from, such as C(https://ark.example.com).
    type: str
    required: true
  source_username:
    description: User at the source.
    type: str
  source_password:
    description: Password at the source.
    type: str
  source_validate_certs:
    description: Whether the source's certificate is verified.
    type: bool
  source_ca_cert:
    description: Authorities to trust the source by, PEM.
    type: str
  repository_suffix:
    description: Appended to the names of repositories.
    type: str
    default: ''
  distribution_suffix:
    description: Appended to the names of distributions.
    type: str
    default: ''
"""
