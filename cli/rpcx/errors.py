"""What can go wrong, and the exit status each ends in.

    RpcxError                  1   the tool could not do it
    ├── UsageError             2   the command line asks for something that cannot be
    │   └── WrongCommandError  2   the method is of a kind that another command drives
    ├── ConnectError           1   the server was never reached
    ├── SchemaError            1   no such service, method, type; reflection failed
    ├── DataError              1   a request that does not fit its message
    ├── ExpectationError       1   a conversation did not go as its script says
    ├── OutputError            1   standard output cannot be written (output/stdout.py)
    ├── ReportError            1   a report cannot be written or read (output/reports)
    └── CallError        64+code   one RPC that the tool itself needed ended with a status

    ReaderGoneError          141   nobody reads standard output any more (output/stdout.py)
    AbandonedError             1   a thread does not end: nothing may be closed (runs/interrupts.py)
    └── InterruptedRunError  130   or 143, 129: a signal came before there was anything to report

An exception's text is one sentence that quotes the offending value, names the likely
cause and what would work. `app._run` is the one place that prints it. A call that fails
under `rpcx call` is not an exception: it is a result. Other exceptions in the code are caught
in the room that raises them, and are private to it.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rpcx.results import Status


class ExitCode(enum.IntEnum):
    """The documented exit statuses; a failed RPC adds its code to `STATUS_BASE`."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    SEVERAL_STATUSES = 3
    UNANSWERED = 4
    STATUS_BASE = 64
    FAIL_IF_MET = 99
    SIGHUP = 129
    SIGINT = 130
    SIGPIPE = 141
    SIGTERM = 143


class RpcxError(Exception):
    """The tool could not do what it was asked; the text is the sentence to print."""

    exit_code: int = ExitCode.FAILURE


class UsageError(RpcxError):
    """The command line asks for something that cannot be."""

    exit_code = ExitCode.USAGE


class WrongCommandError(UsageError):
    """The method is of a kind that another command drives.

    Attributes:
        command: The other command.
    """

    def __init__(self, sentence: str, command: str) -> None:
        super().__init__(sentence)
        self.command = command


class ConnectError(RpcxError):
    """The channel was never ready."""


class SchemaError(RpcxError):
    """The source of message types lacks a symbol, or cannot be read."""


class DataError(RpcxError):
    """A document that cannot become the request message."""


class ExpectationError(RpcxError):
    """A conversation went otherwise than its script: what was expected, and what there was."""


class CallError(RpcxError):
    """One RPC that the tool itself needed (reflection, say) ended with a failure.

    Attributes:
        status: The gRPC status it ended with.
        details: The server's own words, not yet made safe for a terminal.
    """

    def __init__(self, status: Status, details: str) -> None:
        super().__init__(f"{status.name}: {details}" if details else status.name)
        self.status = status
        self.details = details
        self.exit_code = ExitCode.STATUS_BASE + status
