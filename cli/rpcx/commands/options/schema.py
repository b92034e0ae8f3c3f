"""Where message types come from: the options of every command with a schema."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, NamedTuple

from rpcx.config.option import Group, Option

if TYPE_CHECKING:
    from rpcx.commands.options.headers import HeaderOptions
    from rpcx.results import Metadata
    from rpcx.schema.sources.asked import SchemaFiles

_schema = functools.partial(Option, group=Group.SCHEMA)


class SchemaOptions(NamedTuple):
    """As typed: files that come before the server, and how the server is asked."""

    protoset: Annotated[
        list[str] | None,
        _schema("Take types from a descriptor set; reflection fills gaps (repeatable).", "FILE"),
    ] = None
    proto: Annotated[
        list[str] | None,
        _schema("Take types from a .proto file; needs grpcio-tools (repeatable).", "FILE"),
    ] = None
    import_path: Annotated[
        list[str] | None,
        _schema(
            "Where .proto files find their imports (repeatable).",
            "DIR",
            also=("import-paths", "i"),
        ),
    ] = None
    protoset_out: Annotated[
        str | None,
        _schema("Save the types that were needed as a descriptor set, for --protoset.", "FILE"),
    ] = None
    reflect_header: Annotated[
        list[str] | None,
        _schema(
            "Send this header to reflection only; it replaces those of -H with the same key"
            " (repeatable).",
            "'KEY: VALUE'",
        ),
    ] = None

    @property
    def has_files(self) -> bool:
        """Whether any types come from files, so that no server is needed for them."""
        return bool(self.protoset or self.proto)

    def files(self) -> SchemaFiles:
        """Return the files, as the schema takes them."""
        from rpcx.schema.sources.asked import SchemaFiles

        return SchemaFiles(
            tuple(self.protoset or ()),
            tuple(self.proto or ()),
            tuple(self.import_path or ()),
            self.protoset_out,
        )

    def reflection_metadata(self, headers: HeaderOptions) -> Metadata:
        """Return the headers of reflection: its own replace those of the calls with the same key.

        Raises:
            UsageError: One is not a valid header.
            DataError: A file of headers cannot be read.
        """
        from rpcx.documents.headers import parse_headers

        own = parse_headers(
            self.reflect_header or (), expand=headers.expand_headers, what="--reflect-header"
        )
        keys = {key for key, _ in own}
        return (*(pair for pair in headers.metadata() if pair[0] not in keys), *own)
