"""What can go wrong, and its exit status.

    RpcxError                  1   rpcx could not do it
    ├── UsageError             2   the command line is not valid
    │   └── WrongCommandError  2   the method is of a kind that another command calls
    ├── ConnectError           1   the server was not reached, or a file for it cannot be used
    ├── SchemaError            1   there is no such service, method or type; or reflection failed
    ├── DataError              1   a document is not a valid request
    ├── ExpectationError       1   a conversation did not follow its script
    ├── OutputError            1   standard output cannot be written (output/stdout.py)
    ├── ReportError            1   a report cannot be written or read (output/reports)
    └── CallError        64+code   an RPC that rpcx itself needed failed

    ReaderGoneError          141   the reader of standard output is gone (output/stdout.py)
    AbandonedError             1   a thread does not end: nothing can be closed (runs/interrupts.py)
    └── InterruptedRunError  130   or 143, 129: a signal came before there was a result

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
    """rpcx could not do what it was asked; the text is the sentence to print."""

    exit_code: int = ExitCode.FAILURE


class UsageError(RpcxError):
    """The command line is not valid."""

    exit_code = ExitCode.USAGE


class WrongCommandError(UsageError):
    """The method is of a kind that another command calls.

    Attributes:
        command: The other command.
    """

    def __init__(self, sentence: str, command: str) -> None:
        super().__init__(sentence)
        self.command = command


class ConnectError(RpcxError):
    """The server was not reached, or a file that the connection needs cannot be used."""


class SchemaError(RpcxError):
    """A symbol is not in the source of message types, or the source cannot be read."""


class DataError(RpcxError):
    """A document is not a valid request."""


class ExpectationError(RpcxError):
    """A conversation did not follow its script; the text has what was expected and what came."""


class CallError(RpcxError):
    """An RPC that rpcx itself needed, such as reflection, failed.

    Attributes:
        status: The gRPC status it ended with.
        details: The server's text, not yet made safe for a terminal.
    """

    def __init__(self, status: Status, details: str) -> None:
        super().__init__(f"{status.name}: {details}" if details else status.name)
        self.status = status
        self.details = details
        self.exit_code = ExitCode.STATUS_BASE + status
