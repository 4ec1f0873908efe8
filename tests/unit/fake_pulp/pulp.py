# SPDX-License-Identifier: Apache-2.0
"""A Pulp in memory, for tests of everything that works through a PulpClient."""

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

QUICK = PollIntervals(shortest=0, longest=0.002, average=0, worker_check=1000, outage=0.05)
"""Polls without the pauses that spare a real Pulp."""

_LONGEST_REQUEST_LINE = 4094
_ROUTES = (*accounts.ROUTES, *content.ROUTES, *repositories.ROUTES)
# What Pulp does in a task, by the beginning of the path.
_IN_TASKS = {
    "POST": ("publications/", "distributions/"),
    "PATCH": ("repositories/", "remotes/", "distributions/"),
    "DELETE": ("repositories/", "remotes/", "publications/", "distributions/", "pulp_container/"),
}
# Fields that Pulp changes in a task even where they are as wanted.
_NEVER_COMPARED = {"content_guard", "publication"}


@dataclass
class Request:
    """One request: `path` is below the API's root, `content` the filters or the body."""

    method: str
    path: str
    content: dict[str, Any] = field(default_factory=dict)

    def is_to(self, method: str, path: str) -> bool:
        """Whether it has this method (any: ""), and an address, with or without its filters, that
        this expression finds."""
        filters = "&".join(f"{name}={value}" for name, value in self.content.items())
        addresses = [ROOT + self.path]
        if self.method == "GET":
            addresses.append(f"{ROOT}{self.path}?{filters}")
        return method in ("", self.method) and any(re.search(path, one) for one in addresses)


@dataclass
class Rule:
    """What happens to the requests that `FakePulp.on` picks; see there."""

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
        """Whether it is this request's turn; counts it."""
        if not request.is_to(self.method, self.path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return self.times >= 0


class FakePulp:
    """Has the methods of a PulpClient, and behaves as pulpcore 3.123 with its plugins does.

    It keeps objects by endpoint and answers lists with Pulp's filters, pages and `fields`; names
    and base paths are unique. Repositories have versions; a sync brings what `upstream` has at
    the remote's URL; publications, distributions, guards and their roles, groups, users, tags,
    uploads in chunks, packages and files work as in Pulp, and so does the deletion of what is in
    use, which Pulp permits. What is a task in Pulp is one here, over at once unless a rule says
    otherwise.

    It has no permissions, signatures, domains or workers, and refuses only those wrong values that
    a test depends on. Module `registry` has the parts of a Pulp that are not the API.

    `requests`: all that was asked, in order. `rules`: what `on` has made of it. `upstream`: URL ->
    what a sync finds there: "name version" of each package, the path of each file, "tag digest" of
    each image. `hidden`: endpoints whose lists are empty for this account. `in_tasks`: by method,
    beginnings of paths. `corrupts`: whether uploads come out as other bytes. `page_size`: how many
    objects one answer has at most, whatever its `limit`; there is no such maximum in Pulp.
    """

    uses_basic_auth = False

    def __init__(self, version: str = "3.123.1", **connection: Any) -> None:
        usual = {"pulp_url": "http://pulp.example.com", "username": "admin", "password": "secret"}
        self.connection = Connection(**{**usual, **connection})
        self.store = Store()
        self.lock = threading.RLock()
        self.requests: list[Request] = []
        self.upstream: dict[str, list[str]] = {}
        self.hidden: set[str] = set()
        self.in_tasks = {method: list(paths) for method, paths in _IN_TASKS.items()}
        self.versions = {"core": version, "file": version, "certguard": version, "rpm": "3.39.4"}
        self.versions.update(deb="3.11.1", container="2.30.0", python="3.36.4")
        self.storage: dict[str, int] | None = None
        self.page_size = 5000
        self.corrupts = False
        self.session_expired = False
        self._arrived = threading.Condition(self.lock)
        self.rules: list[Rule] = []
        self._rule = Rule()
        self.run_workers(None, None)

    # What a PulpClient has

    @property
    def request_count(self) -> int:
        return len(self.requests)

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        return self._request("GET", path, params)

    def list(self, path: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            asked = {"limit": 5000, **(params or {}), "offset": len(found)}
            page = self.get(path, asked)
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

    # What tests use

    def server(self, check_mode: bool = False, diff: bool = False) -> Server:
        """A Server that talks to this Pulp, and polls without pauses."""
        server = Server(self, Report(), check_mode, diff)  # type: ignore[arg-type]
        timeout = self.connection.task_timeout
        server._watcher = TaskWatcher(self, timeout, server.report.warn, QUICK)
        return server

    def add(self, endpoint: str, **fields: Any) -> Object:
        """Have an object with these fields, and an href of its own."""
        with self.lock:
            return self.store.add(endpoint, **fields)

    def run_workers(self, *current_tasks: str | None) -> None:
        """Have just these workers online, each with the task (href) that it runs."""
        with self.lock:
            for worker in self.store.within("workers/"):
                self.store.remove(worker["pulp_href"])
            for number, task in enumerate(current_tasks, 1):
                name = f"worker-{number}"
                self.store.add("workers/", name=name, online=True, current_task=task)

    def add_task(self, number: str, *states: str, **fields: Any) -> Object:
        """Have the task `tasks/<number>/`, which one poll after the other finds in these states."""
        with self.lock:
            return tasks.add_task(self.store, number, *states, **fields)

    def add_repository(self, content_type: str, name: str, *content: str, **fields: Any) -> Object:
        """Have a repository, and a version of it with this content: "name version" of packages."""
        with self.lock:
            made = repositories.add_repository(self.store, content_type, name, **fields)
            if content:
                repositories.add_version(self.store, made, content)
            return made

    def add_version(self, repository: Object, *content: str) -> Object:
        """Have a new version of a repository with just this content."""
        with self.lock:
            return repositories.add_version(self.store, repository, content)

    def add_publication(self, version: str, path: str = "", **fields: Any) -> Object:
        """Have a publication of a version (href); its `path` is that of the type by default."""
        with self.lock:
            return repositories.add_publication(self.store, version, path, **fields)

    def add_distribution(self, content_type: str, name: str, **fields: Any) -> Object:
        """Have a distribution, at a base path of its own unless one is given."""
        path = repositories.DISTRIBUTIONS[content_type]
        usual = {"base_path": name, "pulp_labels": {}, "content_guard": None, "repository": None}
        own = "repository_version" if content_type == "container" else "publication"
        return self.add(f"distributions/{path}/", name=name, **{**usual, own: None, **fields})

    def add_guard(self, name: str, **fields: Any) -> Object:
        """Have a content guard of roles."""
        return self.add("contentguards/core/rbac/", name=name, **{"description": None, **fields})

    def find(self, endpoint: str, **fields: Any) -> Object:
        """The object with these values, which a test may change as another client would."""
        with self.lock:
            found = self.store.find(endpoint, **fields)
        assert found, f"there is none with {fields} at {endpoint}"
        return found

    def there(self, endpoint: str) -> dict[str, dict[str, Any]]:
        """The objects of an endpoint as the API shows them, by name."""
        with self.lock:
            return {one["name"]: shown(one) for one in self.store.within(endpoint)}

    def on(self, method: str, path: str, **rule: Any) -> None:
        """Let requests of this method (any: "") to addresses that an expression finds go otherwise.

        `raises`: the client raises this error, after the request was `carried_out` or without.
        `fails`: the task that it starts fails with these words; `ignored`: that task does nothing;
        `polls`: it is seen running so often. What another client does is called before the request
        is looked at (`first`), or before its task is carried out (`meanwhile`). After `skip` such
        requests all this happens to so many `times`.
        """
        self.rules.append(Rule(method, path, **rule))

    def sent(self, method: str = "", path: str = "") -> list[Request]:
        """The requests of a method (any: "") to addresses that an expression finds."""
        with self.lock:
            return [one for one in self.requests if one.is_to(method, path)]

    @property
    def writes(self) -> list[Request]:
        """The requests that may change something."""
        return [one for one in self.sent() if one.method != "GET"]

    def wait_until(self, condition: Callable[[], bool], seconds: float = 10) -> bool:
        """Wait until some request has made this true; False when that took too long."""
        with self._arrived:
            return self._arrived.wait_for(condition, seconds)

    # What routes use

    def start(
        self, name: str, work: Callable[[], Iterable[str]], resources: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Answer a write with a task that does `work` and returns hrefs of what it created."""
        rule = self._rule

        def work_at_last() -> Iterable[str] | None:
            if rule.meanwhile:
                rule.meanwhile()
            return () if rule.ignored else work()

        task = tasks.start(self.store, name, work_at_last, resources)
        tasks.work_on(self.store, task, rule.polls, rule.fails)
        return {"task": task["pulp_href"]}

    def create(self, path: str, fields: dict[str, Any]) -> Any:
        """Make an object of whose kind no name is given twice."""
        self.store.refuse_taken(path, fields)
        if not self._is_task("POST", path):
            return shown(self.store.add(path, **fields))

        def work() -> list[str]:
            try:
                self.store.refuse_taken(path, fields)
            except ResponseError as error:  # another one was quicker
                raise tasks.TaskError(error.detail) from error
            return [self.store.add(path, **fields)["pulp_href"]]

        return self.start("pulpcore.app.tasks.base.general_create", work)

    # How a request is answered

    def _request(self, method: str, path: str, content: Mapping[str, Any] | None) -> Any:
        short = path[len(ROOT) :] if path.startswith(ROOT) else path
        request = Request(method, short, dict(content or {}))
        with self.lock:
            self.requests.append(request)
            self._arrived.notify_all()
            rule = [*filter(lambda one: one.is_due(request), self.rules), Rule()][0]
        if rule.first:
            rule.first()  # without the lock, for runs with threads of their own
        if rule.raises and not rule.carried_out:
            raise rule.raises
        with self.lock:
            self._rule = rule
            answer = self._carry_out(request, is_href=path.startswith("/"))
        if rule.raises:
            raise rule.raises
        return answer

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
            return self._change(entry, path, content)
        return self._delete(entry, path)

    def _status(self) -> dict[str, Any]:
        versions = [{"component": name, "version": one} for name, one in self.versions.items()]
        workers = [{"name": one["name"]} for one in self.store.within("workers/")]
        return {"versions": versions, "online_workers": workers, "storage": self.storage}

    def _page(self, path: str, params: dict[str, Any]) -> dict[str, Any]:
        line = f"GET {ROOT}{path}?{urlencode(params, quote_via=quote, safe=',')} HTTP/1.1"
        if len(line) > _LONGEST_REQUEST_LINE:
            raise ResponseError(400, "Request Line is too large")
        if path == "tasks/" and "pulp_id__in" in params:
            tasks.advance_all(self.store, params["pulp_id__in"].split(","))
        page = self.store.page(path, params, self.page_size)
        return {"count": 0, "next": None, "results": []} if path in self.hidden else page

    def _change(self, entry: Object, path: str, body: dict[str, Any]) -> Any:
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
