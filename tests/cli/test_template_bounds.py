"""`--template`: what an expression may make and how long it may take is bounded."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = "helloworld.Greeter/SayHello"


def document(expression: str) -> str:
    """Return a request whose name is a template."""
    return json.dumps({"name": f"{{{{ {expression} }}}}"})


@pytest.mark.parametrize(
    "expression",
    [
        '"%1000000000d" % 1',
        '1.5|round(30000000,"floor")',
        "[1]|tojson(indent=1000000000)",
        '"a"' + "|tojson" * 30,
        '"a"' + '|replace("a","aaaaaaaaaa")' * 9,
        "9 ** (9 ** 9)",
        "range(999999999)|list|length",
        '"a" * 999999999',
    ],
)
def test_a_template_cannot_take_the_machine(
    rpcx: Callable[..., Any], demo_server: str, expression: str
) -> None:
    """Gigabytes and minutes are refused in a moment, with a sentence that quotes the template."""
    result = rpcx(
        "call", "-p", demo_server, HELLO, "--template", "-d", document(expression), timeout=20
    )
    assert result.code == 1
    assert result.err.count("template") >= 1
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("expression", "form"), [("random_int", "random_int(1, 9)"), ("env", "env.NAME")]
)
def test_an_object_is_not_sent_as_its_representation(
    rpcx: Callable[..., Any], demo_server: str, expression: str, form: str
) -> None:
    """What has to be called or asked for a name is refused, with what to write."""
    result = rpcx("call", "-p", demo_server, HELLO, "--template", "-d", document(expression))
    assert (result.code, result.out) == (1, "")
    assert "write {{" + form in result.err


def test_a_signal_is_heard_meanwhile(rpcx_start: Callable[..., Any], demo_server: str) -> None:
    """A run whose templates are as costly as they may be ends with the signal."""
    costly = '"a"' + '|replace("a","aaaaaaaaaa")' * 4
    run = rpcx_start(
        "call", "-p", demo_server, HELLO, "--template", "-d", document(costly), "-z", "300s",
        "-o", "record",
    )  # fmt: skip
    run.read_line()
    run.signal(signal.SIGTERM)
    assert run.wait(20) == 143
