"""`rpcx help`: the manual, a page for each topic."""

from __future__ import annotations

import sys
from typing import Annotated

from rpcx.commands.options.groups import with_option_groups
from rpcx.config.option import Argument
from rpcx.errors import UsageError


@with_option_groups
def help_(
    topic: Annotated[
        str | None,
        Argument("[TOPIC]", "A page of the manual, or a command; lists them if it is left out."),
    ] = None,
) -> int:
    """Show a page of the manual, or list the pages.

    Examples:
      rpcx help
      rpcx help load
      rpcx help exit-status
      rpcx help call
    """
    from rpcx.help.pages import summary, topics
    from rpcx.output.terminal import Terminals
    from rpcx.words.printable import printable
    from rpcx.words.suggestions import alternatives

    pages = topics()
    if topic is None:
        width = max(map(len, pages))
        lines = [f"  {name:<{width}}  {summary(pages[name])}" for name in pages]
        text = "\n".join(["rpcx help TOPIC shows one of these pages:", "", *lines, ""])
        sys.stdout.write(f"{text}\nrpcx help COMMAND, or rpcx COMMAND --help, lists options.\n")
        return 0
    if topic not in pages:
        raise UsageError(
            f"there is no topic {printable(topic)!r}{alternatives(topic, list(pages), 'topics')}"
        )
    if Terminals.of_this_process().out:
        import pydoc

        pydoc.pager(pages[topic])
    else:
        sys.stdout.write(pages[topic])
    return 0
