"""What `list` and `describe` share: a session that is opened to ask, not to call."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rpcx.runs.interrupts import Interrupts
from rpcx.runs.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpcx.commands.options.connection import ConnectionOptions
    from rpcx.commands.options.headers import HeaderOptions
    from rpcx.commands.options.schema import SchemaOptions


@contextlib.contextmanager
def asking(
    target: str, headers: HeaderOptions, schema: SchemaOptions, connection: ConnectionOptions
) -> Iterator[Session]:
    """Open a session on TARGET, or on files alone where TARGET is `-`.

    Raises:
        RpcxError: An option cannot be, or the server is not reached.
    """
    reflecting = schema.reflection_metadata(headers)
    where = connection.target(target, may_be_none=schema.has_files)
    story = connection.story()
    with (
        Interrupts() as interrupts,
        Session(where, interrupts, schema.files(), reflecting, story=story) as session,
    ):
        yield session
