"""What makes calls wait."""

from __future__ import annotations

import asyncio

import pytest

from rpcx.demo.counting import Counts
from rpcx.demo.limits import Places, Run, Stall


def test_stall_comes_once_after_the_first_call() -> None:
    """Of 2 s after the first call, the next 1 s is the stall, and no later one is."""
    stall = Stall(length=1.0, after=2.0)
    assert [stall.left(now) for now in (10.0, 11.9, 12.5, 12.75, 13.0, 20.0)] == pytest.approx(
        [0, 0, 0.5, 0.25, 0, 0]
    )


def test_no_stall() -> None:
    """A length of 0 means none."""
    assert Stall(0.0, 0.0).left(1.0) == 0


def test_places_are_given_in_order_of_arrival() -> None:
    """Two run, the others wait in line and count as waiting, not as started."""

    async def scenario() -> list[int]:
        places, counts = Places(2), Counts()
        order: list[int] = []
        release = asyncio.Event()

        async def call(number: int) -> None:
            async with Run(places, counts):
                order.append(number)
                await release.wait()

        calls = [asyncio.create_task(call(number)) for number in range(5)]
        await asyncio.sleep(0)
        assert (counts.in_flight, counts.started, counts.waiting) == (2, 2, 3)
        release.set()
        await asyncio.gather(*calls)
        assert (counts.in_flight, counts.peak_in_flight, counts.waiting) == (0, 2, 0)
        return order

    assert asyncio.run(scenario()) == [0, 1, 2, 3, 4]


def test_a_call_cancelled_in_the_queue_never_started() -> None:
    """Who gives up waiting leaves the line, counts nowhere, and takes no place with him."""

    async def scenario() -> None:
        places, counts = Places(1), Counts()

        async def call(release: asyncio.Event) -> None:
            async with Run(places, counts):
                await release.wait()

        release = asyncio.Event()
        first = asyncio.create_task(call(release))
        second = asyncio.create_task(call(release))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        assert (counts.started, counts.waiting, counts.cancelled) == (1, 0, 0)
        release.set()
        await first
        await call(release)
        assert (counts.started, counts.finished) == (2, 2)

    asyncio.run(scenario())


def test_a_cancelled_run_is_no_finished_one() -> None:
    """A handler that is cut short counts as cancelled and gives its place back."""

    async def scenario() -> None:
        places, counts = Places(1), Counts()

        async def call() -> None:
            async with Run(places, counts):
                await asyncio.Event().wait()

        running = asyncio.create_task(call())
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert (counts.cancelled, counts.finished, counts.in_flight) == (1, 0, 0)
        async with Run(places, counts):
            assert counts.in_flight == 1

    asyncio.run(scenario())
