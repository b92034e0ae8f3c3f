"""How the documents of `-d` are written, and how they are prepared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rpcx.documents.forms import EMPTY, InputForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.documents.json_documents import Document


ARRAYS: Final = ("google.protobuf.ListValue", "google.protobuf.Value")
"""Messages whose JSON is or may be an array."""


class Reading(NamedTuple):
    """How `-d` is read.

    Attributes:
        form: How its documents are written.
        prepare: Called with each document that arrives, by the thread that reads it.
        arrays: Whether a JSON array is one message, as for google.protobuf.ListValue; else each
            element is one.
    """

    form: InputForm = InputForm.JSON
    prepare: Callable[[Document], None] | None = None
    arrays: bool = False

    @property
    def empty(self) -> str:
        """A `-d` with one message without any field set."""
        return EMPTY[self.form]

    @property
    def such_as(self) -> str:
        """The end of a sentence that asks for a document."""
        return f", such as {self.empty}" if self.form is InputForm.JSON else f" ({self.form})"
