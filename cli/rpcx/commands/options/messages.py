"""How requests are written and messages shown: for every command that calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from rpcx.documents.forms import InputForm

if TYPE_CHECKING:
    from rpcx.codec.choices import MessageForm


class MessageOptions(NamedTuple):
    """As typed."""

    input_format: Annotated[
        InputForm,
        typer.Option(
            "--input-format",
            envvar="RPCX_INPUT_FORMAT",
            help="How -d is written: JSON, text format (messages end with U+001E), one binary"
            " message, binary messages each after its length, or CSV (also by @file.csv).",
        ),
    ] = InputForm.JSON
    allow_unknown_fields: Annotated[
        bool,
        typer.Option(
            "--allow-unknown-fields",
            envvar="RPCX_ALLOW_UNKNOWN_FIELDS",
            help="Pass over fields and enum names that the message does not have.",
        ),
    ] = False
    emit_defaults: Annotated[
        bool,
        typer.Option(
            "--emit-defaults",
            envvar="RPCX_EMIT_DEFAULTS",
            help="Show fields that are not set too, unless being unset means something.",
        ),
    ] = False

    def form(self) -> MessageForm:
        """The same, as the codec takes it."""
        from rpcx.codec.choices import MessageForm

        return MessageForm(*self)
