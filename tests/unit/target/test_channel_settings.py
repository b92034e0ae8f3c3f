"""Channel settings: what can be asked of a channel, and what can't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rpcx.commands.options.connection import ConnectionOptions
from rpcx.errors import RpcxError, UsageError
from rpcx.target.channel import ChannelSettings, parse_argument, read_service_config
from rpcx.words.sizes import parse_size

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("64k", 65536),
        ("64 KB", 64000),
        ("4MiB", 4 << 20),
        ("1g", 1 << 30),
        ("2M", 2 << 20),
    ],
)
def test_sizes(text: str, size: int) -> None:
    """K, M and G are powers of 1024, KB, MB and GB of 1000."""
    assert parse_size(text, "--size", 1 << 31) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "4 megs", "1.5M", "3G", "९"])
def test_no_sizes(text: str) -> None:
    """Everything else is quoted, with the option."""
    with pytest.raises(UsageError, match=f"--size: '{text}' is n"):
        parse_size(text, "--size", (1 << 31) - 1)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("grpc.max_reconnect_backoff_ms=500", ("grpc.max_reconnect_backoff_ms", 500)),
        ("grpc.lb_policy_name=round_robin", ("grpc.lb_policy_name", "round_robin")),
        ("a=-1", ("a", -1)),
        ("a=b=c", ("a", "b=c")),
        ("a=", ("a", "")),
    ],
)
def test_channel_arguments(text: str, pair: tuple[str, int | str]) -> None:
    """Whole numbers become numbers; gRPC takes those and texts."""
    assert parse_argument(text) == pair


@pytest.mark.parametrize("text", ["grpc.name", "=1", "a=99999999999"])
def test_no_channel_arguments(text: str) -> None:
    """What has no name, no value or too large a number is refused."""
    with pytest.raises(UsageError, match=f"--channel-arg '{text}'"):
        parse_argument(text)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"keepalive_time_s": 0.0}, "--keepalive-time 0s is not above 0"),
        ({"keepalive_timeout_s": 1.0}, "give --keepalive-time too"),
        ({"authority": ""}, "--authority '' is not printable ASCII"),
        ({"user_agent": "a\nb"}, "--user-agent"),
    ],
)
def test_settings_check_themselves(fields: dict[str, Any], sentence: str) -> None:
    """A record that can't be is never made."""
    with pytest.raises(UsageError, match=sentence):
        ChannelSettings(**fields)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is no JSON: line 1, column 2"),
        ("[]", "is no JSON object"),
        ('{"methodConfig":[{"hedgingPolicy":{}}]}', "has a hedgingPolicy: rpcx starts every call"),
    ],
)
def test_service_configs_that_will_not_do(tmp_path: Path, text: str, sentence: str) -> None:
    """A broken one would be dropped by gRPC without a word."""
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(RpcxError, match=sentence):
        read_service_config(str(path))


def test_retries_are_gRPCs_where_the_config_has_them() -> None:  # noqa: N802 -- its name
    """A retryPolicy turns on what rpcx turns off for speed."""
    assert ChannelSettings(service_config='{"retryPolicy": {}}').retries
    assert not ChannelSettings(service_config="{}").retries


def test_arguments_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """RPCX_CHANNEL_ARG has one a line, spaces and all, before those of the command line."""
    monkeypatch.setenv("RPCX_CHANNEL_ARG", "a=1 2\nb=3\n")
    target = ConnectionOptions(channel_arg=["c=4"]).target("host:1")
    assert target.channel.arguments == (("a", "1 2"), ("b", 3), ("c", 4))


@pytest.mark.parametrize(
    ("fields", "text", "sentence"),
    [
        ({"cert": "x"}, "h:1", "--cert needs --key"),
        ({"key": "x"}, "h:1", "--key needs --cert"),
        ({"insecure": True, "cacert": "x"}, "h:1", "accepts every certificate"),
        (
            {"insecure": True, "plaintext": True},
            "h:1",
            "--insecure is for TLS, and 'h:1' with --pl",
        ),
        ({"insecure": True}, "http://h:1", "--insecure is for TLS, and 'http://h:1' is reached"),
        ({"servername": "x"}, "unix:/x", "--servername is for TLS"),
        ({"max_message_size": "x"}, "h:1", "--max-message-size: 'x' is no size"),
        ({"keepalive_time": "x"}, "h:1", "--keepalive-time: 'x' is no duration"),
    ],
)
def test_options_that_contradict_each_other(
    fields: dict[str, Any], text: str, sentence: str
) -> None:
    """A setting that would have no effect is refused, not ignored."""
    with pytest.raises(UsageError, match=sentence):
        ConnectionOptions(**fields).target(text)
