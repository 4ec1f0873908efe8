# SPDX-License-Identifier: Apache-2.0
"""Signals are delayed, and handled as before afterwards."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from plugins.module_utils.pulp.interruption import Interruption

pytestmark = pytest.mark.usefixtures("unignored_signals")

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_noted_and_the_second_one_interrupts(number):
    with Interruption() as interruption:
        assert not interruption.requested
        os.kill(os.getpid(), number)
        assert interruption.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


def test_it_is_reentrant_and_restores_the_handlers_at_its_end():
    before = [signal.getsignal(number) for number in SIGNALS]
    with Interruption() as interruption:
        with interruption:
            os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) != before[1]
        assert interruption.requested
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_signal_that_is_ignored_remains_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGHUP)
        assert not interruption.requested
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_delays_nothing():
    before = signal.getsignal(signal.SIGTERM)
    found = []

    def run() -> None:
        with Interruption():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [before]
