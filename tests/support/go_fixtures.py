"""Servers and clients in Go that this project did not write, from pinned modules, as fixtures.

They are built once for all workers and runs, under a lock, into a directory whose name is
the hash of what they are built from. Where there is no Go toolchain, tests that need one
are skipped with that reason; with RPCX_REQUIRE_INTEROP=1 in the environment, as in CI,
they fail instead.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from listening import listening_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    GoServer = Callable[..., contextlib.AbstractContextManager[str]]

_SOURCE = Path(__file__).parents[1] / "interop" / "go"
_CACHE = Path(__file__).parents[2] / ".cache" / "interop"
_EXAMPLES = "google.golang.org/grpc/examples"
_PACKAGES = {
    "helloworld": f"{_EXAMPLES}/helloworld/greeter_server",
    "helloworld_client": f"{_EXAMPLES}/helloworld/greeter_client",
    "route_guide": f"{_EXAMPLES}/route_guide/server",
    "route_guide_client": f"{_EXAMPLES}/route_guide/client",
    "multiplex": f"{_EXAMPLES}/features/multiplex/server",
    "reflection": f"{_EXAMPLES}/features/reflection/server",
    "flow_control": f"{_EXAMPLES}/features/flow_control/server",
    "echoserver": "./echoserver",
    "webserver": "./webserver",
}
_TOOLS = {
    "h2specd": "github.com/summerwind/h2spec/cmd/h2specd@v2.2.1+incompatible",
    "connectconformance": "connectrpc.com/conformance/cmd/connectconformance@v1.0.7",
}
"""Published suites that judge clients."""

_BUILD_TIMEOUT_S = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs Go, and give it the time that a first build takes."""
    for item in items:
        if "go_binary" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.interop)
            item.add_marker(pytest.mark.timeout(_BUILD_TIMEOUT_S))


@pytest.fixture(scope="session")
def go_binary() -> Callable[[str], Path]:
    """A function from a name (helloworld, route_guide, helloworld_client, …) to its executable."""
    if shutil.which("go") is None:
        reason = "needs the Go toolchain to build the servers to test against"
        if os.environ.get("RPCX_REQUIRE_INTEROP") == "1":
            pytest.fail(f"{reason}, which RPCX_REQUIRE_INTEROP=1 insists on")
        pytest.skip(reason)
    return functools.partial(_build, _CACHE / _fingerprint())


@pytest.fixture(scope="session")
def go_tool(go_binary: Callable[[str], Path]) -> Callable[[str], Path]:  # noqa: ARG001 -- skips without Go
    """A function from a suite's name (h2specd, connectconformance) to its executable."""
    return functools.partial(_install, _CACHE.parent / "tools")


@pytest.fixture(scope="session")
def go_module(go_tool: Callable[[str], Path]) -> Callable[[str], Path]:
    """A function from a suite's name to the directory of its Go module."""

    def directory(name: str) -> Path:
        go_tool(name)
        path, _, version = _TOOLS[name].partition("@")
        module = f"{path.partition('/cmd/')[0]}@{version}"
        found = subprocess.run(
            ["go", "mod", "download", "-json", module], capture_output=True, check=True
        )
        return Path(json.loads(found.stdout)["Dir"])

    return directory


@pytest.fixture(scope="session")
def go_server(go_binary: Callable[[str], Path]) -> GoServer:
    """A function from a server's name and flags to a context manager that runs it.

    Entering gives its address, `127.0.0.1:PORT`; leaving ends it, by its process id.
    """

    @contextlib.contextmanager
    def run(name: str, *flags: str) -> Iterator[str]:
        process = subprocess.Popen(
            [go_binary(name), "-port", "0", *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield f"127.0.0.1:{listening_port(process)}"
        finally:
            process.kill()
            process.wait()

    return run


@pytest.fixture(scope="session")
def go_helloworld(go_server: GoServer) -> Iterator[str]:
    """The address of grpc-go's greeter example, which has no reflection."""
    with go_server("helloworld") as address:
        yield address


@pytest.fixture(scope="session")
def go_route_guide(go_server: GoServer) -> Iterator[str]:
    """The address of grpc-go's route guide example, which has no reflection."""
    with go_server("route_guide") as address:
        yield address


@pytest.fixture(scope="session")
def go_multiplex(go_server: GoServer) -> Iterator[str]:
    """The address of grpc-go's multiplex example: greeter and unary echo, no reflection."""
    with go_server("multiplex") as address:
        yield address


@pytest.fixture(scope="session")
def go_reflection(go_server: GoServer) -> Iterator[str]:
    """The address of grpc-go's reflection example: greeter and unary echo, v1 and v1alpha."""
    with go_server("reflection") as address:
        yield address


@pytest.fixture(scope="session")
def go_flow_control(go_server: GoServer) -> Iterator[str]:
    """The address of grpc-go's flow control example: reads nothing for 2 s; no reflection."""
    with go_server("flow_control") as address:
        yield address


@pytest.fixture(scope="session")
def go_echo(go_server: GoServer) -> Iterator[str]:
    """The address of our echo server in Go without flags: all four kinds, v1 and v1alpha."""
    with go_server("echoserver") as address:
        yield address


@pytest.fixture
def go_echo_with(go_server: GoServer) -> Iterator[Callable[..., str]]:
    """A function from flags to the address of our echo server in Go so started.

    For instance `go_echo_with("-max-streams", "1")`. The servers end with the test.
    """
    with contextlib.ExitStack() as running:

        def start(*flags: str) -> str:
            return running.enter_context(go_server("echoserver", *flags))

        yield start


def _build(directory: Path, name: str) -> Path:
    binary = directory / name
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            unfinished = directory / f"{name}.part"
            built = subprocess.run(
                ["go", "build", "-o", unfinished, _PACKAGES[name]],
                cwd=_SOURCE,
                capture_output=True,
                text=True,
                timeout=_BUILD_TIMEOUT_S,
                check=False,
            )
            if built.returncode:
                pytest.fail(f"go build {_PACKAGES[name]}: {built.stderr}")
            unfinished.rename(binary)
    return binary


def _install(directory: Path, name: str) -> Path:
    binary = directory / name
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            installed = subprocess.run(
                ["go", "install", _TOOLS[name]],
                env=os.environ | {"GOBIN": str(directory), "GOFLAGS": "-p=1"},
                capture_output=True,
                text=True,
                timeout=_BUILD_TIMEOUT_S,
                check=False,
            )
            if installed.returncode:
                pytest.fail(f"go install {_TOOLS[name]}: {installed.stderr}")
    return binary


def _fingerprint() -> str:
    digest = hashlib.sha256()
    version = subprocess.run(["go", "version"], capture_output=True, check=True, cwd=_SOURCE)
    digest.update(version.stdout)
    for path in sorted(_SOURCE.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(_SOURCE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
