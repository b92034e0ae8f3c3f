"""Files that rpcx reads, changed at random: what is in them is used, or refused in a sentence."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
import typer
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rpcx.commands.call import plan
from rpcx.commands.call.command import call
from rpcx.demo.messages import Messages
from rpcx.errors import RpcxError, UsageError
from rpcx.output.reports import check_path
from rpcx.runs.requests.rows import Rows
from rpcx.runs.requests.script_file import read_script
from rpcx.schema.sources.opening import open_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MESSAGES = Messages()
CHAT = MESSAGES.service("grpc.examples.echo.Echo").methods_by_name["BidirectionalStreamingEcho"]

PLAN = b"""\
target = "demo"
method = "helloworld.Greeter/SayHello"
data = ['{"name":"a"}', {name = "b"}]
total = 10
concurrency = 2
duration = "1s"
plaintext = true
header = ["a: b"]
[[call]]
method = "a.B/C"
weight = 2
data = "{}"
"""
SCRIPT = b"""\
{"send": {"message": "a"}}
{"expect": {"message": "a"}, "within": "1s"}
{"sleep": "10ms"}
{"wait-for": {"count": 2}}
{"half-close": true}
{"expect-status": "OK"}
"""
TABLE = b'name,age\n"Ada ""x""",3\nGrace,4\n'
ROWS = b'{"name":"Ada","n":1.5e3}\n{"name":"G","x":[1,{"a":null}]}\n'
PIECES = [
    b"", b"\0", b"\xff", b"\xef\xbb\xbf", b'"', b"{", b"}", b"[", b"]", b",", b"=", b"'''", b"\n",
    b"\r", b"null", b"true", b"-1", b"1e999", b"9" * 5000, b"[" * 3000, b'{"a":' * 3000,
    b'"\\ud800"', b"\\u0000", b"\x80\x80\x80", b"nan", b"1979-05-27", b'"' + b"x" * 300 + b'"',
]  # fmt: skip


@st.composite
def changed(draw: st.DrawFn, content: bytes) -> bytes:
    """The content with one to three pieces of it replaced."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        end = min(at + draw(st.integers(0, 12)), len(content))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=6))
        content = content[:at] + piece + content[end:]
    return content


def read_plan(path: Path) -> None:
    """Read a plan as `call` does before anything else."""
    command = typer.main.get_command(_app())
    context = typer.Context(command)
    plan._apply(context, str(path))


def _app() -> typer.Typer:
    made = typer.Typer(add_completion=False)
    made.command()(call)
    return made


def read_rows(path: Path) -> None:
    """Read all rows."""
    rows = Rows(str(path), again=False)
    with contextlib.closing(rows):
        while rows.take() is not None:
            continue


def read_protoset(path: Path) -> None:
    """Read a descriptor set, and look at all that is in it."""
    schema = open_schema(protosets=[str(path)])
    for name in schema.services():
        with contextlib.suppress(RpcxError):
            schema.find(name)


LONGEST_NAME = 255

READERS: dict[str, tuple[str, bytes, Callable[[Path], None]]] = {
    "plan": ("plan.toml", PLAN, read_plan),
    "script": ("script", SCRIPT, lambda path: _none(read_script(str(path), CHAT, MESSAGES.pool))),
    "CSV": ("rows.csv", TABLE, read_rows),
    "rows": ("rows.json", ROWS, read_rows),
    "protoset": (
        "set.binpb",
        FileDescriptorSet(
            file=map(FileDescriptorProto.FromString, [*MESSAGES.files.values()][:3])
        ).SerializeToString(),
        read_protoset,
    ),
}


def _none(_: object) -> None:
    """Return nothing."""


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_file_is_read_or_refused(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    """No other exception than those whose text is a sentence."""
    name, content, read = READERS[kind]
    path = tmp_path / name
    path.write_bytes(data.draw(changed(content)))
    try:
        read(path)
    except RpcxError as error:
        assert "\0" not in str(error)  # noqa: PT017 -- either is right


@pytest.mark.parametrize("length", [200, 244, 250, 255, 256, 300, 5000])
def test_a_report_with_a_long_name_is_written_or_refused_before(
    tmp_path: Path, length: int
) -> None:
    """What is taken before a run can be written after it."""
    from rpcx.output.reports import replace  # noqa: PLC0415 -- the second half of this test

    name = str(tmp_path / ("n" * (length - 5) + ".json"))
    if length > LONGEST_NAME:
        with pytest.raises(UsageError, match="cannot be written: File name too long"):
            check_path(name)
        return
    path = check_path(name)
    replace(path, b"{}\n")
    assert path.read_bytes() == b"{}\n"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_report_that_cannot_be_written_is_kept(tmp_path: Path) -> None:
    """Its folder went away during the run: the sentence says where it is."""
    from rpcx.output.reports import ReportError, replace  # noqa: PLC0415 -- as above

    folder = tmp_path / "gone"
    folder.mkdir()
    path = check_path(str(folder / "run.json"))
    folder.rmdir()
    with pytest.raises(ReportError, match="was not written: No such file or directory") as caught:
        replace(path, b"{}\n")
    kept = str(caught.value).split("it is in '")[1].split("'")[0]
    with open(kept, "rb") as file:  # noqa: PTH123 -- as it was said
        assert file.read() == b"{}\n"


def test_a_nul_in_a_plan_is_refused(tmp_path: Path) -> None:
    """No path and no host can have one; in a document it is a character like any other."""
    path = tmp_path / "plan.toml"
    for key in ("target", "report", "cacert", "header", "authority"):
        path.write_text(f'{key} = "a\\u0000b"\n')
        with pytest.raises(RpcxError, match=f"{key} has a NUL character"):
            read_plan(path)
    path.write_text('data = {name = "a\\u0000b"}\n')
    read_plan(path)
