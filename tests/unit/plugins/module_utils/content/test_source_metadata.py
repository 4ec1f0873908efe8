# SPDX-License-Identifier: Apache-2.0
"""Check mode of a sync of packages fails for immutable sources that are not served."""

from __future__ import annotations

import pytest

from plugins.module_utils.artifacts.checked_sync import manage_and_check_sources
from plugins.module_utils.content import source_metadata
from plugins.module_utils.report.causes import cause_of
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.pulp_http_server import Reply

RETRYING = {"retries": 0, "retry_delay": 0, "late_retry_delay": -1, "update_secrets": "always"}
STAMP = "20260101T000000"
BASE = f"/pulp/content/a/{STAMP}"


@pytest.fixture
def served(pulp):
    """Return path -> status of a server that has an RPM repository and one suite of Debian."""
    statuses = {f"{BASE}/repodata/repomd.xml": 200, f"{BASE}/dists/noble/InRelease": 200}

    def reply(request):
        pulp.seen.append(request)
        return Reply(statuses.get(request.path, 404), "")

    pulp.reply = reply
    return statuses


def repository(pulp, name="a", base=BASE, **more):
    account = {"remote_username": "site", "remote_password": "abc"}
    return {"name": name, "url": f"{pulp.url}{base}/", "state": "present", **account, **more}


def check(*items, kind="rpm", fake=None, check_mode=True):
    server = (fake or FakePulp()).server(check_mode)
    given = {kind: list(items), "sync": check_mode, **RETRYING}
    results, _more = manage_and_check_sources(server, given)
    return [result.error for result in results], server.report.warnings


def test_a_source_that_is_served_would_be_synced(pulp, served):
    assert check(repository(pulp)) == ([""], [])
    assert {one.headers["authorization"] for one in pulp.seen} == {"Basic c2l0ZTphYmM="}


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_source_that_is_not_served_fails_with_its_cause(pulp, served, status):
    served[f"{BASE}/repodata/repomd.xml"] = status
    ((error,), _warnings) = check(repository(pulp))
    assert error == (
        "the sync would succeed, but these are missing: repodata/repomd.xml. "
        f"a at {pulp.url}{BASE}/ does not have them, or the account cannot read them: "
        "correct url, or add them there"
    )
    assert cause_of(error).name == "content not found upstream"


@pytest.mark.parametrize(("suites", "missing"), [(["noble"], ""), (["noble jammy"], "jammy")])
def test_each_suite_is_required(pulp, served, suites, missing):
    ((error,), _warnings) = check(repository(pulp, distributions=suites), kind="deb")
    assert (f"these are missing: dists/{missing}/Release." in error) if missing else not error


def test_a_source_that_is_not_immutable_is_not_read(pulp, served):
    assert check(repository(pulp, base="/upstream")) == ([""], [])
    assert not pulp.seen


def test_items_whose_account_only_pulp_has_are_one_warning(pulp, served):
    fake, items = FakePulp(), [repository(pulp, name, "/x/" + STAMP) for name in ("a", "b")]
    check(*items, fake=fake, check_mode=False)
    unknown = {"remote_username": None, "remote_password": None}
    errors, warnings = check(*({**one, **unknown} for one in items), fake=fake)
    assert (errors, len(warnings), pulp.seen) == (["", ""], 1, [])
    assert "their remotes have stored credentials" in warnings[0]


def test_a_source_that_only_the_server_can_reach_is_one_warning(pulp, monkeypatch):
    monkeypatch.setattr(source_metadata, "PAUSE", lambda _seconds: None)
    away = {"url": f"http://127.0.0.1:9/{STAMP}/"}
    errors, warnings = check(repository(pulp, **away), repository(pulp, "b", **away))
    assert errors == ["", ""]
    (warning,) = warnings
    assert warning.startswith(
        "it was not checked whether http://127.0.0.1:9 has the repositories: "
    )


def test_another_status_is_a_warning(pulp, served):
    served[f"{BASE}/repodata/repomd.xml"] = 418
    errors, warnings = check(repository(pulp))
    assert errors == [""]
    assert warnings == [
        f"it was not checked whether {pulp.url} has the repositories: it returned HTTP status 418"
    ]
