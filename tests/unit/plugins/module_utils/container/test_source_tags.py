# SPDX-License-Identifier: Apache-2.0
"""Check mode of a sync of images fails for tags that the source does not have."""

from __future__ import annotations

import pytest

from plugins.module_utils.artifacts.checked_sync import manage_and_check_sources
from plugins.module_utils.container import source_tags
from plugins.module_utils.report.causes import cause_of
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.pulp_http_server import Reply

RETRYING = {"retries": 0, "retry_delay": 0, "late_retry_delay": -1, "update_secrets": "always"}
TAG, DIGEST = "2025.1-rocky-9-20250812T091848", f"sha256:{64 * 'a'}"


@pytest.fixture
def source(pulp):
    """Return path -> reply of a Pulp server that has the tag of stackhpc/nova."""
    replies = {
        "/pulp/api/v3/status/": Reply(200, {"versions": []}),
        "/token/": Reply(200, {"token": "1"}),
        f"/v2/stackhpc/nova/manifests/{TAG}": Reply(200, "", {"Docker-Content-Digest": DIGEST}),
        "/v2/stackhpc/nova/tags/list": Reply(200, {"tags": [TAG]}),
    }

    def reply(request):
        pulp.seen.append(request)
        return replies.get(request.path, Reply(404, {"errors": []}))

    pulp.reply = reply
    return replies


def image(pulp, name="stackhpc/nova", **more):
    given = {"url": pulp.url, "include_tags": [TAG], "state": "present", "pinned": True}
    account = {"remote_username": "site", "remote_password": "abc"}
    return {"name": name, **given, **account, **more}


def check(*items, check_mode=True, sync=True):
    server = FakePulp().server(check_mode)
    results, _more = manage_and_check_sources(
        server, {"container": list(items), "sync": sync, **RETRYING}
    )
    return results, server.report.warnings


def error_of(*items):
    (result,), warnings = check(*items)
    assert not warnings
    return result.error


def test_an_image_whose_tag_exists_would_be_created(pulp, source):
    (result,), warnings = check(image(pulp))
    assert (result.error, result.changed, warnings) == ("", True, [])


def test_tags_that_the_source_does_not_have_fail_with_their_cause(pulp, source):
    error = error_of(image(pulp, include_tags=[TAG, "other"]))
    assert error == (
        f"the sync would succeed, but these are missing: other. stackhpc/nova at {pulp.url} does "
        "not have them, or the account cannot read them: correct include_tags, or add them there"
    )
    assert cause_of(error).name == "content not found upstream"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_image_that_the_account_may_not_pull_is_missing(pulp, source, status):
    source[f"/v2/stackhpc/nova/manifests/{TAG}"] = Reply(status, {"errors": []})
    assert f"these are missing: {TAG}" in error_of(image(pulp))


def test_the_name_upstream_is_read(pulp, source):
    assert error_of(image(pulp, "kolla/nova", upstream_name="stackhpc/nova")) == ""
    assert "kolla/nova at" in error_of(image(pulp, "kolla/nova"))


@pytest.mark.parametrize(
    ("tags", "missing"),
    [(["2025.1-*"], ""), (["2024.1-*"], "2024.1-*"), (None, ""), (["sha256-*.*"], "")],
)
def test_patterns_are_compared_with_the_tags(pulp, source, tags, missing):
    error = error_of(image(pulp, include_tags=tags))
    assert (f"these are missing: {missing}." in error) if missing else error == ""


def test_excluded_tags_are_not_missing(pulp, source):
    assert error_of(image(pulp, include_tags=[TAG, "old"], exclude_tags=["o*"])) == ""


def test_images_of_one_source_share_a_token(pulp, source):
    results, _warnings = check(*(image(pulp, f"stackhpc/{number}") for number in range(20)))
    assert all("these are missing" in result.error for result in results)
    assert len([one for one in pulp.seen if one.path == "/token/"]) == 1


def test_another_registry_is_one_warning(pulp, source):
    source["/pulp/api/v3/status/"] = Reply(404, "no")
    results, warnings = check(image(pulp), image(pulp, "stackhpc/other"))
    assert [result.error for result in results] == ["", ""]
    assert warnings == [
        f"it was not checked whether {pulp.url} has the tags: it is not a Pulp server"
    ]
    assert not [one for one in pulp.seen if "authorization" in one.headers]


def test_a_source_that_only_the_server_can_reach_is_one_warning(pulp, monkeypatch):
    monkeypatch.setattr(source_tags, "PAUSE", lambda _seconds: None)
    away = "http://127.0.0.1:9"
    results, warnings = check(image(pulp, url=away), image(pulp, "stackhpc/b", url=away))
    assert [result.error for result in results] == ["", ""]
    (warning,) = warnings
    assert warning.startswith(f"it was not checked whether {away} has the tags: ")


@pytest.mark.parametrize("how", [{"sync": False}, {"check_mode": True, "sync": False}])
def test_nothing_is_read_if_nothing_is_synced(pulp, source, how):
    check(image(pulp), **how)
    assert pulp.seen == []


@pytest.mark.parametrize("given", [{}, {"remote_username": ""}])
def test_an_image_whose_account_only_pulp_has_is_not_checked(pulp, source, given):
    source[f"/v2/stackhpc/nova/manifests/{TAG}"] = Reply(401, {"errors": []})
    fake = FakePulp()
    stored = [image(pulp), image(pulp, "stackhpc/b")]
    params = {"container": stored, "sync": False, **RETRYING}
    manage_and_check_sources(fake.server(), params)
    server = fake.server(True)
    unknown = {"remote_username": None, "remote_password": None, **given}
    params = {"container": [{**one, **unknown} for one in stored], "sync": True, **RETRYING}
    results, _more = manage_and_check_sources(server, params)
    if given:  # the account is removed, so that the sync is anonymous
        assert all("these are missing" in result.error for result in results)
        return
    assert [result.error for result in results] == ["", ""]
    assert server.report.warnings == [
        "it was not checked whether sources have the content of items without remote_username or "
        "client_key: their remotes have stored credentials, which Pulp does not return"
    ]
    assert not pulp.seen


def test_a_url_with_credentials_is_not_shown(pulp, source):
    _results, warnings = check(image(pulp, url="http://site:topsecret@127.0.0.1:9"))
    assert "topsecret" not in " ".join(warnings)
