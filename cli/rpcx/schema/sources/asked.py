"""Where a command takes its message types from, before it asks the server."""

from __future__ import annotations

from typing import NamedTuple


class SchemaFiles(NamedTuple):
    """Files with types.

    Attributes:
        protosets: Paths of descriptor sets.
        protos: .proto files.
        import_paths: Where those look for their imports.
        protoset_out: Where to save what was needed; None for nowhere.
    """

    protosets: tuple[str, ...] = ()
    protos: tuple[str, ...] = ()
    import_paths: tuple[str, ...] = ()
    protoset_out: str | None = None
