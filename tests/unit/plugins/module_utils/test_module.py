# SPDX-License-Identifier: Apache-2.0
"""The results of a module, its errors, and the secrets that it never returns."""

from __future__ import annotations

import json
import sys

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.parameters import PASS_VARS

from plugins.module_utils import module as pulp_module
from plugins.module_utils.errors import InvalidArguments, OperatorError
from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.report.report import Result

URL = "http://pulp.invalid"
OPTIONS = {"things": {"type": "list", "elements": "str", "default": []}}


@pytest.fixture
def invoke(monkeypatch, capsys):
    """Return a function that runs a module and returns its exit status and its results."""

    def call(carry_out, verbosity=0, **arguments):
        internal = {"_ansible_verbosity": verbosity, "_ansible_diff": True}
        if "inject_invocation" in PASS_VARS:  # ansible-core 2.21
            internal["_ansible_inject_invocation"] = True
        given = {"pulp_url": URL, **internal, **arguments}
        text = json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode()
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text)
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit) as exited:
            pulp_module.run(OPTIONS, carry_out, "thing")
        output = capsys.readouterr()
        assert "Traceback" not in output.out + output.err
        answer = json.loads(output.out)
        # If other tests load plugins of the controller, Ansible prints warnings to stderr.
        answer["shown"] = json.dumps(answer.get("warnings", [])) + output.err
        return exited.value.code, answer

    return call


def run_that_raises(error):
    def carry_out(server, params):
        raise error

    return carry_out


def test_results_are_returned_with_their_summary_and_a_diff(invoke):
    def carry_out(server, params):
        new, unchanged = Result(params["things"][0], "x"), Result("same", "x")
        new.add_change("created", {}, {"name": "a"})
        return [new, unchanged], {"stamp": "s"}

    status, answer = invoke(carry_out, things=["a"])
    assert (status, answer["changed"], answer["stamp"]) == (0, True, "s")
    assert [result["action"] for result in answer["results"]] == ["created", "unchanged"]
    assert answer["summary"] == {"ok": 1, "changed": 1, "failed": 0, "skipped": 0}
    assert answer["statistics"] == {"requests": 0, "polls": 0, "tasks": 0}
    assert [part["after"] for part in answer["diff"]] == [{"name": "a"}]
    assert answer["diff"][0]["before_header"] == "x a"


def test_a_failed_item_fails_the_module_after_all_items(invoke):
    def carry_out(server, params):
        good, bad = Result("good", "x"), Result("bad", "x", "failed", error="Pulp rejects it")
        good.add_change("created", {}, {})
        return [good, bad], {}

    status, answer = invoke(carry_out)
    assert (status, answer["failed"], answer["changed"]) == (1, True, True)
    assert answer["msg"] == "1 of 2 failed\nthing 'bad': Pulp rejects it"
    assert answer["summary"]["changed"] == 1


@pytest.mark.parametrize("verbosity", [0, 3])
@pytest.mark.parametrize(
    ("error", "message"),
    [
        (InvalidItem("get http://me:secret@x"), "get http://***@x"),
        (OperatorError("no such pin"), "no such pin"),
        (KeyError("results"), "please report it: KeyError: 'results' at test_module.py"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_an_error_is_one_line_without_traceback_and_secrets(invoke, error, message, verbosity):
    status, answer = invoke(run_that_raises(error), verbosity)
    assert (status, answer["failed"]) == (1, True)
    assert message in answer["msg"]
    assert "\n" not in answer["msg"]
    assert "secret" not in json.dumps(answer)
    assert "Traceback" not in json.dumps(answer)
    assert (answer["changed"], answer["results"]) == (False, [])


def test_warnings_are_shown_although_the_module_fails(invoke):
    def carry_out(server, params):
        server.report.warn("a worker is lost")
        raise InvalidItem("no")

    _status, answer = invoke(carry_out)
    assert "a worker is lost" in answer["shown"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pulp_url": "http://me:secret@pulp"}, "pulp_url contains credentials"),
        ({"ca_path": "/nowhere/ca.pem"}, "ca_path '/nowhere/ca.pem' does not exist"),
        ({"timeout": 0}, "timeout is 0.0: it must be greater than 0"),
        ({"report_path": "/nowhere/report"}, "report_path '/nowhere/report' cannot be written"),
        ({"username": "me"}, "password"),
        ({"client_key": "/k"}, "client_cert"),
        ({"thing": ["a"]}, "thing"),
    ],
)
def test_an_invalid_option_is_reported(invoke, arguments, message):
    status, answer = invoke(run_that_raises(AssertionError("the module must not run")), **arguments)
    assert status == 1
    assert message in answer["msg"]
    assert "secret@" not in answer["msg"]


def test_a_missing_library_is_reported_with_the_interpreter_and_both_remedies(invoke, monkeypatch):
    monkeypatch.setattr(pulp_module, "requests_is_missing", lambda: True)
    status, answer = invoke(run_that_raises(AssertionError("the module must not run")))
    assert status == 1
    assert f"'requests' is missing for {sys.executable}" in answer["msg"]
    assert "install it there" in answer["msg"]
    assert "ansible_python_interpreter: '{{ ansible_playbook_python }}'" in answer["msg"]


def test_options_default_to_the_environment_and_become_a_connection(invoke, monkeypatch):
    monkeypatch.setenv("RELEASE_TRAIN_PULP_USERNAME", "me")
    monkeypatch.setenv("RELEASE_TRAIN_PULP_PASSWORD", 'pä$s " : @ % wörd')
    seen = []

    def carry_out(server, params):
        seen.append((server.client.connection, server.check_mode, params))
        return [], {}

    status, _answer = invoke(carry_out, concurrency="3", _ansible_check_mode=True)
    [(connection, check_mode, params)] = seen
    assert (status, check_mode, params) == (0, True, {"things": []})
    assert (connection.pulp_url, connection.username) == (URL, "me")
    assert (connection.password, connection.concurrency) == ('pä$s " : @ % wörd', 3)


def test_the_report_is_written_while_the_module_runs(invoke, tmp_path):
    path = tmp_path / "report"

    def carry_out(server, params):
        server.report.finish(Result("a", "x"))
        assert json.loads(path.read_text())["name"] == "a"
        return [], {}

    assert invoke(carry_out, report_path=str(path))[0] == 0


def test_invalid_arguments_are_not_shown(invoke):
    status, answer = invoke(lambda server, params: ([], {}), 3, passwort="S3cret")
    assert status == 1
    assert "passwort" in answer["msg"]
    assert "S3cret" not in json.dumps(answer)


def test_a_run_that_fails_before_its_items_clears_an_older_report(invoke, tmp_path):
    path = tmp_path / "report.json"
    path.write_text("an older report\n")
    invoke(run_that_raises(InvalidItem("no such guard")), report_path=str(path))
    assert json.loads(path.read_text()) == {"failed": "no such guard"}


def test_a_report_that_a_failed_retry_reads_is_kept(invoke, tmp_path, monkeypatch):
    monkeypatch.setitem(OPTIONS, "retry", {"type": "path"})
    path = tmp_path / "report.json"
    path.write_text("an older report\n")
    invoke(run_that_raises(InvalidItem("it is down")), report_path=str(path), retry=str(path))
    assert path.read_text() == "an older report\n"


def test_secrets_of_inventory_items_are_neither_returned_nor_logged(invoke, monkeypatch):
    logged = []
    monkeypatch.setattr(
        basic.AnsibleModule, "_log_to_syslog", lambda self, text: logged.append(text)
    )
    monkeypatch.setattr(basic, "has_journal", False)
    monkeypatch.setitem(OPTIONS, "rpm", {"type": "list", "elements": "dict"})
    item = {"name": "a", "client_key": "line 1\nS3cret", "headers": [{"X-Token": "S3cret too"}]}

    def carry_out(server, params):
        return [Result("a", "x", error=f"{params['rpm'][0]['headers']} is refused")], {}

    _status, answer = invoke(carry_out, 3, rpm=[item])
    assert "S3cret" not in json.dumps(answer)
    assert answer["invocation"]["module_args"]["rpm"][0]["name"] == "a"
    assert [text.rpartition(" ")[2] for text in logged] == ["Invoked"]


def test_a_misspelt_secret_of_an_item_is_not_returned(invoke):
    error = InvalidArguments("Unsupported parameters: rpm.remote_pasword")
    status, answer = invoke(run_that_raises(error), verbosity=3, things=["S3CRET"])
    assert status == 1
    assert answer["msg"] == str(error)
    assert "S3CRET" not in json.dumps(answer)


def test_the_path_of_the_client_key_is_not_masked(invoke, tmp_path):
    path = str(tmp_path / "client.pem")
    status, answer = invoke(run_that_raises(InvalidItem("x")), client_cert=path, client_key=path)
    assert status == 1
    assert path in answer["msg"]


@pytest.mark.parametrize(
    "url",
    [
        "https://host/path?sig=S3cret-1&sv=S3cret",
        "https://host/path?S3cret",
        "http://bob:S3#cret@host/",
        'http://bob:S3"cret@host/',
        "bob:S3cret@host/",
    ],
)
@pytest.mark.parametrize("error", ["", "no"])
def test_secrets_in_urls_of_items_are_not_part_of_the_invocation(invoke, monkeypatch, url, error):
    monkeypatch.setitem(OPTIONS, "rpm", {"type": "list", "elements": "dict"})
    items = [{"name": "a", "url": url, "more": [{"proxy_url": url}]}]
    status, answer = invoke(
        lambda _server, _params: ([Result("a", "x", error=error)], {}), 3, rpm=items
    )
    assert status == bool(error)
    assert "cret" not in json.dumps(answer)
    assert answer["invocation"]["module_args"]["rpm"][0]["name"] == "a"


HOST = {"pulp_url": "http://host.invalid", "username": "host", "password": "host's"}


@pytest.mark.parametrize(
    ("arguments", "used"),
    [
        ({"pulp_url": None}, ("http://host.invalid", "host", "host's", False, "/dev/null")),
        ({}, (URL, None, None, True, None)),
        ({"username": "me", "password": "mine"}, (URL, "me", "mine", True, None)),
        (
            {"pulp_url": None, "username": "me", "password": "mine"},
            ("http://host.invalid", "me", "mine", False, "/dev/null"),
        ),
        (
            {"pulp_url": None, "ca_path": "/dev/zero"},
            ("http://host.invalid", "host", "host's", False, "/dev/zero"),
        ),
    ],
)
def test_the_connection_of_the_host_is_used_where_the_caller_has_none(invoke, arguments, used):
    defaults = {**HOST, "validate_certs": False, "ca_path": "/dev/null"}
    seen = []

    def carry_out(server, params):
        assert "connection_defaults" not in params
        seen.append(server.client.connection)
        return [], {}

    status, answer = invoke(carry_out, 3, connection_defaults=defaults, **arguments)
    [one] = seen
    assert status == 0
    found = (one.pulp_url, one.username, one.password, one.validate_certs, one.ca_path)
    assert found == used
    assert "host's" not in json.dumps(answer)


@pytest.mark.parametrize("defaults", [None, {}])
def test_a_missing_url_is_an_error_that_names_the_variables_of_roles(invoke, defaults):
    status, answer = invoke(
        run_that_raises(AssertionError("the module must not run")),
        pulp_url=None,
        connection_defaults=defaults,
    )
    assert status == 1
    assert answer["msg"].startswith("missing required arguments: pulp_url. Set it")
    assert "release_train_pulp_url" in answer["msg"]
