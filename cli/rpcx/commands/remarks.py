"""Sentences on standard error that are no error."""

from __future__ import annotations

import sys


def remark(sentence: str) -> None:
    """Print one sentence, as every word of rpcx to the user begins."""
    sys.stderr.write(f"rpcx: {sentence}\n")
    sys.stderr.flush()
