"""Sizes as people write them: `4194304`, `4MiB`, `4MB`, `64k`."""

from __future__ import annotations

import re
from typing import Final

from rpcx.errors import UsageError

UNITS: Final = {
    "": 1, "b": 1,
    "k": 1 << 10, "kib": 1 << 10, "kb": 10**3,
    "m": 1 << 20, "mib": 1 << 20, "mb": 10**6,
    "g": 1 << 30, "gib": 1 << 30, "gb": 10**9,
}  # fmt: skip
"""Bytes of each unit, in lower case: K, M and G count in 1024, KB, MB and GB in 1000, as in dd."""

_SIZE = re.compile(r"(\d{1,15}) ?([a-z]*)", re.ASCII | re.IGNORECASE)


def parse_size(text: str, what: str, most: int) -> int:
    """Read a number of bytes; K, M and G count in 1024, KB, MB and GB in 1000, as in dd.

    Args:
        text: What was typed.
        what: The option, which opens the error's sentence.
        most: The largest size that will do.

    Raises:
        UsageError: It is no size, or not from 1 to `most`.
    """
    match = _SIZE.fullmatch(text.strip())
    factor = UNITS.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise UsageError(f"{what}: {text!r} is no size; write 16MiB, 64k or a number of bytes")
    size = int(match[1]) * factor
    if not 0 < size <= most:
        raise UsageError(f"{what}: {text!r} is not from 1 to {most:,} bytes")
    return size
