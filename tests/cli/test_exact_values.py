"""Values on their way through the command line: none changes, and what is odd is still shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import grpc
import listeners
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FEATURE = "routeguide.RouteGuide/GetFeature"
CHAT = "routeguide.RouteGuide/RouteChat"
NEARLY_ONE = "1.0000000000000000001"
PROTO = """\
syntax = "proto3";
package t;
message M { string name = 1; repeated M more = 2; }
service S { rpc C(M) returns (M); }
"""


def _lines(folder: Path, number: str) -> dict[str, tuple[str, ...]]:
    """The command lines that give a latitude, by where the number is written."""
    call = ("call", "demo", FEATURE)

    def file(name: str, text: str) -> str:
        (folder / name).write_text(text)
        return str(folder / name)

    point = f'{{"latitude": {number}, "longitude": -746188906}}'
    template = '{"latitude": "{{lat}}", "longitude": "-746188906"}'
    script = f'{{"send": {{"location": {point}}}}}\n{{"half-close": true}}\n'
    plan = f"[data]\nlatitude = {number}\nlongitude = -746188906\n"
    return {
        "JSON": (*call, "-d", point),
        "quoted": (*call, "-d", point.replace(number, f'"{number}"')),
        "CSV": (*call, "-d", "@" + file("a.csv", f"latitude,longitude\n{number},-746188906\n")),
        "rows of JSON": (
            *(*call, "--template", "-d", template),
            *("--rows", file("rows.json", f'{{"lat": {number}}}')),
        ),
        "rows of CSV": (
            *(*call, "--template", "-d", template),
            *("--rows", file("rows.csv", f"lat\n{number}\n")),
        ),
        "a template beside it": (
            *(*call, "--template", "-H", "x-lat: {{latitude}}"),
            *("-d", point.replace("-746188906", '"{{ -746188906 }}"')),
        ),
        "--call": ("call", "demo", "--call", f"{FEATURE}={point}"),
        "--call as an object": (
            *("call", "demo", "--call", f'{{"method": "{FEATURE}", "data": {point}}}'),
        ),
        "a call of a plan": (
            *("call", "demo", "--plan"),
            file(
                "calls.toml", f'[[call]]\nmethod = "{FEATURE}"\n{plan.replace("data", "call.data")}'
            ),
        ),
        "--plan": (*call, "--plan", file("plan.toml", plan)),
        "--script": ("stream", "demo", CHAT, "--script", file("script.json", script)),
    }


PLACES = (
    "JSON", "quoted", "CSV", "rows of JSON", "rows of CSV", "a template beside it", "--plan",
    "--call", "--call as an object", "a call of a plan",
    "--script",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_no_number_is_changed(rpcx: Callable[..., Any], tmp_path: Path, place: str) -> None:
    """A number that is nearly an integer is refused wherever it is written, as it was written."""
    result = rpcx(*_lines(tmp_path, NEARLY_ONE)[place])
    assert (result.code, result.out) == (1, ""), result.err
    assert f'"{NEARLY_ONE}"' in result.err or f"the number {NEARLY_ONE}" in result.err


@pytest.mark.parametrize("place", [place for place in PLACES if place != "--script"])
def test_every_spelling_is_taken(rpcx: Callable[..., Any], tmp_path: Path, place: str) -> None:
    """An integer with a fraction or an exponent is the integer, wherever it is written."""
    result = rpcx(*_lines(tmp_path, "4.09146138000e8")[place])
    assert result.code == 0, result.err
    assert json.loads(result.out)["location"]["latitude"] == 409146138


def test_times_in_a_plan(rpcx: Callable[..., Any], tmp_path: Path) -> None:
    """A date of TOML in the data of a plan is text, and no traceback."""
    plan = tmp_path / "plan.toml"
    plan.write_text("data = { name = 2026-01-02T03:04:05Z }\n")
    result = rpcx("call", "demo", "helloworld.Greeter/SayHello", "--plan", str(plan))
    assert result.json == {"message": "Hello 2026-01-02T03:04:05+00:00"}


def test_strings_that_are_not_utf8(rpcx: Callable[..., Any], tmp_path: Path) -> None:
    """A response with one is shown, with a word about U+FFFD once in the whole run."""

    class Handler(grpc.GenericRpcHandler):
        def service(self, _details: grpc.HandlerCallDetails) -> Any:
            return grpc.unary_unary_rpc_method_handler(
                lambda _request, _context: b"\x0a\x02\xff\xfe\x12\x03\x0a\x01\xc3"
            )

    proto = tmp_path / "t.proto"
    proto.write_text(PROTO)
    schema = ("--proto", str(proto))
    with listeners.grpc_server([Handler()]) as address:
        result = rpcx("call", "-p", address, "t.S/C", *schema, "-n", "3", "-o", "message")
    assert [json.loads(line) for line in result.out.splitlines()] == [
        {"name": "\ufffd\ufffd", "more": [{"name": "\ufffd"}]}
    ] * 3
    assert result.err.count("U+FFFD stands for its bytes") == 1
    assert result.code != 1  # it is the server's failure, not that of rpcx
