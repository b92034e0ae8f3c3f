"""Text files, read in one way: UTF-8 with or without a byte order mark, whatever the line ends.

This is the only module that opens a text file that a user names. Editors and shells of
Windows write byte order marks, UTF-16 and CRLF: a mark is passed over, and UTF-16 and UTF-32
are named, with what would work. Input that arrives in pieces goes through `TextStart`.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final

from rpcx.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpcx.errors import RpcxError

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_MARKS: Final = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
"""Byte order marks of what is not read; the longer ones first."""
_LONGEST_MARK: Final = 4
_CHUNK: Final = 65_536
_ASCII: Final = 0x80


def open_binary(path: str, what: str, error: type[RpcxError], hint: str = "") -> IO[bytes]:
    """Return an open file; the caller closes it.

    Args:
        path: As typed: it may name a pipe.
        what: The file in a sentence, such as `--plan 'run.toml'`.
        error: What to raise.
        hint: What would work, for the end of the sentence.

    Raises:
        RpcxError: The file cannot be read; of the type `error`.
    """
    try:
        return open(path, "rb")  # noqa: PTH123 - as typed: `-` and `` are not paths to it
    except OSError as problem:
        reason = problem.strerror or problem
    except ValueError:
        reason = "its name contains a NUL character"
    raise error(f"{what} cannot be read: {reason}{hint}")


def read_bytes(path: str, what: str, error: type[RpcxError], hint: str = "") -> bytes:
    """Return the bytes of a text file that need not be UTF-8, such as PEM or a password.

    A byte order mark is left out. Arguments and errors are those of `open_binary`.

    Raises:
        RpcxError: The file cannot be read, or is UTF-16 or UTF-32.
    """
    with open_binary(path, what, error, hint) as file:
        try:
            data = file.read()
        except OSError as problem:  # a directory, say
            raise error(f"{what} cannot be read: {problem.strerror}{hint}") from None
    encoding = other_encoding(data)
    if encoding is not None:
        raise error(f"{what} {_save_as(encoding)}")
    return data.removeprefix(_UTF8_MARK)


def read_text(path: str, what: str, error: type[RpcxError], hint: str = "") -> str:
    """Return the text of a file, its line ends as they are.

    Arguments and errors are those of `open_binary`.

    Raises:
        RpcxError: The file cannot be read, is not UTF-8, or contains a NUL character.
    """
    data = read_bytes(path, what, error, hint)
    try:
        text = data.decode()
    except UnicodeDecodeError as problem:
        place, byte = place_of(data, problem.start), data[problem.start]
        raise error(
            f"{what} is not UTF-8: byte 0x{byte:02x} at {place}; save the file as UTF-8"
        ) from None
    if "\0" in text:
        place = place_of(data, data.index(b"\0"))
        raise error(f"{what} contains a NUL character at {place}, so it is not a text file")
    return text


def split_lines(text: str) -> list[str]:
    """Return the lines of a text, whether they end with LF or with CRLF."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def place_of(data: bytes, at: int, first_line: int = 1) -> str:
    """Return `line …, column …` of a byte of a text, both counted in characters from 1."""
    line = first_line + data.count(b"\n", 0, at)
    column = len(data[data.rfind(b"\n", 0, at) + 1 : at].decode("utf-8", "replace")) + 1
    return f"line {line}, column {column}"


def other_encoding(head: bytes) -> str | None:
    """Return the name of the encoding where a text begins like UTF-16 or UTF-32, else None.

    Without a byte order mark, the zeros of an ASCII character show it.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    first = head[:_LONGEST_MARK]
    zeros = [byte == 0 for byte in first]
    if all(byte < _ASCII for byte in first):
        if zeros in ([False, True, True, True], [True, True, True, False]):
            return "UTF-32"
        if zeros[:2] in ([False, True], [True, False]) and zeros[2:] in ([], zeros[:2]):
            return "UTF-16"
    return None


def check_encoding(path: str, what: str, error: type[RpcxError]) -> None:
    """Check that a file that another program reads is not UTF-16 or UTF-32.

    Arguments are those of `open_binary`.

    Raises:
        RpcxError: It is; or it cannot be read.
    """
    with open_binary(path, what, error) as file:
        encoding = other_encoding(file.read(_LONGEST_MARK))
    if encoding is not None:
        raise error(f"{what} {_save_as(encoding)}")


class TextStart:
    """Leaves out the byte order mark of text that arrives in chunks.

    Args:
        name: The input in a sentence.
    """

    def __init__(self, name: str = "the input") -> None:
        self._name = name
        self._head = b""
        self._begun = False

    def feed(self, chunk: bytes) -> bytes:
        """Return what can be passed on: nothing while this may be the beginning of a mark.

        Raises:
            DataError: The text is UTF-16 or UTF-32.
        """
        if self._begun:
            return chunk
        head = self._head + chunk
        marks = (_UTF8_MARK, *(mark for mark, _ in _MARKS))
        if any(len(head) < len(mark) and mark.startswith(head) for mark in marks):
            self._head = head
            return b""
        return self._begin(head)

    def finish(self) -> bytes:
        """Return what was held back when the input ends.

        Raises:
            DataError: As `feed`.
        """
        return b"" if self._begun else self._begin(self._head)

    def _begin(self, head: bytes) -> bytes:
        self._begun = True
        encoding = other_encoding(head)
        if encoding is not None:
            raise DataError(f"{self._name} {_save_as(encoding)}")
        return head.removeprefix(_UTF8_MARK)


def chunks_of(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """Yield the text of an open file in chunks, without its byte order mark.

    Raises:
        DataError: The text is UTF-16 or UTF-32.
    """
    start = TextStart(name)
    while chunk := stream.read(_CHUNK):
        yield start.feed(chunk)
    yield start.finish()


def _save_as(encoding: str) -> str:
    return (
        f"is {encoding}, and rpcx reads UTF-8; save it as UTF-8 (in PowerShell: … | Out-File"
        " -Encoding utf8 FILE)"
    )
