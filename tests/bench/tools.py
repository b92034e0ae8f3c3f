"""The programs to compare, and the server they call: found, or built from pinned versions.

Go programs are taken from the cache directory, else from PATH if they are of the pinned
version, else they are installed into the cache. What can't be had is skipped by name.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from measure import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROOT: Final = Path(__file__).resolve().parents[2]
_CACHE: Final = _ROOT / ".cache" / "bench"
_SERVER_SOURCE: Final = _ROOT / "tests" / "interop" / "go"
_INSTALL_TIMEOUT_S: Final = 600

RPCX: Final = (sys.executable, "-m", "rpcx")
RPCX_PATH: Final = {
    "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT / "cli"), os.environ.get("PYTHONPATH"))))
}
"""Makes RPCX the rpcx of this checkout."""


@dataclass(frozen=True, slots=True)
class GoTool:
    """A program that `go install` gets.

    Attributes:
        package: Its import path.
        module: The module that has the version.
        version: The version, such as v1.2.3.
    """

    package: str
    module: str
    version: str

    @property
    def name(self) -> str:
        """The name of the executable."""
        return self.package.rpartition("/")[2]

    @property
    def title(self) -> str:
        """The name with the version, as reports show it."""
        return f"{self.name} {self.version}"


_GHZ: Final = ("github.com/bojand/ghz/cmd/ghz", "github.com/bojand/ghz")
_GRPCURL: Final = ("github.com/fullstorydev/grpcurl/cmd/grpcurl", "github.com/fullstorydev/grpcurl")
GHZ: Final = GoTool(*_GHZ, "v0.121.0")
GHZ_2021: Final = GoTool(*_GHZ, "v0.93.0")
GRPCURL: Final = GoTool(*_GRPCURL, "v1.9.4")
H2LOAD: Final = "h2load"


class MissingError(Exception):
    """A program can't be had; the message says why."""


def go_tool(tool: GoTool) -> Path:
    """The executable of the pinned version.

    Raises:
        MissingError: It is neither here nor to be installed.
    """
    cached = _CACHE / f"{tool.name}-{tool.version}" / tool.name
    if cached.exists():
        return cached
    on_path = shutil.which(tool.name)
    if on_path and tool.version in _go("version", "-m", on_path):
        return Path(on_path)
    _go("install", f"{tool.package}@{tool.version}", GOBIN=str(cached.parent), GOFLAGS="")
    return cached


def h2load() -> Path:
    """The executable of nghttp2's h2load.

    Raises:
        MissingError: It is not on PATH.
    """
    found = shutil.which(H2LOAD)
    if found is None:
        raise MissingError("not on PATH (Debian and Ubuntu have it in nghttp2-client)")
    return Path(found)


def available(find: dict[str, Callable[[], Path]], tell: Callable[[str], None]) -> dict[str, Path]:
    """Look for programs; one sentence for each that is missing.

    Args:
        find: What finds it, by the name that reports show.
        tell: Takes the sentences.
    """
    found = {}
    for name, finder in find.items():
        try:
            found[name] = finder()
        except MissingError as error:
            tell(f"skipping {name}: {error}")
    return found


@contextlib.contextmanager
def echo_server(*flags: str) -> Iterator[str]:
    """Build and run the echo server of the tests, without logging; gives `127.0.0.1:PORT`.

    Args:
        flags: Its own, as its main.go has them.

    Raises:
        MissingError: It can't be built.
    """
    binary = _CACHE / "echoserver"
    _go("build", "-o", str(binary), "./echoserver", directory=_SERVER_SOURCE)
    server = subprocess.Popen(
        [binary, "-port", "0", *flags],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert server.stdout is not None
    try:
        with server.stdout:
            yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()


def server_title() -> str:
    """Which Go and grpc-go the server is made of."""
    go = _go("version").split()[2]
    module = re.search(r"google\.golang\.org/grpc (v\S+)", (_SERVER_SOURCE / "go.mod").read_text())
    return f"grpc-go {module[1] if module else 'of unknown version'} ({go})"


def _go(*arguments: str, directory: Path | None = None, **variables: str) -> str:
    """What a go command prints.

    Raises:
        MissingError: There is no go, or it failed.
    """
    try:
        done = subprocess.run(
            ["go", *arguments],
            cwd=directory,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            timeout=_INSTALL_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        raise MissingError("not here, and there is no Go toolchain to build it with") from None
    except subprocess.TimeoutExpired:
        raise MissingError(f"go {arguments[0]} took more than {_INSTALL_TIMEOUT_S} s") from None
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise MissingError(f"go {' '.join(arguments)}: {last}")
    return done.stdout
