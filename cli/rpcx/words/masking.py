"""Which metadata is nobody's business: credentials are never printed unless asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rpcx.results import Metadata

MASK: Final = "***"
"""What stands in the place of a secret."""

_SECRET = re.compile(
    r"authorization|cookie|token|secret|password|api-?key|credential|session", re.ASCII
)
_SECRET_ANSWERS: Final = frozenset({"set-cookie", "set-cookie2"})


def is_secret(key: str) -> bool:
    """Whether the value of a request header is not to be shown: credentials, and all bytes."""
    return key.endswith("-bin") or _SECRET.search(key) is not None


def masked_request(metadata: Metadata) -> Metadata:
    """Request metadata with its secrets masked."""
    return tuple((key, MASK if is_secret(key) else value) for key, value in metadata)


def masked_response(metadata: Metadata) -> Metadata:
    """Response metadata with its secrets masked: cookies alone, the rest is what was asked for."""
    return tuple((key, MASK if key in _SECRET_ANSWERS else value) for key, value in metadata)
