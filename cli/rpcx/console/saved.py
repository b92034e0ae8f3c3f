"""Saved runs as a console shows them: one, several as one, or two compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpcx.errors import DataError, ExitCode, UsageError
from rpcx.output.records import json_line
from rpcx.output.terminal import Terminals, width
from rpcx.stats.saved_run import saved_run
from rpcx.stats.summary import VERSION
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.stats.run import Run
    from rpcx.verdict.reporting import Reporting

    Text = Callable[[bool, int], bytes]


def show_run(name: str, reporting: Reporting, *, as_json: bool) -> int:
    """Show a saved run of calls or of streams, and return the exit status of its conditions.

    Args:
        name: The file.
        reporting: How the run is judged, and where it is written again.
        as_json: Whether the summary is printed as JSON.

    Raises:
        DataError: The file cannot be read, or is not a report.
        UsageError: A condition or a report does not fit it.
    """
    value = _read(name)
    if isinstance(value, dict) and _kind(value) == (VERSION, "stream"):
        return _show_streams(name, value, reporting, as_json=as_json)
    return _show(_run_of(name, value), reporting, as_json=as_json)


def show_merged(names: Sequence[str], reporting: Reporting, *, as_json: bool) -> int:
    """Show several saved runs of calls as one; as `show_run`."""
    from rpcx.stats.merging import merged

    return _show(merged(_runs(names)), reporting, as_json=as_json)


def show_comparison(names: Sequence[str], percents: Sequence[float], *, as_json: bool) -> int:
    """Show how the second of two saved runs of calls differs from the first.

    Args:
        names: The two files.
        percents: The percentiles that are compared.
        as_json: Whether the comparison is printed as JSON.

    Raises:
        DataError: A file cannot be read, or is not a report.
    """
    from rpcx.output.comparison import comparison_text
    from rpcx.stats.compare import compared

    first, second = _runs(names)
    found = compared(first, second, percents)
    short = [Path(name).name for name in names]
    shown = list(names) if short[0] == short[1] else short
    _print(
        found,
        lambda colour, columns: comparison_text(found, shown, colour=colour, width=columns),
        as_json=as_json,
    )
    return ExitCode.OK


def _read(name: str) -> Any:
    import orjson

    from rpcx.documents.textfiles import read_bytes

    shown = printable(name)
    try:
        return orjson.loads(read_bytes(name, repr(shown), DataError))
    except orjson.JSONDecodeError as error:
        raise DataError(
            f"{shown!r} is not JSON ({error}); give a file that --report FILE.json wrote"
        ) from None


def _kind(value: dict[str, Any]) -> tuple[Any, Any]:
    return value.get("version"), value.get("command")


def _run_of(name: str, value: Any) -> Run:
    try:
        return saved_run(value)
    except ValueError as error:
        raise DataError(f"{printable(name)!r} {printable(str(error))}") from None


def _runs(names: Sequence[str]) -> list[Run]:
    values = [_read(name) for name in names]
    return list(map(_run_of, names, values))


def _show(run: Run, reporting: Reporting, *, as_json: bool) -> int:
    from rpcx.output.reports import write_each, write_report
    from rpcx.output.summary import call_text

    run = run._replace(percents=sorted({*run.percents, *reporting.percents}))
    reporting.check(run.summary())
    run = reporting.judged_run(run)
    unwritten = write_each(reporting.paths, lambda path: write_report(path, run))
    summary, percents = run.summary(), reporting.shown
    _print(
        summary,
        lambda colour, columns: call_text(summary, percents=percents, colour=colour, width=columns),
        as_json=as_json,
    )
    if unwritten is not None:
        raise unwritten
    return _verdict(run.fail_if)


def _show_streams(
    name: str, summary: dict[str, Any], reporting: Reporting, *, as_json: bool
) -> int:
    from rpcx.output.stream_summary import stream_text
    from rpcx.stats.saved import check_stream, percents_of

    if reporting.paths:
        raise UsageError("--report cannot rewrite a saved run of streams; copy its file instead")
    try:
        check_stream(summary)
    except ValueError as error:
        raise DataError(f"{printable(name)!r} {printable(str(error))}") from None
    reporting.check(summary)
    judged = summary | {"fail_if": list(reporting.judged(summary))}
    # The round trip has the percentiles that it was saved with.
    percents = percents_of(summary["round_trip_ms"])
    _print(
        judged,
        lambda colour, columns: stream_text(judged, percents, colour=colour, width=columns),
        as_json=as_json,
    )
    return _verdict(judged["fail_if"])


def _verdict(fail_if: Sequence[dict[str, Any]]) -> int:
    return ExitCode.FAIL_IF_MET if any(one["met"] for one in fail_if) else ExitCode.OK


def _print(value: Any, text: Text, *, as_json: bool) -> None:
    """Print a value as JSON, or the text that is made of "in colour?" and the columns."""
    terminals = Terminals.of_this_process()
    stdout = terminals.stdout()
    if as_json:
        stdout.lines([json_line(value)])
    else:
        stdout.raw(text(terminals.out and terminals.colour, width()))
