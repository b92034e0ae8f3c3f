"""TARGET: what each form means, and what is refused."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcx.commands.options.connection import ConnectionOptions
from rpcx.demo.settings import DemoSettings
from rpcx.errors import UsageError
from rpcx.target.channel import ChannelSettings
from rpcx.target.target import CONNECT_TIMEOUT_S, Target, parse_target
from rpcx.target.tls import Tls
from rpcx.words.printable import printable


@pytest.mark.parametrize(
    ("text", "address", "tls"),
    [
        ("localhost:50051", "localhost:50051", True),
        ("127.0.0.1:1", "127.0.0.1:1", True),
        ("[::1]:65535", "[::1]:65535", True),
        ("http://localhost:50051", "localhost:50051", False),
        ("http://localhost:50051/", "localhost:50051", False),
        ("https://api.example.com:443", "api.example.com:443", True),
        ("dns:///api.example.com:443", "dns:///api.example.com:443", True),
        ("ipv4:127.0.0.1:50051", "ipv4:127.0.0.1:50051", True),
        ("ipv6:[::1]:50051", "ipv6:[::1]:50051", True),
        ("xds:///some-service", "xds:///some-service", True),
        ("unix:/run/server.sock", "unix:/run/server.sock", False),
        ("unix-abstract:name", "unix-abstract:name", False),
    ],
)
def test_forms(text: str, address: str, tls: bool) -> None:
    """TLS is the default, except for sockets of this machine and http://."""
    target = parse_target(text)
    assert (target.text, target.address, target.tls is not None) == (text, address, tls)
    assert target.connect_timeout_s == CONNECT_TIMEOUT_S


@pytest.mark.parametrize("text", ["localhost:50051", "dns:///host:1", "ipv4:127.0.0.1:1"])
def test_plaintext_turns_tls_off(text: str) -> None:
    """-p takes the default away."""
    assert not parse_target(text, plaintext=True).tls


def test_demo_and_its_settings() -> None:
    """`demo` needs no address yet; its query is that of the demo's settings."""
    assert parse_target("demo").demo == DemoSettings()
    target = parse_target("demo?delay=20ms&max-handlers=4")
    assert target.demo == DemoSettings(delay=0.02, max_handlers=4)
    assert not target.tls


def test_demo_is_reached_past_any_proxy() -> None:
    """Once it runs, the target has its address and no HTTP proxy."""
    target = parse_target("demo", connect_timeout_s=3).at("127.0.0.1:9")
    assert (target.text, target.address, target.connect_timeout_s) == ("demo", "127.0.0.1:9", 3)
    assert ("grpc.enable_http_proxy", 0) in target.channel.arguments


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("localhost", "'localhost' is not a target; the port is missing: localhost:50051"),
        ("::1", "'::1' is not a target; an IPv6 address goes in brackets: [::1]:50051"),
        ("::1:50051", "'::1:50051' is not a target; an IPv6 address goes in brackets"),
        ("host:port", "'host:port' is not a target; give host:port, unix:/path"),
        ("", "'' is not a target; give host:port"),
        ("host:99999", "'host:99999' has port 99999; ports go from 1 to 65535"),
        ("host:0", "'host:0' has port 0; ports go from 1 to 65535"),
        ("https://host:1/p.S/M", "'https://host:1/p.S/M' has a path; a gRPC target has none"),
        ("http://host", "'http://host' is not a target; the port is missing: host:50051"),
        ("demo?dely=1s", "'dely'"),
        ("a b:1", "'a b:1' is not a target"),
        ("host\x1b[31m:1x", r"'host\u001b[31m:1x' is not a target"),
    ],
)
def test_refusals_quote_the_target_and_name_what_works(text: str, sentence: str) -> None:
    """Each refusal is a usage error that begins with the target as it was typed."""
    with pytest.raises(UsageError) as refused:
        parse_target(text)
    assert sentence in str(refused.value)


def test_https_with_plaintext_is_a_contradiction() -> None:
    """One of the two has to go."""
    with pytest.raises(UsageError, match="asks for TLS and --plaintext for none; drop one"):
        parse_target("https://host:443", plaintext=True)


def test_connect_timeout_is_above_zero() -> None:
    """No connection is made in no time."""
    with pytest.raises(UsageError, match="connect timeout 0s is not above 0"):
        parse_target("host:1", connect_timeout_s=0)


@pytest.mark.parametrize(
    ("address", "host_port"),
    [
        ("localhost:1", ("localhost", 1)),
        ("[::1]:1", ("::1", 1)),
        ("dns:///host:443", ("host", 443)),
        ("unix:/run/x", None),
        ("xds:///service", None),
    ],
)
def test_host_and_port(address: str, host_port: tuple[str, int] | None) -> None:
    """What a diagnosis can connect to itself."""
    assert Target(address, address).host_port == host_port


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("localhost:1", (("localhost", 1),)),
        ("dns:host", (("host", 443),)),
        ("dns:///host", (("host", 443),)),
        ("dns://8.8.8.8/host:1", (("host", 1),)),
        ("ipv4:127.0.0.1:1,127.0.0.2:2", (("127.0.0.1", 1), ("127.0.0.2", 2))),
        ("ipv6:[::1]:1", (("::1", 1),)),
        ("ipv6:%5B::1%5D:1", (("::1", 1),)),
        ("ipv6:[::1]", (("::1", 443),)),
        ("xds:///service", ()),
        ("unix:/run/x", ()),
    ],
)
def test_all_hosts(address: str, found: tuple[tuple[str, int], ...]) -> None:
    """What gRPC tries in turn; 443 where it would take that."""
    assert Target(address, address).hosts == found


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("unix:/run/x", "/run/x"),
        ("unix:///run/x", "/run/x"),
        ("unix:x", "x"),
        ("unix-abstract:x", "\0x"),
        ("host:1", None),
    ],
)
def test_socket_paths(address: str, path: str | None) -> None:
    """A socket as Python names it."""
    assert Target(address, address).socket_path == path


def test_the_name_that_a_certificate_is_checked_for() -> None:
    """--servername, else --authority without its port, else the host."""
    plain = Target("h:1", "h:1", Tls())
    called = replace(plain, channel=ChannelSettings(authority="api:443"))
    named = replace(called, tls=Tls(server_name="other"))
    assert [target.name for target in (plain, called, named)] == ["h", "api", "other"]


hosts = st.text(string.ascii_lowercase + string.digits + "-.", min_size=1, max_size=30)


@given(hosts, st.integers(1, 65535))
def test_every_host_and_port_will_do(host: str, port: int) -> None:
    """host:port is taken as it is, and read back as it was."""
    assert parse_target(f"{host}:{port}").host_port == (host, port)


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [
        ("bücher.example:443", "xn--bcher-kva.example:443"),
        ("https://日本.example:1", "xn--wgv71a.example:1"),
        ("dns:///a.example:1,Bücher.example:2", "dns:///a.example:1,xn--bcher-kva.example:2"),
        ("unix:/run/ü", "unix:/run/ü"),
    ],
)
def test_international_names(text: str, ascii_text: str) -> None:
    """A host name is looked up and verified in the form that DNS and certificates have."""
    assert parse_target(text).address == ascii_text


def test_international_names_of_certificates() -> None:
    """--servername and --authority take such a name too."""
    options = ConnectionOptions(servername="bücher.example", authority="日本.example:443")
    target = options.target("h:1")
    assert target.name == "xn--bcher-kva.example"
    assert target.channel.authority == "xn--wgv71a.example:443"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("straße.de", "'straße.de' is written differently by two versions of IDNA; write it in"),
        ("ü..de", "'ü..de' is not a valid host name; check it, or write it in its ASCII form"),
    ],
)
def test_names_that_have_no_ascii_form(name: str, sentence: str) -> None:
    """A name that could mean another host is refused, not guessed."""
    with pytest.raises(UsageError, match=f"^--servername: .*{sentence}"):
        ConnectionOptions(servername=name).target("h:1")


@given(st.text(max_size=40))
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    """No text makes the parser fail in any other way, or print what a terminal obeys."""
    sentence = ""
    try:
        parse_target(text)
    except UsageError as refused:
        sentence = str(refused)
    assert sentence == printable(sentence, limit=None)
