"""`--processes N`: the processes that carry out a run together, as one engine.

Ctrl-C reaches this process alone, which then stops the others. All have the same clock
(CLOCK_MONOTONIC), so they begin at one moment and their times can be compared.
"""

from __future__ import annotations

import contextlib
import pickle
import threading
import time
from typing import TYPE_CHECKING, Any, Final, Self

from rpcx.child import Child
from rpcx.cluster.shard import Failed, Progress, Ready
from rpcx.errors import RpcxError
from rpcx.results import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.cluster.shard import Shard
    from rpcx.engine.feed import Feed
    from rpcx.stats.calls import CallStats

_HEAD_START_S: Final = 0.05
"""How long before the run begins the processes learn when it does."""


class Worker:
    """One process.

    Args:
        shard: What it does.
    """

    def __init__(self, shard: Shard) -> None:
        self._child = Child("a process of --processes", "rpcx.cluster.worker")
        self.progress: Progress | None = None
        with contextlib.suppress(BrokenPipeError):
            pickle.dump(shard, self._child.input, pickle.HIGHEST_PROTOCOL)
            self._child.input.flush()

    def report(self) -> Any:
        """Return its next report.

        Raises:
            RpcxError: It failed, or has ended without a report.
        """
        try:
            report = pickle.load(self._child.output)  # noqa: S301 -- our own process wrote it
        except (EOFError, pickle.UnpicklingError):
            how, said = self._child.last_words()
            raise RpcxError(
                f"a process of --processes {how}{said and ': '}{said}; what it had not yet reported"
                " is not in the results"
            ) from None
        if isinstance(report, Failed):
            raise report.error
        return report

    def say(self, command: str) -> None:
        """Send it a command; nothing happens if it has ended."""
        with contextlib.suppress(OSError, ValueError):
            self._child.input.write(f"{command}\n".encode())
            self._child.input.flush()

    def close(self) -> None:
        """End it and wait for it."""
        self._child.close()


class Processes:
    """All processes, as one engine; a context that starts and ends them.

    Args:
        shards: What each does.
        feed: Where reports are announced; `stats` has what they say.
    """

    def __init__(self, shards: Sequence[Shard], feed: Feed[Progress]) -> None:
        self._shards = shards
        self._feed = feed
        self._workers: list[Worker] = []
        self._methods = len(shards[0].plan.methods)
        self.begun = 0.0
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        try:
            for shard in self._shards:
                self._workers.append(Worker(shard))
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    @property
    def stats(self) -> list[CallStats]:
        """The measurements of each so far."""
        return [progress.stats for progress in self._progress()]

    def standing(self) -> Standing:
        """Return how the run stands; from any thread."""
        parts = [progress.standing for progress in self._progress()]
        if parts:
            standing = Standing.together(parts)
        else:
            none = (0,) * self._methods
            standing = Standing(reissued=none, not_started=none)
        if self.error is not None:
            standing = standing._replace(end_reason="error", error=self.error)
        return standing._replace(begun=self.begun)

    def prepare(self) -> None:
        """Wait until all are connected and warmed up.

        Raises:
            RpcxError: One of them is not.
        """
        for worker in self._workers:
            while not isinstance(worker.report(), Ready):
                continue

    def run(self) -> None:
        """Carry out the plan; return when every call has ended. To be run in its own thread."""
        self.begun = time.perf_counter() + _HEAD_START_S
        threads = [
            threading.Thread(target=self._follow, args=(worker,), name="rpcx-worker", daemon=True)
            for worker in self._workers
        ]
        for worker in self._workers:
            worker.say(f"begin {self.begun!r}")
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._feed.finish()

    def stop(self, reason: str) -> None:
        """Start nothing more, from any thread; what is in flight goes on."""
        for worker in self._workers:
            worker.say(f"stop {reason}")

    def cancel(self) -> None:
        """Cancel what is in flight, from any thread."""
        for worker in self._workers:
            worker.say("cancel")

    def _follow(self, worker: Worker) -> None:
        try:
            while worker.progress is None or not worker.progress.over:
                report = worker.report()
                assert isinstance(report, Progress)  # noqa: S101 -- nothing else is reported now
                worker.progress = report
                self._feed.announce(report)
            standing = worker.progress.standing
            error = standing.error
            if standing.end_reason == "connection_lost":
                self.stop(standing.end_reason)
        except RpcxError as caught:
            error = caught
        if error is not None:
            self.error = self.error or error
            self.stop("error")

    def _progress(self) -> list[Progress]:
        return [worker.progress for worker in self._workers if worker.progress is not None]

    def _close(self) -> None:
        for worker in self._workers:
            worker.close()
