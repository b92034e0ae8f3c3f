"""Where message types come from: the options that every command with a schema takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from rpcx.commands.options.shared import lines_of

if TYPE_CHECKING:
    from rpcx.commands.options.headers import HeaderOptions
    from rpcx.results import Metadata
    from rpcx.schema.sources.asked import SchemaFiles


class SchemaOptions(NamedTuple):
    """As typed: files that are asked before the server is, and how the server is asked."""

    protoset: Annotated[
        list[str] | None,
        typer.Option(
            "--protoset",
            metavar="FILE",
            help="Take types from this descriptor set (repeatable; RPCX_PROTOSET has one a line);"
            " reflection fills the gaps.",
            show_default=False,
        ),
    ] = None
    proto: Annotated[
        list[str] | None,
        typer.Option(
            "--proto",
            metavar="FILE",
            help="Take types from this .proto file (repeatable; RPCX_PROTO has one a line); needs"
            " grpcio-tools.",
            show_default=False,
        ),
    ] = None
    import_path: Annotated[
        list[str] | None,
        typer.Option(
            "--import-path",
            metavar="DIR",
            help="Where .proto files find their imports (repeatable; RPCX_IMPORT_PATH has one a"
            " line).",
            show_default=False,
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
            help="Send this header to reflection alone (repeatable; RPCX_REFLECT_HEADER has one a"
            " line), in place of those of -H with its key.",
            show_default=False,
        ),
    ] = None

    @property
    def has_files(self) -> bool:
        """Whether any types come from files, so that no server is needed for them."""
        return bool(self.protosets or self.protos)

    @property
    def protosets(self) -> list[str]:
        """The descriptor sets."""
        return self.protoset or lines_of("RPCX_PROTOSET")

    @property
    def protos(self) -> list[str]:
        """The .proto files."""
        return self.proto or lines_of("RPCX_PROTO")

    @property
    def import_paths(self) -> list[str]:
        """Where those look for their imports."""
        return self.import_path or lines_of("RPCX_IMPORT_PATH")

    def files(self) -> SchemaFiles:
        """The files, as the schema takes them."""
        from rpcx.schema.sources.asked import SchemaFiles

        return SchemaFiles(
            tuple(self.protosets), tuple(self.protos), tuple(self.import_paths), self.protoset_out
        )

    def reflection_metadata(self, headers: HeaderOptions) -> Metadata:
        """The headers of reflection: those of the calls, and its own in place of their namesakes.

        Raises:
            UsageError: One is no header.
            DataError: A file of headers can't be read.
        """
        from rpcx.commands.options.headers import parse_headers

        lines = self.reflect_header or lines_of("RPCX_REFLECT_HEADER")
        own = parse_headers(lines, expand=headers.expand_headers, what="--reflect-header")
        keys = {key for key, _ in own}
        return (*(pair for pair in headers.metadata() if pair[0] not in keys), *own)
