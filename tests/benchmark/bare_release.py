# SPDX-License-Identifier: Apache-2.0
"""The bare script that a lock or a verification is compared with: the same requests, no checks.

Reads a job on stdin, ``{"url", "username", "password", "roots", "images", "tag"}``, and prints
``{"seconds": wall time}``. GET each metadata root, hash it; one token for each 50 images; HEAD the
tag of each image; with 4 threads. An empty user name sends no credentials.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional

import requests

THREADS = 4
IMAGES_PER_TOKEN = 50
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Reader:
    """One session with the credentials of a job."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.session = requests.Session()
        self.session.mount(job["url"], requests.adapters.HTTPAdapter(pool_maxsize=THREADS))
        has_account = bool(job["username"])
        self.login: Optional[tuple[str, str]] = (
            (job["username"], job["password"]) if has_account else None
        )

    def root(self, path: str) -> str:
        response = self.session.get(
            f"{self.job['url']}/pulp/content/{path}", auth=self.login, timeout=60
        )
        response.raise_for_status()
        return hashlib.sha256(response.content).hexdigest()

    def token(self, images: list[str]) -> str:
        query = {
            "service": self.job["url"].partition("//")[2],
            "scope": [f"repository:{name}:pull" for name in images],
        }
        response = self.session.get(
            f"{self.job['url']}/token/", params=query, auth=self.login, timeout=60
        )
        response.raise_for_status()
        return str(response.json()["token"])

    def digest(self, image: str, token: str) -> str:
        response = self.session.head(
            f"{self.job['url']}/v2/{image}/manifests/{self.job['tag']}",
            headers={"Authorization": f"Bearer {token}", "Accept": MANIFEST},
            allow_redirects=False,
            timeout=60,
        )
        if response.is_redirect:
            address = response.headers["Location"]
            response = self.session.head(address, headers={"Accept": MANIFEST}, timeout=60)
        response.raise_for_status()
        return response.headers["Docker-Content-Digest"]


def main() -> None:
    job = json.load(sys.stdin)
    began = time.monotonic()
    reader, images = Reader(job), job["images"]
    with ThreadPoolExecutor(THREADS) as pool:
        roots = list(pool.map(reader.root, job["roots"]))
        parts = [
            images[start : start + IMAGES_PER_TOKEN]
            for start in range(0, len(images), IMAGES_PER_TOKEN)
        ]
        tokens = list(pool.map(reader.token, parts))
        pairs = [(name, token) for part, token in zip(parts, tokens) for name in part]
        digests = list(pool.map(lambda pair: reader.digest(*pair), pairs))
    if len(roots) != len(job["roots"]) or len(digests) != len(images):
        raise SystemExit("answers are missing")
    print(json.dumps({"seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
