"""`-H 'key: value'`: the headers of every request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from rpcx.config.defaults import lines_of
from rpcx.config.option import Group, Option, Variable
from rpcx.documents.headers import parse_headers

if TYPE_CHECKING:
    from rpcx.results import Metadata


class HeaderOptions(NamedTuple):
    """As typed; `metadata` reads them."""

    header: Annotated[
        list[str] | None,
        Option(
            "Send this header, or those of a file; -bin keys take base64 (repeatable).",
            "'KEY: VALUE'|@FILE",
            short="-H",
            variable_is=Variable.OWN,
        ),
    ] = None
    expand_headers: Annotated[
        bool,
        Option("Replace ${NAME} in header values by environment variables.", group=Group.REQUESTS),
    ] = False

    def metadata(self) -> Metadata:
        """Return the headers in order; a key of `-H` replaces the same key of RPCX_HEADER.

        Raises:
            UsageError: A line is not a valid header.
            DataError: A file of headers cannot be read.
        """
        given = parse_headers(self.header or (), expand=self.expand_headers)
        keys = {key for key, _ in given}
        standing = parse_headers(
            lines_of("RPCX_HEADER"), expand=self.expand_headers, what="RPCX_HEADER"
        )
        return (*(pair for pair in standing if pair[0] not in keys), *given)
