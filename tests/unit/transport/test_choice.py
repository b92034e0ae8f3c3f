"""Which transport serves a target."""

from __future__ import annotations

import pytest

from rpcx.errors import UsageError
from rpcx.target.channel import Carrier, ChannelSettings
from rpcx.target.target import Target, parse_target
from rpcx.target.tls import Tls
from rpcx.transport.choice import Choice, choose


def target(text: str = "localhost:1", tls: Tls | None = None, **channel: object) -> Target:
    """A target with these settings of its channel."""
    parsed = parse_target(
        text,
        plaintext=tls is None,
        tls=tls or Tls(),
        channel=ChannelSettings(**channel),  # type: ignore[arg-type] # as each test says
    )
    return parsed.at("127.0.0.1:1") if parsed.demo is not None else parsed


@pytest.mark.parametrize(
    ("where", "choice"),
    [
        (target(), Choice(Carrier.WIRE)),
        (target("unix:/tmp/socket"), Choice(Carrier.WIRE)),
        (target("dns:///localhost:1"), Choice(Carrier.WIRE)),
        (target("demo"), Choice(Carrier.WIRE)),
        (target(tls=Tls(verified=False)), Choice(Carrier.WIRE)),
        (target(service_config="{}"), Choice(Carrier.GRPC, "--service-config")),
        (target(arguments=(("grpc.x", 1),)), Choice(Carrier.GRPC, "--channel-arg grpc.x")),
        (target("xds:///name"), Choice(Carrier.GRPC, "the target 'xds:///name'")),
        (target(transport=Carrier.GRPC), Choice(Carrier.GRPC, "--transport grpc")),
        (target(transport=Carrier.WIRE), Choice(Carrier.WIRE, "--transport wire")),
    ],
)
def test_wire_serves_unless_only_grpc_can(where: Target, choice: Choice) -> None:
    """The reason names what asks for the transport."""
    assert choose(where) == choice


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        (
            target(transport=Carrier.WIRE, service_config="{}"),
            "--transport wire cannot be used with --service-config",
        ),
        (
            target("xds:///name", transport=Carrier.WIRE),
            "--transport wire cannot be used with the target 'xds:///name'",
        ),
        (
            target(tls=Tls(verified=False), arguments=(("grpc.x", 1),)),
            "--insecure cannot be used with --channel-arg grpc.x",
        ),
        (
            target(tls=Tls(verified=False), transport=Carrier.GRPC),
            "--insecure cannot be used with --transport grpc",
        ),
    ],
)
def test_what_no_transport_can_do_is_refused(where: Target, sentence: str) -> None:
    """The sentence names both halves of the contradiction."""
    with pytest.raises(UsageError, match=sentence):
        choose(where)
