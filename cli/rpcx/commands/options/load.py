"""How many calls, how many at once, how fast and for how long: the load of `rpcx call`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from rpcx.commands.options.shared import seconds
from rpcx.config.option import Group, Option, Variable
from rpcx.errors import RpcxError, UsageError
from rpcx.output.forms import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.documents.forms import InputForm
    from rpcx.plans.calls import PlannedMethod, UnaryPlan
    from rpcx.plans.ramps import Ramp

OPEN_LOOP_CONCURRENCY: Final = 10_000

_load = functools.partial(Option, group=Group.LOAD)


class LoadOptions(NamedTuple):
    """As typed; `plan` checks them."""

    total: Annotated[
        int | None,
        Option(
            "Total number of calls.",
            "N",
            short="-n",
            variable_is=Variable.NONE,
            default="one per document",
        ),
    ] = None
    concurrency: Annotated[
        int | None,
        Option("Number of calls in flight at once.", "N", short="-c", default="1, with -r 10000"),
    ] = None
    duration: Annotated[
        str | None,
        Option(
            "Stop starting calls after this long.",
            "DURATION",
            short="-z",
            variable_is=Variable.NONE,
            also=("max-duration", "x"),
        ),
    ] = None
    rps: Annotated[
        float | None,
        Option(
            "Start this many calls a second, whatever the server does (open loop).",
            "RATE",
            short="-r",
        ),
    ] = None
    ramp: Annotated[
        list[str] | None,
        _load(
            "Change the rate or the concurrency over time: rps=100..1000/30s is a line,"
            " concurrency=1,2,4/10s are steps of 10 s (repeatable; one follows the other).",
            "WHAT=VALUES/DURATION",
            variable_is=Variable.NONE,
        ),
    ] = None
    timeout: Annotated[
        str, Option("Deadline of each call.", "DURATION", short="-t", also=("max-time",))
    ] = "20s"
    warmup: Annotated[
        str | None,
        _load(
            "Warm up with this many calls, or for this long, before measuring; not counted.",
            "N|DURATION",
        ),
    ] = None
    connections: Annotated[
        int | None,
        _load("Number of connections that share the calls.", "N", default="1 per process"),
    ] = None
    processes: Annotated[
        int, _load("Number of processes that share the connections and the calls.", "N")
    ] = 1
    drain: Annotated[
        str,
        _load("How long calls in flight may take once the run has ended.", "DURATION"),
    ] = "5s"

    @property
    def timeout_s(self) -> float:
        """The deadline of each call, in seconds.

        Raises:
            UsageError: It is not a duration.
        """
        return seconds(self.timeout, "--timeout")

    @property
    def lone(self) -> bool:
        """Whether each document makes one call: somebody waits for the answers."""
        return not (self.duration or self.rps or self.ramp) and self.total in (None, 1)

    def plan(self, methods: tuple[PlannedMethod, ...]) -> UnaryPlan:
        """Return the plan for these methods.

        Raises:
            UsageError: An option is not valid, or two contradict each other.
        """
        from rpcx.plans.calls import UnaryPlan
        from rpcx.plans.ramps import RATE, parse_ramps

        rate, concurrency = self.rps, self.concurrency
        duration_s = seconds(self.duration, "--duration")
        ramp = parse_ramps(self.ramp or ())
        if ramp is not None:
            self._check(ramp)
            if ramp.quantity == RATE:
                rate = ramp.highest
            else:
                concurrency = round(ramp.highest)
            if duration_s is None and (self.total is None or not ramp.last):
                duration_s = ramp.length_s
        if concurrency is None:
            concurrency = 1 if rate is None else OPEN_LOOP_CONCURRENCY
        return UnaryPlan(
            methods,
            total=self.total,
            concurrency=concurrency,
            rate_per_s=rate,
            ramp=ramp,
            duration_s=duration_s,
            drain_s=seconds(self.drain, "--drain"),
            warmup=self._warmup(),
            connections=self._connections(),
        )

    def form(self, *, to_terminal: bool) -> Form:
        """Return what is printed without -o."""
        if self.processes > 1:
            return Form.SUMMARY
        return Form.MESSAGE if self.lone or not to_terminal else Form.SUMMARY

    def check_form(self, form: Form) -> None:
        """Refuse to print single results of several processes.

        Raises:
            UsageError: The form prints each result.
        """
        if self.processes > 1 and form.prints_results:
            raise UsageError(
                f"-o {form} prints each result, which --processes cannot; use -o summary, -o json"
                " or -o none"
            )

    def _connections(self) -> int:
        if self.processes < 1:
            raise UsageError(
                f"--processes {self.processes} is below 1; give a whole number from 1 on"
            )
        if self.connections is None:
            return self.processes
        if self.connections < self.processes:
            raise UsageError(
                f"--connections {self.connections} is less than --processes {self.processes}:"
                " each process needs a connection of its own"
            )
        return self.connections

    def check_data(self, data: Sequence[tuple[str, ...]], form: InputForm, *, rows: bool) -> None:
        """Refuse data that does not fit the load.

        Args:
            data: `-d` of each method.
            form: How it is written.
            rows: Whether each row makes a call.

        Raises:
            UsageError: Standard input would be read twice, or a load option has only one call.
        """
        arriving = [text for texts in data for text in texts if text == "@-"]
        if len(arriving) > 1:
            raise UsageError("@- is given twice; only one method can read standard input")
        if arriving and self.warmup is not None:
            raise UsageError("--warmup would use up standard input (@-); give a file")
        if arriving and self.processes > 1:
            raise UsageError("--processes cannot share standard input (@-); give a file")
        if len(data) == 1 and not rows:
            self._refuse_lone_call(data[0], form)

    def _refuse_lone_call(self, data: tuple[str, ...], form: InputForm) -> None:
        """Refuse to make one call where the options ask for more."""
        if self.total is not None or self.duration is not None or self.ramp:
            return
        for option, value, is_load in (
            ("-c/--concurrency", self.concurrency, (self.concurrency or 1) > 1),
            ("-r/--rps", self.rps, self.rps is not None),
            ("--connections", self.connections, (self.connections or 1) > 1),
            ("--processes", self.processes, self.processes > 1),
            ("--warmup", self.warmup, self.warmup is not None),
        ):
            if is_load and _is_one_document(data, form):
                shown = f"{value:g}" if isinstance(value, float) else value
                raise UsageError(
                    f"{option} {shown} needs more than one call: add -n for a number of calls, or"
                    " -z for a duration"
                )

    def _warmup(self) -> int | float | None:
        """Return a number of calls, or seconds: a duration needs its unit here."""
        if self.warmup is None:
            return None
        if self.warmup.strip().isdecimal():
            return int(self.warmup.strip()[:18])
        return float(seconds(self.warmup, "--warmup"))

    def _check(self, ramp: Ramp) -> None:
        from rpcx.plans.ramps import RATE

        if ramp.quantity == RATE and self.rps is not None:
            raise UsageError(
                f"-r/--rps {self.rps:g} and a --ramp of rps exclude each other; drop -r"
            )
        if ramp.quantity != RATE and self.concurrency is not None:
            raise UsageError(
                f"-c/--concurrency {self.concurrency} and a --ramp of concurrency exclude each"
                " other; drop -c"
            )
        if ramp.quantity != RATE and self.rps is not None:
            raise UsageError(
                f"a --ramp of concurrency needs a closed loop, and -r/--rps {self.rps:g} makes an"
                " open one; use a --ramp of rps, or drop -r"
            )


def _is_one_document(data: tuple[str, ...], form: InputForm) -> bool:
    """Return whether `-d` is left out, or is one document typed on the command line."""
    import os

    from rpcx.documents.forms import splitter

    if not data:
        return True
    if len(data) > 1 or data[0].startswith("@"):
        return False
    cut = splitter(form, "-d")
    try:
        return len([*cut.feed(os.fsencode(data[0])), *cut.finish()]) <= 1
    except RpcxError:  # the error is reported where the data is read
        return False
