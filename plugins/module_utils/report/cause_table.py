# SPDX-License-Identifier: Apache-2.0
"""The table of the known causes of failures, with an example of the text of each of their sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# The sources of error texts, keys of `Cause.examples`. Pulp has error codes since pulpcore 3.75.
OLD_PULP, NEW_PULP = "pulpcore 3.43", "pulpcore 3.123"
OWN, SKOPEO = "this collection", "skopeo"


@dataclass(frozen=True)
class Cause:
    """A known cause of failures.

    `advice`: what to do, in one line; `transient`: whether a retry may succeed. It is recognized by
    one of these:

    - `phrase`: regular expression of a text of this collection
    - `codes`: error codes of Pulp
    - `own_statuses`: HTTP statuses of the Pulp server that the module is connected to
    - `statuses`: HTTP statuses of the upstream server, which Pulp quotes
    - `words`: regular expression of words outside of URLs, paths and file names

    Both expressions are case-insensitive. `examples`: an error text of each source.
    """

    name: str
    advice: str
    examples: Mapping[str, str]
    transient: bool = False
    phrase: str = ""
    codes: tuple[str, ...] = ()
    own_statuses: tuple[int, ...] = ()
    statuses: tuple[int, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class _Transient(Cause):
    """A cause that a retry may remove."""

    transient: bool = field(default=True)


_MIRRORED = "a mirror serves packages that do not match its metadata while it is updated"

# The order matters within phrases, and within words: the first match wins.
CAUSES = (
    Cause(
        "local disk full",
        "free up space in the target directory and run it again: the download is resumed",
        {OWN: "not enough space in /mnt: 24 MiB are needed and 12 MiB are free"},
        phrase=r"\bnot enough space in |the disk is full: ",
    ),
    Cause(
        "file not found",
        "correct the path or the version; content that is not promoted is not served to clients",
        {OWN: "there is no http://ark/a.sha256: set sha256, or checksum to false"},
        phrase=r"^there is no URL: set sha256|the file does not exist, or is not served yet",
    ),
    Cause(
        "source image cannot be read",
        "check that the image exists with this name and tag on the host that pushes it",
        {SKOPEO: "the source oci:/x:y cannot be read: open /x: no such file or directory"},
        phrase=r"the source \S+ cannot be read",
    ),
    Cause(
        "registry rejects the account",
        "check the password, and that the group of the account may push to the namespace",
        {
            OWN: "the registry of http://ark refused user 'a': Unauthorized",
            SKOPEO: "user 'a' may not push stackhpc-dev/nova to http://ark: add the user to a "
            "group. Pulp's response: denied: requested access to the resource is denied",
        },
        phrase=r"the registry of \S+ refused|may not push",
    ),
    Cause(
        "image tag not found",
        "build and push the images with this tag, or correct the tag; the account may not see them",
        {OWN: "Some tags not found in source repository: 2025.1-rocky-9-20250812T091848"},
        phrase=r"Some tags not found in source repository",
    ),
    Cause(
        "content not found upstream",
        "correct the names in the item, or add them upstream; the account may not see them",
        {
            OWN: "the sync succeeded, but these are missing: 2025.1-rocky-9-20250812T091848. "
            "stackhpc/nova at http://ark/ does not have them, or the account cannot read them",
        },
        phrase=r"the sync (succeeded|would succeed), but these are missing: ",
    ),
    Cause(
        "Pulp task exceeds task_timeout",
        "the task continues on the server, and the next run waits for it; else raise task_timeout",
        {OWN: "still running after task_timeout; the task /pulp/api/v3/tasks/1/ continues"},
        phrase=r"after task_timeout",
    ),
    Cause(
        "Pulp certificate not trusted",
        "set release_train_pulp_ca_path of this Pulp in the inventory to the certificate of its CA",
        {OWN: "the certificate of https://ark is not trusted (certificate verify failed)"},
        phrase=r"the certificate of \S+ is not trusted|does not speak TLS: |no secure connection to ",
    ),
    Cause(
        "wrong URL of Pulp",
        "correct release_train_pulp_url of this Pulp in the inventory",
        {OWN: "the server redirects to https://ark/: correct pulp_url (HTTP 301)"},
        phrase=r": correct pulp_url",
    ),
    _Transient(
        "Pulp server unreachable",
        "check that this Pulp server runs, and its URL in the inventory",
        {OWN: "http://ark cannot be reached: Connection refused"},
        phrase=r" cannot be reached: |the connection to \S+ broke|did not answer within",
        own_statuses=(429, 500, 502, 503, 504),
    ),
    Cause(
        "Pulp credentials rejected",
        "check user and password of this Pulp server in the inventory",
        {
            OWN: "http://ark refused user 'admin': Invalid username/password.",
            OLD_PULP: "You do not have permission to perform this action. (HTTP 403)",
            NEW_PULP: "You do not have permission to perform this action. (HTTP 403)",
        },
        phrase=r"\bURL refused (user|the client certificate|a request)",
        own_statuses=(401, 403),
    ),
    _Transient(
        "Pulp worker lost",
        "check the workers of this Pulp and their memory; the next run retries the item",
        {
            OLD_PULP: "Worker has gone missing.",
            NEW_PULP: "Aborted during worker shutdown.",
        },
        words=r"worker has gone missing|aborted during worker shutdown",
    ),
    _Transient(
        "Pulp server overloaded",
        "run fewer tasks at once (RELEASE_TRAIN_PULP_CONCURRENCY), or retry later",
        {NEW_PULP: "[PLP0024] Immediate task 0197 (type: a.b) timed out after 5 seconds."},
        codes=("PLP0024",),
        words=r"immediate task .{1,300} timed out",
    ),
    Cause(
        "Pulp storage full",
        "free up space in the storage of Pulp, or enlarge it, and run it again",
        {
            OLD_PULP: "[Errno 28] No space left on device: '/var/lib/pulp/x'",
            NEW_PULP: "[Errno 28] No space left on device: '/var/lib/pulp/x'",
        },
        words=r"no space left on device|errno 28\b|could not extend file|disk (is )?full",
    ),
    Cause(
        "checksum type forbidden by Pulp",
        "add the type to ALLOWED_CONTENT_CHECKSUMS in the settings of this Pulp server",
        {
            OLD_PULP: "Artifact contains forbidden checksum type sha1. You can allow it with "
            "'ALLOWED_CONTENT_CHECKSUMS' setting.",
            NEW_PULP: "[PLP0020] Artifact contains forbidden checksum type sha1. You can allow it "
            "with 'ALLOWED_CONTENT_CHECKSUMS' setting.",
        },
        codes=("PLP0019", "PLP0020", "RPM0010"),
        words=r"ALLOWED_CONTENT_CHECKSUMS|forbidden checksum type|checksum algorithms? .{1,100}forbidden|"
        r"missing required checksum|checksum must be one of the allowed",
    ),
    Cause(
        "packages with one version and different content",
        "sync their distributions or components with separate items",
        {
            OLD_PULP: "Cannot create repository version since there are newly added packages with "
            "the same name, version, and architecture, but a different checksum. If the log level "
            "is DEBUG, you can find a list of affected packages in the Pulp log.",
            NEW_PULP: "[DEB0009] Cannot create repository version since there are newly added "
            "packages with the same name, version, and architecture, but a different checksum.",
        },
        codes=("DEB0009", "PLP0022"),
        words=r"same name, version, and architecture, but a different checksum|duplicate contents? in",
    ),
    Cause(
        "no Release file upstream",
        "check url and distributions of the item: upstream may not have this suite any more",
        {
            OLD_PULP: "Could not find a Release file at 'http://x/dists/noble/Release', try checking "
            "the 'url' and 'distributions' option on your remote",
            NEW_PULP: "[DEB0001] Could not find a Release file at 'http://x/dists/noble/Release', "
            "try checking the 'url' and 'distributions' option on your remote",
        },
        codes=("DEB0001",),
        words=r"could not find a release file",
    ),
    Cause(
        "no package index upstream",
        "check components and architectures of the item: upstream does not have all of them",
        {
            OLD_PULP: "No suitable package index files found in 'dists/noble/main/binary-amd64'. If "
            "you are syncing from a partial mirror, you can ignore this error",
            NEW_PULP: "[DEB0003] No suitable package index files found in 'dists/noble/main/'. If "
            "you are syncing from a partial mirror, you can ignore this error",
        },
        codes=("DEB0003",),
        words=r"no suitable package index files",
    ),
    Cause(
        "upstream signature invalid",
        "check gpgkey of the item: upstream may have a new key",
        {
            OLD_PULP: "Unable to verify any Release files from 'http://x/' using the GPG key provided.",
            NEW_PULP: "[DEB0002] Unable to verify any Release files from 'http://x/' using the GPG "
            "key provided.",
        },
        codes=("DEB0002", "PLP0021"),
        words=r"unable to verify any release file|signature verification failed",
    ),
    Cause(
        "upstream format not supported",
        "this Pulp cannot sync the repository as it is: see the error text",
        {
            OLD_PULP: "Modular data compressed with ZCK is not supported.",
            NEW_PULP: "[DEB0008] Syncing source repositories is not yet implemented.",
        },
        codes=("DEB0005", "DEB0008", "PLP0028", "RPM0002", "RPM0017", "RPM0018"),
        words=r"modular data compressed with|not yet implemented|No-Support-for-Architecture-all",
    ),
    Cause(
        "advisories conflict",
        "set sync_policy: mirror_complete in the item, which replaces the old advisories",
        {
            OLD_PULP: "Incoming and existing advisories have the same id and timestamp but different "
            "and intersecting package lists",
            NEW_PULP: "[RPM0001] Incoming and existing advisories have the same id and timestamp but "
            "different and intersecting package lists",
        },
        codes=("RPM0001",),
        words=r"incoming and existing advisories",
    ),
    Cause(
        "metadata incompatible with mirror",
        "set sync_policy: mirror_content_only in the item",
        {
            OLD_PULP: "This repository uses features which are incompatible with 'mirror' sync. "
            "Please sync without mirroring enabled.",
            NEW_PULP: "[RPM0006] This repository uses features which are incompatible with 'mirror' "
            "sync. Please sync without mirroring enabled.",
        },
        codes=("RPM0006",),
        words=r"incompatible with .?mirror",
    ),
    Cause(
        "proxy credentials rejected",
        "check proxy_username and proxy_password of the item",
        {
            OLD_PULP: "407, message='Proxy Authentication Required', url=URL('http://proxy:3128')",
            NEW_PULP: "[PLP0010] Proxy authentication failed for http://proxy:3128. Please check your "
            "proxy credentials.",
        },
        codes=("PLP0010",),
        statuses=(407,),
    ),
    Cause(
        "upstream credentials rejected",
        "check user and password, or the client certificate, of the item; a client's account on Ark is "
        "stackhpc_release_pulp_username and stackhpc_release_pulp_password",
        {
            OLD_PULP: "401, message='Unauthorized', url=URL('http://x/')",
            NEW_PULP: "[RPM0004] Failed to fetch from remote URL 'http://x/': 403 - Forbidden",
        },
        codes=("RPM0003",),
        statuses=(401, 403),
        words=r"\bunauthorized\b|no valid ULN credentials",
    ),
    Cause(
        "404 from upstream",
        "check the URL in a browser and correct it; upstream may also require credentials",
        {
            OLD_PULP: "404, message='Not Found', url=URL('http://x/')",
            NEW_PULP: "Pulp's task failed without a message: FileNotFoundError in raise_for_status "
            "of pulp_container/app/downloaders.py",
        },
        statuses=(404, 410),
        words=r"^file not found: URL|FileNotFoundError in raise_for_status",
    ),
    _Transient(
        "upstream rate limit",
        "retry later, or set rate_limit or download_concurrency of the item",
        {
            OLD_PULP: "429, message='Too Many Requests', url=URL('http://x/')",
            NEW_PULP: "[PLP0025] HTTP error 429 when downloading http://x/: Too Many Requests",
            SKOPEO: "skopeo failed to push the image: toomanyrequests: You have reached your limit",
        },
        statuses=(429,),
        words=r"too ?many ?requests",
    ),
    _Transient(
        "upstream server error",
        "upstream reports an error of its own: retry later",
        {
            OLD_PULP: "503, message='Service Unavailable', url=URL('http://x/')",
            NEW_PULP: "[RPM0004] Failed to fetch from remote URL 'http://x/': 500 - Internal Server "
            "Error",
            SKOPEO: "skopeo failed to push the image: received unexpected HTTP status: 502 Bad "
            "Gateway",
        },
        statuses=tuple(range(500, 600)),
    ),
    Cause(
        "upstream rejects the request",
        "check the URL in a browser, and the options of the item that are part of the request",
        {
            OLD_PULP: "400, message='Bad Request', url=URL('http://x/')",
            NEW_PULP: "[PLP0025] HTTP error 451 when downloading http://x/: Unavailable",
        },
        statuses=tuple(one for one in range(400, 500) if one not in (401, 403, 404, 407, 410, 429)),
    ),
    Cause(
        "certificate not trusted",
        "set ca_cert of the item to its CA certificate, or correct the url",
        {
            OLD_PULP: "Cannot connect to host x:443 ssl:True [SSLCertVerificationError: (1, '[SSL: "
            "CERTIFICATE_VERIFY_FAILED] certificate verify failed')]",
            NEW_PULP: "[PLP0026] SSL connection failed for https://x/: certificate verify failed: "
            "self-signed certificate",
            SKOPEO: "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        },
        words=r"certificate verify failed|CERTIFICATE_VERIFY|SSLCertVerification|"
        r"self.signed certificate|unknown authority",
    ),
    Cause(
        "invalid certificate or key in the item",
        "correct client_cert, client_key or ca_cert of the item: each is the text of a PEM file",
        {
            OLD_PULP: "client_cert: Invalid client_cert specified, error '('Unable to load PEM file. "
            "See https://cryptography.io/en/latest/faq/ for more details.',)' (HTTP 400)",
            NEW_PULP: "client_cert: Invalid client_cert specified, error '('error parsing asn1 value: "
            "ParseError { kind: ShortData { needed: 65 } }',)' (HTTP 400)",
        },
        words=r"invalid (client_cert|client_key|ca_cert) specified|"
        r"no (client_cert|ca_cert) specified|PEM lib|does not contain a certificate|"
        r"KEY_VALUES_MISMATCH|key values mismatch",
    ),
    Cause(
        "upstream TLS connection failed",
        "check that the url is a TLS server that accepts the client certificate of the item",
        {
            OLD_PULP: "Cannot connect to host x:443 ssl:default [[SSL: WRONG_VERSION_NUMBER] wrong "
            "version number (_ssl.c:1006)]",
            NEW_PULP: "[PLP0026] SSL connection failed for https://x/: wrong version number",
        },
        codes=("PLP0026",),
        words=r"\[SSL: (?!UNEXPECTED_EOF)|wrong version number",
    ),
    Cause(
        "invalid URL in the item",
        "correct url or proxy_url of the item",
        {
            OLD_PULP: "An invalid remote URL was provided: x//",
            NEW_PULP: "[PLP0009] URL: htp://x/ not supported.",
        },
        codes=("PLP0009",),
        words=r"invalid remote URL|a valid URL|^URL: .{1,300} not supported|must have a url specified",
    ),
    _Transient(
        "upstream timed out",
        "retry later, or raise total_timeout or sock_read_timeout of the item",
        {
            OLD_PULP: "Request timed out for http://x/. Increasing the total_timeout value on the "
            "remote might help.",
            NEW_PULP: "[PLP0005] Request timed out for http://x/. Increasing the total_timeout value "
            "on the remote might help.",
        },
        codes=("PLP0005",),
        words=r"\btimed? ?out\b|TimeoutError|connection timeout",
    ),
    _Transient(
        "upstream unreachable",
        "check the host name of the URL, and that Pulp can reach it: network, firewall, proxy",
        {
            OLD_PULP: "Cannot connect to host x:443 ssl:True [Connection refused]",
            NEW_PULP: "[PLP0027] Connection failed for http://x/: Name or service not known",
        },
        codes=("PLP0008", "PLP0027"),
        words=r"cannot connect|temporary failure in name|name or service not known|"
        r"connection refused|no such host",
    ),
    _Transient(
        "upstream closed the connection",
        "retry later",
        {
            OLD_PULP: "Response payload is not completed",
            NEW_PULP: "Response payload is not completed: <ContentLengthError: 400>",
        },
        words=r"payload is not completed|ContentLengthError|ClientPayloadError|"
        r"server disconnected|connection (was )?(reset|lost|closed)|UNEXPECTED_EOF",
    ),
    _Transient(
        "upstream metadata and packages are inconsistent",
        f"{_MIRRORED}: retry later, or set url to one mirror",
        {
            OLD_PULP: "A file located at the url http://x/kernel-5.14.0-503.11.1.el9_5.x86_64.rpm "
            "failed validation due to checksum. Expected 'a', Actual 'b'",
            NEW_PULP: "[PLP0003] A file located at the url http://x/builds/429/a.rpm failed "
            "validation due to checksum. Expected 'a', Actual 'b'",
        },
        codes=("PLP0003", "PLP0004"),
        words=r"failed validation due to|DigestValidation|SizeValidation|size did not match",
    ),
    Cause(
        "upstream metadata invalid",
        "upstream serves truncated metadata or another document: check the URL, retry later",
        {
            OLD_PULP: "Parse error '/var/lib/pulp/tmp/1/tmpabc' at line: 1 (Document is empty)",
            NEW_PULP: "[RPM0016] Repository doesn't contain required metadata file 'primary.xml'",
        },
        codes=("DEB0004", "DEB0006", "DEB0007", "RPM0016"),
        words=r"not well-formed|no element found|parse error|parsing error|XML file|XML is|"
        r"no such file or directory|compressed (file|data) ended|corrupt input|not a gzipped file|"
        r"release file .{1,300}is missing|end of the document|expecting value",
    ),
    Cause(
        "name already in use",
        "another object in Pulp has this name or base path: rename one of them",
        {
            OWN: "the base path is taken by 'other'",
            OLD_PULP: "name: This field must be unique. (HTTP 400)",
            NEW_PULP: "name: This field must be unique. (HTTP 400)",
        },
        words=r"must be unique|already exists|taken by|overlaps with existing",
    ),
    Cause(
        "task canceled",
        "the task was canceled in Pulp: run it again",
        {OWN: "the task is canceled"},
        words=r"\bcancel+ed\b",
    ),
    Cause(
        "Pulp internal error",
        "see the log of the Pulp worker for this task",
        {NEW_PULP: "[PLP0000] An internal error occurred."},
        codes=("PLP0000",),
        words=r"failed without a message",
    ),
)
