"""Sentences on standard error that are no error."""

from __future__ import annotations

from rpcx.output.stderr import say_sentence


def remark(sentence: str) -> None:
    """Print one sentence, as every word of rpcx to the user begins."""
    say_sentence(sentence)
