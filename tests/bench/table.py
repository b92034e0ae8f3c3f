"""The numbers as Markdown: figures to reach, then a table for each question."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from figures import figures
from openloop import RATES, rate_key
from panel import PANEL, WITH, WITHOUT
from process import CALLS, STARTUP, memory_key
from services import FEW, MANY, SERVICES
from streams import STREAM
from unary import (
    IN_FLIGHT,
    ONE_CALL,
    OURS,
    PROGRAMS,
    RECORD,
    SIZES,
    SMALL,
    TLS,
    USUAL_IN_FLIGHT,
    VARIED,
    key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cases import Results

_NOTE = """\
Medians over the rounds; a ratio is the median of the ratios within each round. In brackets
after another program's number: rpcx's number ÷ that one. Nothing is subtracted: CPU is user
and system time of the program's whole process, start-up included, and the server's is in none
of the numbers. calls/s are what each tool reports itself; messages/s and times of a single
call are of the whole process."""


def report(results: Results, machine: Sequence[str]) -> str:
    """Everything there are numbers of, as one Markdown text.

    Args:
        results: The numbers.
        machine: What they were measured on, a line for each fact.
    """
    sections = [
        "\n".join(f"- {line}" for line in machine),
        _NOTE,
        _section("Figures to reach", _figures(results)),
        _section("Unary: calls/s", _unary(results, "per_s", "{:,.0f}")),
        _section("Unary: CPU per call, µs", _unary_cpu(results)),
        _section("Unary: median latency at 1 in flight, ms", _latency(results)),
        _section("A record line for each call, into a pipe", _record(results)),
        _section("The live panel of rpcx call", _panel(results)),
        _section("One bidi stream, every message echoed", _streams(results)),
        _section("A single call with reflection, from start to end", _startup(results)),
        _section("A single call through reflection, by what the server holds", _services(results)),
        _section("Peak memory of rpcx call, 50 in flight", _memory(results)),
        _section("Open loop: rpcx call -r", _open_loop(results)),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _section(title: str, rows: Iterable[Sequence[str]]) -> str:
    """A heading and a table, the first row its head; nothing without a second row."""
    head, *body = rows
    if not body:
        return ""
    align = ["---", *["---:"] * (len(head) - 1)]
    return f"### {title}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in (head, align, *body))


def _figures(results: Results) -> Iterator[Sequence[str]]:
    yield "figure", "to reach", "measured", "lowest–highest", "reached"
    for figure in figures(results):
        digits = 3 if figure.unit == "%" else 2
        low, high = min(figure.values), max(figure.values)
        yield (
            figure.what,
            f"{figure.bound} {figure.limit:g} {figure.unit}",
            f"{figure.median:.{digits}f} {figure.unit}",
            f"{low:.{digits}f}–{high:.{digits}f}",
            "yes" if figure.reached else "**no**",
        )


def _points() -> Iterator[tuple[str, str]]:
    for in_flight in IN_FLIGHT:
        yield f"{in_flight:,}, {SMALL} B", key(in_flight)
    for size in SIZES[1:]:
        yield f"{USUAL_IN_FLIGHT}, {size >> 10} KiB", key(USUAL_IN_FLIGHT, size)
    yield f"{USUAL_IN_FLIGHT}, TLS 1.3", TLS
    yield f"{USUAL_IN_FLIGHT}, headers that differ", VARIED


def _present(results: Results, cases: Iterable[str]) -> list[str]:
    ran = {program for case in cases for program in results.samples.get(case, {})}
    return [program for program in PROGRAMS if program in ran]


def _unary(results: Results, number: str, form: str) -> Iterator[list[str]]:
    programs = _present(results, [case for _, case in _points()])
    yield ["in flight, message", *programs]
    for title, case in _points():
        if case in results.samples:
            yield [title, *(_beside(results, case, number, form, name) for name in programs)]


def _beside(results: Results, case: str, number: str, form: str, program: str) -> str:
    """The median, and in brackets rpcx's part of it."""
    text = _text(results.median(case, program, number), form)
    ratios = results.ratios(case, number, OURS, program)
    if program == OURS or not ratios:
        return text
    return f"{text} ({statistics.median(ratios):.2f})"


def _text(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _unary_cpu(results: Results) -> Iterator[list[str]]:
    head, *rows = _unary(results, "cpu_us", "{:.1f}")
    yield [*head, "start-up in rpcx's two"]
    cases = [case for _, case in _points() if case in results.samples]
    for row, case in zip(rows, cases, strict=True):
        shares = []
        for program in PROGRAMS[:2]:
            whole = results.median(case, program, "cpu_s")
            start = results.median(ONE_CALL, program, "cpu_s")
            shares.append(f"{start / whole:.0%}" if whole and start else "–")
        yield [*row, ", ".join(shares)]


def _latency(results: Results) -> Iterator[list[str]]:
    case = key(1)
    yield ["program", "median latency, ms"]
    for program in _present(results, [case]):
        if results.values(case, program, "p50_ms"):
            yield [program, _beside(results, case, "p50_ms", "{:.3f}", program)]


def _record(results: Results) -> Iterator[list[str]]:
    yield ["rpcx call", "calls/s", "CPU per call, µs"]
    for program in results.samples.get(RECORD, {}):
        yield [
            program,
            _text(results.median(RECORD, program, "per_s"), "{:,.0f}"),
            _text(results.median(RECORD, program, "cpu_us"), "{:.1f}"),
        ]


def _panel(results: Results) -> Iterator[list[str]]:
    yield ["rpcx call", "calls/s", "CPU per call, µs", "p99.9, ms"]
    for program in (WITHOUT, WITH):
        if program in results.samples.get(PANEL, {}):
            numbers = {"per_s": "{:,.0f}", "cpu_us": "{:.1f}", "p99_9_ms": "{:.2f}"}
            yield [
                program,
                *(
                    _text(results.median(PANEL, program, name), form)
                    for name, form in numbers.items()
                ),
            ]


def _streams(results: Results) -> Iterator[list[str]]:
    yield ["program", "messages/s each way", "CPU per message, µs"]
    for program in results.samples.get(STREAM, {}):
        yield [
            program,
            _text(results.median(STREAM, program, "per_s"), "{:,.0f}"),
            _text(results.median(STREAM, program, "cpu_us"), "{:.2f}"),
        ]


def _services(results: Results) -> Iterator[Sequence[str]]:
    yield "the server holds", "median, ms", "CPU, ms"
    for name in (FEW, MANY):
        if results.values(SERVICES, name, "wall_ms"):
            numbers = (results.median(SERVICES, name, one) for one in ("wall_ms", "cpu_ms"))
            yield name, *(_text(number, "{:.0f}") for number in numbers)


def _startup(results: Results) -> Iterator[list[str]]:
    yield ["program", "time, ms", "CPU, ms"]
    for program in results.samples.get(STARTUP, {}):
        yield [
            program,
            _beside(results, STARTUP, "wall_ms", "{:.0f}", program),
            _text(results.median(STARTUP, program, "cpu_ms"), "{:.0f}"),
        ]


def _memory(results: Results) -> Iterator[list[str]]:
    yield ["calls", "peak, MiB"]
    for calls in CALLS:
        if memory_key(calls) in results.samples:
            peak = results.median(memory_key(calls), OURS, "peak_mib")
            yield [f"{calls:,}", _text(peak, "{:.1f}")]


def _open_loop(results: Results) -> Iterator[list[str]]:
    yield ["asked, calls/s", "achieved", "late p50, ms", "late p99, ms", "CPU per call, µs"]
    for rate in RATES:
        case = rate_key(rate)
        if case in results.samples:
            forms = {
                "achieved_per_s": "{:,.2f}",
                "late_p50_ms": "{:.3f}",
                "late_p99_ms": "{:.3f}",
                "cpu_us": "{:.1f}",
            }
            numbers = (
                _text(results.median(case, OURS, name), form) for name, form in forms.items()
            )
            yield [f"{rate:,}", *numbers]
