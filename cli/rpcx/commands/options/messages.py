"""How requests are written and responses shown: the options of every command that calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from rpcx.config.option import Group, Option, any_of
from rpcx.documents.forms import InputForm

if TYPE_CHECKING:
    from rpcx.codec.choices import MessageForm


class MessageOptions(NamedTuple):
    """As typed."""

    input_format: Annotated[
        InputForm,
        Option(
            f"How -d is written: {any_of(InputForm)}; a @FILE.csv is read as CSV anyway.",
            "FORM",
            group=Group.REQUESTS,
        ),
    ] = InputForm.JSON
    allow_unknown_fields: Annotated[
        bool,
        Option(
            "Ignore fields and enum names that the message does not have.", group=Group.REQUESTS
        ),
    ] = False
    emit_defaults: Annotated[
        bool,
        Option("Also print fields that have their default value.", group=Group.OUTPUT),
    ] = False

    def form(self) -> MessageForm:
        """Return the same, as the codec takes it."""
        from rpcx.codec.choices import MessageForm

        return MessageForm(*self)
