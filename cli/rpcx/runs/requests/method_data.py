"""The sources of each method's requests, made from what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rpcx.codec import JsonEncoder
from rpcx.errors import UsageError
from rpcx.runs.requests.requests import MethodData
from rpcx.runs.requests.stored import open_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.documents.json_documents import Document
    from rpcx.plans.calls import PlannedMethod
    from rpcx.runs.requests.filling import Filling, Templates
    from rpcx.runs.requests.reading import Reading
    from rpcx.runs.requests.stored import DocumentSource


class DataPlan(NamedTuple):
    """The data of one method, as typed; it pickles.

    Attributes:
        data: As each `-d`; empty for one message without any field set.
        rows: As `--rows`.
        again: Whether data repeats at its end.
    """

    data: tuple[str, ...]
    rows: str | None
    again: bool

    def open_with(
        self,
        planned: PlannedMethod,
        encode: Callable[[Document], bytes],
        reading: Reading,
        templates: Templates | None,
    ) -> MethodData:
        """Return what opens the requests of a method.

        Args:
            planned: The method.
            encode: Turns one of its documents into a message.
            reading: How its documents are written.
            templates: What their templates share; None if they have no templates.

        Raises:
            UsageError: Templates need JSON, and the input has another form.
            DataError: A template in a header is not valid.
        """
        filling = None if templates is None else self._filling(planned, encode, templates)
        data = self.data or (reading.empty,)
        # If there are rows, the rows decide when the run ends.
        again = self.again or (filling is not None and self.rows is not None)
        made = encode if filling is None else filling.compile

        def opened() -> DocumentSource:
            return open_all(data, made, again=again, required=True, reading=reading)

        return MethodData(planned.weight, opened, filling)

    def _filling(
        self,
        planned: PlannedMethod,
        encode: Callable[[Document], bytes],
        templates: Templates,
    ) -> Filling:
        from rpcx.runs.requests.filling import Filling
        from rpcx.runs.requests.rows import Rows

        if not isinstance(encode, JsonEncoder):
            raise UsageError("--template fills in JSON and CSV; --input-format says it is neither")
        rows = self.rows
        return Filling(
            templates,
            encode,
            planned.metadata,
            None if rows is None else lambda: Rows(rows, again=self.again),
        )
