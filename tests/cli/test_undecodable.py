"""A response that is not a message of its type: the failure of that one call, nothing more."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_server import SchemaServer

PROTO = """
syntax = "proto3";
package t;
message M { string name = 1; int32 number = 2; }
service S { rpc Ok(M) returns (M); rpc Chat(stream M) returns (stream M); }
"""
BROKEN = {
    "cut": b"\x0a\x05x",
    "latin": b"\x0a\x02\xff\xfe",
    "nothing": b"\xff\xff\xff\xff",
}
"""Answers by the name that asks for each: none of them parses."""

GOOD, BAD = '{"name":"good"}', [f'{{"name":"{name}"}}' for name in BROKEN]
MIXED = " ".join([GOOD, BAD[0], GOOD, GOOD])

both_transports = pytest.mark.parametrize("transport", ["wire", "grpc"])


def answer(request: bytes, _context: object = None) -> bytes:
    """Echo the request, or answer bytes that are not a message."""
    return BROKEN.get(request[2:].decode(), request)


def chat(requests: Iterator[bytes], _context: object) -> Iterator[bytes]:
    """Answer each message in the same way."""
    for request in requests:
        yield answer(request)


@pytest.fixture
def server(serve_schema: Callable[..., SchemaServer]) -> str:
    """A server that answers so, by its address."""
    return serve_schema({"t.proto": PROTO}, Ok=answer, Chat=chat).address


@both_transports
@pytest.mark.parametrize("name", BROKEN)
def test_a_record_has_its_bytes(
    rpcx: Callable[..., Any], server: str, name: str, transport: str
) -> None:
    """It fails INTERNAL, and the calls after it are made: four results."""
    data = " ".join([GOOD, f'{{"name":"{name}"}}', GOOD, GOOD])
    env = {"RPCX_TRANSPORT": transport}
    result = rpcx("call", "-p", server, "t.S/Ok", "-d", data, "-o", "record", env=env)
    assert result.code == 64 + 13, result.err
    records = result.documents
    assert [record["status"] for record in records] == ["OK", "INTERNAL", "OK", "OK"]
    assert base64.b64decode(records[1]["undecoded"]) == BROKEN[name]
    assert "cannot be decoded" in records[1]["error"]["message"]
    assert "t.M" in records[1]["error"]["message"]


@both_transports
@pytest.mark.parametrize("load", [(), ("-c", "3"), ("-r", "100", "-n", "4")], ids=" ".join)
def test_messages_go_on_after_it(
    rpcx: Callable[..., Any], server: str, load: tuple[str, ...], transport: str
) -> None:
    """The others are printed; a sentence names the call and says what is wrong."""
    env = {"RPCX_TRANSPORT": transport}
    result = rpcx("call", "-p", server, "t.S/Ok", "-d", MIXED, "-o", "message", *load, env=env)
    assert result.code == 64 + 13, result.err
    assert result.documents == [{"name": "good"}] * 3
    assert "call 1: INTERNAL: the response cannot be decoded: " in result.err


def test_what_can_be_read_of_it_is_shown(rpcx: Callable[..., Any], server: str) -> None:
    """A string that is not UTF-8 is named, and the message shown; the call has failed."""
    args = ("call", "-p", server, "t.S/Ok", "-d", BAD[1])
    result = rpcx(*args)
    assert (result.code, result.documents) == (64 + 13, [{"name": "\ufffd\ufffd"}])
    assert "the string 'name' of t.M is not valid UTF-8" in result.err
    assert rpcx(*args, "-o", "record").json["response"] == {"name": "\ufffd\ufffd"}


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize("form", ["json", "summary", "none"])
def test_it_counts_where_nothing_is_printed(
    rpcx: Callable[..., Any], server: str, form: str, processes: str
) -> None:
    """A load run counts it as failed in every form, in whichever process it was made."""
    result = rpcx(
        "call", "-p", server, "t.S/Ok", "-d", MIXED, "-n", "400", "-c", "4", "-o", form,
        "--processes", processes,
    )  # fmt: skip
    assert result.code == 64 + 13, result.err
    if form == "json":
        assert result.json["statuses"] == {"OK": 300, "INTERNAL": 100}
    if form == "summary":
        assert "failed 100" in result.out


def test_methods_are_verified_each_by_its_type(rpcx: Callable[..., Any], server: str) -> None:
    """Two plans of one run: the one that fails is named."""
    result = rpcx(
        "call", "-p", server, "--call", f"t.S/Ok={GOOD}", "--call", f"t.S/Ok={BAD[2]}",
        "-n", "10", "-o", "json",
    )  # fmt: skip
    assert result.json["statuses"] == {"OK": 5, "INTERNAL": 5}


@both_transports
def test_a_stream_goes_on_and_has_failed(
    rpcx: Callable[..., Any], server: str, transport: str
) -> None:
    """What follows is shown; the stream's end is INTERNAL, with the number of such messages."""
    env = {"RPCX_TRANSPORT": transport}
    args = ("stream", "-p", server, "t.S/Chat", "-d", MIXED)
    shown = rpcx(*args, "-o", "message", env=env)
    assert shown.code == 64 + 13, shown.err
    assert shown.documents == [{"name": "good"}] * 3
    assert "1 of 4 messages cannot be decoded; the first is message 1: " in shown.err

    records = rpcx(*args, "-o", "record", env=env).documents
    received = [one for one in records if one.get("direction") == "received"]
    assert [one["message"] for one in received][2:] == [{"name": "good"}] * 2
    assert base64.b64decode(received[1]["undecoded"]) == BROKEN["cut"]
    assert (records[-1]["status"], records[-1]["received"]) == ("INTERNAL", 4)

    summary = rpcx(*args, "-o", "json", env=env)
    assert (summary.code, summary.json["statuses"]) == (64 + 13, {"INTERNAL": 1})


def test_what_looks_into_messages_passes_it_over(rpcx: Callable[..., Any], server: str) -> None:
    """Pairing and sequences count it as a message whose field cannot be read."""
    data = '{"name":"good","number":1} {"name":"cut"} {"name":"good","number":2}'
    args = ("stream", "-p", server, "t.S/Chat", "-d", data, "-o", "json")
    result = rpcx(*args, "--match-field", "number", "--check-sequence", "number")
    assert result.code == 64 + 13, result.err
    assert result.json["sequence"]["unreadable"] == 1
    assert result.json["match"]["received_alone"] == 1


def test_a_script_says_that_it_cannot_be_decoded(
    rpcx: Callable[..., Any], server: str, tmp_path: Any
) -> None:
    """The step that expected a message fails, and not rpcx."""
    steps = [{"send": {"name": "cut"}}, {"expect": {"name": "x"}}]
    script = tmp_path / "script"
    script.write_text("\n".join(map(json.dumps, steps)))
    result = rpcx("stream", "-p", server, "t.S/Chat", "--script", str(script))
    assert result.code == 1
    assert result.err.startswith("rpcx: script line 2: ")
    assert "Traceback" not in result.err
