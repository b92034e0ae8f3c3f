"""Text files are read in one way: byte order marks, other encodings, line ends."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcx.documents.forms import InputForm, splitter
from rpcx.documents.textfiles import TextStart, other_encoding, read_bytes, read_text, split_lines
from rpcx.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from certificates import Pair

MARK = b"\xef\xbb\xbf"
GREETER = (
    'syntax = "proto3"; package g; message M { string name = 1; }'
    " service S { rpc C(M) returns (M); rpc B(stream M) returns (stream M); }"
)
HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"


def test_a_nul_is_not_utf16() -> None:
    """A binary file is not called UTF-16 for a NUL in it."""
    for head in (b"p\0q", b"p\0qr", b"pq\0\0", b"\0"):
        assert other_encoding(head) is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("text", ['{"a": 1}', "[x]\n", "x-a: 1\r\n", "1"])
def test_other_encodings_are_named(encoding: str, text: str) -> None:
    """UTF-16 and UTF-32 are recognised by their mark, and by their zeros without one."""
    assert other_encoding(text.encode(encoding)) == encoding[:6].upper()


@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_utf8_is_never_taken_for_another(text: str) -> None:
    """No text in UTF-8 without NUL is refused."""
    assert other_encoding(text.encode()) is None


@given(data=st.binary(max_size=12), cuts=st.lists(st.integers(0, 12)), marked=st.booleans())
def test_the_start_does_not_depend_on_chunks(data: bytes, cuts: list[int], marked: bool) -> None:
    """A mark is left out however the input was cut, and everything else is passed on."""
    whole = MARK * marked + b"." + data.replace(b"\0", b"")
    start, passed, at = TextStart(), b"", 0
    for cut in [*sorted(cuts), len(whole)]:
        passed += start.feed(whole[at:cut])
        at = max(at, cut)
    assert passed + start.finish() == whole.removeprefix(MARK)


def test_one_byte_is_not_held_back() -> None:
    """What cannot be the beginning of a mark is passed on at once."""
    assert TextStart().feed(b"1") == b"1"


@pytest.mark.parametrize("form", [InputForm.JSON, InputForm.TEXT, InputForm.CSV])
def test_documents_that_arrive(form: InputForm) -> None:
    """UTF-16 on standard input is named, in every form that is text."""
    with pytest.raises(DataError, match=r"^standard input is UTF-16, .* save it as UTF-8"):
        list(splitter(form, "standard input").feed('{"a": 1}'.encode("utf-16")))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"ab\nc\xff", r"is not UTF-8: byte 0xff at line 2, column 2; save the file as UTF-8"),
        (b"ab\r\nc\0", r"contains a NUL character at line 2, column 2, so it is not a text file"),
        ("x".encode("utf-16"), "is UTF-16, and rpcx reads UTF-8; save it as UTF-8"),
        (None, r"cannot be read: No such file or directory; do that"),
    ],
)
def test_what_is_not_text(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    """A file that is not UTF-8 is refused with the place."""
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=f"^the file {sentence}"):
        read_text(str(path), "the file", DataError, "; do that")


def test_names_that_cannot_be(tmp_path: Path) -> None:
    """A folder, and a name with NUL, are sentences."""
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_bytes(str(tmp_path), "it", DataError)
    with pytest.raises(DataError, match="its name contains a NUL character"):
        read_bytes("a\0b", "it", DataError)


def test_lines_end_with_lf_or_crlf() -> None:
    """Other characters that Python takes for line ends belong to their line."""
    assert split_lines("a\r\n\nb\x85c\u2028d\n") == ["a", "", "b\x85c\u2028d"]


def _files(folder: Path, save: Callable[[str], bytes]) -> Callable[[str, str], str]:
    def make(name: str, text: str) -> str:
        (folder / name).write_bytes(save(text))
        return str(folder / name)

    return make


def _uses(make: Callable[[str, str], str], pair: Pair) -> dict[str, tuple[str, ...]]:
    """The command lines that read a text file, by what they read."""
    data = '{"name":\n "Ada"}\n'
    call = ("call", "demo", HELLO)
    tls = ("list", "localhost:1", "--connect-timeout", "0.2s")
    return {
        "json": (*call, "-d", "@" + make("a.json", data)),
        "text": (*call, "--input-format", "text", "-d", "@" + make("a.txt", 'name: "Ada"\n')),
        "csv": (*call, "-d", "@" + make("a.csv", "name\nAda\n")),
        "rows": (
            *call,
            "--template",
            "-d",
            '{"name":"{{n}}"}',
            "--rows",
            make("r.csv", "n\nAda\n"),
        ),
        "rows of json": (
            *(*call, "--template", "-d", '{"name":"{{n}}"}'),
            *("--rows", make("r.json", '{"n": "Ada"}')),
        ),
        "headers": (*call, "-d", data, "-H", "@" + make("h", "x-a: 1\n# note\nx-b: 2\n")),
        "script": (
            *("stream", "demo", ECHO),
            *("--script", make("s.json", '{"send": {"message": "x"}}\n{"half-close": true}\n')),
        ),
        "plan": ("call", "demo", HELLO, "--plan", make("p.toml", 'data = \'{"name":"Ada"}\'\n')),
        "service config": (*call, "--service-config", make("c.json", '{"methodConfig":\n[]}')),
        "proto": ("describe", "-", "g.S", "--proto", make("g.proto", GREETER)),
        "cacert": (*tls, "--cacert", make("ca.pem", pair.certificate.read_text())),
        "cert and key": (
            *(*tls, "--cert", make("c.pem", pair.certificate.read_text())),
            *("--key", make("k.pem", pair.key.read_text())),
        ),
    }


USES = (
    "json", "text", "csv", "rows", "rows of json", "headers", "script", "plan", "service config",
    "proto", "cacert", "cert and key",
)  # fmt: skip


@pytest.mark.parametrize("use", USES)
def test_byte_order_marks_and_crlf(
    rpcx: Callable[..., Any], tmp_path: Path, client_pair: Pair, use: str
) -> None:
    """What Notepad saves is read like any other file, wherever a file can be given."""
    windows = _files(tmp_path, lambda text: MARK + text.replace("\n", "\r\n").encode())
    arguments = _uses(windows, client_pair)[use]
    result = rpcx(*arguments)
    if "localhost:1" in arguments:
        assert "nothing listens at localhost:1" in result.err
    else:
        assert result.code == 0, result.err


@pytest.mark.parametrize("use", USES)
def test_what_powershell_writes(
    rpcx: Callable[..., Any], tmp_path: Path, client_pair: Pair, use: str
) -> None:
    """UTF-16 is named, with what would work, wherever a file can be given."""
    powershell = _files(tmp_path, lambda text: text.replace("\n", "\r\n").encode("utf-16"))
    result = rpcx(*_uses(powershell, client_pair)[use])
    assert result.code in {1, 2}
    assert re.search("is UTF-16, and rpcx reads UTF-8; save it as UTF-8", result.err), result.err


def test_passwords_and_reports(rpcx: Callable[..., Any], tmp_path: Path, demo_server: str) -> None:
    """A saved report and a password keep their meaning behind a byte order mark."""
    report = tmp_path / "run.json"
    done = rpcx("call", "-p", demo_server, HELLO, "-n", "2", "-o", "none", "--report", str(report))
    assert done.code == 0, done.err
    marked = tmp_path / "marked.json"
    marked.write_bytes(MARK + report.read_bytes())
    shown = rpcx("report", str(marked), "-o", "json")
    assert json.loads(shown.out)["calls"]["ok"] == 2
    report.write_bytes(report.read_text().encode("utf-16"))
    assert "is UTF-16" in rpcx("report", str(report)).err
    password = tmp_path / "password"
    password.write_bytes(MARK + b"open sesame\r\n")
    assert read_bytes(str(password), "it", DataError) == b"open sesame\r\n"
