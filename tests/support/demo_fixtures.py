"""The bundled demo server as fixtures."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from demo_client import DemoClient

from rpcx.demo.process import DemoProcess
from rpcx.demo.settings import DemoSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def demo_server() -> Iterator[str]:
    """The address of a demo server without settings that all tests of a worker share."""
    with DemoProcess() as demo:
        yield demo.address


@pytest.fixture
def demo_with() -> Iterator[Callable[..., str]]:
    """A function from DemoSettings' fields to the address of a demo server so set.

    For instance `demo_with(delay=0.02, max_handlers=4)`. The servers end with the test.
    """
    with contextlib.ExitStack() as running:

        def start(**settings: Any) -> str:
            return running.enter_context(DemoProcess(DemoSettings(**settings))).address

        yield start


@pytest.fixture
def demo_client() -> Iterator[Callable[[str], DemoClient]]:
    """A function from an address to a plain grpcio client of the demo server there."""
    with contextlib.ExitStack() as opened:

        def connect(address: str) -> DemoClient:
            return opened.enter_context(DemoClient(address))

        yield connect
