"""`python -m rpcx.cluster.worker`: one of the processes of `--processes`.

The law: its standard input brings a `Shard` and then commands, a line each; its standard
output takes its reports, pickled. It ends at once when its standard input ends, so that no parent
leaves it behind, however the parent dies.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any, Final

from rpcx.errors import RpcxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.descriptor_pool import DescriptorPool

    from rpcx.cluster.shard import Shard
    from rpcx.results import CallResult
    from rpcx.runs.answers import CallAnswers
    from rpcx.runs.calls import CallRun
    from rpcx.runs.requests.requests import MethodData
    from rpcx.stats.recorder import Recorder

_REPORTING_SHARE: Final = 20
"""Reporting takes at most this part of the time (1 ÷ N), however large a report becomes."""

_clock = time.perf_counter


class Reporter:
    """Watches the run in this process, and reports to the parent.

    Args:
        recorder: Measures the run.
        answers: Verifies responses.
        report: Writes to the parent.
    """

    def __init__(
        self, recorder: Recorder, answers: CallAnswers, report: Callable[[object], None]
    ) -> None:
        self._recorder = recorder
        self._answers = answers
        self._report = report
        self._next = 0.0

    def take_in(self, batch: Sequence[CallResult]) -> None:
        """Measure results."""
        self._recorder.take_in(self._answers.verified(batch))

    def tick(self, now: float) -> None:
        """Note the time, and report if it is due."""
        from rpcx.cluster.shard import REPORT_S

        self._recorder.tick(now)
        if self._recorder.standing().begun and now >= self._next:
            self._progress(over=False)
            reported = _clock()
            self._next = reported + max(REPORT_S, (reported - now) * _REPORTING_SHARE)

    def close(self) -> None:
        """Do nothing: this is also called after a fault, which must not look like a result."""

    def end(self) -> None:
        """Report the end of the run."""
        self._recorder.end()
        self._progress(over=True)

    def _progress(self, *, over: bool) -> None:
        from rpcx.cluster.shard import Progress

        standing = self._recorder.standing()
        error = standing.error
        self._report(
            Progress(
                self._recorder.stats,
                standing._replace(
                    cpu_s=self._recorder.cpu_s, error=None if error is None else _plain(error)
                ),
                over,
            )
        )


def _plain(error: Exception) -> RpcxError:
    """Return the same error in a form that pickles."""
    made = RpcxError(str(error))
    made.exit_code = getattr(error, "exit_code", made.exit_code)
    return made


def _listen(commands: IO[bytes], run: CallRun, begin: Callable[[float], None]) -> None:
    """Carry out the parent's commands, and end with it."""
    for line in commands:
        word, _, rest = line.decode().strip().partition(" ")
        match word:
            case "begin":
                begin(float(rest))
            case "stop" if run.engine is not None:
                run.engine.stop(rest)
            case "cancel" if run.engine is not None:
                run.engine.cancel()
    os._exit(0)


def _pool(shard: Shard) -> DescriptorPool:
    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from google.protobuf.descriptor_pool import DescriptorPool

    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(shard.descriptors).file:
        pool.Add(file)
    return pool


def _method_data(shard: Shard, pool: DescriptorPool) -> list[MethodData]:
    from rpcx.codec import encoder
    from rpcx.runs.requests.reading import ARRAYS, Reading

    templates = None
    if shard.templates:
        from rpcx.runs.requests.filling import Templates

        templates = Templates(shard.allow_env)
    return [
        data.open_with(
            method,
            encoder(
                pool.FindMessageTypeByName(name),
                pool,
                form=shard.form,
                allow_unknown_fields=shard.allow_unknown_fields,
            ),
            Reading(shard.form, arrays=name in ARRAYS),
            templates,
        )
        for data, method, name in zip(shard.data, shard.plan.methods, shard.inputs, strict=True)
    ]


def _work(shard: Shard, commands: IO[bytes], report: Callable[[object], None]) -> None:
    from rpcx.cluster.shard import Ready
    from rpcx.codec.verify import Verifier
    from rpcx.engine.calls.share import Share
    from rpcx.output.panel import Panel
    from rpcx.runs.answers import CallAnswers
    from rpcx.runs.calls import CallRun
    from rpcx.runs.interrupts import Interrupts
    from rpcx.runs.requests.requests import Requests
    from rpcx.stats.recorder import Recorder
    from rpcx.transport import open_transport
    from rpcx.transport.connecting import connect

    begin_at: list[float] = []
    may_begin = threading.Event()

    def begin(at: float) -> None:
        begin_at.append(at)
        may_begin.set()

    shares = [Share(index, shard.plan.connections) for index in shard.connections]
    transports = [open_transport(shard.target, index) for index in shard.connections]
    for transport in transports:
        connect(transport, shard.target, lambda: True)
    recorder = Recorder(
        [method.name for method in shard.plan.methods],
        open_loop=shard.plan.rate_per_s is not None,
        interval_s=shard.interval_s,
    )
    pool = _pool(shard)
    answers = CallAnswers(
        [Verifier(pool.FindMessageTypeByName(name), pool) for name in shard.outputs]
    )
    with Requests(_method_data(shard, pool)) as requests:
        run = CallRun(shard.plan, transports, shares, requests, Interrupts())
        threading.Thread(target=_listen, args=(commands, run, begin), daemon=True).start()
        run.warm_up(Panel(enabled=False))
        report(Ready())
        may_begin.wait()
        reporter = Reporter(recorder, answers, report)
        run.run(recorder, reporter, begin_at=begin_at[0])
    reporter.end()
    for transport in transports:
        transport.close()


def main() -> int:
    """Carry out the shard on standard input; return the exit status."""
    from rpcx.cluster.shard import Failed

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    commands = os.fdopen(os.dup(0), "rb")
    output = os.fdopen(os.dup(1), "wb")

    def report(what: Any) -> None:
        pickle.dump(what, output, pickle.HIGHEST_PROTOCOL)
        output.flush()

    shard: Shard = pickle.load(commands)  # noqa: S301 -- the parent wrote it
    try:
        _work(shard, commands, report)
    except RpcxError as error:
        report(Failed(_plain(error)))
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    code = 1
    try:
        code = main()
    except BaseException:  # noqa: BLE001 -- shown, and the parent quotes its last line
        sys.excepthook(*sys.exc_info())
    # The listening thread is blocked in a read: a normal exit would wait for it.
    sys.stderr.flush()
    os._exit(code)
