"""`--report x.json`: all there is, to be shown, merged and compared by `rpcx report`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from rpcx.stats.run import Run


def check() -> None:
    """It needs nothing."""


def render(run: Run) -> bytes:
    """The summary with `histograms` and `intervals`, indented."""
    return orjson.dumps(run.as_object(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
