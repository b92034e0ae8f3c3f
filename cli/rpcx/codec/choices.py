"""How requests are written and responses shown."""

from __future__ import annotations

from typing import NamedTuple

from rpcx.documents.forms import InputForm


class MessageForm(NamedTuple):
    """The choices that a codec is made with.

    Attributes:
        input_format: How documents are written.
        allow_unknown_fields: Pass over fields, and names in enums, that do not exist.
        emit_defaults: Show fields without presence when they are unset too.
    """

    input_format: InputForm = InputForm.JSON
    allow_unknown_fields: bool = False
    emit_defaults: bool = False
