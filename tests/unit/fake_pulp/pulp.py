# SPDX-License-Identifier: Apache-2.0
"""A Pulp server in memory, for tests of code that uses a PulpClient."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import AuthenticationError, ResponseError
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.pulp.tasks import PollIntervals, TaskWatcher
from plugins.module_utils.report.report import Report

from . import accounts, content, repositories, tasks
from .store import ROOT, Object, Store, shown

QUICK = PollIntervals(shortest=0, longest=0.002, average=0, worker_check=1000, outage=0.2)
"""Intervals for tests: polls almost without pauses."""

_LONGEST_REQUEST_LINE = 4094
_ROUTES = (*accounts.ROUTES, *content.ROUTES, *repositories.ROUTES)
# Writes that are tasks in Pulp: method -> prefixes of paths.
_IN_TASKS = {
    "POST": ("publications/", "distributions/"),
    "PATCH": ("repositories/", "remotes/", "distributions/"),
    "DELETE": ("repositories/", "remotes/", "publications/", "distributions/", "pulp_container/"),
}
# Fields that Pulp writes in a task even if their values are equal.
_NEVER_COMPARED = {"content_guard", "publication"}


@dataclass
class Request:
    """A request: `path` is relative to the root of the API, `content` the filters or the body."""

    method: str
    path: str
    content: dict[str, Any] = field(default_factory=dict)

    def is_to(self, method: str, path: str) -> bool:
        """Return whether the request has this method ("" for any) and a URL that matches `path`.

        `path` is a regular expression that may include the filters.
        """
        filters = "&".join(f"{name}={value}" for name, value in self.content.items())
        urls = [ROOT + self.path]
        if self.method == "GET":
            urls.append(f"{ROOT}{self.path}?{filters}")
        return method in ("", self.method) and any(re.search(path, one) for one in urls)


@dataclass
class Rule:
    """What happens to the requests that `FakePulp.on` selects."""

    method: str = ""
    path: str = ""
    raises: Exception | None = None
    carried_out: bool = False
    ignored: bool = False
    fails: str = ""
    polls: int = 0
    first: Callable[[], Any] | None = None
    meanwhile: Callable[[], Any] | None = None
    skip: int = 0
    times: float = 1

    def is_due(self, request: Request) -> bool:
        """Count a request, and return whether the rule applies to it."""
        if not request.is_to(self.method, self.path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return self.times >= 0


class FakePulp:
    """Has the methods of a PulpClient, and behaves like pulpcore 3.123 with its plugins.

    Objects are stored by endpoint. Lists support Pulp's filters, pages and `fields`; names and
    base paths are unique. Repositories have versions, and a sync adds the content of `upstream` at
    the URL of the remote. Publications, distributions, content guards and their roles, groups,
    users, tags, uploads in chunks, packages and files work as in Pulp. Like in Pulp, objects that
    are in use can be deleted. Writes that are tasks in Pulp are tasks here, which end at once
    unless a rule delays them.

    There are no permissions, signatures, domains or workers, and only those invalid values are
    rejected that a test depends on. Module `registry` has the parts of Pulp besides the API.

    `requests`: all requests in order. `rules`: the rules set with `on`. `upstream`: URL -> content:
    "name version" of each package, the path of each file, "tag digest" of each image. `hidden`:
    endpoints whose lists are empty for this account. `in_tasks`: method -> prefixes of paths.
    `corrupts`: whether the content of uploads is changed. `page_size`: the maximum number of
    objects in a response, whatever its `limit`; Pulp has no such maximum.
    """

    uses_basic_auth = False
    clock_offset = 0.0

    def __init__(self, version: str = "3.123.1", **connection: Any) -> None:
        defaults = {"pulp_url": "http://pulp.example.com", "username": "admin"}
        self.connection = Connection(**{**defaults, "password": "secret", **connection})
        self.store = Store()
        self.lock = threading.RLock()
        self.requests: list[Request] = []
        self.upstream: dict[str, list[str]] = {}
        self.hidden: set[str] = set()
        self.in_tasks = {method: list(paths) for method, paths in _IN_TASKS.items()}
        self.versions = {"core": version, "file": version, "certguard": version, "rpm": "3.39.4"}
        self.versions.update(deb="3.11.1", container="2.30.0", python="3.36.4")
        self.storage: dict[str, int] | None = None
        self.content_path_prefix = "/pulp/content/"
        self.page_size = 5000
        self.corrupts = False
        self.session_expired = False
        self._arrived = threading.Condition(self.lock)
        self.rules: list[Rule] = []
        self._rule = Rule()
        self.run_workers(None, None)

    # Methods of a PulpClient

    @property
    def request_count(self) -> int:
        return len(self.requests)

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        return self._request("GET", path, params)

    def list(self, path: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            query = {"limit": 5000, **(params or {}), "offset": len(found)}
            page = self.get(path, query)
            found += page["results"]
            if not page["next"]:
                return found

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._request("POST", path, body)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self._request("PATCH", path, body)

    def put(self, path: str, body: Iterable[bytes], headers: Mapping[str, str]) -> Any:
        return self._request("PUT", path, {**headers, "body": b"".join(body)})

    def delete(self, path: str) -> Any:
        try:
            return self._request("DELETE", path, None)
        except ResponseError as error:
            if error.status == 404:
                return None
            raise

    # Methods for tests

    def server(self, check_mode: bool = False, diff: bool = False) -> Server:
        """Return a Server with this client that polls almost without pauses."""
        server = Server(self, Report(), check_mode, diff)  # type: ignore[arg-type]
        timeout = self.connection.task_timeout
        server._watcher = TaskWatcher(self, timeout, server.report.warn, QUICK)
        return server

    def add(self, endpoint: str, **fields: Any) -> Object:
        """Add an object with these fields and a new href."""
        with self.lock:
            return self.store.add(endpoint, **fields)

    def run_workers(self, *current_tasks: str | None) -> None:
        """Replace the online workers, each with the href of the task that it runs."""
        with self.lock:
            for worker in self.store.within("workers/"):
                self.store.remove(worker["pulp_href"])
            for number, task in enumerate(current_tasks, 1):
                name = f"worker-{number}"
                self.store.add("workers/", name=name, online=True, current_task=task)

    def add_task(self, number: str, *states: str, **fields: Any) -> Object:
        """Add the task `tasks/<number>/`, which has the next of these states in each poll."""
        with self.lock:
            return tasks.add_task(self.store, number, *states, **fields)

    def add_repository(self, content_type: str, name: str, *content: str, **fields: Any) -> Object:
        """Add a repository, and a version with this content: "name version" of packages."""
        with self.lock:
            repository = repositories.add_repository(self.store, content_type, name, **fields)
            if content:
                repositories.add_version(self.store, repository, content)
            return repository

    def add_version(self, repository: Object, *content: str) -> Object:
        """Add a version with exactly this content to a repository."""
        with self.lock:
            return repositories.add_version(self.store, repository, content)

    def add_publication(self, version: str, path: str = "", **fields: Any) -> Object:
        """Add a publication of a version (href); `path` defaults to that of the content type."""
        with self.lock:
            return repositories.add_publication(self.store, version, path, **fields)

    def add_distribution(self, content_type: str, name: str, **fields: Any) -> Object:
        """Add a distribution; its base path defaults to its name."""
        path = repositories.DISTRIBUTIONS[content_type]
        defaults = {"base_path": name, "pulp_labels": {}, "content_guard": None, "repository": None}
        served = "repository_version" if content_type == "container" else "publication"
        return self.add(f"distributions/{path}/", name=name, **{**defaults, served: None, **fields})

    def add_guard(self, name: str, **fields: Any) -> Object:
        """Add an RBAC content guard."""
        return self.add("contentguards/core/rbac/", name=name, **{"description": None, **fields})

    def find(self, endpoint: str, **fields: Any) -> Object:
        """Return the object with these values; a test may change it like another client."""
        with self.lock:
            found = self.store.find(endpoint, **fields)
        assert found, f"no object with {fields} at {endpoint}"
        return found

    def by_name(self, endpoint: str) -> dict[str, dict[str, Any]]:
        """Return name -> object of an endpoint as the API shows it."""
        with self.lock:
            return {one["name"]: shown(one) for one in self.store.within(endpoint)}

    def on(self, method: str, path: str, **rule: Any) -> None:
        """Change what happens to requests of a method ("" for any) whose URL matches `path`.

        `raises`: the client raises this error; with `carried_out` after the request was processed.
        `fails`: the task of the request fails with this message; `ignored`: the task does nothing;
        `polls`: the number of polls that see the task running. `first` and `meanwhile` are actions
        of another client, called before the request is processed or before its task runs. The rule
        skips the first `skip` requests and applies to the next `times`.
        """
        self.rules.append(Rule(method, path, **rule))

    def sent(self, method: str = "", path: str = "") -> list[Request]:
        """Return the requests of a method ("" for any) whose URL matches `path`."""
        with self.lock:
            return [one for one in self.requests if one.is_to(method, path)]

    @property
    def writes(self) -> list[Request]:
        """The requests that may change objects."""
        return [one for one in self.sent() if one.method != "GET"]

    def wait_until(self, condition: Callable[[], bool], seconds: float = 10) -> bool:
        """Wait until a request makes the condition true; return False after the timeout."""
        with self._arrived:
            return self._arrived.wait_for(condition, seconds)

    # Methods for routes

    def start(
        self, name: str, work: Callable[[], Iterable[str]], resources: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Return a task that runs `work`, which returns the hrefs of created objects."""
        rule = self._rule

        def run_work() -> Iterable[str] | None:
            if rule.meanwhile:
                rule.meanwhile()
            return () if rule.ignored else work()

        task = tasks.start(self.store, name, run_work, resources)
        tasks.work_on(self.store, task, rule.polls, rule.fails)
        return {"task": task["pulp_href"]}

    def create(self, path: str, fields: dict[str, Any]) -> Any:
        """Create an object whose name must be unique."""
        self.store.check_unique(path, fields)
        if not self._is_task("POST", path):
            return shown(self.store.add(path, **fields))

        def work() -> list[str]:
            try:
                self.store.check_unique(path, fields)
            except ResponseError as error:  # another client was faster
                raise tasks.TaskError(error.detail) from error
            return [self.store.add(path, **fields)["pulp_href"]]

        return self.start("pulpcore.app.tasks.base.general_create", work)

    # Processing of requests

    def _request(self, method: str, path: str, content: Mapping[str, Any] | None) -> Any:
        short = path[len(ROOT) :] if path.startswith(ROOT) else path
        request = Request(method, short, dict(content or {}))
        with self.lock:
            self.requests.append(request)
            self._arrived.notify_all()
            rule = [*filter(lambda one: one.is_due(request), self.rules), Rule()][0]
        if rule.first:
            rule.first()  # without the lock, because it may run threads
        if rule.raises and not rule.carried_out:
            raise rule.raises
        with self.lock:
            self._rule = rule
            response = self._carry_out(request, is_href=path.startswith("/"))
        if rule.raises:
            raise rule.raises
        return response

    def _carry_out(self, request: Request, is_href: bool) -> Any:
        method, path, content = request.method, request.path, request.content
        if self.session_expired:
            raise AuthenticationError("the session is over")
        if path == "status/":
            return self._status()
        for verb, pattern, function in _ROUTES:
            match = re.fullmatch(pattern, path) if verb == method else None
            if match:
                return function(self, content, *match.groups())
        if method == "POST":
            return self.create(path, content)
        if method == "GET" and (not is_href or path.endswith("/versions/")):
            return self._page(path, content)
        entry = self.store.get(path)
        if method == "GET":
            return shown(entry, content.get("fields"))
        if method == "PATCH":
            return self._update(entry, path, content)
        return self._delete(entry, path)

    def _status(self) -> dict[str, Any]:
        versions = [{"component": name, "version": one} for name, one in self.versions.items()]
        workers = [{"name": one["name"]} for one in self.store.within("workers/")]
        status = {"versions": versions, "online_workers": workers, "storage": self.storage}
        return {**status, "content_settings": {"content_path_prefix": self.content_path_prefix}}

    def _page(self, path: str, params: dict[str, Any]) -> dict[str, Any]:
        line = f"GET {ROOT}{path}?{urlencode(params, quote_via=quote, safe=',')} HTTP/1.1"
        if len(line) > _LONGEST_REQUEST_LINE:
            raise ResponseError(400, "Request Line is too large")
        if path == "tasks/" and "pulp_id__in" in params:
            tasks.advance_all(self.store, params["pulp_id__in"].split(","))
        page = self.store.page(path, params, self.page_size)
        return {"count": 0, "next": None, "results": []} if path in self.hidden else page

    def _update(self, entry: Object, path: str, body: dict[str, Any]) -> Any:
        old = self.versions["core"].startswith("3.43.")
        changes = old or self.store.differs(entry, body) or _NEVER_COMPARED & set(body)
        if not changes or not self._is_task("PATCH", path):
            self.store.write(entry, body)
            return shown(entry)
        return self.start(
            "pulpcore.app.tasks.base.general_update", lambda: self.store.write(entry, body)
        )

    def _delete(self, entry: Object, path: str) -> Any:
        def work() -> list[str]:
            if entry["pulp_href"] not in self.store.objects:
                raise tasks.TaskError("Matching query does not exist.")
            self.store.remove(entry["pulp_href"])
            return []

        if self._is_task("DELETE", path):
            return self.start("pulpcore.app.tasks.base.general_delete", work)
        work()
        return None

    def _is_task(self, method: str, path: str) -> bool:
        return path.startswith(tuple(self.in_tasks[method]))
