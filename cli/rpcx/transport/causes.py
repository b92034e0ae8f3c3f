"""Why a connection was lost or refused, in a few words, out of what gRPC's core says of it."""

from __future__ import annotations

import re
from typing import Final

from rpcx.words.printable import printable

NO_ANSWER: Final = "no answer to an attempt to connect"

_CAUSES: Final = (
    ("Connection refused", "connection refused"),
    ("Connection reset", "connection reset"),
    ("Broken pipe", "connection reset"),
    ("No such file or directory", "no such socket"),
    ("No route to host", "no route to the host"),
    ("Network is unreachable", "network unreachable"),
    ("Host is unreachable", "host unreachable"),
    ("keepalive", "no answer to a keepalive ping"),
    ("ping timeout", "no answer to a keepalive ping"),
    ("too_many_pings", "the server ended it for too many pings"),
    ("DNS resolution failed", "the name was not resolved"),
    ("Domain name not found", "the name was not resolved"),
    ("timed out", NO_ANSWER),
    ("Timeout", NO_ANSWER),
    ("handshake", "the TLS handshake failed"),
    ("certificate", "the TLS handshake failed"),
    ("GOAWAY", "the server closed the connection"),
    ("Socket closed", "the server closed the connection"),
    ("EOF", "the server closed the connection"),
)
"""Core's words, searched for in this order, and ours."""

_LAST_ERROR: Final = re.compile(r".*last error: (?:[A-Z_]+: )?(.*)", re.DOTALL)
_LONGEST: Final = 100


def cause_of(details: str) -> str:
    """Return the cause that a status text names; its own last words where they are not known."""
    for words, cause in _CAUSES:
        if words in details:
            return cause
    found = _LAST_ERROR.fullmatch(details)
    return printable(found[1] if found else details, limit=_LONGEST)
