"""The unit of a number in a summary, from its name (`rpcx help json`)."""

from __future__ import annotations

import re
from typing import Final

SHARE: Final = "share"
_MS: Final = re.compile(r"min|mean|max|p\d+(\.\d+)?")
_SHARES: Final = ("errors", "share", "busy", "machine_idle")
_ENDINGS: Final = {"_ms": "ms", "_per_s": "/s", "_s": "s", "_bytes": "bytes"}


def unit(path: str) -> str:
    """Return `ms`, `s`, `/s`, `bytes` or `SHARE`; empty for a count.

    Args:
        path: The keys of the number joined by dots, or its short name, such as `p99`; for a
            number of one method, `methods.METHOD.` and that.
    """
    if path.startswith("methods."):
        path = path.partition("/")[2].partition(".")[2]
    if _MS.fullmatch(path):
        return "ms"
    keys = path.split(".")
    if keys[-1] in _SHARES:
        return SHARE
    for key in keys:
        for ending, name in _ENDINGS.items():
            if key.endswith(ending):
                return name
    return ""
