"""The demo as a child process: it comes, says where it is, and goes."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

import pytest

from rpcx.demo.process import DemoProcess
from rpcx.demo.settings import DemoSettings
from rpcx.errors import ConnectError, UsageError

_PARENT = """\
import signal, sys
from rpcx.demo.process import DemoProcess
demo = DemoProcess().start()
print(demo.pid, demo.address, flush=True)
signal.pause()
"""
TIMEOUT_S = 20.0


def ended(pidfd: int) -> bool:
    """Wait for a process to end."""
    return bool(select.select([pidfd], [], [], TIMEOUT_S)[0])


def test_it_lives_as_long_as_it_is_wanted() -> None:
    """Inside the block the child runs in its own session; after it, it is gone and reaped."""
    with DemoProcess(DemoSettings(delay=0.01)) as demo:
        host, _, port = demo.address.rpartition(":")
        assert (host, port.isdigit(), demo.address) == ("127.0.0.1", True, f"{host}:{port}")
        pid = demo.pid
        assert os.getsid(pid) == pid
    assert demo.pid == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_close_without_start_does_nothing() -> None:
    """Closing twice, or what was never started, is no error."""
    demo = DemoProcess()
    demo.close()
    demo.close()


def test_close_may_come_before_the_address() -> None:
    """A command that fails early closes a child that it never asked for its address."""
    demo = DemoProcess().start()
    pid = demo.pid
    demo.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_does_not_outlive_a_killed_parent() -> None:
    """A parent that is killed can clean nothing up: the closed pipe ends the child."""
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline().split()[0])
        pidfd = os.pidfd_open(pid)
        try:
            parent.send_signal(signal.SIGKILL)
            assert ended(pidfd)
        finally:
            os.close(pidfd)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    """The exit status of a signalled server is 128 and the signal's number."""
    with subprocess.Popen(
        [sys.executable, "-m", "rpcx.demo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout
        assert server.stdout.readline()
        server.send_signal(number)
        assert server.wait(TIMEOUT_S) == 128 + number


def test_why_it_did_not_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that ends at once gives its own last words as the reason."""
    demo = DemoProcess()
    monkeypatch.setattr(DemoSettings, "query", lambda _: "delay=never")
    with pytest.raises(ConnectError, match=r"exit status 2 .* 'never' is no duration"), demo:
        _ = demo.address


def test_a_child_that_is_not_ready_in_time_is_given_up() -> None:
    """The wait has an end, and the sentence says how long it was."""
    with DemoProcess(timeout=0.0) as demo, pytest.raises(ConnectError, match=r"within 0 s"):
        _ = demo.address


def test_an_interpreter_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the process cannot be started at all, the sentence quotes the program."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    demo = DemoProcess()
    with pytest.raises(ConnectError, match="/nowhere/python"):
        demo.start()
    demo.close()


def test_settings_are_checked_before_anything_starts() -> None:
    """A bad value is the parent's usage error, not the child's."""
    with pytest.raises(UsageError):
        DemoProcess(DemoSettings(max_handlers=0))
