# SPDX-License-Identifier: Apache-2.0
"""The connection options of a Pulp server: URL, credentials, certificates and timeouts."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from math import isnan
from urllib.parse import quote, urlsplit

from .errors import InvalidItem

_DEFAULT_PORTS = {"http": 80, "https": 443}
_FILES = ("ca_path", "client_cert", "client_key")


def origin_of(url: str) -> str:
    """Return the origin of an http:// or https:// URL (RFC 6454), without a default port."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    name = f"[{name}]" if ":" in name else name
    is_default = parts.port in (None, _DEFAULT_PORTS[parts.scheme])
    return f"{parts.scheme}://{name if is_default else f'{name}:{parts.port}'}"


@dataclass(frozen=True)
class Connection:
    """The connection options. Times are in seconds; without `concurrency` and `content_path_prefix`
    the server decides.

    `pulp_url` is kept without a trailing slash. Raises InvalidItem, naming the invalid option.
    """

    pulp_url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    client_cert: str | None = None
    client_key: str | None = None
    ca_path: str | None = None
    validate_certs: bool = True
    timeout: float = 60
    task_timeout: float = 28800
    concurrency: int | None = None
    domain: str | None = None
    api_root: str = "/pulp/"
    content_path_prefix: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "pulp_url", self.pulp_url.strip().rstrip("/"))
        if "@" in self.pulp_url:
            raise InvalidItem("pulp_url contains credentials: set username and password instead")
        try:
            parts = urlsplit(self.pulp_url)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # invalid brackets or port
            usable = False
        if not usable:
            raise InvalidItem(f"pulp_url '{self.pulp_url}' is not an http:// or https:// URL")
        for name in ("timeout", "task_timeout", "concurrency"):
            value = getattr(self, name)
            if value is not None and (isnan(value) or value <= 0):
                raise InvalidItem(f"{name} is {value}: it must be greater than 0")
        for name in _FILES:
            path = getattr(self, name)
            if path and not os.access(path, os.R_OK):
                raise InvalidItem(f"{name} '{path}' does not exist or cannot be read")

    @property
    def origin(self) -> str:
        """The origin of the server, as a browser sends it in headers."""
        return origin_of(self.pulp_url)

    @property
    def host(self) -> str:
        """The Host header: lower case, without a default port."""
        return self.origin.partition("://")[2]

    @property
    def port(self) -> int:
        """The port, or the default port of the scheme."""
        parts = urlsplit(self.pulp_url)
        return parts.port or _DEFAULT_PORTS[parts.scheme]

    @property
    def api_path(self) -> str:
        """The path of the API of the domain, below which its endpoints are."""
        parts = [self.api_root.strip("/"), quote(self.domain or ""), "api/v3"]
        return f"/{'/'.join(part for part in parts if part)}/"

    @property
    def verify(self) -> bool | str:
        """The `verify` argument of requests; a CA file overrides that of the environment."""
        return (self.ca_path or True) if self.validate_certs else False

    def url_for(self, path: str) -> str:
        """Return the URL of an endpoint (`tasks/`) or of an href (`/pulp/...`)."""
        return self.pulp_url + (path if path.startswith("/") else self.api_path + path)
