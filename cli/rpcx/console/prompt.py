"""A prompt at which messages are typed while replies are printed above it.

One application of prompt_toolkit lives as long as the input does, in a thread of its own; it
is not begun anew for each line, so nothing that is printed meanwhile can be lost. Lines go
through a pipe, to be read like any other input. The prompt says at once what is wrong with a line
that is not a message, and keeps it to be corrected.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit import PromptSession

PROMPT: Final = "> "
_HINT: Final = "a message in JSON; Ctrl-D closes the sending side"
_BUNDLE_S: Final = 0.005


class TypedLines:
    """What a person types, a line at a time.

    Args:
        check: Says what is wrong with a line, None where it can be sent.
        on_hang_up: Called when the terminal has gone away, before the input ends.

    Attributes:
        descriptor: Where the lines can be read.
    """

    def __init__(self, check: Callable[[str], str | None], on_hang_up: Callable[[], None]) -> None:
        from prompt_toolkit.patch_stdout import StdoutProxy

        # It would ask the terminal where the cursor is, and complain if no answer comes.
        os.environ.setdefault("PROMPT_TOOLKIT_NO_CPR", "1")
        self.descriptor, self._lines = os.pipe()
        self._above = StdoutProxy(sleep_between_writes=_BUNDLE_S, raw=True)
        self._session = self._make_session(check)
        self._on_hang_up = on_hang_up
        self._ready = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="rpcx-prompt", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Print whole lines above the prompt."""
        self._above.write(data.decode(errors="backslashreplace"))

    def close(self) -> None:
        """Take the prompt away; everything that was written is on the screen then."""
        self._ready.wait()
        self._above.close()
        loop = self._session.app.loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has closed by itself just now
                loop.call_soon_threadsafe(self._end)
        self._thread.join()
        os.close(self.descriptor)

    def _run(self) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                self._session.prompt(handle_sigint=False, pre_run=self._ready.set)
        except (EOFError, OSError):
            # Ctrl-D ends the prompt otherwise, so the terminal cannot be read or written any more.
            self._on_hang_up()
        finally:
            self._ready.set()
            os.close(self._lines)

    def _end(self) -> None:
        """In the prompt's own thread: its application returns."""
        if not self._ended and self._session.app.is_running:
            self._ended = True
            self._session.app.exit(result="")

    def _enter(self, buffer: Any) -> bool:
        line = buffer.text
        if line.strip():
            self._above.write(f"{PROMPT}{line}\n")
            os.write(self._lines, f"{line}\n".encode())
        return False  # the prompt stays, empty

    def _make_session(self, check: Callable[[str], str | None]) -> PromptSession[str]:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.filters import Condition
        from prompt_toolkit.formatted_text import FormattedText
        from prompt_toolkit.key_binding import KeyBindings
        from prompt_toolkit.validation import ValidationError, Validator

        class Checked(Validator):
            def validate(self, document: Any) -> None:
                sentence = check(document.text)
                if sentence is not None:
                    raise ValidationError(len(document.text), sentence)

        keys = KeyBindings()
        session: PromptSession[str] = PromptSession(
            PROMPT,
            key_bindings=keys,
            validator=Checked(),
            validate_while_typing=False,
            placeholder=FormattedText([("class:placeholder fg:ansibrightblack", _HINT)]),
            erase_when_done=True,
        )

        # While a reply is printed the terminal would read lines by itself, and take a Ctrl-D
        # that comes just then for its own. Nothing that is printed needs that.
        session.app.input.cooked_mode = contextlib.nullcontext  # type: ignore[method-assign] # see above

        @keys.add("c-c")
        def _interrupt(_event: Any) -> None:
            os.kill(os.getpid(), signal.SIGINT)

        @keys.add("c-d", filter=Condition(lambda: not session.default_buffer.text))
        def _end_of_input(_event: Any) -> None:
            self._end()

        session.default_buffer.accept_handler = self._enter
        return session


def line_check(
    split: Callable[[bytes], Any], encode: Callable[[Any], bytes]
) -> Callable[[str], str | None]:
    """Return the check of a line: it has whole documents, and each is a message.

    Args:
        split: Cuts input into documents; raises RpcxError.
        encode: A document's message; raises RpcxError.
    """
    from rpcx.errors import RpcxError

    def check(line: str) -> str | None:
        try:
            for document in split(line.encode(errors="surrogateescape")):
                encode(document)
        except RpcxError as error:
            return str(error).removeprefix("line 1: ").removeprefix("line 1, ")
        return None

    return check
