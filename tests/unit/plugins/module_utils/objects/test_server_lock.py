# SPDX-License-Identifier: Apache-2.0
"""One run at a time holds the lock of a server; a killed one is taken over, or named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from plugins.module_utils.objects.server_lock import (
    LOCK_NAME,
    ServerLock,
    process_has_ended,
    process_identity,
)
from plugins.module_utils.pulp.errors import (
    Conflict,
    LostResponse,
    PulpError,
    ResponseError,
    Unreachable,
)
from plugins.module_utils.pulp.server import Server
from tests.unit.fake_pulp.pulp import FakePulp

GUARDS = "contentguards/core/rbac/"


@pytest.fixture
def pulp() -> FakePulp:
    return FakePulp(pulp_url="https://ark.example.com", username="ann", ca_path=__file__)


@pytest.fixture
def ended() -> str:
    """The identity of a process that has ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    )
    place = process_identity().rsplit(":", 2)[0]
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as stream:
        start = stream.read().rpartition(")")[2].split()[19]
    identity = f"{place}:{process.pid}:{start}"
    assert not process_has_ended(identity)
    process.communicate()
    return identity


def lock(server: Server, **more: object) -> ServerLock:
    return ServerLock(server, "promotion", sleep=lambda seconds: None, **more)


def hold(pulp: FakePulp, process: str, run: str = "another") -> str:
    """Let another run hold the lock; returns its href."""
    text = f"bob on ctl1, process 7, since 2026-01-01 00:00:00 UTC [run={run} process={process}]"
    return str(pulp.add_guard(LOCK_NAME, description=text)["pulp_href"])


def holders(pulp: FakePulp) -> list[str]:
    by_name = pulp.by_name(GUARDS)
    return [by_name[LOCK_NAME]["description"]] if LOCK_NAME in by_name else []


def test_the_lock_says_who_holds_it_and_is_removed_at_the_end(pulp):
    with lock(pulp.server()):
        (text,) = holders(pulp)
        assert f"process {os.getpid()}, since 20" in text
        assert ", as ann [run=" in text
    assert holders(pulp) == []
    assert pulp.sent("GET") == []
    assert [one.method for one in pulp.writes] == ["POST", "DELETE"]


def test_it_is_removed_after_a_failure(pulp):
    with pytest.raises(ValueError, match="broken"), lock(pulp.server()):
        raise ValueError("broken")
    assert holders(pulp) == []


def test_check_mode_holds_no_lock(pulp):
    with lock(pulp.server(check_mode=True)):
        assert holders(pulp) == []
    assert pulp.requests == []


def test_a_run_waits_for_another_one(pulp):
    href = hold(pulp, "elsewhere:1:2:3")
    pulp.on("GET", GUARDS, first=lambda: pulp.store.objects.pop(href, None), skip=3)
    with lock(pulp.server()):
        assert "bob" not in holders(pulp)[0]
    assert len(pulp.sent("GET")) == 4


def test_a_run_that_does_not_end_is_named_with_the_command_that_removes_its_lock(pulp):
    href = hold(pulp, "elsewhere:1:2:3")
    with pytest.raises(Conflict) as refused, lock(pulp.server(), longest=0):
        pytest.fail("another run holds the lock")
    assert str(refused.value) == (
        "nothing was changed: a promotion by bob on ctl1, process 7, since 2026-01-01 00:00:00 UTC "
        "is running, or was killed. Run it again when that has ended. If it does not run any more, "
        f"remove its lock first: curl -u ann --cacert {__file__} -X DELETE "
        f"https://ark.example.com{href}"
    )
    assert "bob" in holders(pulp)[0]


def test_a_lock_that_somebody_created_by_hand_is_not_taken_over(pulp):
    pulp.add_guard(LOCK_NAME)
    with pytest.raises(Conflict, match="by somebody is running"), lock(pulp.server(), longest=0):
        pytest.fail("another run holds the lock")


def test_the_lock_of_a_process_that_was_killed_is_taken_over(pulp, ended):
    hold(pulp, ended)
    server = pulp.server()
    with lock(server):
        assert "bob" not in holders(pulp)[0]
    assert server.report.warnings == [
        "the promotion by bob on ctl1, process 7, since 2026-01-01 00:00:00 UTC was killed. This "
        "run continues, and changes what differs"
    ]
    assert holders(pulp) == []


def test_a_lock_is_taken_over_by_one_run_only(pulp, ended):
    href = hold(pulp, ended)
    other = pulp.server()
    waiting = []

    def take_over_first() -> None:
        if href in pulp.store.objects:
            pulp.store.remove(href)
            hold(pulp, process_identity(), "quicker")

    pulp.on("DELETE", href, first=take_over_first)
    with pytest.raises(Conflict), lock(other, longest=0):
        waiting.append("not reached")
    assert waiting == []
    assert "run=quicker" in holders(pulp)[0]


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_response_to_its_creation_is_cleared_up(pulp, carried_out):
    pulp.on("POST", GUARDS, raises=LostResponse("it broke"), carried_out=carried_out)
    pulp.on("GET", GUARDS, raises=ResponseError(502, "Bad Gateway"), times=3)
    with lock(pulp.server()):
        assert len(holders(pulp)) == 1
    assert holders(pulp) == []


def test_a_server_that_fails_permanently_is_an_error(pulp):
    pulp.on("POST", GUARDS, raises=ResponseError(500, "Server Error"), times=100)
    with pytest.raises(PulpError, match="nothing was changed: Server Error"), lock(pulp.server()):
        pytest.fail("there is no lock")


def test_an_account_that_may_not_create_guards_runs_without_a_lock(pulp):
    pulp.on("POST", GUARDS, raises=ResponseError(403, "not allowed"))
    server = pulp.server()
    with lock(server):
        assert holders(pulp) == []
    assert "is not prevented, since this account cannot create content" in server.report.warnings[0]


def test_a_lock_that_cannot_be_removed_is_named_with_the_command(pulp):
    pulp.on("DELETE", GUARDS, raises=Unreachable("cannot be reached"), times=1000)
    server = pulp.server()
    with lock(server):
        pass
    (warning,) = server.report.warnings
    assert warning.startswith("the lock of this promotion cannot be removed: cannot be reached.")
    assert "-X DELETE https://ark.example.com/pulp/api/v3/contentguards/core/rbac/" in warning


def test_an_outage_before_its_removal_is_waited_for(pulp):
    pulp.on("DELETE", GUARDS, raises=Unreachable("cannot be reached"), times=4)
    server = pulp.server()
    with lock(server):
        pass
    assert (holders(pulp), server.report.warnings) == ([], [])


def test_a_run_that_waits_can_be_interrupted(pulp):
    hold(pulp, "elsewhere:1:2:3")
    pulp.on("GET", GUARDS, first=lambda: os.kill(os.getpid(), signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(PulpError, match="interrupted while another promotion"), lock(pulp.server()):
        pytest.fail("another run holds the lock")
    assert signal.getsignal(signal.SIGTERM) == before


def test_signals_are_delayed_while_the_lock_is_held(pulp):
    with lock(pulp.server()) as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.requested
    assert holders(pulp) == []


@pytest.mark.parametrize("identity", ["", "x", "a:b:c:d", "other-boot:1:99999999:5"])
def test_a_process_of_another_host_is_never_taken_for_ended(identity):
    assert not process_has_ended(identity)


def test_a_process_whose_number_was_given_to_another_one_has_ended():
    place, number, start = process_identity().rsplit(":", 2)
    assert not process_has_ended(f"{place}:{number}:{start}")
    assert process_has_ended(f"{place}:{number}:{int(start) + 1}")
