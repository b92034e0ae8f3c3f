"""What a session is opened with, frozen before anything is connected."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rpcx.codec.choices import MessageForm

if TYPE_CHECKING:
    from rpcx.results import Metadata
    from rpcx.runs.interrupts import Interrupts
    from rpcx.runs.session import Session
    from rpcx.runs.verbose import Story
    from rpcx.schema.sources.asked import SchemaFiles
    from rpcx.target.target import Target


class SessionPlan(NamedTuple):
    """Where to connect, and how messages are found, read and shown.

    Attributes:
        target: Where to.
        files: Where message types come from before the server is asked.
        metadata: Headers of reflection.
        story: What shows the connection with -v.
        messages: How requests are written and responses shown.
    """

    target: Target
    files: SchemaFiles
    metadata: Metadata
    story: Story
    messages: MessageForm = MessageForm()

    def open(self, interrupts: Interrupts) -> Session:
        """Return the session, to be entered.

        Args:
            interrupts: What listens for signals while it is open.
        """
        from rpcx.runs.session import Session

        return Session(
            self.target, interrupts, self.files, self.metadata, self.messages, self.story
        )
