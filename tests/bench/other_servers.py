"""The usual load against servers that cost the client more: TLS, and headers that differ."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools import echo_server
from unary import TLS, VARIED, usual_case

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Iterator

    from cases import Case


def other_server_cases(
    programs: dict[str, Path], scratch: Path, seconds: float, opened: contextlib.ExitStack
) -> Iterator[Case]:
    """Every tool against a server with TLS 1.3, and one whose answers have varied headers.

    Args:
        programs: The tools there are.
        scratch: A directory for certificates and request bodies.
        seconds: How long a run should last.
        opened: Ends the servers, which are started here.
    """
    sys.path.append(str(Path(__file__).parents[1] / "support"))
    from certificates import Authority  # noqa: PLC0415 -- found only now

    authority = Authority(scratch)
    pair = authority.issue("server")
    keys = "-cert", str(pair.certificate), "-key", str(pair.key)
    secure = opened.enter_context(echo_server(*keys))
    yield usual_case(TLS, secure, programs, scratch, seconds, authority.certificate)
    varied = opened.enter_context(echo_server("-varied-headers"))
    yield usual_case(VARIED, varied, programs, scratch, seconds)
