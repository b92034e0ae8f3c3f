"""Where message types come from: the options that every command with a schema takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rpcx.commands.headers import HeaderOptions
    from rpcx.results import Metadata


@dataclass(frozen=True, slots=True)
class SchemaOptions:
    """As typed: files that are asked before the server is, and how the server is asked."""

    protoset: Annotated[
        list[str] | None,
        typer.Option(
            "--protoset",
            metavar="FILE",
            help="Take types from this descriptor set (repeatable); reflection fills the gaps.",
        ),
    ] = None
    proto: Annotated[
        list[str] | None,
        typer.Option(
            "--proto",
            metavar="FILE",
            help="Take types from this .proto file (repeatable); needs grpcio-tools.",
        ),
    ] = None
    import_path: Annotated[
        list[str] | None,
        typer.Option(
            "--import-path",
            metavar="DIR",
            help="Where .proto files find their imports (repeatable).",
        ),
    ] = None
    protoset_out: Annotated[
        str | None,
        typer.Option(
            "--protoset-out",
            metavar="FILE",
            envvar="RPCX_PROTOSET_OUT",
            help="Save the types that were needed as a descriptor set, for --protoset.",
            show_default=False,
        ),
    ] = None
    reflect_header: Annotated[
        list[str] | None,
        typer.Option(
            "--reflect-header",
            metavar="'KEY: VALUE'",
            help="Send this header to reflection alone (repeatable), in place of those of -H"
            " with its key.",
        ),
    ] = None

    @property
    def has_files(self) -> bool:
        """Whether any types come from files, so that no server is needed for them."""
        return bool(self.protoset or self.proto)

    def reflection_metadata(self, headers: HeaderOptions) -> Metadata:
        """The headers of reflection: those of the calls, and its own in place of their namesakes.

        Raises:
            UsageError: One is no header.
            DataError: A file of headers can't be read.
        """
        from rpcx.commands.headers import parse_headers
        from rpcx.commands.options import lines_of

        lines = self.reflect_header or lines_of("RPCX_REFLECT_HEADER")
        own = parse_headers(lines, expand=headers.expand_headers, what="--reflect-header")
        keys = {key for key, _ in own}
        return (*(pair for pair in headers.metadata() if pair[0] not in keys), *own)
