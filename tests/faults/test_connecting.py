"""The table of faults, first part: no connection comes about.

Every row is a real listener. A row has a connect timeout far above its bound, so that a
verdict within the bound was not the timeout's; where nothing can be known before, it has
a short timeout, and the bound is a little above.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import listeners
import pytest
from certificates import Authority
from fault_fixtures import SHORT, SILENT_S, Fault, World
from listeners import Listener

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from certificates import Pair


def through_proxy(serve: Any) -> Callable[[World], tuple[str, ...]]:
    """A server of the name host.invalid behind a proxy."""

    def set_up(world: World) -> tuple[str, ...]:
        proxy = f"127.0.0.1:{world.free_port}" if serve is None else world.run(Listener(serve))
        world.env["http_proxy"] = f"http://{proxy}"
        return "127.0.0.1:9", "-p"

    return set_up


def with_chain(
    arrange: Callable[[Authority, Path], tuple[Pair, Authority]],
) -> Callable[[World], tuple[str, ...]]:
    """A server with a chain; `arrange` gives its certificate and the authority for --cacert."""

    def set_up(world: World) -> tuple[str, ...]:
        root = Authority(world.directory / "root", "root")
        pair, trusted = arrange(root, world.directory)
        address = world.run(listeners.grpc_server(pair=pair))
        return address, "--cacert", str(trusted.certificate)

    return set_up


def beneath(root: Authority, **options: Any) -> tuple[Pair, Authority]:
    """A certificate beneath an intermediate, which the server sends, and the root."""
    inter = root.beneath("inter", **options)
    return inter.issue("leaf", chain=[inter]), root


def without_its_intermediate(root: Authority, _: Path) -> tuple[Pair, Authority]:
    """The server sends its own certificate alone."""
    return root.beneath("inter").issue("leaf"), root


def with_another_intermediate(root: Authority, _: Path) -> tuple[Pair, Authority]:
    """The server sends an intermediate that has nothing to do with its own certificate."""
    return root.beneath("inter").issue("leaf", chain=[root.beneath("other")]), root


def with_an_old_intermediate(root: Authority, folder: Path) -> tuple[Pair, Authority]:
    """The server sends an intermediate of the right name with another key."""
    old = Authority(folder / "old", "inter", signer=root)
    return root.beneath("inter").issue("leaf", chain=[old]), root


def of_another_root(root: Authority, folder: Path) -> tuple[Pair, Authority]:
    """The chain ends at a root that is not trusted."""
    inter = root.beneath("inter")
    return inter.issue("leaf", chain=[inter, root]), Authority(folder / "other", "other root")


def of_a_root_made_again(root: Authority, folder: Path) -> tuple[Pair, Authority]:
    """The root that is trusted has the right name and another key."""
    return root.issue("leaf"), Authority(folder / "again", "root")


def of_an_old_root(_: Authority, folder: Path) -> tuple[Pair, Authority]:
    """The root that is trusted has expired."""
    old = Authority(folder / "old", "old root", days=-1)
    return old.issue("leaf"), old


NOT_TRUSTED = "the certificate of ADDRESS is not trusted: "
CHAINS = [
    Fault(
        "intermediate expired",
        with_chain(lambda root, _: beneath(root, days=-1)),
        f"{NOT_TRUSTED}the intermediate certificate 'inter', which the server sends too, expired on"
        r" .* UTC, 1 day ago; give the server a new one, or add --insecure",
    ),
    Fault(
        "intermediate not yet valid",
        with_chain(lambda root, _: beneath(root, begins=2)),
        f"{NOT_TRUSTED}the intermediate certificate 'inter', which the server sends too, is valid"
        " only from .* UTC on; give the server a new one",
    ),
    Fault(
        "certificate not yet valid",
        with_chain(lambda root, _: (root.issue("early", begins=2), root)),
        "the certificate of ADDRESS is valid only from .* UTC on; have it renewed, or add",
    ),
    Fault(
        "intermediate that is not an authority",
        with_chain(lambda root, _: beneath(root, can_sign=False)),
        rf"{NOT_TRUSTED}'inter' signed it, and is not the certificate of an authority \(CA:TRUE\)",
    ),
    Fault(
        "intermediate missing",
        with_chain(without_its_intermediate),
        f"{NOT_TRUSTED}signed by 'inter', which is not in --cacert; add --cacert FILE with that"
        " authority's, have the server send its whole chain if 'inter' is an intermediate, or add",
    ),
    Fault(
        "another intermediate",
        with_chain(with_another_intermediate),
        f"{NOT_TRUSTED}signed by 'inter', which is not in --cacert; the server sends the"
        " certificate of 'other' instead: have it send the right one",
    ),
    Fault(
        "intermediate with another key",
        with_chain(with_an_old_intermediate),
        f"{NOT_TRUSTED}it is signed by 'inter', but not with the key of the certificate of that"
        " name that the server sends; have the server send the right one",
    ),
    Fault(
        "root that is not trusted",
        with_chain(of_another_root),
        f"{NOT_TRUSTED}signed by 'inter', and that by 'root', which is not in --cacert; add",
    ),
    Fault(
        "root with another key",
        with_chain(of_a_root_made_again),
        f"{NOT_TRUSTED}it is signed by 'root', but not with the key of the certificate of that name"
        " that is in --cacert; add --cacert FILE with the right one",
    ),
    Fault(
        "root expired",
        with_chain(of_an_old_root),
        f"{NOT_TRUSTED}the certificate of its authority 'old root' in --cacert expired on .* ago;"
        " add --cacert FILE with a new one",
    ),
]

FAULTS = [
    Fault(
        "nothing listens, plaintext",
        lambda world: (f"127.0.0.1:{world.free_port}", "-p"),
        r"nothing listens at ADDRESS \(connection refused\); start the server there, or check",
    ),
    Fault(
        "nothing listens, TLS",
        lambda world: (f"127.0.0.1:{world.free_port}",),
        r"nothing listens at ADDRESS \(connection refused\)",
    ),
    Fault(
        "nothing listens, unverified TLS",
        lambda world: (f"127.0.0.1:{world.free_port}", "--insecure"),
        r"nothing listens at ADDRESS \(connection refused\)",
    ),
    Fault(
        "nothing listens, among several addresses",
        lambda world: (f"ipv4:127.0.0.1:{world.free_port},127.0.0.2:{world.free_port}", "-p"),
        r"nothing listens at ADDRESS \(connection refused\)",
    ),
    Fault(
        "no such socket",
        lambda world: (f"unix:{world.directory}/none.sock",),
        r"there is no socket '.*none\.sock'; start the server, or check the path",
    ),
    Fault(
        "nothing listens at an abstract socket",
        lambda _: ("unix-abstract:rpcx-nobody",),
        r"nothing listens at the socket '@rpcx-nobody' \(Connection refused\); start the server",
    ),
    Fault(
        "name does not resolve",
        lambda _: ("nowhere.invalid:50051",),
        r"the name 'nowhere\.invalid' does not resolve \(.*\); check its spelling",
    ),
    Fault(
        "no control plane",
        lambda _: ("xds:///some-service",),
        r"ADDRESS needs a control plane, .*: name its bootstrap file in GRPC_XDS_BOOTSTRAP",
    ),
    Fault(
        "control plane that is not there",
        lambda world: (world.with_control_plane("xds:///some-service"), "-p"),
        "no connection to ADDRESS; gRPC says: .*127.0.0.1",
    ),
    Fault(
        "TLS against plaintext",
        lambda world: (world.demo,),
        "tls handshake failed: ADDRESS answers in plaintext; add --plaintext",
    ),
    Fault(
        "unverified TLS against plaintext",
        lambda world: (world.demo, "--insecure"),
        "tls handshake failed: ADDRESS answers in plaintext; write --plaintext in place of",
    ),
    Fault(
        "plaintext against TLS",
        lambda world: (world.run(listeners.grpc_server(pair=world.server)), "-p"),
        r"ADDRESS speaks TLS; leave out --plaintext \(and http://\)",
    ),
    Fault(
        "plaintext against s_server",
        lambda world: (world.run(listeners.openssl_server(world.server)), "-p"),
        r"ADDRESS speaks TLS; leave out --plaintext",
    ),
    Fault(
        "ALPN missing",
        lambda world: (world.run(listeners.openssl_server(world.server)), *world.ca),
        r"ADDRESS speaks TLS but does not offer HTTP/2 over it \(ALPN h2\)",
    ),
    Fault(
        "certificate of a stranger",
        lambda world: (world.run(listeners.grpc_server(pair=world.server)),),
        "the certificate of ADDRESS is not trusted: signed by 'rpcx test CA', which this machine"
        " does not trust; add --cacert",
    ),
    Fault(
        "another authority's --cacert",
        lambda world: (
            world.run(listeners.grpc_server(pair=world.server)),
            "--cacert",
            str(world.strangers_root),
        ),
        "the certificate of ADDRESS is not trusted: signed by 'rpcx test CA', which is not in"
        " --cacert",
    ),
    Fault(
        "name mismatch",
        lambda world: (
            world.run(
                listeners.grpc_server(pair=world.authority.issue("other", ("api.example.com",)))
            ),
            *world.ca,
        ),
        r"the certificate of ADDRESS is for api\.example\.com, not for 127\.0\.0\.1; add"
        r" --authority api\.example\.com",
    ),
    Fault(
        "certificate without a name",
        lambda world: (
            world.run(listeners.grpc_server(pair=world.authority.issue("nameless", ()))),
            *world.ca,
        ),
        r"the certificate of ADDRESS is for nameless, not for 127\.0\.0\.1",
    ),
    Fault(
        "expired",
        lambda world: (
            world.run(listeners.grpc_server(pair=world.authority.issue("old", days=-1))),
            *world.ca,
        ),
        r"the certificate of ADDRESS expired on .* UTC, 1 day ago; have it renewed, or add"
        " --insecure",
    ),
    *CHAINS,
    Fault(
        "client certificate missing",
        lambda world: (
            world.run(
                listeners.grpc_server(pair=world.server, clients=world.authority.certificate)
            ),
            *world.ca,
        ),
        r"ADDRESS speaks TLS, and then ends the connection.*; it may want a client certificate"
        r" \(--cert and --key\)",
    ),
    Fault(
        "client certificate missing, TLS 1.2",
        lambda world: (
            world.run(
                listeners.openssl_server(
                    world.server, "-Verify", "1", "-verify_return_error", "-tls1_2", "-alpn", "h2"
                )
            ),
            *world.ca,
        ),
        r"ADDRESS wants a client certificate \(handshake failure\); add --cert",
    ),
    Fault(
        "only cipher suites that HTTP/2 forbids",
        lambda world: (
            world.run(
                listeners.openssl_server(
                    world.server, "-tls1_2", "-cipher", "AES128-SHA256", "-alpn", "h2"
                )
            ),
            *world.ca,
        ),
        r"ADDRESS refuses the TLS handshake at once \(handshake failure\); it may offer only cipher"
        " suites that HTTP/2 forbids: have it offer ECDHE with AES-GCM or ChaCha20",
    ),
    Fault(
        "HTTP/1.1 server",
        lambda world: (world.run(listeners.http1_server()), "-p"),
        "ADDRESS is an HTTP/1.1 server, not a gRPC one; check the port, or whether a proxy",
    ),
    Fault(
        "HTTP/1.1 server, asked for TLS",
        lambda world: (world.run(listeners.http1_server()),),
        "ADDRESS is an HTTP/1.1 server, not a gRPC one; check the port, or whether a proxy",
    ),
    Fault(
        "HTTP/1.1 server over TLS",
        lambda world: (world.run(listeners.http1_server(world.server)), *world.ca),
        r"ADDRESS speaks TLS but does not offer HTTP/2 over it \(ALPN h2\)",
    ),
    Fault(
        "HTTP/1.1 server over unverified TLS",
        lambda world: (world.run(listeners.http1_server(world.server)), "--insecure"),
        "ADDRESS is an HTTP/1.1 server, not a gRPC one",
    ),
    Fault(
        "not gRPC at all",
        lambda world: (world.run(Listener(listeners.saying(b"SSH-2.0-OpenSSH_9.2\r\n"))), "-p"),
        'ADDRESS answers "SSH-2.0-OpenSSH_9.2": what listens there does not speak gRPC; check the',
    ),
    Fault(
        "not TLS at all",
        lambda world: (world.run(Listener(listeners.saying(b"SSH-2.0-OpenSSH_9.2\r\n"))),),
        "ADDRESS closes the connection when TLS begins; if it speaks plaintext, add --plaintext",
    ),
    Fault(
        "hangs up at once",
        lambda world: (world.run(Listener(listeners.hang_up)), "-p"),
        "ADDRESS closes the connection at once: what listens there does not speak gRPC",
    ),
    Fault(
        "silent, plaintext",
        lambda world: (world.run(Listener(listeners.silence)), "-p"),
        "ADDRESS accepts connections but says nothing; is it a gRPC server?",
        timeout=SHORT,
        within_s=SILENT_S,
    ),
    Fault(
        "silent, TLS",
        lambda world: (world.run(Listener(listeners.silence)),),
        "ADDRESS accepts connections but says nothing; is it a gRPC server?",
        timeout=SHORT,
        within_s=SILENT_S,
    ),
    Fault(
        "silent, unverified TLS",
        lambda world: (world.run(Listener(listeners.silence)), "--insecure"),
        "ADDRESS accepts connections but says nothing; is it a gRPC server?",
        timeout=SHORT,
        within_s=SILENT_S,
    ),
    Fault(
        "proxy in the way, and not there",
        through_proxy(None),
        r"nothing listens at the proxy 127\.0\.0\.1:\d+ \(http_proxy\) \(connection refused\);"
        r" check http_proxy, or set no_proxy=127\.0\.0\.1 to go past it",
    ),
    Fault(
        "proxy in the way, and unwilling",
        through_proxy(listeners.proxy_that_answers("403 Forbidden")),
        r"the proxy 127\.0\.0\.1:\d+ \(http_proxy\) makes no connection to ADDRESS \(403"
        r" Forbidden\); check it, or set no_proxy=127\.0\.0\.1",
    ),
    Fault(
        "proxy in the way, and silent",
        through_proxy(listeners.silence),
        r"the proxy 127\.0\.0\.1:\d+ \(http_proxy\) says nothing when asked for ADDRESS",
        timeout=SHORT,
        within_s=SILENT_S,
    ),
    Fault(
        "GOAWAY at once",
        lambda world: (
            world.run(Listener(listeners.goaway(b"overloaded", after_headers=False))),
            "-p",
        ),
        r"ADDRESS ends connections as soon as they are made \(GOAWAY: overloaded\)",
    ),
    Fault(
        "packets dropped",
        lambda world: (world.run(listeners.full()), "-p"),
        "ADDRESS does not answer: a firewall may drop what is sent there; start the server there,",
        timeout=SHORT,
        within_s=SILENT_S,
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_named(fault: Fault, meet: Callable[[Fault], None]) -> None:
    """Each fault is told in its sentence, with its exit status, in time."""
    meet(fault)
