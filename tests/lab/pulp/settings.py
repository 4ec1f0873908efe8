# SPDX-License-Identifier: Apache-2.0
"""Configuration files of a server: Pulp's settings.py and nginx.conf."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any

from .venv import Generation

DEFAULT_HASHER = "RELEASE_TRAIN_LAB_DEFAULT_HASHER"
"""Environment variable: if it is set, started servers use Pulp's default password hasher."""


def password_hashers() -> list[str]:
    """Return Django's PASSWORD_HASHERS: the first is for new passwords, all for existing ones.

    Pulp's default, PBKDF2, takes 0.3 s of CPU for each login and each request with a password.
    """
    names = ("PBKDF2", "MD5") if os.environ.get(DEFAULT_HASHER) else ("MD5", "PBKDF2")
    return [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in names]


DIRECTORIES = (
    "media", "tmp", "scratch", "upload", "assets", "exchange", "nginx", "keys", "log",
)  # fmt: skip


def password_hash(password: str) -> str:
    """Return a hash as Django's MD5PasswordHasher stores it."""
    salt = secrets.token_hex(11)
    digest = hashlib.md5(f"{salt}{password}".encode()).hexdigest()
    return f"md5${salt}${digest}"


def database_settings(port: int, password: str, name: str) -> dict[str, Any]:
    """Return Django's DATABASES for a database of the lab's cluster."""
    return {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": "127.0.0.1",
            "PORT": port,
            "NAME": name,
            "USER": "pulp",
            "PASSWORD": password,
        }
    }


def pulp_settings(
    directory: Path, generation: Generation, url: str, databases: dict[str, Any], worker_ttl: int
) -> str:
    """Return the settings.py of the server whose data is in ``directory``."""
    storage = "pulpcore.app.models.storage.FileSystem"
    settings: dict[str, Any] = {
        "SECRET_KEY": (directory / "keys" / "database.key").read_text(),
        "DATABASES": databases,
        "DB_ENCRYPTION_KEY": str(directory / "keys" / "database.key"),
        "CONTENT_ORIGIN": url,
        "PYPI_API_HOSTNAME": url,
        "DEPLOY_ROOT": str(directory),
        "MEDIA_ROOT": str(directory / "media"),
        "STATIC_ROOT": str(directory / "assets"),
        "WORKING_DIRECTORY": str(directory / "tmp"),
        "FILE_UPLOAD_TEMP_DIR": str(directory / "upload"),
        "ALLOWED_CONTENT_CHECKSUMS": ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"],
        "ALLOWED_IMPORT_PATHS": [str(directory / "exchange")],
        "ALLOWED_EXPORT_PATHS": [str(directory / "exchange")],
        "TOKEN_SERVER": f"{url}/token/",
        "TOKEN_SIGNATURE_ALGORITHM": "ES256",
        "PUBLIC_KEY_PATH": str(directory / "keys" / "token.pub"),
        "PRIVATE_KEY_PATH": str(directory / "keys" / "token.key"),
        "WORKER_TTL": worker_ttl,
        # After a crash, a new process can have the pid of a worker that is still in the database.
        "WORKER_NAME_TEMPLATE": f"{{pid}}@{{hostname}}-{secrets.token_hex(3)}",
        "TASK_GRACE_INTERVAL": 3,
        "PASSWORD_HASHERS": password_hashers(),
        "ANALYTICS": False,
        "CACHE_ENABLED": False,
    }
    if generation.has_storages:
        static = "django.contrib.staticfiles.storage.StaticFilesStorage"
        settings["STORAGES"] = {
            "default": {"BACKEND": storage},
            "staticfiles": {"BACKEND": static},
        }
    else:
        settings["DEFAULT_FILE_STORAGE"] = storage
    return "".join(f"{name} = {value!r}\n" for name, value in settings.items())


def nginx_configuration(
    directory: Path, port: int, api_port: int, content_port: int, tls: bool
) -> str:
    """Return an nginx.conf that serves the API and the content app at one URL."""
    as_root = "user root;" if os.geteuid() == 0 else ""
    keys = directory / "keys"
    certificate = f"""ssl_certificate "{keys}/server.pem";
    ssl_certificate_key "{keys}/server.key";
    ssl_verify_client optional_no_ca;""" if tls else ""  # fmt: skip
    # An X.509 content guard trusts this header: it must come from the handshake or be empty.
    client_certificate = "$ssl_client_escaped_cert" if tls else '""'
    return f"""{as_root}
daemon off;
worker_processes 1;
pid "{directory}/nginx/nginx.pid";
error_log "{directory}/log/nginx-error.log";
events {{ worker_connections 1024; }}
http {{
  log_format timed '$time_iso8601 $remote_user "$request" $status $body_bytes_sent $request_time';
  access_log "{directory}/log/access.log" timed;
  client_body_temp_path "{directory}/nginx/body";
  proxy_temp_path "{directory}/nginx/proxy";
  fastcgi_temp_path "{directory}/nginx/fastcgi";
  uwsgi_temp_path "{directory}/nginx/uwsgi";
  scgi_temp_path "{directory}/nginx/scgi";
  client_max_body_size 0;
  proxy_read_timeout 600s;
  proxy_redirect off;
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-CLIENT-CERT {client_certificate};
  server {{
    listen 127.0.0.1:{port}{" ssl" if tls else ""};
    {certificate}
    location /pulp/content/ {{ proxy_pass http://127.0.0.1:{content_port}; }}
    location /pulp/container/ {{ proxy_pass http://127.0.0.1:{content_port}; }}
    location / {{ proxy_pass http://127.0.0.1:{api_port}; }}
  }}
}}
"""
