"""One attempt to connect: how far it came, what it found on the way, and what ended it.

The dialling thread writes it first, then the driver of the transport. Whoever asks why there is no
connection reads it (`verdict`), also while the attempt is still under way.
"""

from __future__ import annotations

import enum
import time
from typing import TYPE_CHECKING, Final

from rpcx.transport.wire.frames import GOAWAY, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.transport.proxies import Proxy

_clock = time.monotonic

_TLS_RECORDS: Final = (b"\x15\x03", b"\x16\x03")
"""How an alert and a handshake message begin (RFC 8446, section 5.1)."""

# Python's own web server answers a version that it does not know without a status line.
_HTTP1: Final = (b"HTTP/1", b"<!DOCTYPE", b"<html", b"<HTML")


class Stage(enum.Enum):
    """What an attempt is doing, or was doing when it ended."""

    RESOLVING = enum.auto()
    CONNECTING = enum.auto()
    TUNNELLING = enum.auto()
    ENCRYPTING = enum.auto()
    GREETING = enum.auto()
    """It waits for the server's SETTINGS."""
    GREETED = enum.auto()


class Attempt:
    """One attempt to connect.

    Args:
        tell: Given each thing that it finds, as a line; None for nobody.
        before: The attempt before it, if that failed: what that found is not told again.

    Attributes:
        stage: How far it came.
        error: What ended it; None where nothing did yet, or the server ended it by its words.
        proxy: The proxy that it goes through; None for none.
        said: The first bytes that the server sent, as far as they are needed to see what it is.
        goaway: The text of the GOAWAY that the server ended it with; None where it did not.
        fault: The rule of HTTP/2 that the server broke; empty for none.
        certificates: The certificates (DER) that the server sent, also those that are not trusted.
        lines: What it found.
    """

    def __init__(
        self, tell: Callable[[str], None] | None = None, before: Attempt | None = None
    ) -> None:
        self._tell = tell
        self._since = _clock()
        self.stage: Stage = Stage.RESOLVING
        self.error: OSError | None = None
        self.proxy: Proxy | None = None
        self.said = b""
        self.goaway: str | None = None
        self.fault = ""
        self.certificates: tuple[bytes, ...] = ()
        self.lines: list[str] = []
        self._known = before.lines if before and before.stage is not Stage.GREETED else []

    @property
    def is_told(self) -> bool:
        """Whether anybody wants to know what it finds."""
        return self._tell is not None

    def found(self, line: str) -> None:
        """Tell what was found since the line before, and how long that took."""
        now = _clock()
        self.lines.append(line)
        if self._tell is not None and line not in self._known:
            self._tell(f"{line} ({(now - self._since) * 1e3:.1f} ms)")
        self._since = now

    @property
    def was_hung_up_on(self) -> bool:
        """Whether the server took the connection, and closed it without a word."""
        ended = isinstance(self.error, ConnectionError) or (
            getattr(self.error, "reason", None) == "UNEXPECTED_EOF_WHILE_READING"
        )
        return ended and not self.said and self.stage in (Stage.ENCRYPTING, Stage.GREETING)

    @property
    def said_tls(self) -> bool:
        """Whether the server answered in TLS."""
        return self.said.startswith(_TLS_RECORDS)

    @property
    def said_http1(self) -> bool:
        """Whether the server answered in HTTP/1.1."""
        return self.said.startswith(_HTTP1)

    @property
    def said_http2(self) -> bool:
        """Whether the server's first bytes are the head of a frame that may come first."""
        head = self.said[:9]
        return len(head) == 9 and head[3] in (SETTINGS, GOAWAY) and not any(head[5:])  # noqa: PLR2004 -- RFC 9113, section 4.1
