"""`python -m rpcx.commands.worker`: one of the processes of `--processes`.

The law: its standard input brings a `Shard` and then commands, a line each; its standard
output takes what it tells, pickled. It ends at once when its standard input does, so that no
parent, however it dies, leaves it behind.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any, Final, Self

from rpcx.errors import RpcxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.commands.call_run import CallRun
    from rpcx.commands.requests import MethodData
    from rpcx.commands.shard import Shard
    from rpcx.engine.protocol import CallEngine
    from rpcx.results import CallResult

_TELLING_SHARE: Final = 20
"""Telling takes at most one part in so many of the time, however large it becomes."""

_clock = time.perf_counter


class Told:
    """Takes the results of this process, and tells of them now and then.

    Args:
        shard: What the process does.
        tell: Where it tells.
    """

    prints_results = False
    line = None

    def __init__(self, shard: Shard, tell: Callable[[object], None]) -> None:
        from rpcx.output.panel import Panel
        from rpcx.output.stdout import Stdout
        from rpcx.stats.calls import CallStats

        self._stats = CallStats(len(shard.plan.methods), shard.interval_s)
        self._open_loop = shard.plan.rate_per_s is not None
        self._tell = tell
        self._next = 0.0
        self._cpu_before = 0.0
        self.stdout = Stdout(terminal=False, colour=False)
        self.panel = Panel(enabled=False)

    def begin(self) -> None:
        """Note what this process had done when the run began."""
        self._cpu_before = time.process_time()

    def take_in(self, batch: Sequence[CallResult]) -> None:
        """Add results to the statistics."""
        self._stats.add(batch, open_loop=self._open_loop)

    @property
    def live(self) -> Self:
        """Nobody looks but the parent, whom `tick` tells."""
        return self

    def lines(self, _engine: CallEngine, _now: float) -> list[str]:
        """Nobody looks."""
        return []

    def tick(self, engine: CallEngine, now: float) -> None:
        """Note how it stands, and tell it if it is time."""
        from rpcx.commands.shard import TELL_S

        if not engine.begun:
            return
        self._stats.begin(engine.begun)
        self._stats.tick(now, engine.in_flight, time.process_time())
        if now >= self._next:
            self._progress(engine, over=False)
            told = _clock()
            self._next = told + max(TELL_S, (told - now) * _TELLING_SHARE)

    def end(self, engine: CallEngine) -> None:
        """Tell what it came to."""
        self._stats.end(_clock(), time.process_time())
        self._progress(engine, over=True)

    def _progress(self, engine: CallEngine, *, over: bool) -> None:
        from rpcx.commands.shard import Progress

        self._tell(
            Progress(
                self._stats,
                engine.started,
                engine.due,
                engine.in_flight,
                engine.reissued,
                engine.not_started,
                engine.gaps,
                engine.end_reason,
                time.process_time() - self._cpu_before,
                over,
                None if engine.error is None else _plain(engine.error),
            )
        )


def _plain(error: RpcxError) -> RpcxError:
    """The same error, in a form that pickles."""
    made = RpcxError(str(error))
    made.exit_code = error.exit_code
    return made


def _listen(commands: IO[bytes], run: CallRun, begin: Callable[[float], None]) -> None:
    """Obey the parent, and end with it."""
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


def _method_data(shard: Shard) -> list[MethodData]:
    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from google.protobuf.descriptor_pool import DescriptorPool

    from rpcx.codec import encoder
    from rpcx.commands.reading import Reading
    from rpcx.commands.template_options import TemplateOptions

    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(shard.descriptors).file:
        pool.Add(file)
    templates = TemplateOptions(shard.templates, None, list(shard.allow_env)).templates()
    return [
        data.open_with(
            method,
            encoder(
                pool.FindMessageTypeByName(name),
                pool,
                form=shard.form,
                allow_unknown_fields=shard.allow_unknown_fields,
            ),
            Reading(shard.form),
            templates,
        )
        for data, method, name in zip(shard.data, shard.plan.methods, shard.inputs, strict=True)
    ]


def _work(shard: Shard, commands: IO[bytes], tell: Callable[[object], None]) -> None:
    from rpcx.commands.call_run import CallRun
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.requests import Requests
    from rpcx.commands.shard import Ready
    from rpcx.engine.share import Share
    from rpcx.transport import open_transport
    from rpcx.transport.connecting import connect

    begin_at: list[float] = []
    told_to_begin = threading.Event()

    def begin(at: float) -> None:
        begin_at.append(at)
        told_to_begin.set()

    shares = [Share(index, shard.plan.connections) for index in shard.connections]
    transports = [open_transport(shard.target, index) for index in shard.connections]
    for transport in transports:
        connect(transport, shard.target, lambda: True)
    shown = Told(shard, tell)
    with Requests(_method_data(shard)) as requests:
        run = CallRun(shard.plan, transports, shares, requests, Interrupts())
        threading.Thread(target=_listen, args=(commands, run, begin), daemon=True).start()
        run.warm_up(shown)
        tell(Ready())
        told_to_begin.wait()
        ran = run.run(shown, begin_at[0])
    shown.end(ran.engine)
    for transport in transports:
        transport.close()


def main() -> int:
    """Do what standard input says; returns the exit status."""
    from rpcx.commands.shard import Failed

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    commands = os.fdopen(os.dup(0), "rb")
    output = os.fdopen(os.dup(1), "wb")

    def tell(what: Any) -> None:
        pickle.dump(what, output, pickle.HIGHEST_PROTOCOL)
        output.flush()

    shard: Shard = pickle.load(commands)  # noqa: S301 -- the parent wrote it
    try:
        _work(shard, commands, tell)
    except RpcxError as error:
        tell(Failed(_plain(error)))
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    code = main()
    # The listening thread is inside a read: an orderly end would wait for it.
    sys.stderr.flush()
    os._exit(code)
