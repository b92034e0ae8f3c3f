"""`-d` as people type it: mistakes that would only show as malformed JSON are named here."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from rpcx.documents.forms import InputForm
from rpcx.errors import UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_TEXT_FORMAT: Final = re.compile(r"\s*[A-Za-z_]\w*\s*(:|\{|<)")


def typed_data(data: Sequence[str] | None, form: InputForm) -> list[str]:
    """Return each `-d`, with `@` as standard input.

    Raises:
        UsageError: One is a file name without `@`, or a message in text format.
    """
    return [_checked(one, form) for one in data or ()]


def _checked(data: str, form: InputForm) -> str:
    if data == "@":  # as grpcurl and ghz have it
        return "@-"
    if data.startswith(("@", "{", "[")) or form is not InputForm.JSON:
        return data
    shown = printable(data, limit=60)
    if "\0" not in data and os.path.isfile(data):  # noqa: PTH113 -- as typed
        raise UsageError(
            f"-d {shown!r} is not JSON, and a file of that name exists: write -d @{shown}"
        )
    if _TEXT_FORMAT.match(data):
        raise UsageError(
            f"-d {shown!r} looks like protobuf's text format: add --input-format text, or write"
            """ JSON such as {"name": "x"}"""
        )
    return data
