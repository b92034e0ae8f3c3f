"""Where message types come from: the options that every command with a schema takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer


@dataclass(frozen=True, slots=True)
class SchemaOptions:
    """As typed: files that are asked before the server is."""

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

    @property
    def has_files(self) -> bool:
        """Whether any types come from files, so that no server is needed for them."""
        return bool(self.protoset or self.proto)
