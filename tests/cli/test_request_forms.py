"""How requests are written and messages are shown: the options that call and stream share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = "helloworld.Greeter/SayHello"
BIDI = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"
FEATURE = "routeguide.RouteGuide/GetFeature"
INPUTS = {
    "json": b'{"message":"a"} {"message":"b"}',
    "text": b'message: "a"\x1emessage: "b"\n',
    "delimited": b"\x03\x0a\x01a\x03\x0a\x01b",
}


@pytest.mark.parametrize("form", INPUTS)
@pytest.mark.parametrize("way", ["file", "stdin"])
def test_every_form_streams(
    rpcx: Callable[..., Any], demo_server: str, tmp_path: Any, form: str, way: str
) -> None:
    """Messages come in every form that has several, from a file and as they arrive."""
    (tmp_path / "data").write_bytes(INPUTS[form])
    data = {"file": ("-d", f"@{tmp_path}/data"), "stdin": ()}[way]
    result = rpcx(
        "stream", "-p", demo_server, BIDI, "--input-format", form, *data, input=INPUTS[form]
    )
    assert (result.code, result.err) == (0, "")
    assert result.documents == [{"message": "a"}, {"message": "b"}]


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("json", b'{"name":"x"}'),
        ("text", b'name: "x"'),
        ("binary", b"\x0a\x01x"),
        ("delimited", b"\x03\x0a\x01x"),
    ],
)
def test_every_form_calls(
    rpcx: Callable[..., Any], demo_server: str, form: str, data: bytes
) -> None:
    """A unary request comes in every form."""
    arguments = ("call", "-p", demo_server, HELLO, "--input-format", form)
    for result in (
        rpcx(*arguments, "-d", data.decode()),
        rpcx(*arguments, "-d", "@-", input=data),
        rpcx(*arguments, "-d", "@-", input=data, env={"RPCX_INPUT_FORMAT": form}),
    ):
        assert (result.code, result.json) == (0, {"message": "Hello x"}), result.err


@pytest.mark.parametrize("form", ["json", "text", "binary", "delimited"])
def test_without_data(rpcx: Callable[..., Any], demo_server: str, form: str) -> None:
    """Without -d there is one empty message, whatever the form."""
    result = rpcx("call", "-p", demo_server, HELLO, "--input-format", form)
    assert (result.code, result.json) == (0, {"message": "Hello "}), result.err


@pytest.mark.parametrize(
    ("form", "data", "sentence"),
    [
        ("text", 'nope: "x"', 'line 1, column 1: "nope" is no field of helloworld.HelloRequest'),
        ("text", "", "-d has no document; give at least one (text)"),
        ("binary", "\x0a\x05x", "message 1: its 3 bytes are no helloworld.HelloRequest"),
        ("delimited", "\x05x", "message 1 is cut off at the end of the input"),
        ("json", "", "-d has no document; give at least one, such as {}"),
    ],
)
def test_bad_data(
    rpcx: Callable[..., Any], demo_server: str, form: str, data: str, sentence: str
) -> None:
    """What does not fit is told in the terms of its form."""
    result = rpcx("call", "-p", demo_server, HELLO, "--input-format", form, "-d", data)
    assert result.code == 1
    assert sentence in result.err


def test_unknown_fields(rpcx: Callable[..., Any], demo_server: str) -> None:
    """--allow-unknown-fields passes over what the message does not have."""
    arguments = ("call", "-p", demo_server, HELLO, "-d", '{"nope":[1],"name":"x"}')
    assert rpcx(*arguments).code == 1
    result = rpcx(*arguments, "--allow-unknown-fields")
    assert (result.code, result.json) == (0, {"message": "Hello x"}), result.err


def test_defaults(rpcx: Callable[..., Any], demo_server: str) -> None:
    """--emit-defaults shows what is unset, in responses and in sent messages too."""
    result = rpcx("call", "-p", demo_server, FEATURE, "--emit-defaults")
    assert result.json == {"location": {"latitude": 0, "longitude": 0}, "name": ""}
    result = rpcx("stream", "-p", demo_server, BIDI, "-d", "{}", "--emit-defaults", "-o", "record")
    assert [one["message"] for one in result.documents[:-1]] == [{"message": ""}] * 2


def test_a_form_that_is_none(rpcx: Callable[..., Any]) -> None:
    """The forms that there are stand in the sentence."""
    result = rpcx("call", "demo", HELLO, "--input-format", "xml")
    assert result.code == 2
    assert "'json', 'text', 'binary', 'delimited'" in result.err
