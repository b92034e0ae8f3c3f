"""The schema that the command line asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.schema.lookup import Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.schema.sources.protocol import Conversation, FileSource


def open_schema(
    open_conversation: Callable[[str], Conversation] | None = None,
    *,
    protosets: Sequence[str] = (),
    protos: Sequence[str] = (),
    import_paths: Sequence[str] = (),
) -> Schema:
    """Return a schema of files first, and of a server's reflection for what they lack.

    Args:
        open_conversation: Opens a stream of the server's on a path; None where there is no
            server to ask.
        protosets: Paths of descriptor sets.
        protos: .proto files.
        import_paths: Where those look for their imports.

    Raises:
        SchemaError: A file cannot be read or compiled.
    """
    sources: list[FileSource] = []
    if protosets:
        from rpcx.schema.sources.protoset import protoset_source  # noqa: PLC0415 - only where asked for

        sources.append(protoset_source(protosets))
    if protos:
        from rpcx.schema.sources.protofiles import proto_source  # noqa: PLC0415 - likewise

        sources.append(proto_source(protos, import_paths))
    if open_conversation is not None:
        from rpcx.schema.sources.reflection import ReflectionSource  # noqa: PLC0415 - likewise

        sources.append(ReflectionSource(open_conversation))
    return Schema(sources)
