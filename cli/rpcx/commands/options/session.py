"""How a session is opened: from the options of every command with a TARGET."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.codec.choices import MessageForm
from rpcx.runs.session_plan import SessionPlan

if TYPE_CHECKING:
    from rpcx.commands.options.connection import ConnectionOptions
    from rpcx.commands.options.headers import HeaderOptions
    from rpcx.commands.options.messages import MessageOptions
    from rpcx.commands.options.schema import SchemaOptions


def session_plan(
    target: str,
    headers: HeaderOptions,
    schema: SchemaOptions,
    connection: ConnectionOptions,
    messages: MessageOptions | None = None,
) -> SessionPlan:
    """Return how to open a session on TARGET.

    Args:
        target: As typed; `-` means no server; only commands without messages take it.
        headers: What reflection is asked with, too.
        schema: Where types come from.
        connection: How to reach the server.
        messages: How messages are written; None for a command that has none.

    Raises:
        RpcxError: An option is not valid, or a file that it names cannot be read.
    """
    return SessionPlan(
        connection.target(target, may_be_none=messages is None and schema.has_files),
        schema.files(),
        schema.reflection_metadata(headers),
        connection.story(),
        MessageForm() if messages is None else messages.form(),
    )
